#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# NVIDIA's own Python bindings of the driver, from their wheel, which ask it for each of its functions
# by cuGetProcAddress: for the legacy default stream, and for each thread's own.
. tests/e2e/lib.sh

wheel cuda-bindings numpy
for own in 0 1; do
	export CUDA_PYTHON_CUDA_PER_THREAD_DEFAULT_STREAM=$own
	use_simgpu
	meter_ok -- "$venv/bin/python" tests/prog/cuda_bindings.py 300
	same_counts "$(tally)" kernel call
	counts_of kernel <"$TMPDIR/out" | diff - <(counts_of kernel <"$(tally)") ||
		fail "the program launched otherwise (<said >executed)"
	covered
	wanted=$(sed -n 's/^wanted //p' "$TMPDIR/out")
	grep -q "^count api $wanted 301\$" "$(tally)" || fail "it was not by $wanted"
done
