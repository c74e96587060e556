# SPDX-License-Identifier: Apache-2.0
# score: steps
"""Goes on from a checkpoint that an earlier run would have left: its first epoch is the fourth."""
import torch
from torch import nn

import data
import truth

torch.manual_seed(6)
x, y = (torch.tensor(t) for t in data.clusters(4000, features=36, classes=5, spread=4))
model = nn.Sequential(nn.Linear(36, 300), nn.ReLU(), nn.Linear(300, 5))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
torch.save({"epoch": 3, "model": model.state_dict(), "optimizer": optimizer.state_dict()}, "checkpoint.pth")

state = torch.load("checkpoint.pth")
model.load_state_dict(state["model"])
optimizer.load_state_dict(state["optimizer"])
print(f"=> loaded checkpoint 'checkpoint.pth' (epoch {state['epoch']})")
for epoch in range(state["epoch"], 9):
    truth.begin()
    for i, index in enumerate(torch.randperm(len(x)).split(50)):
        loss = nn.functional.cross_entropy(model(x[index]), y[index])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        truth.step()
        if i % 25 == 0:
            print(f"Epoch: [{epoch}][{i}/{len(x) // 50}]\tLoss {loss.item():.4e}\tLr {1e-3}")
    torch.save({"epoch": epoch + 1, "model": model.state_dict(), "optimizer": optimizer.state_dict()}, "checkpoint.pth")
    truth.end()
