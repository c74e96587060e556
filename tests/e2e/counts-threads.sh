#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Four threads on four queues: counts against the program's own.
. tests/e2e/lib.sh

meter_ok -- "$prog/cl_linked" --threads 4 --launches 3000
same_counts "$TMPDIR/out" kernel
covered
