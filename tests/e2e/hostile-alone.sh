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
for _ in range(5000):
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
        s.connect(sys.argv[1])
with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
    s.connect(sys.argv[1])
    s.settimeout(120)
    sys.exit(s.recv(1) != b"" and "the last one was not hung up on")
PYTHON
echo "one who computes"
LD_PRELOAD=$build/libgramme.so "$prog/cl_linked" --launches 100 >"$TMPDIR/out" 2>&1 ||
	fail "the program noticed: $(cat "$TMPDIR/out")"
start_collector --zone FR
await ledger_closed
verified
holds '[.kernels[].count] == [50, 50]'
[ "$(grep -c "hung up on user 65534" "$TMPDIR/collector")" -eq 1 ] || fail "nobody says who was hung up on"
stop_collector
