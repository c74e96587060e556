#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A pool of forked workers, each with its own context: counts against their sum.
. tests/e2e/lib.sh

meter_ok -- "$prog/cl_linked" --workers 4 --launches 200
same_counts "$TMPDIR/out" kernel

# The parent has computed before it forks; its children must not be taken for it.
use_fake
meter_ok -- "$prog/cl_linked" --workers 3 --compute-first --launches 150
same_counts "$TMPDIR/out" kernel
same_counts "$(tally)" kernel call
