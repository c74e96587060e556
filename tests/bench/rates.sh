#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Benchmarks that nobody here wrote, and what they say of their own speed under gramme against bare,
# in turns: hashcat hashes for a fixed time, clpeak multiplies and adds in single precision. Now and
# then hashcat tunes itself badly, bare or not, and hashes a twelfth as fast: the median passes over it.
. tests/bench/lib.sh

# Each prints its rate, and leaves what it said in $work/said.
rate_hashcat() {
	"$@" hashcat -b -m 0 --force --machine-readable 2>&1 | tee "$work/said" |
		awk -F: '$1 == 1 && NF > 5 { print $NF }'
}
# The geometric mean over its five widths of vectors. Its memory bandwidth is no use here: it differs
# by a third from run to run (32 to 46 GB/s in four bare ones, 2026-11-21).
rate_clpeak() {
	"$@" clpeak --compute-sp 2>&1 | tee "$work/said" |
		awk '$1 ~ /^float/ { sum += log($3); n++ } END { if (n) print exp(sum / n) }'
}

one() {
	local name=$1 variant=$2 rate
	local run=()

	[ "$variant" = bare ] || run=("$build/gramme" run --quiet --ledger-dir "$work/$name" --)
	rate=$("rate_$name" "${run[@]}")
	[ -n "$rate" ] || fail "$name told no rate: $(tail -n 3 "$work/said")"
	echo "$rate" >>"$work/$name.$variant"
}

compare() {
	local order

	"rate_$1" >"$work/warm"
	for turn in $(seq "$turns"); do
		order=(bare gramme)
		[ $((turn % 2)) = 0 ] || order=(gramme bare)
		for variant in "${order[@]}"; do
			one "$1" "$variant"
		done
	done
}

title "Benchmarks' own rates"
for name in hashcat clpeak; do
	compare "$name"
done
figure "hashcat -m 0, bare" "million/s" 2 1000000 <"$work/hashcat.bare"
figure "hashcat -m 0, under gramme" "million/s" 2 1000000 <"$work/hashcat.gramme"
over "$work/hashcat.gramme" "$work/hashcat.bare" | target "hashcat: under gramme / bare" x 4 1 least 0.995
figure "clpeak, single precision, bare" GFLOPS 2 1 <"$work/clpeak.bare"
figure "clpeak, single precision, under gramme" GFLOPS 2 1 <"$work/clpeak.gramme"
over "$work/clpeak.gramme" "$work/clpeak.bare" | target "clpeak: under gramme / bare" x 4 1 least 0.995
