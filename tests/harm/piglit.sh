#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Piglit's conformance tests of OpenCL, on PoCL: the API's calls, and small programs that are built,
# run and checked. Of the generated ones, which repeat for each type, those for float and int.
# timeout: 7200
. tests/harm/lib.sh

folder=$(echo /usr/lib/*/piglit)
tester=$folder/bin/cl-program-tester
if ! [ -x "$tester" ]; then
	echo "skip: piglit is not installed (scripts/deps slow)"
	exit 77
fi
# Another vendor's hardware, and windows, are not here.
mapfile -t units < <(
	find "$folder/bin" -name 'cl-*' ! -name '*-tester' ! -name '*r600*' ! -name '*-egl_*'
	find "$folder/tests/cl" -path '*/program/*' -type f ! -name '*.inc' ! -name 'amdgcn-*'
	find "$folder/generated_tests/cl" -name '*-float*' -o -path '*/builtin/*-int-*'
)
suite piglit --may-fail --seconds 120 --python "$tester" "${units[@]}"
