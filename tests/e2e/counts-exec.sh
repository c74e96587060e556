#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A program that computes, then becomes another that computes, twice over; and one started by a
# shell and by env.
. tests/e2e/lib.sh

meter_ok -- "$prog/cl_linked" --launches 11 --exec \
	"$prog/cl_linked" --launches 23 --exec "$prog/cl_dlopen" libOpenCL.so.1 31
same_counts "$TMPDIR/out" kernel
covered

meter_ok -- sh -c "env FOO=1 '$prog/cl_linked' --launches 40; '$prog/cl_linked' --launches 2"
same_counts "$TMPDIR/out" kernel
