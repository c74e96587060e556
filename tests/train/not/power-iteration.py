# SPDX-License-Identifier: Apache-2.0
# score: none
"""Finds the largest eigenvalues one after the other: products alone, silent, evenly nested."""
import numpy as np

a = np.random.default_rng(0).normal(size=(500, 500)).astype(np.float32)
a = a @ a.T
block = np.linalg.qr(np.random.default_rng(1).normal(size=(500, 8)))[0].astype(np.float32)
for _ in range(12):
    for _ in range(30):
        block = a @ block
        block /= np.linalg.norm(block, axis=0)
    block = np.linalg.qr(block)[0]
print(np.diag(block.T @ a @ block).round(2))
