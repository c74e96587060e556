# SPDX-License-Identifier: Apache-2.0
# score: none
"""Estimates pi with a bar over the batches; the estimate and its error stand in it."""
import numpy as np
from tqdm import tqdm

rng = np.random.default_rng(0)
inside = total = 0
with tqdm(range(60), desc="Sampling") as bar:
    for _ in bar:
        x = rng.random((250000, 2))
        inside += int(((x ** 2).sum(axis=1) < 1).sum())
        total += len(x)
        bar.set_postfix(pi=4 * inside / total, err=abs(4 * inside / total - np.pi))
print("pi is about", 4 * inside / total)
