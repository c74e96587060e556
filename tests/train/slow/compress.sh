#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# score: none
# Compresses at nine levels and sorts, with the figures that such benchmarks print.
seq 400000 | sort -R --random-source=/bin/true >numbers 2>/dev/null || seq 400000 | shuf >numbers
for level in $(seq 1 9); do
	gzip -c -"$level" numbers >numbers.gz
	printf 'level %d/9: ratio = %s\n' "$level" "$(($(stat -c %s numbers) * 100 / $(stat -c %s numbers.gz)))"
done
for run in 1 2 3 4 5; do
	sort -n numbers >sorted
	echo "run $run/5 $(tail -n 1 sorted)"
done
