#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Commands are asked about when they have finished, whatever else is under way: a command that the
# program holds up does not hold up those behind it, and what ended with its thread is let go.
. tests/e2e/lib.sh

use_fake
meter_ok -- "$prog/cl_corner" gate 20000
same_counts "$TMPDIR/out" call
holds '[.commands[] | select(.name == "clEnqueueWriteBuffer")
	| .count == 20000 and .timed_count >= 19900] == [true]'

# work THREADS: instructions for 20 waits after so many threads wrote and ended.
work() {
	use_fake
	meter_ok -- "$prog/steps" "$prog/cl_corner" ended "$1" 20
	same_counts "$TMPDIR/out" call
	holds ".commands[] | select(.name == \"clEnqueueWriteBuffer\") | .timed_count == $1 * 100"
	steps=$(sed -n 's/^steps //p' "$TMPDIR/out")
}
work 1
few=$((steps / 20))
work 60
many=$((steps / 20))
echo "clFinish: $few instructions after 1 ended thread, $many after 60"
# To look at 60 lanes that are empty takes some instructions for each: not the hundred commands of each.
[ "$few" -gt 0 ] || fail "nothing was counted"
[ "$many" -lt $((few + 60 * 150)) ] || fail "ended threads are walked through"
