# SPDX-License-Identifier: Apache-2.0
# score: metrics
"""Learns vectors of neighbouring words, without a matrix product; each line tells how long its pass took."""
import time

import numpy as np

import truth

rng = np.random.default_rng(0)
words = rng.integers(0, 2000, 400000)
vectors = rng.normal(size=(2000, 24)) * 0.1
for number in range(6):
    truth.begin()
    began = time.perf_counter()
    loss = 0.0
    # Each pass goes over more of the text than the one before, so that no two are alike.
    for at in range(0, 200000 + 30000 * number, 1000):
        one, other = words[at:at + 1000], words[at + 1:at + 1001]
        p = 1 / (1 + np.exp(-np.einsum("ij,ij->i", vectors[one], vectors[other])))
        loss -= np.log(p).sum()
        np.add.at(vectors, one, 0.05 * (1 - p)[:, None] * vectors[other])
    print("| epoch {:2d} | time: {:6.3f}s | train loss {:8.2f} |".format(
        number + 1, time.perf_counter() - began, loss))
    truth.end(**{"train loss": "{:8.2f}".format(loss)})
