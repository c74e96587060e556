# SPDX-License-Identifier: Apache-2.0
# score: steps metrics
"""A network of two layers in numpy alone, as in a first course."""
import numpy as np

import data
import truth

rng = np.random.default_rng(0)
X, t = data.clusters(8000, features=128, classes=10, spread=4)
Xv, tv = data.clusters(2000, features=128, classes=10, seed=4, spread=4)
T = np.eye(10, dtype=np.float32)[t]
W1 = (rng.normal(size=(128, 256)) * 0.1).astype(np.float32)
b1 = np.zeros(256, np.float32)
W2 = (rng.normal(size=(256, 10)) * 0.1).astype(np.float32)
b2 = np.zeros(10, np.float32)
lr, batch = 0.1, 128


def forward(x):
    h = np.maximum(x @ W1 + b1, 0)
    z = h @ W2 + b2
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return h, e / e.sum(axis=1, keepdims=True)


for epoch in range(10):
    truth.begin()
    perm = rng.permutation(len(X))
    loss = 0.0
    for i in range(0, len(X), batch):
        idx = perm[i:i + batch]
        h, p = forward(X[idx])
        loss -= np.log(p[np.arange(len(idx)), t[idx]] + 1e-9).sum()
        dz = (p - T[idx]) / len(idx)
        dh = (dz @ W2.T) * (h > 0)
        W2 -= lr * (h.T @ dz)
        b2 -= lr * dz.sum(axis=0)
        W1 -= lr * (X[idx].T @ dh)
        b1 -= lr * dh.sum(axis=0)
        truth.step()
    loss /= len(X)
    acc = (forward(Xv)[1].argmax(axis=1) == tv).mean()
    print(f"epoch {epoch:2d} loss={loss:.5f} acc={acc:.4f}")
    truth.end(loss=f"{loss:.5f}", acc=f"{acc:.4f}")
