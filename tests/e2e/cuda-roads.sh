#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every way to launch a kernel, copy and fill, by every road into the driver: bound by the linker,
# dlopen and dlsym, cuGetProcAddress for the legacy default stream and for a thread's own, ctypes.
# The counts are the driver's own, and what the driver is called by is what it is called by without
# gramme, but for what gramme may ask.
. tests/e2e/lib.sh

# Calls of the program, by their exported names; what gramme asks by itself is left out.
calls() {
	"$fake/tally" "$TMPDIR/tally" | grep '^count api ' |
		grep -vE ' cu(CtxGetDevice|DeviceGetName|DeviceGetUuid_v2|KernelGetName|FuncGetName|LibraryGetKernelCount) ' |
		sort
}

# road PROGRAM [ARG...]
road() {
	echo "road: $*"
	use_simgpu
	"$@" >"$TMPDIR/bare.out" || fail "bare: $(cat "$TMPDIR/bare.out")"
	calls >"$TMPDIR/bare"
	use_simgpu
	meter_ok -- "$@"
	same_counts "$(tally)" kernel call
	covered
	diff "$TMPDIR/bare.out" "$TMPDIR/out" || fail "the program says something else"
	calls >"$TMPDIR/metered"
	diff "$TMPDIR/bare" "$TMPDIR/metered" || fail "the driver is called otherwise (<bare >metered)"
	holds '[.kernels[] | select(.kind == "kernel")] | all(.api == "cuda" and .timed == "none"
		and .device == "gramme simulated GPU" and .host_ns == null and .device_ns == null)'
}

road "$prog/cuda_linked" linked launches 7
for way in dlopen proc0 proc2; do
	road "$prog/cuda_story" "$way" launches 7
done
grep -q 'cuLaunchKernel_ptsz' "$TMPDIR/metered" || fail "no form for a thread's own stream was asked for"
road "$python" tests/prog/cuda_ctypes.py libcuda.so.1 9
road "$python" tests/prog/cuda_ctypes.py "$fake/cuda/libcuda.so.1" 9
