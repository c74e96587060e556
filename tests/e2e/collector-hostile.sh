#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A collector between strangers: nonsense, floods, silence and memory that lies are refused or
# bounded and named once, and an honest program beside them is counted exactly.
. tests/e2e/lib.sh
use_fake

start_collector

cat >"$TMPDIR/stranger.py" <<'PYTHON'
import fcntl, mmap, os, random, socket, struct, sys, time
sys.path.insert(0, "tests/prog")
from stranger import *

# Packets that are none.
for p in (b"", b"x", packet(HELLO)[:15], packet(HELLO, magic=MAGIC + 1), packet(HELLO, version=2),
          packet(HELLO, length=17), packet(0), packet(99), packet(READY), packet(END),
          packet(END, b"\0" * 8), packet(HELLO, b"\0" * 15), packet(HELLO, b"\0" * 17),
          packet(BEGIN, b""), packet(BEGIN, b"\xff" * 16), b"\xff" * 65536):
    refused(p)
for pid in (0, 1, os.getppid(), os.getpid(), 0xffffffff):
    refused(begin(pid, "p", "e", "", "a"))
refused(packet(BEGIN, struct.pack("<IIII", 1, 4, 0, 0) + b"not terminated"))
refused(packet(BEGIN, struct.pack("<IIII", 1, 9999, 0, 0) + b"\0" * 9999))
refused(packet(BEGIN, struct.pack("<IIII", 1, 3, 0, 0) + b"\0" * 3))

# Memory that is none, or could change its size under the reader.
refused(hello())
r, w = os.pipe()
for fd in (r, os.open("/dev/null", os.O_RDWR), os.open("/proc/self/maps", os.O_RDONLY),
           os.open("/etc/passwd", os.O_RDONLY), memfd(seals=0), memfd(seals=2), memfd(seals=4 | 1),
           memfd(0), memfd(4096), memfd(BYTES + 4096), memfd(), memfd(content={0: b"\xff" * 4096}),
           memfd(content={0: header(version=2)}), memfd(content={0: header(lanes=65)}),
           memfd(content={0: header(ring_slots=1 << 31)})):
    refused(hello(), fds=[fd])
refused(hello(), fds=[memfd(), memfd(), memfd(), r, w])

# Memory that lies.
liar = memfd(content=lies(), seals=0)
view = mmap.mmap(liar, BYTES)
fcntl.fcntl(liar, F_ADD_SEALS, SEALS)
s = connect()
socket.send_fds(s, [hello()], [liar])
# It goes on lying while it is read.
dice = random.Random(1)
end = time.monotonic() + 4
while time.monotonic() < end:
    for _ in range(1000):
        at = dice.choice((DEVICES, ENTRIES, NAMES, LANES, LANES + 4096, 48)) + dice.randrange(4096)
        view[at] = dice.randrange(256)

# Too many of everything.
with connect() as s:
    say(s, *[hello()] * 40, fds=[memfd(content={0: header()})])
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
dismiss() {
	exec 7>&-
	wait $stranger || fail "the stranger: $(tail -n 5 "$TMPDIR/stranger")"
}
# Where both are one user, the honest one would have to suffer for what the other one does.
if [ "$(id -u)" -eq 0 ]; then
	honest 100
	dismiss
else
	dismiss
	honest 100
fi
wait_for 'too many connections'

kill -0 "$collector" || fail "the collector is gone: $(cat "$TMPDIR/collector")"
resident=$(awk '$1 == "VmRSS:" { print $2 }' "/proc/$collector/status")
echo "the collector holds $resident KiB"
[ "$resident" -lt 262144 ] || fail "that is too much"
stop_collector

cat "$TMPDIR/collector"
for reason in 'not speak this protocol' 'another version' 'sealed memfd' 'another size' \
	'too many connections'; do
	grep -q "$reason" "$TMPDIR/collector" || fail "no line on: $reason"
done
for ledger in $(find "$ledgers" -name '*.jsonl' | sort); do
	verified
done
# The liar has a ledger, too, and it is closed: nonsense, but bounded, and his own.
ledger=$(find "$ledgers" -path '*/stranger/*.jsonl' | sort | head -n 1)
holds '.chain.closed and .coverage.events_lost <= .coverage.events_seen'
holds '[.kernels[].name, .commands[].name | select(test("[^ -~\u00a0-\uffff]"))] == []'
honest_is_counted 100
