#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# timeout: 1800
# Many processes that launch much, eight at a time: the ledger has each launch, as the programs and
# the counting driver have. Half a million in 50 processes, in the long form ten million in 1,000;
# prints what that took.
. tests/e2e/lib.sh

processes=50
[ -z "${GRAMME_SLOW:-}" ] || processes=1000
each=10000
use_fake
export FAKECL_COMMAND_NS=0

start=$(date +%s)
"$gramme" run --quiet --ledger-dir "$ledgers" -- sh -c \
	"seq $processes | xargs -P 8 -I{} '$prog/cl_linked' --launches $each --batch 256" \
	>"$TMPDIR/out" 2>"$TMPDIR/err" &
pid=$!
peak=
while line=$(grep VmHWM "/proc/$pid/status" 2>/dev/null); do
	peak=$line
	sleep 0.1
done
wait "$pid" || fail "exit status $?: $(cat "$TMPDIR/err")"
seconds=$(($(date +%s) - start))
ledger=$(newest "$ledgers")

[ "$(grep -c 'count kernel scale' "$TMPDIR/out")" -eq "$processes" ] || fail "some never ran"
same_counts "$TMPDIR/out" kernel
same_counts "$(tally)" kernel call
holds ".run.complete and ([.kernels[].count] | add) == $((processes * each))"
holds ".coverage.events_seen >= $((processes * each)) and .coverage.uncovered == []"
echo "$((processes * each)) launches in $processes processes: $seconds s, of gramme's own" \
	"$(json '.own_cost.cpu_ns / 1e9') s of CPU; its $(tr -s '\t ' ' ' <<<"$peak")"
json '"events lost: \(.coverage.events_lost) of \(.coverage.events_seen)"'
