# SPDX-License-Identifier: Apache-2.0
# score: steps metrics
"""Says nothing on the terminal; a line of JSON goes into its log after each epoch."""
import json

import torch
from torch import nn

import data
import truth

torch.manual_seed(0)
x, y = (torch.tensor(t) for t in data.clusters(5200, features=56, classes=9, spread=4))
xv, yv = (torch.tensor(t) for t in data.clusters(1500, features=56, classes=9, seed=1, spread=4))
model = nn.Sequential(nn.Linear(56, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 9))
optimizer = torch.optim.Adam(model.parameters(), lr=5e-4)
with open("train_log.jsonl", "w") as log:
    for epoch in range(6):
        truth.begin()
        losses = []
        for index in torch.randperm(len(x)).split(65):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x[index]), y[index])
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
            truth.step()
        with torch.no_grad():
            accuracy = (model(xv).argmax(1) == yv).float().mean().item()
        row = {"epoch": epoch, "train_loss": round(sum(losses) / len(losses), 6), "val_accuracy": round(accuracy, 6)}
        log.write(json.dumps(row) + "\n")
        truth.end(train_loss=row["train_loss"], val_accuracy=row["val_accuracy"])
