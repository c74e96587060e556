#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Deaths at known moments: of a collector while one arena is gone and another lives, of the one in
# gramme run, of one whose holder is told to end, and of a collector and its holder together.
. tests/e2e/lib.sh
use_fake

slowly=(--batch 20 --rest-ms 40)

begin() {
	start_collector --zone FR
	wait_for "a holder and its spare" settled
	trap 'kill -KILL "$collector" $(holders) $(holders gramme-spare) 2>/dev/null || true' EXIT
}

# wait_for WHAT COMMAND...: until it succeeds.
wait_for() {
	local what=$1

	shift
	for _ in $(seq 600); do
		if "$@"; then
			return
		fi
		sleep 0.05
	done
	fail "waited in vain for $what: $(cat "$TMPDIR/collector")"
}

# shellcheck disable=SC2329 # called by wait_for
is_closed() {
	[ "$(find "$ledgers" -name '*.jsonl' -exec grep -l '"close"' {} + | wc -l)" -eq "$1" ]
}

# shellcheck disable=SC2329
nothing_left() {
	[ -z "$(find "$TMPDIR" -maxdepth 1 -name 'socket*' -o -maxdepth 1 -name 'gramme-*')" ] &&
		[ -z "$(holders)$(holders gramme-spare)" ]
}

# The holders of this story, or their spares, by their folder.
holders() {
	local pid

	for pid in $(pgrep -x "${1:-gramme-holder}"); do
		if tr '\0' '\n' 2>/dev/null <"/proc/$pid/environ" | grep -qx "TMPDIR=$TMPDIR"; then
			echo "$pid"
		fi
	done
}

# shellcheck disable=SC2329
replaced() {
	local now

	now=$(holders)
	[ -n "$now" ] && [ "$now" != "$before" ] && settled
}

# One of each: a spare bears the holder's name at its birth.
# shellcheck disable=SC2329
settled() {
	[ "$(holders | wc -l)" -eq 1 ] && spared
}

# shellcheck disable=SC2329
spared() {
	[ -n "$(holders gramme-spare)" ]
}

killed() {
	kill -KILL "$1"
	wait "$1" 2>/dev/null || true
}

clear() {
	rm -rf "${ledgers:?}"/*
}

echo "what was let go before is counted once, and gramme run does not notice"
begin
# shellcheck disable=SC2016 # for the inner shell
"$gramme" run --quiet -- sh -c '"$@" --launches 300; "$@" --launches 1500 --until "$0"; exit 6' "$TMPDIR/go" \
	"$prog/cl_linked" "${slowly[@]}" >"$TMPDIR/out" 2>"$TMPDIR/err" &
program=$!
wait_for "the end of the first" grep -q 'count kernel add 150' "$TMPDIR/out"
wait_for "the second, beside the shell" taken_in 2
sleep 1.5 # in which the first one's arena is let go
killed "$collector"
begin
touch "$TMPDIR/go"
status=0
wait "$program" || status=$?
[ "$status" -eq 6 ] || fail "status $status"
[ ! -s "$TMPDIR/err" ] || fail "something was said: $(cat "$TMPDIR/err")"
wait_for "the end of the run" is_closed 1
ledger=$(newest "$ledgers")
verified
holds '[.kernels[].count] == [900, 900] and .run.processes == 3 and .run.complete'
holds '.run.exit_status == 6'
holds '[.run.anchors[].reason] == ["collector lost"] and .coverage.sensor_gap_ns > 0'
holds '.coverage.uncovered == [] and .coverage.events_seen >= 1800'
clear

echo "a worker that ended before, and one that goes on"
LD_PRELOAD=$build/libgramme.so "$prog/cl_linked" --launches 1000 --compute-first --workers 2 \
	"${slowly[@]}" >"$TMPDIR/out" &
program=$!
for _ in 1 2 3; do
	sleep 1
	kill -HUP "$collector"
	wait "$collector" || fail "a hand-over ended with status $?"
	begin
done
wait "$program" || fail "the program noticed: status $?"
wait_for "the end of the run" is_closed 1
ledger=$(newest "$ledgers")
verified
holds '[.kernels[].count] == [1500, 1500] and .run.processes == 3'
clear

echo "the holder is killed, then the collector"
LD_PRELOAD=$build/libgramme.so "$prog/cl_linked" --launches 1500 "${slowly[@]}" >"$TMPDIR/out" &
program=$!
wait_for "it to be metered" taken_in 1
before=$(holders)
killed "$before"
wait_for "another holder" replaced
sleep 1
killed "$collector"
begin
wait "$program" || fail "the program noticed: status $?"
wait_for "the end of the run" is_closed 1
ledger=$(newest "$ledgers")
verified
holds '[.kernels[].count] == [750, 750]'
clear

echo "a holder that is asked to end closes the books"
LD_PRELOAD=$build/libgramme.so "$prog/cl_linked" --launches 60000 "${slowly[@]}" >"$TMPDIR/out" &
program=$!
wait_for "it to be metered" taken_in 1
wait_for "its ledger" ledger_begun
sleep 1
killed "$collector"
kill -TERM "$(holders)"
wait_for "the end of all" nothing_left
kill -0 "$program" || fail "the program is gone"
ledger=$(newest "$ledgers")
verified
holds '(.run.complete | not) and .run.exit_status == null and .kernels[0].count > 0'
killed "$program"
clear

echo "the collector is killed, then the holder that is alone: its spare goes on"
begin
LD_PRELOAD=$build/libgramme.so "$prog/cl_linked" --launches 1500 "${slowly[@]}" >"$TMPDIR/out" &
program=$!
wait_for "it to be metered" taken_in 1
killed "$collector"
for _ in 1 2; do
	before=$(holders)
	killed "$before"
	wait_for "another holder" replaced
done
begin
wait "$program" || fail "the program noticed: status $?"
wait_for "the end of the run" is_closed 1
ledger=$(newest "$ledgers")
verified
holds '[.kernels[].count] == [750, 750]'
clear

echo "a spare is killed, and then the holder that has another one"
LD_PRELOAD=$build/libgramme.so "$prog/cl_linked" --launches 1500 "${slowly[@]}" >"$TMPDIR/out" &
program=$!
wait_for "it to be metered" taken_in 1
killed "$(holders gramme-spare)"
wait_for "another spare" spared
killed "$collector"
before=$(holders)
killed "$before"
wait_for "another holder" replaced
begin
wait "$program" || fail "the program noticed: status $?"
wait_for "the end of the run" is_closed 1
ledger=$(newest "$ledgers")
verified
holds '[.kernels[].count] == [750, 750]'
clear
kill -TERM "$collector"
wait "$collector" || fail "the collector ended with status $?"

echo "who is told to end reads first what has arrived"
begin
keeper=$(holders)
kill -STOP "$collector" "$keeper"
LD_PRELOAD=$build/libgramme.so "$prog/cl_linked" --launches 100 >"$TMPDIR/out"
kill -TERM "$collector"
kill -CONT "$collector"
sleep 0.3
kill -CONT "$keeper"
wait "$collector" || fail "the collector ended with status $?"
ledger=$(newest "$ledgers")
[ -n "$ledger" ] || fail "nothing was read"
verified
holds '[.kernels[].count] == [50, 50]'
clear

echo "all die at once: the program goes on, the ledger is valid, and the next one begins anew"
begin
LD_PRELOAD=$build/libgramme.so "$prog/cl_linked" --launches 1500 "${slowly[@]}" >"$TMPDIR/out" &
program=$!
wait_for "it to be metered" taken_in 1
wait_for "its ledger" ledger_begun
# Stopped first: whoever outlived another by a moment would begin to replace it.
all=("$(holders gramme-spare)" "$(holders)" "$collector")
kill -STOP "${all[@]}"
kill -KILL "${all[@]}"
wait "$collector" 2>/dev/null || true
begin
wait "$program" || fail "the program noticed: status $?"
ledger=$(newest "$ledgers")
verified
holds '.run.complete | not'
clear
kill -TERM "$collector"
wait "$collector" || fail "the collector ended with status $?"
wait_for "the end of all" nothing_left

echo "gramme run is killed: a stand-in ends its books, and nothing is left"
unset GRAMME_SOCKET
"$gramme" run --ledger-dir "$ledgers" -- "$prog/cl_linked" --launches 1500 "${slowly[@]}" \
	>"$TMPDIR/out" 2>"$TMPDIR/err" &
program=$!
wait_for "its ledger" ledger_begun
sleep 1
killed "$program"
wait_for "the program's own end" grep -q 'count kernel add 750' "$TMPDIR/out"
wait_for "the end of all" nothing_left
ledger=$(newest "$ledgers")
verified
holds '[.kernels[].count] == [750, 750] and (.run.complete | not) and .run.exit_status == null'
[ ! -s "$TMPDIR/err" ] || fail "something was said: $(cat "$TMPDIR/err")"
