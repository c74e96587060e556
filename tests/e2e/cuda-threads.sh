#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Eight threads that launch at a time, on the legacy default stream and each on its own.
. tests/e2e/lib.sh

for road in proc0 proc2; do
	use_simgpu
	export SIMGPU_KERNEL_NS=0
	meter_ok -- "$prog/cuda_story" "$road" threads 5001
	same_counts "$(tally)" kernel
	covered
	holds '[.kernels[] | select(.kind == "kernel") | .count] | add == 8 * 5001'
done
