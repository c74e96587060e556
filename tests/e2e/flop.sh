#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The arithmetic of a multilayer perceptron, counted by hand, in Debian's torch and in the numpy that
# PyPI has: within a thousandth, and with the share of the compute that the count covers beside it.
. tests/e2e/lib.sh

cat >"$TMPDIR/hand.py" <<'PY'
# Forward, and back to the weights: a product each of 2mnk for every layer and example; back to the
# layer below for all but the first, which nobody asks.
def flop(layers, examples):
    products = [2 * a * b for a, b in zip(layers, layers[1:])]
    return examples * (3 * sum(products) - products[0])
PY
cat >"$TMPDIR/in_torch.py" <<'PY'
import torch
from hand import flop
layers, examples, batch, epochs = (190, 310, 270, 10), 3050, 50, 2
model = torch.nn.Sequential(*[part for a, b in zip(layers, layers[1:])
                              for part in (torch.nn.Linear(a, b), torch.nn.ReLU())][:-1])
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
x, y = torch.randn(examples, layers[0]), torch.randint(0, layers[-1], (examples,))
for _ in range(epochs):
    for index in torch.randperm(examples).split(batch):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(x[index]), y[index]).backward()
        optimizer.step()
print(flop(layers, examples * epochs))
PY
cat >"$TMPDIR/in_numpy.py" <<'PY'
import numpy as np
from hand import flop
layers, examples, batch, epochs = (210, 330, 250, 10), 4030, 70, 3
rng = np.random.default_rng(0)
W = [rng.normal(size=s).astype(np.float32) * 0.1 for s in zip(layers, layers[1:])]
x, y = rng.normal(size=(examples, layers[0])).astype(np.float32), rng.integers(0, 10, examples)
for _ in range(epochs):
    for index in np.array_split(rng.permutation(examples), -(-examples // batch)):
        a = [x[index]]
        for w in W[:-1]:
            a.append(np.maximum(a[-1] @ w, 0))
        z = a[-1] @ W[-1]
        p = np.exp(z - z.max(1, keepdims=True))
        d = p / p.sum(1, keepdims=True)
        d[np.arange(len(index)), y[index]] -= 1
        for l in reversed(range(len(W))):
            g = a[l].T @ d
            d = (d @ W[l].T) * (a[l] > 0) if l else None
            W[l] -= 0.01 / len(index) * g
print(flop(layers, examples * epochs))
PY

counted() {
	local hand

	meter_ok -- "$@"
	hand=$(cat "$TMPDIR/out")
	echo "$1: $(json '.arithmetic | "\(.flop) FLOP in \(.counted_busy_ns) of \(.busy_ns) ns"'), $hand by hand"
	holds ".arithmetic.flop / $hand - 1 | fabs <= 0.001"
	"$gramme" show "$ledger" | grep -i flop || fail "the page does not say what was counted"
	verified
}
counted "$python" "$TMPDIR/in_torch.py"

wheel numpy
counted "$venv/bin/python" "$TMPDIR/in_numpy.py"
