#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The same program made for a default stream of each thread: the runtime asks the driver for other
# functions.
. tests/e2e/lib.sh

cuda_runtime
runtime_program "$runtime" -DPER_THREAD
for part in basic graphs threads; do
	runtime_story "$part" 100
	grep -q '^count api cuLaunchKernel_ptsz ' "$(tally)" || fail "$part used the legacy stream"
done
