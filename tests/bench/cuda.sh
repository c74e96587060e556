#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What one CUDA launch costs on a driver that does nothing: metered, above the same under empty
# bodies. On a GPU a launch takes 4 to 5 us.
. tests/bench/lib.sh

start_collector "$work/ledgers"
for turn in $(seq "$turns"); do
	for variant in $(rotated "$turn" bare nop shim); do
		under "$variant" "$build/tests/bench/cuda" 100 4096 | median >>"$work/launch.$variant"
	done
done
prove_metered 400000

title "One CUDA launch, on a driver that does nothing"
added "a CUDA launch" "$work/launch" 20
