# SPDX-License-Identifier: Apache-2.0
# score: none
"""Solves a Poisson equation by conjugate gradients, and prints the residual of every tenth iteration."""
import numpy as np

n = 700
rng = np.random.default_rng(0)
m = rng.normal(size=(n, n))
A = m @ m.T / n + np.eye(n) * 0.05
b = rng.normal(size=n)
x = np.zeros(n)
r = b - A @ x
p, old, iteration = r.copy(), r @ r, 0
while old > 1e-18 and iteration < 600:
    iteration += 1
    Ap = A @ p
    alpha = old / (p @ Ap)
    x += alpha * p
    r -= alpha * Ap
    new = r @ r
    p = r + new / old * p
    old = new
    if iteration % 10 == 0:
        print(f"Iteration {iteration} residual {np.sqrt(new):.6e}")
print("converged after", iteration, "iterations, error", np.abs(A @ x - b).max())
