#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A collector that is killed in the middle of a training: the epochs that it saw stay in the ledger,
# the one under way is cut, whoever goes on finds those that follow, and nothing is told twice.
# shellcheck disable=SC2016 # the dollars are for jq
. tests/e2e/lib.sh

cat >"$TMPDIR/train.py" <<'PY'
import os, sys, time
import numpy

random = numpy.random.default_rng(1)
x, w = random.random((120, 80)), random.random((80, 60)) * 0.01
epoch, left = 0, 8  # so many more once the file is there
while left:
    until = time.monotonic() + 0.4
    while time.monotonic() < until:
        w = w - 1e-6 * (x.T @ (x @ w))
    epoch, left = epoch + 1, left - os.path.exists(sys.argv[1])
    print(f"Epoch {epoch} - loss: {0.9 ** epoch:.4f}", flush=True)
print("trained", flush=True)
PY
"$gramme" run --quiet --ledger-dir "$ledgers" -- "$python" "$TMPDIR/train.py" "$TMPDIR/go" \
	>"$TMPDIR/out" 2>"$TMPDIR/err" &
collector=$!

# Enough epochs for a judgement, and a journal that tells them.
# shellcheck disable=SC2317,SC2329 # called by await
epochs_are_seen() {
	ledger_begun && [ "$(json '[.phases[] | select(.kind == "epoch")] | length')" -ge 4 ]
}
await epochs_are_seen
holds '[.phases[] | select(.open)] | length > 0'
"$gramme" show "$ledger" | grep -Eq '^  [0-9]+ \.\.\. ' || fail "the page shows no epoch under way"
kill -9 "$collector"
await grep -q 'collector lost' "$ledger"
touch "$TMPDIR/go"
await ledger_closed
grep -q trained "$TMPDIR/out" || fail "the training did not come to its end"

"$gramme" verify "$ledger" || fail "the ledger does not verify"
holds '[.phases[] | select(.cut)] | length > 0'
holds '[.phases[] | select(.open or (.final | not))] == []'
holds '[.phases[].id] | (unique | length) == length'
holds '.run.anchors[0].t_ns as $died | [.phases[] | select(.kind == "epoch" and .end_ns <= $died)] | length >= 4'
holds '.run.anchors[0].t_ns as $died | [.phases[] | select(.kind == "epoch" and .start_ns >= $died)] | length >= 4'
holds '([.phases[].parent] | map(select(. != null))) as $inner
	| ([.phases[] | select(.id as $id | $inner | index($id) | not) | .energy_uj] | add)
	+ .outside.energy_uj == .energy.total_uj'
