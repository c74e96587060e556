#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A machine's sensors are fitted to a wall meter, and later runs carry what the meter saw beyond them
# as a domain of its own, with its error, on the recorded server of two sockets (232 W in all).
. tests/e2e/lib.sh

machine=tests/data/machines/two-socket-server

# Five runs, and a meter that says 320 W as long as they take.
begun=$(date +%s)
for run in 1 2 3 4 5; do
	"$gramme" run --quiet --ledger-dir "$ledgers/$run" --replay "$machine" -- sleep 6 &
done
wait
for run in 1 2 3 4 5; do
	newest "$ledgers/$run"
done >"$TMPDIR/runs"
mapfile -t runs <"$TMPDIR/runs"
now=$(date +%s)
{
	echo 'time,power (W)'
	for ((second = begun - 5; second <= now; second++)); do
		echo "$(date -u -d "@$second" +%FT%TZ),320"
	done
} >"$TMPDIR/meter.csv"
"$gramme" calibrate --meter "$TMPDIR/meter.csv" "${runs[@]}" >"$TMPDIR/sensors.tsv" ||
	fail "calibrate"
grep -q '^# the sensors hardly varied: the slope is taken to be 1$' "$TMPDIR/sensors.tsv" ||
	fail "$(cat "$TMPDIR/sensors.tsv")"
awk -F'\t' '$1 == "calibrated" {
		split($2, constant, "="); split($3, slope, "=")
		found = constant[2] > 78 && constant[2] < 98 && slope[2] == 1 &&
			$5 == "parts=package-0,dram-0,package-1,dram-1" && $6 == "pairs=5"
	}
	END { exit !found }' "$TMPDIR/sensors.tsv" || fail "$(cat "$TMPDIR/sensors.tsv")"

# What it printed is what a run takes: some 88 W more, derived, and in the total.
constant=$(sed -n 's/^calibrated\tconstant_w=\([0-9.]*\)\t.*/\1/p' "$TMPDIR/sensors.tsv")
meter_ok --replay "$machine" --sensors "$TMPDIR/sensors.tsv" -- "$prog/cl_linked" --launches 400 \
	--rounds 1000 --items 4096
verified
# shellcheck disable=SC2016 # jq's variables
holds '[(.run.duration_ns * '"$constant"' / 1000) as $e | .energy.domains[] | select(.name == "rest")
	| .source == "calibrated" and .quality == "derived" and .idle_method == "calibrated" and
	  ((.domain_uj - $e) | fabs) <= $e * 0.05 + 100000] == [true]'
holds '.energy.derived_uj == ([.energy.domains[] | select(.name == "rest").run_uj] | add)'
holds '.energy.total_uj == .energy.measured_uj + .energy.derived_uj'

# Of another machine's sensors it is not taken, and the ledger says why.
sed 's/package-0,/package-7,/' "$TMPDIR/sensors.tsv" >"$TMPDIR/other.tsv"
meter_ok --replay "$machine" --sensors "$TMPDIR/other.tsv" -- "$prog/cl_linked" --launches 10
holds '[.energy.domains[].name] | index("rest") == null'
"$gramme" show "$ledger" | tr -s '\n ' ' ' | grep -q 'was made with the sensors package-7' ||
	fail "$("$gramme" show "$ledger")"

# A table of pairs, of energy over time, with a slope.
{
	echo 'seconds,sensors_j,wall_j'
	for watts in 60 100 140 180 220; do
		echo "100,$((watts * 100)),$((watts * 120 + 5000))"
	done
} >"$TMPDIR/pairs.csv"
"$gramme" calibrate --pairs "$TMPDIR/pairs.csv" --parts package-0 >"$TMPDIR/fit" || fail "pairs"
grep -q $'^calibrated\tconstant_w=50\tslope=1.2\terror=.*\tparts=package-0\tpairs=5\tdate=' \
	"$TMPDIR/fit" || fail "$(cat "$TMPDIR/fit")"

refused() {
	local expected=$1 pattern=$2 found=0

	shift 2
	"$gramme" calibrate "$@" >"$TMPDIR/out" 2>"$TMPDIR/err" || found=$?
	[ "$found" = "$expected" ] || fail "status $found and not $expected of: $*"
	[ ! -s "$TMPDIR/out" ] || fail "a figure came of: $*"
	grep -q -- "$pattern" "$TMPDIR/err" || fail "$(cat "$TMPDIR/err")"
}
head -n 3 "$TMPDIR/pairs.csv" >"$TMPDIR/few.csv"
refused 1 '2 pairs are too few: 5 are needed' --pairs "$TMPDIR/few.csv"
sed 's/,sensors_j//' "$TMPDIR/pairs.csv" >"$TMPDIR/headless.csv"
refused 1 'no columns sensors_w and wall_w' --pairs "$TMPDIR/headless.csv"
refused 1 'No such file' --pairs "$TMPDIR/none"
printf 'time,power (W)\n2020-01-01T00:00:00Z,320\n' >"$TMPDIR/old.csv"
refused 1 '0 pairs are too few' --meter "$TMPDIR/old.csv" "${runs[0]}"
refused 2 'no ledger given' --meter "$TMPDIR/meter.csv"
refused 2 'either --meter with ledgers, or --pairs'
