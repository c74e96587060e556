#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Descriptors of every wrong kind, many at once and with every message, are refused, and none of
# them stays with the collector.
. tests/e2e/lib.sh
use_fake
start_collector

# Those that are open while it waits; what it holds for a moment is let go.
descriptors() {
	find "/proc/$collector/fd" -type l 2>/dev/null | wc -l
}
# settled: as many as a moment ago.
settled() {
	before=$(descriptors)
	sleep 0.5
	[ "$(descriptors)" -eq "$before" ]
}
honest 10
honest_is_counted 10
rm -rf "${ledgers:?}"/*
await settled

cat >"$TMPDIR/stranger.py" <<'PYTHON'
import ctypes, os, select, signal, socket, sys, tempfile
sys.path.insert(0, "tests/prog")
from stranger import *

MFD_HUGETLB, F_SEAL_WRITE = 4, 8
r, w = os.pipe()
a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
shm = tempfile.TemporaryFile(dir="/dev/shm")
shm.truncate(BYTES)
libc = ctypes.CDLL(None)
wrong = {
    "pipe": r, "pipe's other end": w, "folder": os.open("/tmp", os.O_RDONLY | os.O_DIRECTORY),
    "path": os.open("/etc/passwd", os.O_PATH), "/dev/zero": os.open("/dev/zero", os.O_RDWR),
    "/dev/null": os.open("/dev/null", os.O_RDWR), "/proc": os.open("/proc/self/maps", os.O_RDONLY),
    "file": os.open("/etc/passwd", os.O_RDONLY), "socket": a.fileno(),
    "epoll": select.epoll().fileno(), "eventfd": libc.eventfd(0, 0), "process": os.pidfd_open(1),
    "tmpfs file": shm.fileno(), "no memory": memfd(0), "one page": memfd(4096),
    "one page more": memfd(BYTES + 4096), "a terabyte": memfd(1 << 40), "empty": memfd(),
    "unsealed": memfd(seals=0), "may grow": memfd(seals=1 | 2), "may shrink": memfd(seals=1 | 4),
    "may be unsealed": memfd(seals=2 | 4), "written no more": memfd(seals=SEALS | F_SEAL_WRITE),
    "junk": memfd(content={0: b"\xff" * 4096}), "version 2": memfd(content={0: header(version=2)}),
    "65 lanes": memfd(content={0: header(lanes=65)}),
}
try:
    wrong["huge pages"] = memfd(BYTES + (-BYTES) % (2 << 20), flags=MFD_HUGETLB)
except OSError:
    pass
for what, fd in wrong.items():
    print(what, flush=True)
    refused(hello(), fds=[fd])

every = [fd for fd in wrong.values()]
for n in (2, 3, len(every), 253):
    many = (every * 253)[:n]
    print(n, "at once", flush=True)
    for _ in range(20):
        refused(hello(), fds=many)
        # With what wants none; with nothing but a byte; with a packet that is cut.
        refused(begin(os.getpid(), "p", "e", "", "a"), fds=many)
        refused(b"x", fds=many)
        refused(b"\0" * 70000, fds=many)
# The connection itself, and one end of another in flight within it: a ring of descriptors.
for _ in range(20):
    s = connect()
    say(a, b"x", fds=[s.fileno(), b.fileno()])
    say(s, hello(), fds=[s.fileno(), b.fileno()])
    ended(s)
# Nobody waits for the answer.
for _ in range(200):
    with connect() as s:
        say(s, *[hello()] * 5, fds=every[:3])
PYTHON
ulimit -n 4096
$python "$TMPDIR/stranger.py" >"$TMPDIR/stranger" 2>&1 ||
	fail "the stranger: $(tail -n 5 "$TMPDIR/stranger")"

honest 100
honest_is_counted 100
for _ in $(seq 600); do
	after=$(descriptors)
	[ "$after" -gt "$before" ] || break
	sleep 0.1
done
echo "descriptors of the collector: $before before, $after after"
[ "$after" -le "$before" ] || {
	ls -l "/proc/$collector/fd"
	fail "descriptors of strangers stay with the collector"
}
stop_collector
cat "$TMPDIR/collector"
for reason in 'not speak this protocol' 'another version' 'sealed memfd' 'another size'; do
	grep -q "$reason" "$TMPDIR/collector" || fail "no line on: $reason"
done
