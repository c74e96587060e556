#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The GPU that CUDA launches on and the one that NVML meters are one device: kernels name the domain
# that bears them, by the device's UUID.
. tests/e2e/lib.sh

use_simgpu
export SIMGPU_COUNT=2 LD_LIBRARY_PATH=$fake/nvml${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
meter_ok -- "$prog/cuda_story" dlopen devices 21
verified
holds '[.energy.domains[] | select(.kind == "gpu") | .name] == ["gpu-0", "gpu-1"]'
holds '[.kernels[] | {(.device): .domain}] | add ==
	{"gramme simulated GPU": "gpu-0", "gramme simulated GPU #2": "gpu-1"}'
