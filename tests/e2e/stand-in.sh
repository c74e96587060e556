#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# gramme run is killed, whatever meters it had: what stands in for it meters on and closes the ledger.
. tests/e2e/lib.sh

# killed OPTION...: a run of four seconds, whose gramme dies after the first.
killed() {
	rm -rf "$ledgers"
	"$gramme" run --quiet --ledger-dir "$ledgers" "$@" -- "$prog/spin" 4000 >"$TMPDIR/out" 2>"$TMPDIR/err" &
	local metering=$!

	await ledger_begun
	sleep 1
	kill -KILL "$metering"
	wait "$metering" || true
	await ledger_closed
	"$gramme" verify "$ledger" >/dev/null || fail "it is damaged"
	"$gramme" show --json "$ledger" >"$TMPDIR/run"
	# A second or two pass until somebody stands in.
	jq -e '.run.cpu_ns > 3000000000 and .energy.total_uj > 0' "$TMPDIR/run" >/dev/null ||
		fail "it did not meter on: $(jq -c '[.run.cpu_ns, .energy.total_uj]' "$TMPDIR/run")"
}

echo "with a model"
killed
echo "with a recorded machine"
killed --replay tests/data/machines/two-socket-server
