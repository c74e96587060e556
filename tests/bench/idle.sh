#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What the collector takes while nothing happens: with no client, and with 1,000 processes of one
# run that have computed once. A wake-up is a voluntary context switch of any of its threads; the
# ledgers are kept in memory, since every wait for a disk is such a switch as well, some ten of them
# each time that the journal is written (seen on a busy ext4, 2026-11-21). Memory is proportional
# (PSS): of a page that it shares with a client, its arena, the half.
. tests/bench/lib.sh

clients=
ledgers=$(mktemp -d /dev/shm/gramme.XXXXXX)
leave() {
	[ -z "$clients" ] || exec 9>&-
	stop_collector
	rm -rf "$ledgers"
}
trap leave EXIT

switches() {
	awk '/^voluntary_ctxt_switches/ { n += $2 } END { print n }' /proc/"$collector"/task/*/status
}

# Wake-ups a second in each of so many stretches of two seconds.
watch() {
	local before now

	before=$(switches)
	for _ in $(seq 5); do
		sleep 2
		now=$(switches)
		echo $(((now - before) * 100 / 2))
		before=$now
	done
}

of_memory() {
	awk -v name="$1:" '$1 == name { print $2 }' /proc/"$collector"/smaps_rollup
}

# start_clients N WORD...: returns when the collector holds all of their arenas.
start_clients() {
	local wanted=$1

	mkfifo "$work/end"
	GRAMME_SOCKET=$socket LD_PRELOAD=$shim timeout 300 "$build/tests/bench/idle" "$@" \
		<"$work/end" >"$work/ready" &
	clients=$!
	exec 9>"$work/end"
	rm "$work/end"
	for _ in $(seq 600); do
		[ "$(grep -c memfd:gramme /proc/"$collector"/maps)" -lt "$wanted" ] || break
		sleep 0.1
	done
	[ "$(grep -c memfd:gramme /proc/"$collector"/maps)" -ge "$wanted" ] ||
		fail "the collector does not hold $wanted arenas after a minute"
	sleep 2
}

stop_clients() {
	exec 9>&-
	wait "$clients" || fail "the idle clients failed"
	clients=
}

export OCL_ICD_VENDORS=$fake FAKECL_COMMAND_NS=0
start_collector "$ledgers"
sleep 1
watch >"$work/idle.none"
of_memory Pss >"$work/idle.pss.none"
start_clients 1000
watch >"$work/idle.clients"
for name in Pss Rss Anonymous; do
	of_memory "$name" >"$work/idle.$name"
done
stop_clients
stop_collector
# Each a run of its own, as in a lab: with a ledger, a tree and devices each.
start_collector "$ledgers"
start_clients 100 apart
of_memory Anonymous >"$work/idle.apart"
stop_clients

title "The collector: nothing happens"
target "collector: wake-ups a second, no client" "" 2 100 most 2 <"$work/idle.none"
target "collector: wake-ups a second, 1,000 idle clients" "" 2 100 most 2 <"$work/idle.clients"
figure "memory, no client" MB 1 1024 <"$work/idle.pss.none"
target "collector: memory, 1,000 idle clients" MB 1 1024 most 32 <"$work/idle.Pss"
figure "the same, all that is mapped (RSS)" MB 1 1024 <"$work/idle.Rss"
figure "the same, the collector's alone" MB 1 1024 <"$work/idle.Anonymous"
figure "the collector's alone, 100 idle runs of one process" MB 1 1024 <"$work/idle.apart"
