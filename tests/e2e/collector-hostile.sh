#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A collector between strangers: nonsense, floods, silence and memory that lies are refused or
# bounded and named once, and an honest program beside them is counted exactly.
. tests/e2e/lib.sh
use_fake

export GRAMME_SOCKET=$TMPDIR/socket
"$gramme" collect --socket "$GRAMME_SOCKET" --ledger-dir "$ledgers" 2>"$TMPDIR/collector" &
collector=$!
trap 'kill -KILL "$collector" 2>/dev/null || true' EXIT
until grep -q collecting "$TMPDIR/collector"; do
	kill -0 "$collector" || fail "no collector: $(cat "$TMPDIR/collector")"
	sleep 0.05
done

cat >"$TMPDIR/stranger.py" <<'PYTHON'
import fcntl, mmap, os, random, socket, struct, sys, time
path = os.environ["GRAMME_SOCKET"]
MAGIC, HELLO, BEGIN, READY, END = 0x31656d6d617267, 1, 2, 3, 4
DEVICES, ENTRIES, NAMES, LANES = 4096, 12288, 45056, 307200
LANE, SLOTS, BYTES = 4096 + 2048 * 64 + 8192 * 64, 8192, 307200 + 64 * (4096 + 2048 * 64 + 8192 * 64)
F_ADD_SEALS, SIZE = 1033, 2 | 4 | 1

def connect():
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    s.settimeout(10)
    s.connect(path)
    return s

def packet(kind, body=b"", magic=MAGIC, version=1, length=None):
    return struct.pack("<QHHI", magic, version, kind, 16 + len(body) if length is None else length) + body

hello = packet(HELLO, struct.pack("<IIQ", os.getpid(), os.getppid(), BYTES))

def ended(s):
    """The collector hangs up on us, at most after a reply that names an error."""
    try:
        reply = s.recv(1000)
        if reply:
            assert struct.unpack_from("<H", reply, 10)[0] == READY, reply
            assert struct.unpack_from("<i", reply, 16)[0] > 0, reply
            reply = s.recv(1000)
        return reply == b""
    except ConnectionResetError:
        return True

def refused(*packets, fds=()):
    s = connect()
    try:
        for p in packets:
            socket.send_fds(s, [p], fds) if fds else s.send(p)
    except (BrokenPipeError, ConnectionResetError):
        pass
    assert ended(s), packets

def memfd(size=BYTES, seals=SIZE, content={}):
    fd = os.memfd_create("x", os.MFD_ALLOW_SEALING)
    os.ftruncate(fd, size)
    for offset, data in content.items():
        os.pwrite(fd, data, offset)
    if seals:
        fcntl.fcntl(fd, F_ADD_SEALS, seals)
    return fd

def header(**other):
    f = dict(magic=MAGIC, version=1, devices=32, entries=2048, name_bytes=262144, lanes=64,
             ring_slots=SLOTS, start=time.monotonic_ns(), devices_used=1, entries_used=2,
             names_used=16, lanes_used=1, entries_refused=0, untimed=0, implausible=0,
             uncovered=0, cost=50)
    f.update(other)
    return struct.pack("<QIIIIIIQIIIIQQQII", *f.values())

# Packets that are none.
for p in (b"", b"x", packet(HELLO)[:15], packet(HELLO, magic=MAGIC + 1), packet(HELLO, version=2),
          packet(HELLO, length=17), packet(0), packet(99), packet(READY), packet(END),
          packet(END, b"\0" * 8), packet(HELLO, b"\0" * 15), packet(HELLO, b"\0" * 17),
          packet(BEGIN, b""), packet(BEGIN, b"\xff" * 16), b"\xff" * 65536):
    refused(p)
for pid in (0, 1, os.getppid(), os.getpid(), 0xffffffff):
    refused(packet(BEGIN, struct.pack("<IIII", pid, 4, 0, 0) + b"p\0e\0\0a\0"))
refused(packet(BEGIN, struct.pack("<IIII", 1, 4, 0, 0) + b"not terminated"))
refused(packet(BEGIN, struct.pack("<IIII", 1, 9999, 0, 0) + b"\0" * 9999))
refused(packet(BEGIN, struct.pack("<IIII", 1, 3, 0, 0) + b"\0" * 3))

# Memory that is none, or could change its size under the reader.
refused(hello)
r, w = os.pipe()
for fd in (r, os.open("/dev/null", os.O_RDWR), os.open("/proc/self/maps", os.O_RDONLY),
           os.open("/etc/passwd", os.O_RDONLY), memfd(seals=0), memfd(seals=2), memfd(seals=4 | 1),
           memfd(0), memfd(4096), memfd(BYTES + 4096), memfd(), memfd(content={0: b"\xff" * 4096}),
           memfd(content={0: header(version=2)}), memfd(content={0: header(lanes=65)}),
           memfd(content={0: header(ring_slots=1 << 31)})):
    refused(hello, fds=[fd])
refused(hello, fds=[memfd(), memfd(), memfd(), r, w])

# Memory that lies: every figure at its worst, names out of range and no UTF-8, torn slots.
worst = {0: header(devices_used=0xffffffff, entries_used=0xffffffff, lanes_used=0xffffffff,
                   uncovered=0xffffffff, cost=0xffffffff)}
for i in range(0, 2048, 7):
    worst[ENTRIES + 16 * i] = struct.pack("<IIHBBBBH", 1, 0xfffffff0 - i, 0xffff, i & 255, i & 255,
                                          i & 255, 255, 0)
for i in range(32):
    worst[DEVICES + 256 * i] = struct.pack("<IIII", 1, i, i, 1) + b"\xc3\x28\x1b[31m" * 20
worst[NAMES] = bytes(range(256)) * 1024
for lane in range(64):
    base = LANES + lane * LANE
    worst[base] = struct.pack("<IIQ", 1, 1, (1 << 64) - 1 - lane)
    for i in range(0, 2048, 101):
        worst[base + 4096 + 64 * i] = struct.pack("<QQQQQQ", *([(1 << 64) - 1] * 6))
    for i in range(0, SLOTS, 997):
        number = (1 << 64) - 1 - lane - SLOTS + i
        slot = base + 4096 + 2048 * 64 + 64 * (number % SLOTS)
        worst[slot] = struct.pack("<QQQQQIHHIIQ", number + 1, 0, 1 << 63, (1 << 64) - 1, 0, 0,
                                  0xffff if i % 2 else i % 2048, 0, 1, 0, 0)
liar = memfd(content=worst)
view = mmap.mmap(liar, BYTES)
s = connect()
socket.send_fds(s, [hello], [liar])
# It goes on lying while it is read.
dice = random.Random(1)
end = time.monotonic() + 4
while time.monotonic() < end:
    for _ in range(1000):
        at = dice.choice((DEVICES, ENTRIES, NAMES, LANES, LANES + 4096, 48)) + dice.randrange(4096)
        view[at] = dice.randrange(256)

# Too many of everything.
refused(*[hello] * 40, fds=[memfd(content={0: header()})])
flood = []
for _ in range(1400):
    try:
        flood.append(connect())
    except OSError:
        break
print("silent connections:", len(flood))
if len(sys.argv) > 1:
    print("ready", flush=True)
    sys.stdin.read()
# Who says nothing is hung up on in the end.
for s in flood:
    s.settimeout(60)
    assert ended(s)
PYTHON

# While the last of its kind stays and is silent, an honest program is counted.
ulimit -n 4096
mkfifo "$TMPDIR/stay"
$python "$TMPDIR/stranger.py" stay <"$TMPDIR/stay" >"$TMPDIR/stranger" 2>&1 &
stranger=$!
exec 7>"$TMPDIR/stay"
until grep -q ready "$TMPDIR/stranger"; do
	kill -0 $stranger 2>/dev/null || fail "the stranger: $(tail -n 5 "$TMPDIR/stranger")"
	sleep 0.1
done
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
	# The connections are another user's business, if they are another user's.
	chmod 711 "$TMPDIR"
	: >"$FAKECL_COUNT_FILE"
	chmod 666 "$FAKECL_COUNT_FILE"
	as=(setpriv --reuid 65534 --regid 65534 --clear-groups)
else
	exec 7>&-
	wait $stranger
	as=()
fi
LD_PRELOAD=$build/libgramme.so "${as[@]}" "$prog/cl_linked" --launches 100 --pause-ms 100
# The collector may be behind with all this.
for _ in $(seq 300); do
	ledger=$(find "$ledgers" -path '*/cl_linked/*.jsonl')
	if grep -q 'too many connections' "$TMPDIR/collector" && [ -n "$ledger" ] &&
		grep -q '"close"' "$ledger"; then
		break
	fi
	sleep 0.1
done
exec 7>&-
wait $stranger || fail "the stranger: $(tail -n 5 "$TMPDIR/stranger")"

kill -0 "$collector" || fail "the collector is gone: $(cat "$TMPDIR/collector")"
resident=$(awk '$1 == "VmRSS:" { print $2 }' "/proc/$collector/status")
echo "the collector holds $resident KiB"
[ "$resident" -lt 262144 ] || fail "that is too much"
kill -TERM "$collector"
wait "$collector" || fail "the collector ended with status $?"

cat "$TMPDIR/collector"
[ "$(sort "$TMPDIR/collector" | uniq -d | wc -l)" -eq 0 ] || fail "a refusal is named twice"
for reason in 'not speak this protocol' 'another version' 'sealed memfd' 'another size' \
	'too many messages' 'too many connections'; do
	grep -q "$reason" "$TMPDIR/collector" || fail "no line on: $reason"
done
for ledger in $(find "$ledgers" -name '*.jsonl' | sort); do
	verified
done
# The liar has a ledger, too, and it is closed: nonsense, but bounded, and his own.
ledger=$(find "$ledgers" -path '*/stranger/*.jsonl' | sort | head -n 1)
holds '.chain.closed and .coverage.events_lost <= .coverage.events_seen'
holds '[.kernels[].name, .commands[].name | select(test("[^ -~\u00a0-\uffff]"))] == []'
ledger=$(find "$ledgers" -path '*/cl_linked/*.jsonl')
holds '[.kernels[].count] == [50, 50]'
