# SPDX-License-Identifier: Apache-2.0
# score: none
"""Looks at the same data again and again, with a smaller last batch, and learns nothing."""
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import data

torch.manual_seed(0)
pictures = DataLoader(TensorDataset(torch.from_numpy(data.clusters(4020, features=40)[0])), 50)
layers = [nn.Sequential(nn.Linear(256, 256), nn.ReLU()) for _ in range(5)]
model = nn.Sequential(nn.Linear(40, 256), nn.ReLU(), *layers, nn.Linear(256, 10)).eval()
for again in range(5):
    with torch.no_grad():
        for (x,) in pictures:
            model(x)
