# SPDX-License-Identifier: Apache-2.0
# score: steps
"""Looks for the best of four settings; each is trained anew."""
import itertools

import torch
from torch import nn

import data
import truth

x, y = (torch.tensor(t) for t in data.clusters(9000, features=40, classes=5, spread=4))
xv, yv = (torch.tensor(t) for t in data.clusters(1000, features=40, classes=5, seed=1, spread=4))
results = {}
for lr, width in itertools.product((0.1, 0.01), (64, 512)):
    torch.manual_seed(0)
    truth.fit()
    model = nn.Sequential(nn.Linear(40, width), nn.ReLU(), nn.Linear(width, 5))
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    for epoch in range(4):
        truth.begin()
        for index in torch.randperm(len(x)).split(40):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(x[index]), y[index]).backward()
            optimizer.step()
            truth.step()
        with torch.no_grad():
            accuracy = (model(xv).argmax(1) == yv).float().mean().item()
        print(f"lr {lr} width {width} - epoch {epoch + 1}: val acc {accuracy:.2%}")
        truth.end()
    results[lr, width] = accuracy
best = max(results, key=results.get)
print("best setting:", best, results[best])
