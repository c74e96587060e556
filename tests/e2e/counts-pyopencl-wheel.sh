#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# timeout: 300
# PyPI's pyopencl wheel in a virtual environment, with the loader that it carries.
. tests/e2e/lib.sh

venv=$build/tests/venv
if ! [ -e "$venv/ready" ]; then
	rm -rf "$venv"
	"$python" -m venv "$venv"
	if ! "$venv/bin/pip" install --quiet --only-binary=:all: pyopencl >"$TMPDIR/pip" 2>&1; then
		tail -n 3 "$TMPDIR/pip"
		echo "skip: pip could not fetch the pyopencl wheel"
		exit 77
	fi
	touch "$venv/ready"
fi
[ -n "$(find "$venv" -name 'libOpenCL-*.so*')" ] || fail "the wheel carries no loader any more"

# That loader looks for drivers in places of its own.
export OCL_ICD_VENDORS=/etc/OpenCL/vendors
meter_ok -- "$venv/bin/python" tests/prog/cl_pyopencl.py 300
same_counts "$TMPDIR/out" kernel call
covered
