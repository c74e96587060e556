#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Eight threads launch through NVIDIA's CUDA runtime at once.
. tests/e2e/lib.sh

cuda_runtime
runtime_program "$runtime"
runtime_story threads 500
