# SPDX-License-Identifier: Apache-2.0
# score: steps
"""Silent; eight equal blocks, so that a step holds loops itself, and a smaller last batch."""
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import data
import truth


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.gate, self.value = nn.Linear(width, width), nn.Linear(width, width)

    def forward(self, x):
        h = self.norm(x)
        return x + torch.relu(self.gate(h)) * self.value(h)


torch.manual_seed(0)
train = DataLoader(TensorDataset(*map(torch.from_numpy, data.clusters(920, features=40, classes=6))), 50, shuffle=True)
valid = DataLoader(TensorDataset(*map(torch.from_numpy, data.clusters(300, features=40, classes=6, seed=5))), 50)
model = nn.Sequential(nn.Linear(40, 128), *[Block(128) for _ in range(8)], nn.Linear(128, 6))
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
loss_of = nn.CrossEntropyLoss()
for epoch in range(5):
    truth.begin()
    for x, y in train:
        optimizer.zero_grad()
        loss_of(model(x), y).backward()
        optimizer.step()
        truth.step()
    with torch.no_grad():
        right = sum((model(x).argmax(1) == y).sum().item() for x, y in valid)
    truth.end()
