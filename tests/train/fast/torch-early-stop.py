# SPDX-License-Identifier: Apache-2.0
# score: steps
"""Announces 50 epochs and stops when the validation no longer gets better."""
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import data
import truth

torch.manual_seed(21)
x, y = data.clusters(1500, features=50, classes=7, spread=5)
xv, yv = (torch.tensor(t) for t in data.clusters(1500, features=50, classes=7, seed=6, spread=5))
loader = DataLoader(TensorDataset(torch.tensor(x), torch.tensor(y)), batch_size=25, shuffle=True)
model = nn.Sequential(nn.Linear(50, 500), nn.ReLU(), nn.Linear(500, 7))
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)

best, waited = float("inf"), 0
for epoch in range(50):
    truth.begin()
    model.train()
    for xb, yb in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(xb), yb).backward()
        optimizer.step()
        truth.step()
    model.eval()
    with torch.no_grad():
        val_loss = nn.functional.cross_entropy(model(xv), yv).item()
    print(f"Epoch {epoch + 1:03d}/050 - val_loss: {val_loss:.4f}")
    truth.end()
    if val_loss < best:
        best, waited = val_loss, 0
        torch.save(model.state_dict(), "best_model.pth")
    else:
        waited += 1
        if waited == 3:
            print(f"Early stopping at epoch {epoch + 1}")
            break
model.load_state_dict(torch.load("best_model.pth"))
