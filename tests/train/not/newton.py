# SPDX-License-Identifier: Apache-2.0
# score: none
"""Inverts matrices by Newton's iteration: products in a loop, in a loop; verbose."""
import numpy as np

rng = np.random.default_rng(3)
for system in range(8):
    a = rng.normal(size=(300, 300)) + 20 * np.eye(300)
    v = a.T / (np.abs(a).sum(0).max() * np.abs(a).sum(1).max())
    eye = np.eye(300)
    for it in range(40):
        v = v @ (2 * eye - a @ v)
        change = np.abs(eye - a @ v).max()
        if change < 1e-10:
            break
    print(f"system {system + 1}/8: {it + 1} iterations, error = {change:.3e}")
