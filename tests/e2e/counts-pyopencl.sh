#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Debian's python3-pyopencl: counts against the program's own.
. tests/e2e/lib.sh

meter_ok -- "$python" tests/prog/cl_pyopencl.py 300
same_counts "$TMPDIR/out" kernel call
covered
