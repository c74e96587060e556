# SPDX-License-Identifier: Apache-2.0
# score: steps
"""Trains and evaluates without a word; only the last accuracy is told."""
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import data
import truth

torch.manual_seed(42)
X, Y = data.clusters(3020, features=40, classes=6, spread=3.5)
V, W = data.clusters(1200, features=40, classes=6, seed=5, spread=3.5)
train_dl = DataLoader(TensorDataset(torch.from_numpy(X), torch.from_numpy(Y)), batch_size=50, shuffle=True)
valid_dl = DataLoader(TensorDataset(torch.from_numpy(V), torch.from_numpy(W)), batch_size=100)
model = nn.Sequential(nn.Linear(40, 180), nn.ReLU(), nn.Dropout(0.2), nn.Linear(180, 180), nn.ReLU(), nn.Linear(180, 6))
opt = torch.optim.Adam(model.parameters())
crit = nn.CrossEntropyLoss()

best = 0.0
for epoch in range(7):
    truth.begin()
    model.train()
    for xb, yb in train_dl:
        opt.zero_grad()
        crit(model(xb), yb).backward()
        opt.step()
        truth.step()
    model.eval()
    hits = 0
    with torch.no_grad():
        for xb, yb in valid_dl:
            hits += (model(xb).argmax(dim=1) == yb).sum().item()
    best = max(best, hits / len(V))
    truth.end()
print("best accuracy", best)
