#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# OpenMP regions under GCC's runtime and LLVM's: every one is counted once, in a forked child too,
# and computes what it does without us.
. tests/e2e/lib.sh

# regions PROGRAM ROUNDS
regions() {
	local made

	# Teams that wait by spinning would take each other's processors.
	export OMP_NUM_THREADS=2 OMP_WAIT_POLICY=passive KMP_BLOCKTIME=0
	"$1" "$2" >"$TMPDIR/bare"
	meter_ok -- "$1" "$2"
	diff -u "$TMPDIR/bare" "$TMPDIR/out" || fail "$1 computes something else (-bare +metered)"
	made=$(awk '{ n += $4 } END { print n }' "$TMPDIR/out")
	[ "$made" -gt 0 ] || fail "$1 says nothing of its regions"
	holds '[.kernels[] | select(.api == "openmp") | .count] | add == '"$made"
	holds '[.kernels[] | select(.api == "openmp")] | all(.kind == "kernel" and .timed == "host" and .device == "cpu" and .flop == null)'
	# Fifteen bodies in the source, named by symbol, object and place.
	holds '[.kernels[] | select(.api == "openmp") | .name | test("^[^ ]*omp_(fn|outlined)[^ ]* in omp_every(_llvm)?\\+0x[0-9a-f]+ \\([0-9a-f]{16}\\)$")] | length >= 14 and all'
	covered
	verified
}

regions "$prog/omp_every" 10
regions "$prog/omp_every_llvm" 10

# Entry points that no compiler here calls: of old compilers, and of a newer runtime.
export OMP_NUM_THREADS=2 OMP_WAIT_POLICY=passive OMP_MAX_ACTIVE_LEVELS=3
"$prog/omp_calls" 10 >"$TMPDIR/bare"
meter_ok -- "$prog/omp_calls" 10
diff -u "$TMPDIR/bare" "$TMPDIR/out" || fail "omp_calls computes something else (-bare +metered)"
# What the ledger calls a body, without its place.
json '.kernels[] | "count kernel \(.name | sub(" in .*"; "")) \(.count)"' | counts_of kernel >"$TMPDIR/seen"
counts_of kernel <"$TMPDIR/out" >"$TMPDIR/made"
[ "$(wc -l <"$TMPDIR/made")" -eq 9 ] || fail "omp_calls has other bodies than it had"
diff -u "$TMPDIR/made" "$TMPDIR/seen" || fail "the bodies are others (-made +seen)"
verified
