# SPDX-License-Identifier: Apache-2.0
# score: none
"""Measures products of matrices of rising size, ten runs each."""
import time

import numpy as np

for size in (128, 256, 384, 512):
    a = np.random.default_rng(0).normal(size=(size, size)).astype(np.float32)
    for run in range(1, 11):
        start = time.perf_counter()
        for _ in range(20):
            a @ a
        spent = time.perf_counter() - start
        print(f"size {size} run {run}/10: {2 * size ** 3 * 20 / spent / 1e9:.2f} GFLOP/s")
