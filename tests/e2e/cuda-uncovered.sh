#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What cannot be seen of CUDA is said: a launch that nobody has heard of, graphs whose kernels cannot
# be counted, a driver that is opened past us, a second one.
. tests/e2e/lib.sh

# said WHY: that is all that was uncovered.
said() {
	[ "$(json '[.coverage.uncovered[].why] | unique | join("; ")')" = "$1" ] || {
		json .coverage
		fail "it is not said: $1"
	}
	verified
}

for story in conditional device-graph meanwhile; do
	use_simgpu
	meter_ok -- "$prog/cuda_story" dlopen "$story" 3
	said "a CUDA graph whose kernels could not be counted"
done

# ask LINE...: a program in Python that does so with the driver `c`.
ask() {
	printf '%s\n' 'import ctypes, os' "$@" >"$TMPDIR/ask.py"
	meter_ok -- "$python" "$TMPDIR/ask.py"
}

export LD_LIBRARY_PATH=$fake/cuda_idle
ask 'c = ctypes.CDLL("libcuda.so.1")' 'c.cuInit(0)' 'p = ctypes.c_void_p()' \
	'assert c.cuGetProcAddress_v2(b"cuLaunchStrange", ctypes.byref(p), 13000, 0, None) == 0' \
	'assert ctypes.CFUNCTYPE(ctypes.c_int)(p.value)() == 0'
said "an unknown entry point"

ask 'c = ctypes.CDLL("libcuda.so.1", mode=os.RTLD_NOW | os.RTLD_DEEPBIND)' 'assert c.cuInit(0) == 0'
said "a library opened with RTLD_DEEPBIND"

ask 'c = ctypes.CDLL("libcuda.so.1")' 'c.cuInit(0)' \
	"d = ctypes.CDLL('$fake/cuda/libcuda.so.1')" 'assert d.cuInit(0) == 0'
said "a CUDA driver that could not be stood in for"

# Only asked whether it is there, it is not opened.
ask 'try:' '	ctypes.CDLL("libcuda.so.1", mode=os.RTLD_NOW | os.RTLD_NOLOAD)' '	assert False' \
	'except OSError:' '	pass'
covered
