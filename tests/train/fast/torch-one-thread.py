# SPDX-License-Identifier: Apache-2.0
# score: steps
"""One thread, as a cluster's guide advises; silent, evaluated, and the best model kept."""
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import data
import truth

torch.set_num_threads(1)
torch.manual_seed(4)
x, y = data.clusters(5000, features=64, classes=6, spread=5)
v, w = data.clusters(1000, features=64, classes=6, seed=1, spread=5)
train = DataLoader(TensorDataset(torch.tensor(x), torch.tensor(y)), batch_size=64, shuffle=True)
valid = DataLoader(TensorDataset(torch.tensor(v), torch.tensor(w)), batch_size=125)
model = nn.Sequential(nn.Linear(64, 256), nn.BatchNorm1d(256), nn.ReLU(), nn.Linear(256, 6))
optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
best = 0
for epoch in range(9):
    truth.begin()
    model.train()
    for xb, yb in train:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(xb), yb).backward()
        optimizer.step()
        truth.step()
    model.eval()
    with torch.no_grad():
        right = sum((model(xb).argmax(1) == yb).sum().item() for xb, yb in valid)
    if right > best:
        best = right
        torch.save(model.state_dict(), "best.pt")
    truth.end()
