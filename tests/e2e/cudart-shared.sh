#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# NVIDIA's own CUDA runtime, as a shared library, and a program made for it: copies, launches on two
# streams, a cooperative launch, a host function, events.
. tests/e2e/lib.sh

cuda_runtime
runtime_program "$runtime"
runtime_story basic 300
