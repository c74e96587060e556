#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A run does not end before those who compute in it: not when their parent, whom nobody knew, turns
# out to compute as well, nor when the first thread of a program leaves the rest to another one. Who
# waited for a collector is heard in the order of arrival, so parents come first. Who has died by then
# still has a name.
. tests/e2e/lib.sh
use_fake

slowly=(--batch 10 --rest-ms 40)

begin() {
	start_collector --zone FR
}

# closed N: waits until that many ledgers are closed, and no other is there.
closed() {
	for _ in $(seq 300); do
		[ "$(find "$ledgers" -name '*.jsonl' -exec grep -l '"close"' {} + | wc -l)" -lt "$1" ] ||
			break
		sleep 0.1
	done
	find "$ledgers" -name '*.jsonl' >"$TMPDIR/list"
	[ "$(wc -l <"$TMPDIR/list")" -eq "$1" ] || fail "not $1 runs: $(cat "$TMPDIR/list")"
}

# counted N: what all ledgers say of kernels, which were launched so often; clears them.
counted() {
	local n=0

	while read -r ledger; do
		verified
		n=$((n + $(json '[.kernels[] | select(.kind == "kernel").count] | add // 0')))
	done <"$TMPDIR/list"
	[ "$n" -eq "$1" ] || fail "$n launches of $1 are in the books"
	rm -rf "${ledgers:?}"/*
}

preloaded() {
	LD_PRELOAD=$build/libgramme.so "$prog/cl_linked" "$@" "${slowly[@]}" >"$TMPDIR/out" 2>&1 ||
		fail "the program noticed: $? $(cat "$TMPDIR/out")"
}

begin
echo "workers that compute before their parent does"
preloaded --launches 200 --workers 2 --compute-beside
closed 3
counted 600

echo "a first thread that does not stay"
preloaded --launches 200 --leave
closed 1
counted 200

echo "a parent and its workers who waited behind one that has nothing to say"
kill -STOP "$collector"
"$python" -c 'import socket, sys
socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET).connect(sys.argv[1])' "$GRAMME_SOCKET"
preloaded --launches 200 --workers 2 --compute-first &
program=$!
sleep 1
kill -KILL "$collector"
wait "$collector" 2>/dev/null || true
begin
wait "$program" || exit 1
closed 1
counted 600

echo "two that were dead before anybody listened"
kill -STOP "$collector"
GRAMME_PROJECT=p GRAMME_EXPERIMENT=e preloaded --launches 20
preloaded --launches 30 --workers 1
kill -CONT "$collector"
closed 2
[ -n "$(find "$ledgers" -path '*/p/e/*.jsonl')" ] || fail "no project or experiment: $(cat "$TMPDIR/list")"
ledger=$(find "$ledgers" -path '*/default/cl_linked/*.jsonl')
[ -n "$ledger" ] || fail "no name: $(cat "$TMPDIR/list")"
holds '.run.program[1:5] == ["--launches", "30", "--workers", "1"]'
counted 50
stop_collector
