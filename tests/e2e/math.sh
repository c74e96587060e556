#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every call of cuBLAS, cuBLASLt, cuDNN's convolutions and NCCL that math.def has: counted once by
# every road, with its arithmetic and its bytes as a program reckons them by itself.
. tests/e2e/lib.sh

# wanted FILE: what the program said, summed up by name.
wanted() {
	awk '{ n[$1 " " $2] += $3 } END { for (k in n) printf "%s %.0f\n", k, n[k] }' "$1" | sort
}

# What the ledger has of it, in the same form. A graph's plan does not tell what it computes.
seen() {
	# shellcheck disable=SC2016 # jq's variables
	json '.commands[] | select(.kind == "call" or .kind == "collective")
		| (.name | sub(" \\(sizes not told\\)$"; "")) as $name
		| "count \($name) \(.count)",
		  (select(.flop) | "flop \($name) \(.flop)"),
		  (select(.bytes > 0) | "bytes \($name) \(.bytes)")' | sort
}

same() {
	diff -u <(wanted "$TMPDIR/out") <(seen) >"$TMPDIR/diff" || {
		head -n 40 "$TMPDIR/diff"
		fail "the ledger counts otherwise (-made +seen): $*"
	}
	holds '[.commands[] | select(.kind == "call" or .kind == "collective") | .count == .failed] | all'
	holds '.kernels == []'
	verified
}

# Linked, as PyTorch is.
meter_ok -- "$prog/math_every"
[ "$(wc -l <"$TMPDIR/out")" -gt 250 ] || fail "the program made too few calls"
same linked
covered
holds '[.commands[] | select(.name == "cublasSgemm")] | length == 1 and .[0].api == "cublas" and .[0].count == 2 and .[0].flop == 420'
holds '[.commands[] | select(.api == "cudnn" and .flop == 110592)] | length == 4'
holds '[.commands[] | select(.kind == "collective") | .api == "nccl" and .bytes == 8000024] | length == 11 and all'
holds '.arithmetic.flop == ([.commands[].flop // 0] | add)'
holds '.arithmetic.calls == ([.commands[] | select(.kind == "call") | .count] | add)'
holds '.arithmetic.calls_told == .arithmetic.calls - 1'
"$gramme" show "$ledger" | grep -qE '^Arithmetic +[0-9.]+ .?FLOP counted, .*141 of 142' ||
	fail "the page does not say how many calls told their sizes: $("$gramme" show "$ledger" | grep -A1 Arithm)"

# Opened by name and asked for each call, as XLA does; also by a path.
export LD_LIBRARY_PATH=$fake/math
meter_ok -- "$prog/math_opened"
same opened
covered
# A libcublas of before 64-bit sizes lacks these calls, and has to go on lacking them.
"$prog/math_opened" old >"$TMPDIR/bare" 2>"$TMPDIR/bare.err"
meter_ok -- "$prog/math_opened" old
same old
cmp "$TMPDIR/bare" "$TMPDIR/out" || fail "other calls are there than without us"
grep -qx '68 are not there' "$TMPDIR/err" || fail "calls that the library lacks: $(cat "$TMPDIR/err")"
covered

# What a call launches is counted where launches are; a call within a call is a part of it; what is
# captured executes nothing, and its replays are kernels alone.
unset LD_LIBRARY_PATH
meter_ok -- "$prog/math_graph"
holds '[.commands[] | select(.kind == "call") | {name, count, flop}] | sort_by(.name) == [
	{"name": "cublasSgemm", "count": 3, "flop": 630},
	{"name": "cublasSgemm (captured)", "count": 1, "flop": null}]'
holds '[.kernels[] | select(.kind == "kernel") | {name, count}] == [{"name": "inner_product", "count": 5}]'
holds '.arithmetic.flop == 630 and .arithmetic.calls == 4 and .arithmetic.calls_told == 3'
verified
