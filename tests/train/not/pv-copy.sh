#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# score: none
# A bar over a copy, then over its compression, thrice.
head -c 30000000 /dev/urandom >file
for pass in 1 2 3; do
	echo "pass $pass of 3"
	pv -f -L 40m file >copy
	pv -f file | gzip -1 >copy.gz
done
cmp file copy
