#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A ledger is booked again: at another zone, at another PUE, hour by hour; the figures are those that
# the ledger would have had, and the ledger stays as it is.
. tests/e2e/lib.sh

machine=tests/data/machines/two-socket-server
again() {
	"$gramme" recompute --json "$@" >"$TMPDIR/again"
}
says() {
	[ "$(jq -r "$1" "$TMPDIR/again")" = "$2" ] || {
		cat "$TMPDIR/again"
		fail "not $2: $1"
	}
}

meter_ok --replay "$machine" --zone DE --pue 1.2 -- "$prog/cl_linked" --launches 200 --items 4096
verified
before=$(sha256sum <"$ledger")
total=$(json .carbon.total_ug)
energy=$(json .energy.total_uj)

# What it was booked at gives what it says; the same program metered in the other zone would agree.
again --zone DE "$ledger"
says .recomputed.total_ug "$total"
says .energy.constant_uj "$energy"
again --zone FR --pue 1.5 "$ledger"
factor=$(jq .recomputed.constant.ug_per_kwh "$TMPDIR/again")
says .recomputed.total_ug "$(jq -n "$energy * $factor * 1.5 / 3.6e12 + 0.5 | floor")"

# An intensity that stays the same is that of a constant; half of it is half of that.
flat() {
	printf '# basis: direct\ndatetime,g_per_kwh\n'
	for hour in -2 -1 0 1 2; do
		printf '%s,%s\n' "$(date -u -d "$hour hour" +%FT%H:00Z)" "$1"
	done
}
flat 100 >"$TMPDIR/flat.csv"
again --intensity "$TMPDIR/flat.csv" --pue 1 "$ledger"
says .recomputed.total_ug "$(jq -n "$energy * 100000000 / 3.6e12 + 0.5 | floor")"
says .recomputed.series.sha256 "$(sha256sum "$TMPDIR/flat.csv" | cut -d' ' -f1)"
says .recomputed.series.basis direct
says .recomputed.constant null

# For people: both figures, the file, and where the zone's mean comes from.
"$gramme" recompute --zone FR "$ledger" >"$TMPDIR/page"
grep -q '^recorded .* zone DE, PUE 1.2$' "$TMPDIR/page" || fail "$(cat "$TMPDIR/page")"
grep -q '^zone .*100 % of the energy at FR, France' "$TMPDIR/page" || fail "$(cat "$TMPDIR/page")"

# What others' methods book is what `show` says of them, and each figure has its error or says that
# none is known.
for method in node:node node-gated:node_gated green-algorithms:green_algorithms; do
	again --zone DE --method "${method%:*}" "$ledger"
	says .energy.total_uj "$(json ".methods.${method#*:}.energy_uj")"
	says .recomputed.method "${method%:*}"
done
says .recomputed.error_pct null
again --zone DE --method node "$ledger"
says '.recomputed.error_pct >= 5 and .recomputed.error_pct <= 10' true
"$gramme" recompute --method green-algorithms "$ledger" >"$TMPDIR/page"
grep -q '^error  *not known$' "$TMPDIR/page" || fail "$(cat "$TMPDIR/page")"

# Who bears idle: without any, and with all that a run held that was alone and without limits.
again --idle none "$ledger"
says .energy.total_uj "$(json '.energy.total_uj - ([.energy.domains[].run_idle_uj] | add)')"
again --idle booked --zone DE "$ledger"
says .energy.total_uj "$energy"
says .recomputed.error_pct "$(json .energy.error_pct)"
if [ "$(json '.run.limits | .cpu_milli == null and .memory_bytes == null')" = true ]; then
	again --idle holder "$ledger"
	says .energy.total_uj "$(json '.energy.total_uj + ([.energy.domains[]
		| select(.within == null and (.kind == "cpu" or .kind == "memory")) | .idle_uj] | add)')"
fi

# refused STATUS PATTERN OPTIONS...: one line, which says what to do, and no figure.
refused() {
	local expected=$1 pattern=$2 found=0

	shift 2
	"$gramme" recompute "$@" >"$TMPDIR/out" 2>"$TMPDIR/err" || found=$?
	[ "$found" = "$expected" ] || fail "status $found and not $expected of: $*"
	[ ! -s "$TMPDIR/out" ] || fail "a figure came of: $*"
	[ "$(wc -l <"$TMPDIR/err")" = 1 ] || fail "$(cat "$TMPDIR/err")"
	grep -q "$pattern" "$TMPDIR/err" || fail "$(cat "$TMPDIR/err")"
}
printf 'datetime,g_per_kwh\n2020-01-01T00:00Z,50\n' >"$TMPDIR/old.csv"
refused 1 '100 % of its energy was drawn when .* --zone ZONE books that' \
	--intensity "$TMPDIR/old.csv" "$ledger"
refused 1 'No such file' --intensity "$TMPDIR/none.csv" "$ledger"
refused 1 "its figures are direct and not lifecycle" \
	--intensity "$TMPDIR/flat.csv" --basis lifecycle "$ledger"
refused 1 'No such file' --zone FR "$TMPDIR/none.jsonl"
refused 1 'who used what from moment to moment is not in this ledger' --idle used "$ledger"
refused 1 'has no course in time' --method green-algorithms --intensity "$TMPDIR/flat.csv" "$ledger"
refused 1 'it is too old' --method node-gated tests/data/ledgers/v1/closed.jsonl
refused 1 'others computed beside it' --idle holder tests/data/ledgers/v1/closed.jsonl
refused 2 'a question of --method run alone' --idle none --method node "$ledger"
refused 2 "'booked', 'none', 'used' or 'holder'" --idle mine "$ledger"
refused 2 'say what is to be otherwise' "$ledger"
refused 2 'no ledger given' --zone FR
refused 2 'pue is a number from 1 to 10' --pue 0.5 "$ledger"
refused 2 'unknown zone\|no zone' --zone Atlantis "$ledger"
again --intensity "$TMPDIR/old.csv" --zone DE "$ledger"
says .recomputed.total_ug "$total"
says .energy.series_uj 0

[ "$(sha256sum <"$ledger")" = "$before" ] || fail "the ledger was changed"

# Ledgers of every version are booked again as well, complete or not.
again --zone FR --idle none tests/data/ledgers/v[12]/*.jsonl
jq -se 'length > 1 and all(.[]; .recomputed.total_ug >= 0)' "$TMPDIR/again" >"$TMPDIR/all" ||
	fail "$(cat "$TMPDIR/again")"
