#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The bench judges by the median, its page tells what was met and what was not, and a part that
# fails is not passed over. What the figures are is no test's business.
. tests/e2e/lib.sh

# Nor is it who else computes on this host: nobody is waited for.
export GRAMME_BUILD=$build BENCH_WORK=$TMPDIR/part BENCH_TURNS=1 BENCH_ALONE=0
mkdir "$BENCH_WORK"
(
	. tests/bench/lib.sh
	printf '%s\n' '25 0 15' '25 10 35' >"$BENCH_SHARED"
	title "A part"
	printf '%s\n' 5000 1000 4000 2000 3000 | figure plain ns 1 1000
	seq 5 | target limit x 1 1 most 3
	seq 5 | target above x 1 1 most 2.9
	seq 5 | target floor x 1 1 least 3
	seq 5 | target below x 1 1 least 3.1
	printf '7\n9\n' >"$work/a"
	printf '2\n3\n' >"$work/b"
	minus "$work/a" "$work/b" | figure apart ns 0 1
	over "$work/a" "$work/b" | figure times x 2 1
	seq 100 | figure known us 0 1 interval
	seq 2 | figure barely us 0 1 interval
	skip absent "nobody is here"
) >"$TMPDIR/shown"
tests/bench/page "$BENCH_WORK/rows" >"$TMPDIR/page"
for line in '| plain | 3.0 ns | 2.0 .. 4.0 |' '| limit | 3.0 x | 2.0 .. 4.0 | at most 3 | met |' \
	'| above | 3.0 x | 2.0 .. 4.0 | at most 2.9 | **missed** |' \
	'| floor | 3.0 x | 2.0 .. 4.0 | at least 3 | met |' \
	'| below | 3.0 x | 2.0 .. 4.0 | at least 3.1 | **missed** |' '| apart | 5 ns | 5 .. 6 |' \
	'| times | 3.00 x | 3.00 .. 3.50 |' '| known | 50 us | 40 .. 61 |' \
	'| rounds that were taken again: the core was shared | 50.0 % | 50.0 .. 50.0 |' \
	'| rounds that count although it was | 20.0 % | 20.0 .. 20.0 |' \
	'| barely | 1 us | 1 .. 2 |' '| absent | not measured: nobody is here | | | |'; do
	grep -qxF "$line" "$TMPDIR/page" || {
		cat "$TMPDIR/page"
		fail "the page lacks: $line"
	}
done

# Rounds are judged by the limit that is given, and told of.
BENCH_ALONE=1000000000 BENCH_SHARED=$TMPDIR/judged "$GRAMME_BUILD/tests/bench/write" 3 8 >"$TMPDIR/rounds" 2>/dev/null
[ "$(wc -l <"$TMPDIR/rounds")" -eq 3 ] || fail "$(wc -l <"$TMPDIR/rounds") rounds, and not 3"
[ "$(cat "$TMPDIR/judged")" = "3 0 0" ] || fail "told of rounds: $(cat "$TMPDIR/judged")"
BENCH_ALONE=1 BENCH_SHARED=$TMPDIR/shared "$GRAMME_BUILD/tests/bench/write" 1 8 >"$TMPDIR/rounds" 2>/dev/null
[ "$(cat "$TMPDIR/shared")" = "1 1 3" ] || fail "told of shared rounds: $(cat "$TMPDIR/shared")"

# A part without numbers is no part, nor is one that does not exist.
if (
	. tests/bench/lib.sh
	figure nothing ns 1 1 </dev/null
) >"$TMPDIR/shown" 2>&1; then
	fail "a figure was made of no numbers"
fi
status=0
tests/bench/run nosuch >"$TMPDIR/shown" 2>&1 || status=$?
[ $status -eq 2 ] || fail "exit status $status for a part that is not there"

# One turn of each part that takes no more than a moment: they run, and find what they measure.
tests/bench/run launch exec booking >"$TMPDIR/shown" 2>&1 || {
	cat "$TMPDIR/shown"
	fail "the bench failed"
}
status=0
GRAMME_BUILD=/nowhere tests/bench/run exec >"$TMPDIR/shown" 2>&1 || status=$?
[ $status -eq 1 ] || fail "exit status $status where nothing is built"
