#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Whole training programs, unmodified: their wall time under gramme run against bare, from exec to
# exit, the end of the ledger included. Beside it the CPU time, gramme's own included.
#
# What is looked for is half a percent, and two runs of one PyTorch program, one after the other,
# differ by 2 to 7 % where other guests of the host come for seconds and go: 24 such pairs said
# 1.02 +- 0.05 (2026-11-22). So both are alive at once and go on in turns of 10 to 50 ms
# (tests/bench/turns.c), and the first rows say what that makes of two bare ones, and of a loop
# against one with a hundredth more to do. The interval says how well the median of the pairs is
# known. Metering is made to look a little dearer than it is: the collector's clock goes on while it
# is frozen, and there are more threads to be frozen.
. tests/bench/lib.sh

pairs=$((turns > 12 ? turns : 12))

# pair NAME WORDS COMMAND... COMMAND...: adds what two commands took, the first of so many words, to
# $work/NAME.{bare,gramme}.{wall,cpu}, in seconds; the other one begins each time.
pair() {
	local name=$1 n=$2
	local first=("${@:3:$2}") second=("${@:3+$2}")

	if [ $((turn % 2)) = 0 ]; then
		"$build/tests/bench/turns" "$work/log" "$n" "${first[@]}" "${second[@]}"
	else
		"$build/tests/bench/turns" "$work/log" "${#second[@]}" "${second[@]}" "${first[@]}" |
			awk '{ print $4, $5, $6, $1, $2, $3 }'
	fi >"$work/took" || true
	[ -s "$work/took" ] || fail "$name failed: $(tail -n 3 "$work"/log.?)"
	awk -v to="$work/$name" '{
		print $1 / 1e9 >>(to ".bare.wall")
		print $2 / 1e6 >>(to ".bare.cpu")
		print $4 / 1e9 >>(to ".gramme.wall")
		print $5 / 1e6 >>(to ".gramme.cpu")
	}' "$work/took"
}

# compare NAME COMMAND...: bare and metered.
compare() {
	local name=$1

	shift
	"$@" >"$work/out" 2>&1 || fail "$name failed: $(tail -n 3 "$work/out")"
	for turn in $(seq "$pairs"); do
		pair "$name" $# "$@" "$build/gramme" run --quiet --ledger-dir "$work/$name" -- "$@"
	done
}

# ratio NAME wall|cpu LABEL [WHICH LIMIT]: the second's by the first's, and how well that is known. CPU
# time is not known where there is no control group.
ratio() {
	[ "$2" = wall ] || [ "$(sort -g "$work/$1.bare.cpu" | head -n 1)" != 0 ] || return 0
	over "$work/$1.gramme.$2" "$work/$1.bare.$2" >"$work/ratio"
	if [ $# -gt 3 ]; then
		target "$3" x 4 1 "$4" "$5" <"$work/ratio"
	else
		figure "$3" x 4 1 <"$work/ratio"
	fi
	figure "the same, and the 95 % interval of its median" x 4 1 interval <"$work/ratio"
}

table() {
	figure "$2, bare" s 3 1 <"$work/$1.bare.wall"
	figure "$2, under gramme" s 3 1 <"$work/$1.gramme.wall"
	ratio "$1" cpu "$2: CPU time, under gramme / bare"
	ratio "$1" wall "$2: wall time, under gramme / bare" most 1.005
}

# seen NAME KERNEL: the ledgers know it, and each is whole. An inert shim costs nothing, and a
# collector that was frozen at the wrong moment would lose something.
seen() {
	find "$work/$1" -name '*.jsonl' -exec "$build/gramme" show --json {} \; >"$work/shown"
	[ "$(grep -c "\"name\": \"$2" "$work/shown")" -ge "$pairs" ] ||
		fail "not all ledgers of $1 know the kernel $2"
	[ "$(grep -c '"events_lost": 0' "$work/shown")" = "$pairs" ] ||
		fail "events of $1 were lost: $(grep '"events_lost"' "$work/shown" | tr -d '\n')"
}

title "Training programs"
spin='BEGIN { for (i = 0; i < n; i++) sum += i }'
for turn in $(seq "$pairs"); do
	pair same 4 awk -v n=10000000 "$spin" awk -v n=10000000 "$spin"
	pair more 4 awk -v n=10000000 "$spin" awk -v n=10100000 "$spin"
done
ratio same cpu "a loop / the same loop: CPU time"
ratio same wall "a loop / the same loop: wall time"
ratio more cpu "a loop of 1.01 times as many rounds / it: CPU time"
ratio more wall "a loop of 1.01 times as many rounds / it: wall time"
# What does not grow with the program: the collector's and the holder's start, and the ledger's end,
# which is on the disk before gramme run ends.
compare nothing true
minus "$work/nothing.gramme.wall" "$work/nothing.bare.wall" |
	figure "a program that does nothing: under gramme - bare" ms 1 0.001
compare pyopencl "$python" tests/bench/train_pyopencl.py 300
seen pyopencl learn
table pyopencl "a PyOpenCL trainer"
if "$python" -c 'import torch' 2>/dev/null; then
	compare pytorch "$python" tests/bench/train_pytorch.py 12
	seen pytorch sgemm
	table pytorch "a PyTorch CPU trainer"
else
	skip "a PyTorch CPU trainer: wall time, under gramme / bare" "no python3-torch here"
fi
