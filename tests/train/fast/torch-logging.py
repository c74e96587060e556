# SPDX-License-Identifier: Apache-2.0
# score: steps metrics
"""Reports through the logging module, with the date and the time in front."""
import logging

import torch
from torch import nn

import data
import truth

logging.basicConfig(level=logging.INFO, format="%(asctime)s [%(levelname)s] %(name)s: %(message)s")
log = logging.getLogger("trainer")

torch.manual_seed(7)
x, y = (torch.tensor(t) for t in data.curve(6000))
xv, yv = (torch.tensor(t) for t in data.curve(1500, seed=9))
model = nn.Sequential(nn.Linear(16, 200), nn.Tanh(), nn.Linear(200, 100), nn.Tanh(), nn.Linear(100, 1))
optimizer = torch.optim.RMSprop(model.parameters(), lr=5e-4)
loss_fn = nn.MSELoss()
log.info("model has %d parameters", sum(p.numel() for p in model.parameters()))

BATCH = 100
for epoch in range(1, 9):
    truth.begin()
    order = torch.randperm(len(x))
    running = 0.0
    for i in range(0, len(x), BATCH):
        index = order[i : i + BATCH]
        loss = loss_fn(model(x[index]).squeeze(1), y[index])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        running += loss.item()
        truth.step()
    with torch.no_grad():
        val = loss_fn(model(xv).squeeze(1), yv).item()
    train = running / (len(x) // BATCH)
    log.info("epoch %d train_loss=%.5f val_loss=%.5f", epoch, train, val)
    truth.end(train_loss=f"{train:.5f}", val_loss=f"{val:.5f}")
log.info("finished")
