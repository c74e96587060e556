#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Graphs of NVIDIA's CUDA runtime, captured and built, one within another: a launch of a graph counts
# its kernels.
. tests/e2e/lib.sh

cuda_runtime
runtime_program "$runtime"
runtime_story graphs 50
