#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A program that forks within a call: parent and child go on computing, and each is counted.
. tests/e2e/lib.sh

# lives WHAT: both ended well, and the counts are exact.
lives() {
	grep -qx 'child exit 7' "$TMPDIR/out" || fail "$1: $(cat "$TMPDIR/out" "$TMPDIR/err")"
	same_counts "$TMPDIR/out" kernel
	same_counts "$(tally)" kernel
	covered
}

use_fake
meter_ok -- "$prog/cl_corner" fork-native 30
lives "in a native kernel"

# The listener behind us is part of the real call, as a driver's own callbacks are.
for call in finish queue; do
	use_fake
	meter_ok -- env CL_LISTENER=fork-$call LD_PRELOAD="$build/libgramme.so:$prog/cl_listener.so" \
		"$prog/cl_corner" fork-$call 30
	lives "in $call"
done
