# SPDX-License-Identifier: Apache-2.0
# score: none
"""Relaxes heat on a plate, and prints sweep and change."""
import numpy as np

t = np.zeros((600, 600))
t[0] = 100
for sweep in range(1, 301):
    new = t.copy()
    new[1:-1, 1:-1] = (t[:-2, 1:-1] + t[2:, 1:-1] + t[1:-1, :-2] + t[1:-1, 2:]) / 4
    change = np.abs(new - t).max()
    t = new
    if sweep % 25 == 0:
        print(f"sweep {sweep:4d}/300  max change {change:.5f}")
