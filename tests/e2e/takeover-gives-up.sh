#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Who cannot go on gives up, and leaves what others can go on with: a collector whose holder does not
# answer takes nothing from it; a holder whose stand-ins die one after the other ends, with its spare,
# and the ledgers end as after a power cut.
. tests/e2e/lib.sh
use_fake

slowly=(--batch 20 --rest-ms 40)

# children NAME: those of the holder of this story.
children() {
	pgrep -P "$keeper" -x "$1" || true
}

# The holder and its spare are of one age and bear one name at birth: the spare is the child.
find_keeper() {
	local pid

	keeper=
	for pid in $(pgrep -x gramme-holder); do
		if tr '\0' '\n' 2>/dev/null <"/proc/$pid/environ" | grep -qx "TMPDIR=$TMPDIR" &&
			! grep -qx gramme-holder "/proc/$(ps -o ppid= -p "$pid" | tr -d ' ')/comm"; then
			keeper=$pid
		fi
	done
	[ -n "$keeper" ]
}

has_spare() {
	spare=$(children gramme-spare)
	[ -n "$spare" ]
}

compute() {
	LD_PRELOAD=$build/libgramme.so "$prog/cl_linked" "${slowly[@]}" "$@" >"$TMPDIR/out" 2>&1 &
	program=$!
}

echo "a holder that does not answer"
start_collector --zone FR
await find_keeper
compute --launches 2000
await taken_in 1
kill -KILL "$collector"
wait "$collector" 2>/dev/null || true
kill -STOP "$keeper"
status=0
timeout 60 "$gramme" collect --socket "$GRAMME_SOCKET" --ledger-dir "$ledgers" \
	2>"$TMPDIR/collector" || status=$?
kill -CONT "$keeper"
if [ "$status" -eq 0 ] || [ "$status" -ge 124 ]; then
	fail "a collector ended with $status"
fi
grep -q "$GRAMME_SOCKET: " "$TMPDIR/collector" || fail "it does not say why"
start_collector --zone FR
wait "$program" || fail "the program noticed: $?"
await ledger_closed
verified
holds '[.kernels[].count] == [1000, 1000]'
rm -rf "${ledgers:?}"/*
stop_collector

echo "stand-ins that die"
start_collector --zone FR --patience 0
await find_keeper
await has_spare
compute --launches 1000000
await taken_in 1
await ledger_begun
kill -KILL "$collector"
wait "$collector" 2>/dev/null || true
died=0
for _ in $(seq 3000); do
	kill -0 "$keeper" 2>/dev/null || break
	for pid in $(children gramme); do
		kill -KILL "$pid" 2>/dev/null && died=$((died + 1))
	done
	sleep 0.01
done
! kill -0 "$keeper" 2>/dev/null || fail "the holder goes on for ever"
[ "$died" -ge 8 ] || fail "$died stand-ins are not many"
spare_is_gone() {
	! kill -0 "$spare"
}
await spare_is_gone
[ ! -e "$GRAMME_SOCKET.hold" ] || fail "its socket is left"
kill -0 "$program" || fail "the program noticed"
ledger=$(newest "$ledgers")
verified
holds '.run.complete | not'

echo "the next one begins anew"
start_collector --zone FR
LD_PRELOAD=$build/libgramme.so "$prog/cl_linked" --launches 100 >"$TMPDIR/out"
kill -KILL "$program"
wait "$program" 2>/dev/null || true
stop_collector
ledger=$(newest "$ledgers")
verified
holds '[.kernels[].count] == [50, 50]'
