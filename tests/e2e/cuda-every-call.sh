#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every row of preload/cuda.def reaches the driver under its own name with its own arguments, is
# refused, and is counted; what the driver lacks is not there for the program either.
. tests/e2e/lib.sh

export LD_LIBRARY_PATH=$fake/cuda_every
"$prog/cuda_every" >"$TMPDIR/bare" || fail "bare: status $?"
grep -q '^lacks cuStreamBeginCaptureToCig: it says$' "$TMPDIR/bare" || fail "the driver lacks nothing"
meter_ok -- "$prog/cuda_every"
diff "$TMPDIR/bare" "$TMPDIR/out" || fail "the driver looks otherwise (<bare >metered)"
same_counts "$TMPDIR/out" kernel call
[ "$(wc -l <"$TMPDIR/expected")" -ge 45 ] || fail "too few calls to show anything"
