#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# dlopen + dlsym under both names of the library, and a launch function asked for by name.
. tests/e2e/lib.sh

for library in libOpenCL.so.1 libOpenCL.so; do
	meter_ok -- "$prog/cl_dlopen" "$library" 321
	same_counts "$TMPDIR/out" kernel call
	covered
done

use_fake
meter_ok -- "$prog/cl_dlopen" --by-address libOpenCL.so.1 77
same_counts "$TMPDIR/out" kernel call
same_counts "$(tally)" kernel call
