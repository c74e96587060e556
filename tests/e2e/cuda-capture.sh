#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What is captured is not executed, and not counted: on the stream that is captured, and on one that
# joins by an event; what goes on beside it is, with its name. While something is captured the driver
# is called as often as without gramme, and by the same names.
. tests/e2e/lib.sh

captured() {
	"$fake/tally" "$TMPDIR/tally" | grep '^count captured ' | sort
}

for road in dlopen proc0 proc2; do
	use_simgpu
	"$prog/cuda_story" "$road" capture 11 || fail "bare"
	captured >"$TMPDIR/bare"
	[ -s "$TMPDIR/bare" ] || fail "nothing is captured"
	use_simgpu
	meter_ok -- "$prog/cuda_story" "$road" capture 11
	same_counts "$(tally)" kernel
	covered
	captured >"$TMPDIR/metered"
	diff "$TMPDIR/bare" "$TMPDIR/metered" || fail "the driver is called during a capture (<bare >metered)"
	holds '[.kernels[] | select(.kind == "kernel") | {(.name): .count}] | add ==
		{alpha: (2 + 11 * 5), beta: (2 + 11), gamma: (1 + 11)}'
done
