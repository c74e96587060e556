# SPDX-License-Identifier: Apache-2.0
# score: steps
"""A bar an epoch that goes on through the validation, as Lightning draws it."""
import sys

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from tqdm import tqdm

import data
import truth

torch.manual_seed(0)
train = DataLoader(TensorDataset(*map(torch.from_numpy, data.clusters(3000, features=40, classes=6))), 50, shuffle=True)
valid = DataLoader(TensorDataset(*map(torch.from_numpy, data.clusters(1000, features=40, classes=6, seed=5))), 100)
model = nn.Sequential(nn.Linear(40, 192), nn.ReLU(), nn.Linear(192, 192), nn.ReLU(), nn.Linear(192, 6))
optimizer = torch.optim.Adam(model.parameters())
loss_of = nn.CrossEntropyLoss()
for epoch in range(5):
    truth.begin()
    with tqdm(total=len(train) + len(valid), desc=f"Epoch {epoch}", file=sys.stdout, ncols=100) as bar:
        for x, y in train:
            optimizer.zero_grad()
            loss = loss_of(model(x), y)
            loss.backward()
            optimizer.step()
            truth.step()
            bar.update(1)
            bar.set_postfix_str(f"loss={loss.item():.3f}, v_num=0")
        with torch.no_grad():
            for x, y in valid:
                loss_of(model(x), y)
                bar.update(1)
    truth.end()
