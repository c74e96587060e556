#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# While a collector is dead its socket is everybody's: one user who connects without end does not
# shut the others out, and what they launched meanwhile is counted by the next collector.
. tests/e2e/lib.sh
use_fake

needs_root "only root can be two users"
start_collector --zone FR
chmod 711 "$TMPDIR"
kill -KILL "$collector"
wait "$collector" 2>/dev/null || true

echo "one who floods"
"$python" - "$GRAMME_SOCKET" <<'PYTHON'
import os, socket, sys
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
refused = 0
for _ in range(20000):
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_NONBLOCK) as s:
        try:
            s.connect(sys.argv[1])
        except BlockingIOError:
            refused += 1
print(f"{refused} of 20000 found no room")
PYTHON
sleep 1
echo "one who computes"
LD_PRELOAD=$build/libgramme.so "$prog/cl_linked" --launches 100 >"$TMPDIR/out" 2>&1 ||
	fail "the program noticed: $(cat "$TMPDIR/out")"
start_collector --zone FR
for _ in $(seq 100); do
	ledger=$(newest "$ledgers")
	[ -z "$ledger" ] || ! grep -q '"close"' "$ledger" || break
	sleep 0.1
done
[ -n "$ledger" ] || fail "nobody heard of it"
verified
holds '[.kernels[].count] == [50, 50]'
stop_collector
