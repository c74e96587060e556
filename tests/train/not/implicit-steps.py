# SPDX-License-Identifier: Apache-2.0
# score: none
"""Heat by implicit steps, each solved by as many iterations as it takes; modes are looked at now and then."""
import numpy as np

draw = np.random.default_rng(0)
n = 300
rough = draw.normal(size=(n, n))
matrix, basis = rough @ rough.T / n + np.eye(n), draw.normal(size=(n, n))
field = draw.normal(size=(n, 8))
for step in range(160):
    x = field.copy()
    r = field - matrix @ x
    p, rs = r.copy(), (r * r).sum(0)
    while rs.max() > 1e-6 * (1 + step * 7 % 5):
        q = matrix @ p
        a = rs / (p * q).sum(0)
        x += a * p
        r -= a * q
        rs, old = (r * r).sum(0), rs
        p = r + rs / old * p
    field = x + 0.1 * draw.normal(size=field.shape)
    energy = np.trace(field.T @ field)
    if step % 20 == 19:
        modes = np.linalg.svd(basis @ matrix)[1]
assert np.isfinite(modes).all()
