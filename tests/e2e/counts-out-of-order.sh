#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# An out-of-order queue: counts against the program's own, on PoCL and on the counting driver.
. tests/e2e/lib.sh

meter_ok -- "$prog/cl_linked" --out-of-order --launches 2000
same_counts "$TMPDIR/out" kernel

use_fake
meter_ok -- "$prog/cl_linked" --out-of-order --gpu --threads 2 --launches 2000
same_counts "$(tally)" kernel call
