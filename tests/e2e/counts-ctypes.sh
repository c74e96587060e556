#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Python's ctypes, which finds each function by dlsym.
. tests/e2e/lib.sh

meter_ok -- "$python" tests/prog/cl_ctypes.py 250
same_counts "$TMPDIR/out" kernel
covered
