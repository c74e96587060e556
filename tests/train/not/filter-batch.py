# SPDX-License-Identifier: Apache-2.0
# score: none
"""Filters a batch of made-up samples in torch, and saves the result of each by its number."""
import numpy as np
import torch

torch.manual_seed(0)
filters = torch.randn(8, 1, 5, 5)
with torch.no_grad():
    for number in range(16):
        sample = torch.randn(1, 1, 200, 200)
        for _ in range(6):
            sample = torch.nn.functional.conv2d(sample, filters, padding=2).mean(1, keepdim=True).tanh()
        np.save(f"sample{number:03d}.npy", sample.numpy())
        print(f"[{number + 1}/16] sample{number:03d}.npy done, mean {sample.mean():.4f}")
