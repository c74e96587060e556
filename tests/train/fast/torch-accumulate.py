# SPDX-License-Identifier: Apache-2.0
# score: steps
"""Adds up the gradients of four batches before each update; a step is a batch."""
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import data
import truth

torch.manual_seed(13)
x, y = data.curve(3700, features=24)
loader = DataLoader(TensorDataset(torch.tensor(x), torch.tensor(y)), batch_size=40, shuffle=True)
model = nn.Sequential(nn.Linear(24, 200), nn.SiLU(), nn.Linear(200, 200), nn.SiLU(), nn.Linear(200, 1))
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
accumulation_steps = 4

for epoch in range(6):
    truth.begin()
    epoch_loss = 0.0
    for i, (inputs, target) in enumerate(loader):
        loss = nn.functional.mse_loss(model(inputs)[:, 0], target) / accumulation_steps
        loss.backward()
        epoch_loss += loss.item() * accumulation_steps
        if (i + 1) % accumulation_steps == 0 or i + 1 == len(loader):
            optimizer.step()
            optimizer.zero_grad()
        truth.step()
    print(f"epoch {epoch}: mse {epoch_loss / len(loader):.6f}")
    truth.end()
