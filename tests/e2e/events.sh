#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What a recogniser is told can be written down: every kernel with its thread and times, the end of
# the run, for its owner's eyes alone; and a file that cannot be written is told before the
# program runs.
. tests/e2e/lib.sh

events=$TMPDIR/events.tsv
export OMP_NUM_THREADS=1 FAKEBLAS_MS=1
meter_ok --events "$events" -- "$prog/blas_every" region 20
[ "$(stat -c %a "$events")" = 600 ] || fail "others may read what the program printed"
[ "$(grep -c '^kernel' "$events")" -eq "$(json '[.kernels[].count] | add')" ] ||
	fail "not every kernel was told"
duration=$(json .run.duration_ns)
awk -F'\t' -v duration="$duration" '
	$1 == "kernel" && ($6 < last || $6 + $7 > duration) { bad = 1 }
	$1 == "kernel" && $4 != 0 { last = $6 }
	$1 == "over" { over = NR; if ($2 > duration) bad = 1 }
	END { exit bad || over != NR }' "$events" || fail "times are not the run's"
"$prog/replay" "$events" >"$TMPDIR/phases" || fail "what was written cannot be told again"

status=0
"$gramme" run --events "$TMPDIR/none/events" -- touch "$TMPDIR/ran" 2>"$TMPDIR/err" || status=$?
[ "$status" -eq 125 ] || fail "exit status $status where the events cannot be written"
grep -q "cannot be written" "$TMPDIR/err" || fail "nothing says why"
[ ! -e "$TMPDIR/ran" ] || fail "the program ran nevertheless"
