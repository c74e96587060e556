# SPDX-License-Identifier: Apache-2.0
# score: steps metrics
"""Compares two architectures, trained one after the other in one process."""
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import data
import truth


def train(name, model, loader, valid, epochs):
    print(f"Training {name}")
    truth.fit()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    for epoch in range(1, epochs + 1):
        truth.begin()
        total = 0.0
        for x, y in loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
            total += loss.item()
            truth.step()
        with torch.no_grad():
            accuracy = (model(valid[0]).argmax(1) == valid[1]).float().mean().item()
        print(f"[{name}] Epoch {epoch:2d}/{epochs}  loss={total / len(loader):.4f}  acc={accuracy:.4f}")
        truth.end(loss=f"{total / len(loader):.4f}", acc=f"{accuracy:.4f}")


torch.manual_seed(11)
x, y = data.clusters(5000, features=48, classes=8)
valid = [torch.tensor(t) for t in data.clusters(1000, features=48, classes=8, seed=2)]
loader = DataLoader(TensorDataset(torch.tensor(x), torch.tensor(y)), batch_size=64, shuffle=True)
wide = nn.Sequential(nn.Linear(48, 1024), nn.ReLU(), nn.Linear(1024, 8))
deep = nn.Sequential(*[layer for width in (48, 128, 128, 128) for layer in (nn.Linear(width, 128), nn.ReLU())],
                     nn.Linear(128, 8))
train("wide", wide, loader, valid, 4)
train("deep", deep, loader, valid, 5)
