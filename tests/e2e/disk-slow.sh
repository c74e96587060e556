#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Many runs on a slow disk: the collector listens between some syncs, and not only when it has written
# all journals.
. tests/e2e/lib.sh
use_fake

runs=30
export SLOW_DISK=$TMPDIR/slow
export GRAMME_SOCKET=$TMPDIR/socket
LD_PRELOAD=$prog/slow_disk.so "$gramme" collect --socket "$GRAMME_SOCKET" --ledger-dir "$ledgers" \
	--zone FR 2>"$TMPDIR/collector" &
collector=$!
programs=()
trap 'kill -KILL "$collector" "${programs[@]}" 2>/dev/null || true' EXIT
until grep -q 'collecting on' "$TMPDIR/collector"; do
	kill -0 "$collector" || fail "no collector"
	sleep 0.05
done
for _ in $(seq $runs); do
	LD_PRELOAD=$build/libgramme.so "$prog/cl_linked" --launches 1000000 --batch 10 --rest-ms 500 \
		>"$TMPDIR/out" 2>&1 &
	programs+=($!)
done
for _ in $(seq 300); do
	[ "$(find "$ledgers" -name '*.journal' | wc -l)" -lt $runs ] || break
	sleep 0.1
done
[ "$(find "$ledgers" -name '*.journal' | wc -l)" -eq $runs ] || fail "not $runs runs"

# Somebody knocks all the time; who is heard is refused.
"$python" - <<'PYTHON' &
import sys
sys.path.insert(0, "tests/prog")
from stranger import *
while True:
    try:
        with connect() as s:
            s.send(b"x")
            ended(s)
    except OSError:
        pass
PYTHON
programs+=($!)
: >"$SLOW_DISK"
sleep 10
most=$(tail -n 1 "$SLOW_DISK")
rm "$SLOW_DISK"
[ -n "$most" ] || fail "nothing was written"
# Half a second of a tick, and the last one's.
[ "$most" -le 12 ] || fail "$most syncs in a row, while somebody waited"
