#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Runs are booked at what the grid emits while they go on: lines end where a figure does, the total is
# what the lines say, hours without a figure are booked at the yearly mean and said, the file may
# change under a collector, and whoever goes on after a death keeps all that.
. tests/e2e/lib.sh

machine=tests/data/machines/two-socket-server
file=$TMPDIR/intensity.csv

# at SECONDS: that long from now on, in UTC.
at() {
	date -u -d "@$(($(date +%s) + $1))" +%FT%TZ
}

# figures FROM TO GRAMS...: of that many seconds from now on. They appear at once, as a whole.
figures() {
	{
		printf '# zone: FR\n# basis: direct\n# kind: marginal\n# source: a story\n'
		printf 'start,end,g_per_kwh\n'
		while [ $# -ge 3 ]; do
			printf '%s,%s,%s\n' "$(at "$1")" "$(at "$2")" "$3"
			shift 3
		done
	} >"$file.new"
	mv "$file.new" "$file"
}

# The lines themselves give the total, by a formula that anybody can write down.
adds_up() {
	verified
	"$python" - "$ledger" <<-'EOF' || fail "the lines do not add up"
		import json, sys
		lines = [json.loads(line) for line in open(sys.argv[1])]
		first, last = lines[0], lines[-1]
		top = [i for i, d in enumerate(first["domains"]) if d["within"] is None]
		sums = total = constant = 0
		for line in lines:
		    if line["type"] != "interval":
		        continue
		    drawn = sum(line["domains"][i].get("run_uj", 0) for i in top)
		    sums += drawn * line["ug_per_kwh"]
		    total += drawn
		    constant += line.get("constant_uj", 0)
		unit = 3_600_000_000_000 * 1000
		ug = (sums * first["factor"]["pue_milli"] + unit // 2) // unit
		assert ug == last["carbon"]["total_ug"], (ug, last["carbon"])
		assert constant == last["carbon"]["constant_uj"], (constant, last["carbon"])
		assert total == last["energy"]["total_uj"]
	EOF
}

# intensities: those of the lines in which the run drew something.
intensities() {
	jq -r 'select(.type == "interval" and ([.domains[].run_uj // 0] | add) > 0) | .ug_per_kwh' "$ledger"
}

echo "a figure ends while a program runs"
figures -600 6 100 6 600 400
meter_ok --replay "$machine" --pue 1.3 --intensity "$file" -- "$prog/spin" 7000
adds_up
holds '.carbon.series | .zone == "FR" and .basis == "direct" and .kind == "marginal"'
holds ".carbon.series.sha256 == \"$(sha256sum "$file" | cut -d' ' -f1)\""
holds '.carbon.constant.energy_uj == 0 and .carbon.zone == "FR" and (.carbon.zone_assumed | not)'
intensities >"$TMPDIR/held"
[ "$(head -n 1 "$TMPDIR/held")" = 100000000 ] || fail "$(cat "$TMPDIR/held")"
[ "$(tail -n 1 "$TMPDIR/held")" = 400000000 ] || fail "$(cat "$TMPDIR/held")"
"$gramme" show "$ledger" >"$TMPDIR/page"
grep -q 'on average, hour by hour, PUE 1.3$' "$TMPDIR/page" || fail "$(cat "$TMPDIR/page")"
# Booked again by the same file it is the same, but for what a second's line may hide.
"$gramme" recompute --json --intensity "$file" "$ledger" >"$TMPDIR/again"
jq -e '(.recomputed.total_ug - .recorded.total_ug | fabs) <= .recorded.total_ug * 0.01 + 1' \
	"$TMPDIR/again" >/dev/null || fail "$(cat "$TMPDIR/again")"
# At another PUE each line keeps its intensity.
"$gramme" recompute --json --pue 2.6 "$ledger" >"$TMPDIR/again"
jq -e '(.recomputed.total_ug - 2 * .recorded.total_ug | fabs) <= 1' "$TMPDIR/again" >/dev/null ||
	fail "$(cat "$TMPDIR/again")"

echo "no figure for now"
figures -900 -600 100
meter_ok --replay "$machine" --zone DE --intensity "$file" -- "$prog/spin" 300
adds_up
holds '.carbon.constant.energy_uj == .energy.total_uj and .energy.total_uj > 0'
holds '.carbon.ug_per_kwh == .carbon.constant.ug_per_kwh and .carbon.zone == "DE"'
grep -q 'has no intensity for this hour: the yearly mean of DE is booked' "$TMPDIR/err" ||
	fail "nothing was said"
"$gramme" show "$ledger" | grep -q 'no figure for 100 % of the energy' || fail "the page says nothing"

echo "what the environment names and is not there does not stop a run"
GRAMME_INTENSITY=$TMPDIR/none meter_ok --replay "$machine" --zone FR -- "$prog/spin" 50
verified
holds '.carbon.series == null'
grep -q 'none: No such file or directory; the yearly mean is booked' "$TMPDIR/err" || fail "unsaid"
status=0
"$gramme" run --intensity "$TMPDIR/none" -- true 2>"$TMPDIR/err" || status=$?
[ "$status" -eq 125 ] || fail "status $status for a file that is not there"

echo "the collector dies, and the next one goes on; then one that has no file"
figures -600 600 100
start_collector --intensity "$file" --replay "$machine"
# shellcheck disable=SC2016 # the inner shell's
"$gramme" run --quiet -- sh -c 'until [ -e "$1" ]; do "$0" 50; sleep 0.1; done; exit 6' "$prog/spin" "$TMPDIR/go" \
	>"$TMPDIR/out" 2>"$TMPDIR/err" &
program=$!
# drawn DEATHS: so many collectors have died, and the run has drawn more since then, which a journal shows.
drawn_uj=0
drawn() {
	local now_uj

	ledger_begun && [ "$(grep -c 'collector lost' "$ledger")" -eq "$1" ] || return
	now_uj=$(json .energy.total_uj)
	[ "$now_uj" -gt "$drawn_uj" ] && drawn_uj=$now_uj
}
# Twice: what only the last tick knows may be lost with the collector.
dies() {
	await drawn "$1"
	await drawn "$1"
	kill -KILL "$collector"
	wait "$collector" || true
	drawn_uj=$(json .energy.total_uj)
}
dies 0
figures -600 600 300
start_collector --intensity "$file" --replay "$machine"
dies 1
start_collector --replay "$machine"
await drawn 2
touch "$TMPDIR/go"
status=0
wait "$program" || status=$?
[ "$status" -eq 6 ] || fail "status $status"
stop_collector
ledger=$(newest "$ledgers")
adds_up
intensities >"$TMPDIR/held"
[ "$(head -n 1 "$TMPDIR/held")" = 100000000 ] || fail "$(cat "$TMPDIR/held")"
grep -qx 300000000 "$TMPDIR/held" || fail "the second collector's figure is not there: $(cat "$TMPDIR/held")"
holds '.carbon.constant.energy_uj > 0 and .carbon.constant.energy_uj < .energy.total_uj'
# Whose file was booked by stands in the lines, where it changed.
jq -r '.factor.series.sha256, (select(has("series")) | .series.sha256?)' "$ledger" |
	grep -cv null | grep -qx 2 || fail "the files are not told apart"
