#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What one OpenMP region and one matrix product cost, where neither does anything: metered, above the
# same under empty bodies.
. tests/bench/lib.sh

start_collector "$work/ledgers"
for turn in $(seq "$turns"); do
	for call in region product; do
		for variant in $(rotated "$turn" bare nop shim); do
			under "$variant" "$build/tests/bench/$call" 100 4096 | median >>"$work/$call.$variant"
		done
	done
done
prove_metered 400000

title "One call that computes on the CPU, and has nothing to compute"
added "an OpenMP region" "$work/region" 60
added "a matrix product" "$work/product" 60
