# SPDX-License-Identifier: Apache-2.0
# score: steps
"""Validates in every second epoch only, and reports only then."""
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import data
import truth

torch.manual_seed(5)
x, y = data.clusters(3000, spread=4)
xv, yv = data.clusters(2000, seed=8, spread=4)
train_loader = DataLoader(TensorDataset(torch.tensor(x), torch.tensor(y)), batch_size=72, shuffle=True)
val_loader = DataLoader(TensorDataset(torch.tensor(xv), torch.tensor(yv)), batch_size=200)
model = nn.Sequential(nn.Linear(64, 200), nn.GELU(), nn.Linear(200, 160), nn.GELU(), nn.Linear(160, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=8e-4)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=3, gamma=0.5)

n_epochs = 8
for epoch in range(n_epochs):
    truth.begin()
    model.train()
    for xb, yb in train_loader:
        loss = nn.functional.cross_entropy(model(xb), yb)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        truth.step()
    scheduler.step()
    if (epoch + 1) % 2 == 0:
        model.eval()
        with torch.no_grad():
            right = sum((model(xb).argmax(1) == yb).sum().item() for xb, yb in val_loader)
        print(f"Epoch: {epoch + 1}/{n_epochs} validation accuracy {right / len(xv):.3f}")
    truth.end()
