#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# timeout: 900
# The power goes at any moment of a run: what the disk then holds is a ledger that verifies, says
# that it is a part, and lacks at most the last five seconds.
. tests/e2e/lib.sh

[ "$(id -u)" -eq 0 ] || {
	echo "skip: mounting a file system needs root"
	exit 77
}
if ! [ -w /dev/fuse ]; then
	echo "skip: the kernel offers no FUSE here (/dev/fuse)"
	exit 77
fi
seconds=14
[ -z "${GRAMME_SLOW:-}" ] || seconds=150
seed=${POWER_CUT_SEED:-$(date +%s)}
echo "seed $seed, $seconds s"
for who in alone lab; do
	mkdir "$TMPDIR/$who"
	"$python" tests/lose/cuts.py "$build" "$TMPDIR/$who" "$seconds" "$seed" "$who" \
		>"$TMPDIR/$who/said" 2>&1 &
done
wait -n || status=$?
wait -n || status=$?
cat "$TMPDIR/alone/said" "$TMPDIR/lab/said"
[ "${status:-0}" -eq 0 ]
