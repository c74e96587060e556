#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The same with the runtime linked in, as nvcc does it unless told otherwise.
. tests/e2e/lib.sh

for wheel in nvidia-cuda-runtime-cu12==12.9.79 nvidia-cuda-runtime==13.5.37; do
	rm -rf "$TMPDIR/venv" "$TMPDIR/wheel"
	unpacked "$wheel"
	runtime=$(find "$unpacked" -name 'libcudart_static.a')
	runtime_program "$runtime"
	runtime_gives_up
done
