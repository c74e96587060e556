#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Namespaces of PIDs, as containers have them: who computes in one is metered like anybody by a
# collector outside; a collector within one counts what those outside compute, to the last launch, and
# says that their CPU time and energy are not known to it.
. tests/e2e/lib.sh

needs_leave unshare -p -f --mount-proc true
work=("$prog/cl_linked" --launches 200 --items 4096 --rounds 2000)

# closed NUMBER: until there are so many ledgers, and each has its last line.
closed() {
	for _ in $(seq 600); do
		mapfile -t all < <(grep -rl --include='*.jsonl' '"type":"close"' "$ledgers")
		[ "${#all[@]}" -lt "$1" ] || return 0
		sleep 0.05
	done
	fail "${#all[@]} ledgers are closed, and not $1"
}

echo "who computes is in one"
start_collector --replay tests/data/machines/two-socket-server
for _ in 1 2; do
	LD_PRELOAD=$build/libgramme.so unshare -p -f --mount-proc --kill-child \
		"${work[@]}" >"$TMPDIR/out" &
done
wait -n
wait -n
closed 2
for ledger in "${all[@]}"; do
	verified
	covered
	holds '[.kernels[].count] | add == 200'
	holds '.run.cpu_ns > 0 and .run.complete'
	holds '[.energy.domains[] | .run_uj + .others_uj + .system_uj + .idle_uj + .unattributed_uj
		== .domain_uj] | all'
done
stop_collector

echo "the collector is in one"
rm -rf "${ledgers:?}"/*
use_fake
export GRAMME_SOCKET=$TMPDIR/inside
unshare -p -f --mount-proc --kill-child "$gramme" collect --socket "$GRAMME_SOCKET" \
	--ledger-dir "$ledgers" 2>"$TMPDIR/collector" &
outer=$!
wait_for collecting
# It stays until it is looked at: of who is dead by then nobody knows where he was.
LD_PRELOAD=$build/libgramme.so "${work[@]}" --until "$TMPDIR/go" >"$TMPDIR/out" &
await ledger_begun
touch "$TMPDIR/go"
wait $!
closed 1
ledger=${all[0]}
verified
holds '[.kernels[].count] | add == 200'
holds '.coverage.uncovered | length == 1 and (.[0].why | test("cannot see"))'
kill -TERM "$(pgrep -P $outer)"
wait $outer || fail "the collector's exit status"
