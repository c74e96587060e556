#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A collector that is killed in the middle of a training: the epochs that it saw stay in the ledger,
# the one under way is cut, whoever goes on finds those that follow, and nothing is told twice.
# shellcheck disable=SC2016 # the dollars are for jq
. tests/e2e/lib.sh

cat >"$TMPDIR/train.py" <<'PY'
import time
import numpy

random = numpy.random.default_rng(1)
x, w = random.random((120, 80)), random.random((80, 60)) * 0.01
for epoch in range(24):
    until = time.monotonic() + 0.4
    while time.monotonic() < until:
        w = w - 1e-6 * (x.T @ (x @ w))
    print(f"Epoch {epoch + 1}/24 - loss: {0.9 ** epoch:.4f}", flush=True)
PY
"$gramme" run --quiet --ledger-dir "$ledgers" -- "$python" "$TMPDIR/train.py" \
	>"$TMPDIR/out" 2>"$TMPDIR/err" &
collector=$!

# Enough epochs for a judgement, and a journal that tells them.
for _ in $(seq 300); do
	ledger=$(newest "$ledgers")
	seen=$([ -z "$ledger" ] || json '[.phases[] | select(.kind == "epoch")] | length')
	[ "${seen:-0}" -lt 4 ] || break
	sleep 0.1
done
[ "${seen:-0}" -ge 4 ] || fail "no epoch was seen while the training ran"
holds '[.phases[] | select(.open)] | length > 0'
"$gramme" show "$ledger" | grep -Eq '^  [0-9]+ \.\.\. ' || fail "the page shows no epoch under way"
kill -9 "$collector"
for _ in $(seq 300); do
	[ "$(json .chain.closed)" = true ] && break
	sleep 0.1
done
[ "$(json .chain.closed)" = true ] || fail "nobody closed the ledger"
[ "$(wc -l <"$TMPDIR/out")" -eq 24 ] || fail "the training did not come to its end"

"$gramme" verify "$ledger" || fail "the ledger does not verify"
holds '[.phases[] | select(.cut)] | length > 0'
holds '[.phases[] | select(.open or (.final | not))] == []'
holds '[.phases[].id] | (unique | length) == length'
holds '.run.anchors[0].t_ns as $died | [.phases[] | select(.kind == "epoch" and .end_ns <= $died)] | length >= 4'
holds '.run.anchors[0].t_ns as $died | [.phases[] | select(.kind == "epoch" and .start_ns >= $died)] | length >= 4'
holds '([.phases[].parent] | map(select(. != null))) as $inner
	| ([.phases[] | select(.id as $id | $inner | index($id) | not) | .energy_uj] | add)
	+ .outside.energy_uj == .energy.total_uj'
