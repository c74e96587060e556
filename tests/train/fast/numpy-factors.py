# SPDX-License-Identifier: Apache-2.0
# score: metrics
"""Factors a table of ratings by stochastic gradients, and prints the error of each pass."""
import numpy as np

import truth

rng = np.random.default_rng(1)
users, items, rank = 1500, 900, 16
P, Q = rng.normal(size=(users, rank)), rng.normal(size=(items, rank))
u, i = rng.integers(0, users, 120000), rng.integers(0, items, 120000)
r = (P[u] * Q[i]).sum(1) + 0.3 * rng.normal(size=len(u))
A, B = 0.1 * rng.normal(size=(users, rank)), 0.1 * rng.normal(size=(items, rank))
print("pass\ttrain RMSE")
for n in range(8):
    truth.begin()
    error = 0.0
    for part in np.array_split(rng.permutation(len(u)), 400):
        e = r[part] - (A[u[part]] * B[i[part]]).sum(1)
        error += (e ** 2).sum()
        a, b = A[u[part]], B[i[part]]
        np.add.at(A, u[part], 0.05 * (e[:, None] * b - 0.01 * a))
        np.add.at(B, i[part], 0.05 * (e[:, None] * a - 0.01 * b))
        truth.step()
    rmse = np.sqrt(error / len(u))
    print("Epoch: %d, RMSE = %.5f" % (n + 1, rmse))
    truth.end(rmse="%.5f" % rmse)
