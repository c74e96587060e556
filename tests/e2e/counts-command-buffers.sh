#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# cl_khr_command_buffer, whose functions no loader exports: each enqueue counts its kernels, also
# where there are more buffers than are remembered with their queues.
. tests/e2e/lib.sh

use_fake
meter_ok -- "$prog/cl_every" --command-buffers
same_counts "$TMPDIR/out" kernel call
same_counts "$(tally)" kernel call

use_fake
meter_ok -- "$prog/cl_corner" buffers 3000
same_counts "$TMPDIR/out" kernel call
same_counts "$(tally)" kernel call
