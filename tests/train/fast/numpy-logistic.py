# SPDX-License-Identifier: Apache-2.0
# score: metrics
"""Logistic regression by hand: every batch is two products of a matrix and a vector."""
import numpy as np

import data
import truth

X, y = data.clusters(60000, features=120, classes=2, spread=8)
X = X.astype(np.float64)
w, b = np.zeros(X.shape[1]), 0.0
print("samples", len(X), "features", X.shape[1])
for epoch in range(6):
    truth.begin()
    order = np.random.permutation(len(X))
    total = 0.0
    for start in range(0, len(X), 32):
        batch = order[start:start + 32]
        xb, yb = X[batch], y[batch]
        p = 1 / (1 + np.exp(-(xb @ w + b)))
        w -= 0.02 * (xb.T @ (p - yb)) / len(batch)
        b -= 0.02 * (p - yb).mean()
        total -= np.log(np.where(yb == 1, p, 1 - p) + 1e-9).mean()
        truth.step()
    loss = total / (len(X) / 32)
    print("epoch %2d  loss %.6f" % (epoch, loss))
    truth.end(loss="%.6f" % loss)
