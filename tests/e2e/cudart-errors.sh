#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What the driver refuses reaches the program of NVIDIA's runtime unchanged: memory that there is not,
# a launch of no shape, and a launch that fails as the 7th of ten. Only the others are counted.
. tests/e2e/lib.sh

cuda_runtime
runtime_program "$runtime"
export SIMGPU_FAIL=cuLaunchKernel:7=719
runtime_story errors 10
grep -q '^error launch 719$' "$TMPDIR/bare" || fail "the launch did not fail: $(cat "$TMPDIR/bare")"
