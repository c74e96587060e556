#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# NVIDIA's CUDA runtimes of versions 11.8 to 13.5, shared, as far as the simulated driver takes them:
# they ask for some 300 to 450 functions by name, version and default stream.
. tests/e2e/lib.sh

for wheel in nvidia-cuda-runtime-cu11==11.8.89 nvidia-cuda-runtime-cu12==12.9.79 \
	nvidia-cuda-runtime==13.5.37; do
	rm -rf "$TMPDIR/venv" "$TMPDIR/wheel"
	unpacked "$wheel"
	runtime=$(find "$unpacked" -name 'libcudart.so.*')
	runtime_program "$runtime"
	runtime_gives_up
done
