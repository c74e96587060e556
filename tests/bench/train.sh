#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Whole training programs, unmodified: their wall time under gramme run against bare, in turns, which
# of the two goes first changing from turn to turn. Beside it the CPU time, gramme's own included,
# which says more where the machine is not quiet.
#
# What is looked for is half a percent, and two runs of one PyTorch program differ by three (4.00 s,
# 3.93 .. 4.05, 2026-11-22): other guests of the host come for seconds and go. So there are many short
# pairs rather than few long ones: from how much of a core was left to us in 45 minutes of that day
# (tests/bench/alone.h, every 20 ms), 15 pairs of 11 s each would have told of two equal programs
# that one takes 1.000 +- 0.022 times as long, 30 pairs of 4.4 s +- 0.013. The interval says how well
# the median of the turns is known.
. tests/bench/lib.sh

TIMEFORMAT='%3R %3U %3S'

# took NAME VARIANT COMMAND...: runs it, and adds what it took, in seconds, to $work/NAME.VARIANT.wall
# and .cpu.
took() {
	local name=$1 variant=$2
	local run=()

	shift 2
	[ "$variant" = bare ] || run=("$build/gramme" run --quiet --ledger-dir "$work/$name" --)
	{ time "${run[@]}" "$@" >"$work/out" 2>&1; } 2>"$work/time" ||
		fail "$name failed: $(tail -n 3 "$work/out")"
	awk '{ print $1 }' "$work/time" >>"$work/$name.$variant.wall"
	awk '{ print $2 + $3 }' "$work/time" >>"$work/$name.$variant.cpu"
}

# compare NAME TURNS COMMAND...
compare() {
	local name=$1 turns=$2

	shift 2
	took warm bare "$@"
	for turn in $(seq "$turns"); do
		if [ $((turn % 2)) = 0 ]; then
			took "$name" bare "$@"
			took "$name" gramme "$@"
		else
			took "$name" gramme "$@"
			took "$name" bare "$@"
		fi
	done
}

table() {
	figure "$2, bare" s 3 1 <"$work/$1.bare.wall"
	figure "$2, under gramme" s 3 1 <"$work/$1.gramme.wall"
	over "$work/$1.gramme.cpu" "$work/$1.bare.cpu" | figure "$2: CPU time, under gramme / bare" x 4 1
	over "$work/$1.gramme.wall" "$work/$1.bare.wall" |
		target "$2: wall time, under gramme / bare" x 4 1 most 1.005
	over "$work/$1.gramme.wall" "$work/$1.bare.wall" |
		figure "$2: the same, and the 95 % interval of its median" x 4 1 interval
}

# seen NAME KERNEL: the ledgers know it. An inert shim costs nothing.
seen() {
	find "$work/$1" -name '*.jsonl' -exec "$build/gramme" show --json {} \; |
		grep "\"name\": \"$2" >"$work/seen" || fail "no ledger of $1 knows the kernel $2"
}

compare pyopencl "$turns" "$python" tests/bench/train_pyopencl.py 400
seen pyopencl learn
title "Training programs"
table pyopencl "a PyOpenCL trainer"
if "$python" -c 'import torch' 2>/dev/null; then
	compare pytorch "$((turns > 12 ? 2 * turns : 24))" "$python" tests/bench/train_pytorch.py 12
	seen pytorch sgemm
	table pytorch "a PyTorch CPU trainer"
else
	skip "a PyTorch CPU trainer: wall time, under gramme / bare" "no python3-torch here"
fi
