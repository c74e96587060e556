#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# PyPI's pyopencl wheel in a virtual environment, with the loader that it carries.
. tests/e2e/lib.sh

wheel pyopencl
[ -n "$(find "$venv" -name 'libOpenCL-*.so*')" ] || fail "the wheel carries no loader any more"

# That loader looks for drivers in places of its own.
export OCL_ICD_VENDORS=/etc/OpenCL/vendors
meter_ok -- "$venv/bin/python" tests/prog/cl_pyopencl.py 300
same_counts "$TMPDIR/out" kernel call
covered
