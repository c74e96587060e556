#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What one OpenMP region and one matrix product cost, where neither does anything: metered, above the
# same under empty bodies.
. tests/bench/lib.sh

start_collector "$work/ledgers"
for _ in $(seq "$turns"); do
	for call in region product; do
		for variant in bare nop shim; do
			under "$variant" "$build/tests/bench/$call" 25 16000 | median >>"$work/$call.$variant"
		done
	done
done
prove_metered 400000

title "One call that computes on the CPU, and has nothing to compute"
for call in region product; do
	name="an OpenMP region"
	[ $call = region ] || name="a matrix product"
	figure "$name, bare" ns 1 1000 <"$work/$call.bare"
	figure "$name, empty bodies" ns 1 1000 <"$work/$call.nop"
	figure "$name, metered" ns 1 1000 <"$work/$call.shim"
	minus "$work/$call.shim" "$work/$call.nop" | target "$name: metered - empty bodies" ns 1 1000 most 60
done
