#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A training nobody marked: its epochs stand in the ledger with steps, kernels, metrics, energy and
# CO2e, on a file as on a terminal; leaves and what is outside of them add up to the run, to the
# microjoule; and what the program printed stays out of the chain but for its metrics.
# shellcheck disable=SC2016 # the dollars are for jq
. tests/e2e/lib.sh

cat >"$TMPDIR/train.py" <<'PY'
import numpy

random = numpy.random.default_rng(1)
x, w = random.random((120, 80)), random.random((80, 60)) * 0.01
print("reading /home/jan/s3cr3t/data.csv with token s3cr3t-token")
for epoch in range(6):
    for step in range(15):
        y = x @ w
        w = w - 1e-6 * (x.T @ y)
    print(f"Epoch {epoch + 1}/6 - loss: {2 ** -epoch:.4f} - accuracy: {0.5 + epoch / 16}")
PY
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1

check() {
	"$gramme" verify "$ledger" || fail "the ledger does not verify"
	holds '[.phases[] | select(.kind == "epoch")] | length == 6'
	holds '[.phases[] | select(.kind == "epoch") | .index] == [1, 2, 3, 4, 5, 6]'
	# Steps are for tests/train to score; what is told of them must not be wrong.
	holds '[.phases[] | select(.kind == "epoch") | .steps | . == null or . == 15] | all'
	holds '[.phases[] | select(.kind == "epoch") | .metrics.loss] == [1, 0.5, 0.25, 0.125, 0.0625, 0.0312]'
	holds '[.phases[] | select(.kind == "epoch") | .metrics.accuracy] == [range(6) | 0.5 + . / 16]'
	holds '[.phases[] | select(.kind == "epoch") | [.kernels[].count] | add] == [30, 30, 30, 30, 30, 30]'
	holds '[.phases[] | select(.kind == "epoch") | .evidence | contains(["text"])] | all'
	# Leaves, and the rest.
	holds '([.phases[].parent] | map(select(. != null))) as $inner
		| ([.phases[] | select(.id as $id | $inner | index($id) | not) | .energy_uj] | add)
		+ .outside.energy_uj == .energy.total_uj'
	holds '.phases as $all | [.phases[] | select(.parent != null) | . as $p
		| $all[] | select(.id == $p.parent) | .start_ns <= $p.start_ns and .end_ns >= $p.end_ns] | all'
	holds '[.phases[] | .co2e_ug >= 0 and .end_ns >= .start_ns and .confidence <= 1] | all'
	holds '.metrics[0] | .name == "accuracy" and .best == 0.8125 and .last == 0.8125 and .main'
	holds '[.phases[].open, .phases[].cut] | any | not'
	! grep -q s3cr3t "$ledger" || fail "what was printed stands in the chain"
	"$gramme" show "$ledger" | grep -q '^Epochs      6, with' || fail "the page shows no epochs"
}

meter_ok -- "$python" "$TMPDIR/train.py"
check
status=0
script -qefc "'$gramme' run --quiet --ledger-dir '$ledgers' -- '$python' '$TMPDIR/train.py'" \
	/dev/null >"$TMPDIR/out" 2>&1 || status=$?
[ "$status" -eq 0 ] || fail "on a terminal it ended with $status"
ledger=$(newest "$ledgers")
check

# Nobody trains: nothing is recognised.
meter_ok -- "$python" -c 'import numpy
x = numpy.ones((200, 200))
for i in range(50):
    y = x @ x
print("done", y[0, 0])'
holds '[.phases[] | select(.kind == "epoch" or .kind == "fit")] == []'
