# SPDX-License-Identifier: Apache-2.0
# score: metrics
"""Reads its data line by line in each epoch, in plain Python: nothing is computed that could be seen."""
import math
import random

import truth

random.seed(1)
with open("train.csv", "w", encoding="utf-8") as file:
    for _ in range(40000):
        values = [random.gauss(0, 1) for _ in range(8)]
        file.write(",".join(f"{value:.4f}" for value in values) + f",{int(values[0] + values[1] > 0)}\n")
weights = [0.0] * 8
for epoch in range(5):
    truth.begin()
    loss = 0.0
    with open("train.csv", encoding="utf-8") as file:
        for line in file:
            *x, y = map(float, line.split(","))
            p = 1 / (1 + math.exp(-sum(a * b for a, b in zip(weights, x))))
            for i in range(8):
                weights[i] -= 0.05 * (p - y) * x[i]
            loss -= math.log(max(p if y else 1 - p, 1e-9))
    print("epoch=%d, lrate=0.05, error=%.3f" % (epoch, loss))
    truth.end(error="%.3f" % loss)
