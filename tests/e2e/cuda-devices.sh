#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A thread that launches on two GPUs by turns: each kernel is its own GPU's, and so is each part of a
# launch on both.
. tests/e2e/lib.sh

use_simgpu
export SIMGPU_COUNT=2
meter_ok -- "$prog/cuda_story" dlopen devices 21
same_counts "$(tally)" kernel
holds '[.kernels[] | select(.name == "alpha") | {(.device): .count}] | add ==
	{"gramme simulated GPU": 22, "gramme simulated GPU #2": 43}'

rm "$SIMGPU_TALLY"
meter_ok -- "$prog/cuda_story" dlopen reset 9
same_counts "$(tally)" kernel
holds '[.kernels[] | select(.name == "alpha") | {(.device): .count}] | add ==
	{"gramme simulated GPU": 1, "gramme simulated GPU #2": 9}'
