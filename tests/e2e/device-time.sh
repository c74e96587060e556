#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Device time per kernel against what the program itself reads, within 1 %; busy <= wall x devices.
. tests/e2e/lib.sh

# near NAME: the ledger's device time of that kernel against the program's own.
near() {
	local own seen

	own=$(awk -v name="$1" '$1 == "time" && $3 == name { n += $4 } END { printf "%.0f\n", n }' "$TMPDIR/out")
	seen=$(json "[.kernels[] | select(.name == \"$1\").device_ns] | add")
	echo "$1: program $own ns, ledger $seen ns"
	[ "$own" -gt 0 ] || fail "the program measured nothing"
	[ $((100 * (own > seen ? own - seen : seen - own))) -le "$own" ] ||
		fail "$1: more than 1 % apart"
}

# A device cannot be busy for longer than the run took.
bounded() {
	holds '(([.kernels + .commands | .[] | .device] | unique | length) * .run.duration_ns)
		>= ([.kernels + .commands | .[] | .busy_ns // 0] | add)'
}

meter_ok -- "$prog/cl_linked" --profiling --launches 2000 --items 4096 --rounds 200
near scale
near add
bounded

meter_ok -- "$prog/cl_linked" --profiling --threads 4 --launches 500 --items 4096 --rounds 200
near scale
bounded

meter_ok -- "$python" tests/prog/cl_pyopencl.py 200 --profile
near square
near half_of
bounded

# A device whose clock stands elsewhere and drifts, whose queues overlap, with and without the
# timer that tells how the clocks belong together.
use_fake
export FAKECL_COMMAND_NS=200000 FAKECL_CLOCK_OFFSET_NS=-86400000000000 FAKECL_CLOCK_DRIFT_PPM=40
for no_timer in 0 1; do
	FAKECL_NO_TIMER=$no_timer meter_ok -- \
		"$prog/cl_linked" --gpu --profiling --threads 4 --out-of-order --launches 400
	near scale
	near add
	bounded
	holds '[.kernels[] | .busy_ns // 0] | add > 0'
done
