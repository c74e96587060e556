#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# timeout: 3000
# Whoever of gramme's processes is killed, and at whichever moment: no program notices, every launch
# is in a closed ledger once, and nothing is left behind. Some moments of each; in the long form all of
# them.
. tests/e2e/lib.sh
use_fake
unset FAKECL_COUNT_FILE

status=0
"$prog/strike" collector 0 /bin/true >"$TMPDIR/out" 2>&1 || status=$?
[ "$status" -ne 77 ] || {
	echo "skip: this kernel lets nobody stop system calls: $(cat "$TMPDIR/out")"
	exit 77
}
[ "$status" -eq 0 ] || fail "strike ended with $status: $(cat "$TMPDIR/out")"
step=23
[ -z "${GRAMME_SLOW:-}" ] || step=1
status=0
for role in collector holder alone again stand-in own; do
	"$python" tests/lose/moments.py "$build" "$TMPDIR" "$role" "$step" \
		$((step == 1 ? 1 : $$ % step + 1)) || status=1
done
exit $status
