#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Instructions of the shim per call, as tests/bench/count counts them, against the committed ones.
. tests/bench/lib.sh

title "Instructions of a call in libgramme.so, and of a kernel in the recogniser (callgrind)"
if ! tests/bench/count >"$work/instructions"; then
	skip "instructions a call" "no valgrind here"
	exit 0
fi
while IFS=$'\t' read -r compiler kind now; do
	echo "$now" | figure "one call, $kind" "" 0 1
	then=$(awk -F'\t' -v compiler="$compiler" -v kind="$kind" \
		'$1 == compiler && $2 == kind { print $3 }' tests/data/instructions.tsv)
	if [ -n "$then" ]; then
		echo "$now" | target "one call, $kind: now / committed" x 2 "$then" most 1.10
	else
		skip "one call, $kind: now / committed" "no figure for $compiler"
	fi
done <"$work/instructions"
