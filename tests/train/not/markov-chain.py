# SPDX-License-Identifier: Apache-2.0
# score: none
"""Samples from a Gaussian by random walks, with a bar that tells the probability of acceptance."""
import numpy as np
from tqdm import tqdm

rng = np.random.default_rng(0)
root = rng.normal(size=(300, 300))
precision = root @ root.T
at, accepted = np.zeros(300), 0
for stage in ("Warmup", "Sample"):
    bar = tqdm(range(400), desc=stage)
    for turn in bar:
        to = at + 0.01 * rng.normal(size=300)
        if np.log(rng.random()) < (at @ precision @ at - to @ precision @ to) / 2:
            at, accepted = to, accepted + 1
        bar.set_postfix_str(f"step size 1.0e-02, acc. prob={accepted / (turn + 1):.2f}")
