#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Benchmarks that nobody here wrote, and what they say of their own speed under gramme against bare,
# in turns: hashcat hashes for a fixed time, clpeak measures bandwidth. They take long, so there are
# fewer turns than elsewhere.
. tests/bench/lib.sh

pairs=$(((turns + 2) / 3))

# Each prints its rate.
rate_hashcat() {
	"$@" hashcat -b -m 0 --force --machine-readable 2>/dev/null | awk -F: '$1 == 1 && NF > 5 { print $NF }'
}
# Its widest kernel: the others wait for instructions more than for anything else.
rate_clpeak() {
	"$@" clpeak --global-bandwidth | awk '$1 == "float16" { print $3 }'
}

one() {
	local name=$1 variant=$2 rate
	local run=()

	[ "$variant" = bare ] || run=("$build/gramme" run --quiet --ledger-dir "$work/$name" --)
	rate=$("rate_$name" "${run[@]}")
	[ -n "$rate" ] || fail "$name told no rate"
	echo "$rate" >>"$work/$name.$variant"
}

compare() {
	local order

	"rate_$1" >"$work/warm"
	for pair in $(seq "$pairs"); do
		order=(bare gramme)
		[ $((pair % 2)) = 0 ] || order=(gramme bare)
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
figure "clpeak, memory bandwidth, bare" GB/s 2 1 <"$work/clpeak.bare"
figure "clpeak, memory bandwidth, under gramme" GB/s 2 1 <"$work/clpeak.gramme"
over "$work/clpeak.gramme" "$work/clpeak.bare" | target "clpeak: under gramme / bare" x 4 1 least 0.995
