#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What one clEnqueueNDRangeKernel costs on PoCL with device times. On PoCL's device without threads
# ("basic"), calls are compared and nothing else: the figures stand still to the nanosecond. On the
# one with threads a batch runs when all of it was enqueued, and clFinish is mostly the scheduler's.
# BENCH_LAYER names the folder of a built OpenCL Intercept Layer, whose device timing is then measured
# in the same turns: its libOpenCL.so.1, which its sources build into intercept/ with
# cmake -DCMAKE_BUILD_TYPE=Release -DENABLE_CLILOADER=OFF -DENABLE_MDAPI=OFF.
. tests/bench/lib.sh

real_loader=$(ldconfig -p | sed -n 's/.*libOpenCL\.so\.1 .*=> //p' | head -n 1)
variants=(bare nop shim own)
if [ -n "${BENCH_LAYER:-}" ] && [ -e "$BENCH_LAYER/libOpenCL.so.1" ] && [ -n "$real_loader" ]; then
	layer=$(realpath "$BENCH_LAYER")
	variants+=(layer)
fi

name_of() {
	case $1 in
	bare) echo bare ;;
	nop) echo "empty bodies" ;;
	shim) echo metered ;;
	own) echo "bare, taking events and profiling itself" ;;
	layer) echo "OpenCL Intercept Layer, device timing" ;;
	esac
}

# table NAME call|all: every variant, and what each adds to bare.
table() {
	for variant in "${variants[@]}"; do
		figure "$(name_of "$variant")" ns 1 1000 <"$work/$1.$variant.$2"
	done
	for variant in "${variants[@]:2}"; do
		minus "$work/$1.$variant.$2" "$work/$1.bare.$2" >"$work/$1.$variant.$2.added"
		figure "added by: $(name_of "$variant")" ns 1 1000 <"$work/$1.$variant.$2.added"
	done
}

against_layer() {
	local name="clEnqueueNDRangeKernel: metered / Intercept Layer"

	if [ -n "$layer" ]; then
		[ -s "$work/layer/clintercept_report.txt" ] || fail "the Intercept Layer reported nothing"
		over "$work/basic.shim.all.added" "$work/basic.layer.all.added" | target "$name" x 3 1 most 0.667
	else
		skip "$name" "BENCH_LAYER names no folder with its libOpenCL.so.1"
	fi
}

start_collector "$work/ledgers"
for turn in $(seq "$turns"); do
	for variant in $(rotated "$turn" "${variants[@]}"); do
		POCL_DEVICES=basic loop basic "$variant" 60 1600
		POCL_DEVICES=pthread loop threads "$variant" 60 1600 gated
	done
done
prove_metered 96000

title "One clEnqueueNDRangeKernel on PoCL (basic) with device times, the call and its share of clFinish"
table basic all
target "clEnqueueNDRangeKernel: metered - bare" ns 1 1000 most 250 <"$work/basic.shim.all.added"
against_layer
title "The same, the call alone"
table basic call
title "The same on PoCL (pthread), the call alone"
table threads call
title "The same on PoCL (pthread), the call and its share of clFinish"
table threads all
