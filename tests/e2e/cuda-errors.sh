#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Errors reach the program as the driver gave them, and what failed is counted apart.
. tests/e2e/lib.sh

for fails in '' 'cuLaunchKernel:3=719,cuStreamSynchronize:1=700' 'cuMemcpyHtoD:1=2'; do
	for road in linked dlopen proc0; do
		program=$prog/cuda_story
		[ "$road" != linked ] || program=$prog/cuda_linked
		use_simgpu
		export SIMGPU_FAIL=$fails
		"$program" "$road" errors 5 >"$TMPDIR/bare" || fail "bare: $(cat "$TMPDIR/bare")"
		use_simgpu
		meter_ok -- "$program" "$road" errors 5
		diff "$TMPDIR/bare" "$TMPDIR/out" || fail "errors differ (<bare >metered)"
		covered
		failed=0
		case $fails in cuLaunch*) failed=1 ;; esac
		holds "[.kernels[] | select(.name == \"alpha\")] | length == 1 and
			.[0].count == 5 - $failed and .[0].failed == $failed"
		holds '[.kernels[] | select(.name == "(unnamed)") | [.count, .failed]] == [[0, 1]]'
	done
done
grep -q 'copy 2$' "$TMPDIR/out" || fail "the last error was not asked for"

# No GPU is what cuInit says, and a driver that is not there cannot be opened.
use_simgpu
export SIMGPU_COUNT=0
meter -- "$prog/cuda_story" dlopen launches 1
[ "$status" -eq 1 ] || fail "exit status $status"
grep -q 'cuInit: error 100' "$TMPDIR/out" || fail "not 100: $(cat "$TMPDIR/out")"
unset LD_LIBRARY_PATH
if ! ldconfig -p | grep -q 'libcuda\.so\.1'; then
	meter -- "$prog/cuda_story" dlopen launches 1
	[ "$status" -eq 1 ] || fail "exit status $status"
	grep -q 'libcuda.so.1: cannot open' "$TMPDIR/out" || fail "$(cat "$TMPDIR/out")"
fi
