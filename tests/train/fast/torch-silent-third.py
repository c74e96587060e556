# SPDX-License-Identifier: Apache-2.0
# score: steps
"""Silent; validation after every third epoch, and a smaller last batch in each."""
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import data
import truth

torch.manual_seed(0)
train = DataLoader(TensorDataset(*map(torch.from_numpy, data.clusters(3020, features=40, classes=6))), 50, shuffle=True)
valid = DataLoader(TensorDataset(*map(torch.from_numpy, data.clusters(1000, features=40, classes=6, seed=5))), 100)
model = nn.Sequential(nn.Linear(40, 192), nn.ReLU(), nn.Linear(192, 192), nn.ReLU(), nn.Linear(192, 6))
optimizer = torch.optim.Adam(model.parameters())
loss_of = nn.CrossEntropyLoss()
for epoch in range(9):
    truth.begin()
    model.train()
    for x, y in train:
        optimizer.zero_grad()
        loss_of(model(x), y).backward()
        optimizer.step()
        truth.step()
    if epoch % 3 == 2:
        model.eval()
        with torch.no_grad():
            right = sum((model(x).argmax(1) == y).sum().item() for x, y in valid)
    truth.end()
