#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Two runs of one collector on one GPU: they share it by SM time, see each other as others, and
# together have what the GPU drew, none of it twice.
# shellcheck disable=SC2016 # what is quoted is for the program's shell
. tests/e2e/lib.sh

export LD_LIBRARY_PATH=$fake/nvml SIMNVML_HOLDERS=$TMPDIR/holders SIMNVML_SCRIPT=$TMPDIR/script
mkdir "$SIMNVML_HOLDERS"
# The simulation begins with the collector.
echo '0 0 power 40000
4000 0 power 240000' >"$SIMNVML_SCRIPT"
start_collector
"$gramme" run --quiet --experiment idle -- sleep 2.5
sleep 2

# hold SM SECONDS: a metered program.
hold() {
	# shellcheck disable=SC2016 # the inner shell's
	"$gramme" run --quiet --experiment "by-$1" -- bash -c \
		'echo "0 $1" >"$SIMNVML_HOLDERS/$$"; sleep "$2"; exit 0' hold "$1" "$2"
}

hold 60 5 &
first=$!
hold 20 5
wait "$first"
stop_collector

gpu='(.energy.domains[] | select(.name == "gpu-0"))'

# expect EXPERIMENT PERCENT: of what the GPU drew in its time.
expect() {
	ledger=$(find "$ledgers" -path "*/by-$1/*" -name '*.jsonl')
	verified
	holds "$gpu | 100 * .run_uj / .domain_uj - $2 | fabs <= 12"
	holds "$gpu | .domain_uj == .run_uj + .others_uj + .idle_uj"
	holds "$gpu | .run_derived_uj > .run_uj / 2"
	holds '.energy.derived_uj > 0 and .coverage.uncovered == []'
}

# Of 240 W, 40 are idle, which a run before has seen: alike, the rest as 60 to 20. The two began
# and ended some moments apart, when each had the GPU for itself; halves would be neither.
expect 60 71
expect 20 29
