#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The one line that gramme run prints calls the energy what the ledger says of its parts: a domain that
# gave the run nothing does not colour the rest.
. tests/e2e/lib.sh

machine=tests/data/machines/two-socket-server
rest() {
	printf 'calibrated\tconstant_w=50\tslope=1.5\terror=2\tparts=%s\tpairs=5\tdate=2026-11-22\n' "$1"
}
busy=("$python" -c 'sum(i * i for i in range(3000000))')

# called WORD [OPTION...]: that is what the line says, and what the ledger's parts say.
called() {
	local word=$1 said

	shift
	"$gramme" run --ledger-dir "$ledgers" "$@" -- "${busy[@]}" 2>"$TMPDIR/err" || fail "$*"
	ledger=$(newest "$ledgers")
	said=$(sed -n 's/^gramme: [0-9.]* [a-zA-Z]* (\([a-z ]*\)), .*/\1/p' "$TMPDIR/err")
	[ "$said" = "$word" ] || fail "'$said' and not '$word': $(json '.energy | del(.domains)')"
	holds '.energy | [
		(if .measured_uj > 0 then "measured" else empty end),
		(if .derived_uj > 0 then "derived" else empty end),
		(if .modelled_uj > 0 then "modelled" else empty end)] |
		(if length > 1 then "partly " else "" end) + last == "'"$word"'"'
}

called modelled --replay tests/data/machines/vm
rest package-0,dram-0 >"$TMPDIR/sensors.tsv"
called modelled --replay tests/data/machines/vm --sensors "$TMPDIR/sensors.tsv"
called measured --replay "$machine"
rest package-0,dram-0,package-1,dram-1 >"$TMPDIR/sensors.tsv"
called measured --replay "$machine" --sensors "$TMPDIR/sensors.tsv"
