#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# No path grows by more than a tenth: instructions of the shim per call, and those of the
# recogniser per kernel, as callgrind counts them, against tests/data/instructions.tsv. The figures
# belong to one compiler; a build by another has none to be compared with.
. tests/e2e/lib.sh

GRAMME_BUILD=$build tests/bench/count >"$TMPDIR/now" || fail "nothing was counted (is valgrind there?)"
known=0
while IFS=$'\t' read -r compiler kind now; do
	then=$(awk -F'\t' -v compiler="$compiler" -v kind="$kind" \
		'$1 == compiler && $2 == kind { print $3 }' tests/data/instructions.tsv)
	[ -n "$then" ] || continue
	known=$((known + 1))
	echo "one call, $kind: $now instructions, $then when the figure was taken"
	[ $((now * 10)) -le $((then * 11)) ] || fail "the path of each $kind grew by more than a tenth; if it must, renew:
  GRAMME_BUILD=$GRAMME_BUILD tests/bench/count >tests/data/instructions.tsv"
done <"$TMPDIR/now"
if [ $known -ne 7 ]; then
	echo "skip: no figures for $(cut -f1 "$TMPDIR/now" | head -n 1)"
	exit 77
fi
