#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A program that ends by _exit with its commands still running, and one without profiling.
. tests/e2e/lib.sh

meter_ok -- "$prog/cl_linked" --launches 60 --no-finish
same_counts "$TMPDIR/out" kernel

use_fake
export FAKECL_COMMAND_NS=20000000
meter_ok -- "$prog/cl_linked" --launches 60 --no-finish
same_counts "$TMPDIR/out" kernel

# A driver that refuses profiling: the program gets its queue, and the counts stay exact.
use_fake
export FAKECL_COMMAND_NS=1000 FAKECL_NO_PROFILING=1
meter_ok -- "$prog/cl_linked" --launches 500
same_counts "$(tally)" kernel call
holds '[.kernels[] | .timed] | all(. != "device")'
