# SPDX-License-Identifier: Apache-2.0
# score: steps
"""Silent; adds up the gradients of three batches, and of what is left at the end."""
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import data
import truth

torch.manual_seed(0)
train = DataLoader(TensorDataset(*map(torch.from_numpy, data.clusters(4020, features=40, classes=6))), 50, shuffle=True)
valid = DataLoader(TensorDataset(*map(torch.from_numpy, data.clusters(1000, features=40, classes=6, seed=5))), 100)
model = nn.Sequential(nn.Linear(40, 192), nn.ReLU(), nn.Dropout(0.1), nn.Linear(192, 192), nn.ReLU(), nn.Linear(192, 6))
optimizer = torch.optim.Adam(model.parameters())
loss_of = nn.CrossEntropyLoss()
for epoch in range(6):
    truth.begin()
    model.train()
    for i, (x, y) in enumerate(train, 1):
        (loss_of(model(x), y) / 3).backward()
        if i % 3 == 0 or i == len(train):
            optimizer.step()
            optimizer.zero_grad()
        truth.step()
    model.eval()
    with torch.no_grad():
        right = sum((model(x).argmax(1) == y).sum().item() for x, y in valid)
    truth.end()
