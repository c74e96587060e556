# SPDX-License-Identifier: Apache-2.0
# score: steps
"""An epoch is one step over all data; only every tenth is printed, as in many a first lesson."""
import torch
from torch import nn

import data
import truth

torch.manual_seed(0)
x, y = (torch.tensor(t) for t in data.curve(10000, features=20))
model = nn.Sequential(nn.Linear(20, 200), nn.ReLU(), nn.Linear(200, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
loss_fn = nn.MSELoss()

epochs = 30
for epoch in range(epochs):
    truth.begin()
    y_pred = model(x).squeeze(1)
    loss = loss_fn(y_pred, y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    truth.step()
    if (epoch + 1) % 10 == 0:
        print(f"Epoch [{epoch + 1}/{epochs}], Loss: {loss.item():.4f}")
    truth.end()
