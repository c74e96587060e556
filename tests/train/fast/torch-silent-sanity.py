# SPDX-License-Identifier: Apache-2.0
# score: steps
"""Silent; looks at two batches of the validation before all, and at all of the data at the end."""
import itertools

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import data
import truth

torch.manual_seed(0)
train = DataLoader(TensorDataset(*map(torch.from_numpy, data.clusters(4000, features=40, classes=6))), 50, shuffle=True)
valid = DataLoader(TensorDataset(*map(torch.from_numpy, data.clusters(1000, features=40, classes=6, seed=5))), 100)
model = nn.Sequential(nn.Linear(40, 192), nn.ReLU(), nn.Dropout(0.1), nn.Linear(192, 192), nn.ReLU(), nn.Linear(192, 6))
optimizer = torch.optim.Adam(model.parameters())
loss_of = nn.CrossEntropyLoss()


def evaluate(batches):
    model.eval()
    with torch.no_grad():
        return sum(loss_of(model(x), y).item() for x, y in batches)


evaluate(itertools.islice(valid, 2))
for epoch in range(5):
    truth.begin()
    model.train()
    for x, y in train:
        optimizer.zero_grad()
        loss_of(model(x), y).backward()
        optimizer.step()
        truth.step()
    evaluate(valid)
    truth.end()
evaluate(train)
