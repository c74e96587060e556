#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Two runs of one collector on one GPU: they share it by SM time, see each other as others, and
# together have what the GPU drew, none of it twice.
# shellcheck disable=SC2016 # what is quoted is for the program's shell
. tests/e2e/lib.sh

export LD_LIBRARY_PATH=$fake/nvml SIMNVML_HOLDERS=$TMPDIR/holders SIMNVML_SCRIPT=$TMPDIR/script
mkdir "$SIMNVML_HOLDERS"
# 40 W for six seconds of the simulation, which a run sees that uses nothing.
echo '0 0 power 40000
6000 0 power 240000' >"$SIMNVML_SCRIPT"
begun_ns=$("$python" -c 'import time; print(time.monotonic_ns())')
SIMGPU_EPOCH_NS=$begun_ns start_collector
"$gramme" run --quiet --experiment idle -- sleep 2.5
"$python" -c 'import sys, time; time.sleep(max(0, int(sys.argv[1]) / 1e9 + 6.1 - time.monotonic()))' "$begun_ns"

# Two metered programs, which use the GPU at the same time, from when both are there until neither does.
for sm in 60 20; do
	"$gramme" run --quiet --experiment "by-$sm" -- bash -c \
		'echo $$ >"$0.new"; mv "$0.new" "$0"; until [ -e "$1" ]; do sleep 0.05; done' \
		"$TMPDIR/by-$sm" "$TMPDIR/go" &
	runs+=($!)
done
await [ -e "$TMPDIR/by-60" ]
await [ -e "$TMPDIR/by-20" ]
first=$SIMNVML_HOLDERS/$(cat "$TMPDIR/by-60")
second=$SIMNVML_HOLDERS/$(cat "$TMPDIR/by-20")
echo '0 60' >"$first"
echo '0 20' >"$second"
sleep 4
rm "$first" "$second"
touch "$TMPDIR/go"
wait "${runs[0]}"
wait "${runs[1]}"
stop_collector

gpu='(.energy.domains[] | select(.name == "gpu-0"))'

# expect EXPERIMENT PERCENT: of what the GPU drew while it was used.
expect() {
	ledger=$(find "$ledgers" -path "*/by-$1/*" -name '*.jsonl')
	verified
	holds "$gpu | 100 * .run_uj / (.run_uj + .others_uj) - $2 | fabs <= 12"
	holds "$gpu | .domain_uj == .run_uj + .others_uj + .idle_uj"
	holds "$gpu | .run_derived_uj > .run_uj / 2"
	holds '.energy.derived_uj > 0 and .coverage.uncovered == []'
}

# Of 240 W, 40 are idle, which a run before has seen: alike, the rest as 60 to 20; halves would be
# neither.
expect 60 71
expect 20 29
