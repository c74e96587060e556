# SPDX-License-Identifier: Apache-2.0
# score: none
"""The largest eigenvalues by subspace iteration, looked at after each block of rounds; silent."""
import numpy as np

rng = np.random.default_rng(3)
matrix = rng.normal(size=(500, 500))
matrix = matrix + matrix.T
space = np.linalg.qr(rng.normal(size=(500, 12)))[0]
for block in range(9):
    for _ in range(30):
        space = np.linalg.qr(matrix @ space)[0]
    values = np.linalg.eigvalsh(space.T @ matrix @ space)
print(values[-3:])
