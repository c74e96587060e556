#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Sensors that are elsewhere, named in a file: a BMC over HTTP, which keeps nobody waiting, beside
# the model. What the node drew beyond the other domains is the rest, and the ledger balances.
. tests/e2e/lib.sh

# It ends when this shell does.
exec 3> >(exec python3 tests/fake/bmc.py >"$TMPDIR/port")
await [ -s "$TMPDIR/port" ]
port=$(cat "$TMPDIR/port")
echo 's3cret word' >"$TMPDIR/secret"
printf 'redfish\turl=http://127.0.0.1:%s\tuser=metering\tsecret=%s\n' "$port" "$TMPDIR/secret" \
	>"$TMPDIR/sensors.tsv"

meter_ok --sensors "$TMPDIR/sensors.tsv" -- sleep 5
"$gramme" verify "$ledger" >"$TMPDIR/verdict" || fail "$(cat "$TMPDIR/verdict")"
[ "$(json '.energy.domains[] | select(.name == "node") | .source + " " + .within')" = \
	"redfish machine" ] || fail "no node: $(json .energy.domains)"
# 300 W for the five seconds of sleep, but for what it took to ask for the first time, which is a gap.
# shellcheck disable=SC2016 # jq's names, not the shell's
json '.run.duration_ns as $t | .energy.domains[] | select(.name == "node") |
	.domain_uj * 1000 / (300 * ($t - .gap_ns))' >"$TMPDIR/ratio"
awk '{ exit !($1 > 0.75 && $1 < 1.01) }' "$TMPDIR/ratio" ||
	fail "the node drew $(cat "$TMPDIR/ratio") of 300 W"
# shellcheck disable=SC2016
json '.energy.domains | (.[] | select(.name == "node") | .domain_uj) as $node |
	(map(select(.within == null) | .domain_uj) | add) <= $node' | grep -qx true ||
	fail "the parts are more than the node: $(json .energy.domains)"
[ "$(json '.energy.domains[] | select(.name == "rest") | .quality + " " + .source')" = \
	"derived redfish" ] || fail "no rest: $(json .energy.domains)"
# The last session was ended (the others end by themselves), and the password went into no ledger.
curl -s "http://127.0.0.1:$port/state" | jq -e '.open == 0 and .closed > 0 and .basic == 0' \
	>/dev/null || fail "$(curl -s "http://127.0.0.1:$port/state")"
if grep -r 's3cret' "$ledgers"; then fail "a secret is in the ledger"; fi

# A server that is not there is told of, the run is metered all the same.
sed -i 's/127.0.0.1:[0-9]*/127.0.0.1:1/' "$TMPDIR/sensors.tsv"
GRAMME_SENSORS=$TMPDIR/sensors.tsv meter_ok -- sleep 1
"$gramme" show "$ledger" | tr -s ' \n' ' ' | grep -q 'http://127.0.0.1:1: Connection refused' ||
	fail "$("$gramme" show "$ledger")"
"$gramme" verify "$ledger" >/dev/null || fail "no good ledger"
