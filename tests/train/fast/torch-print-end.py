# SPDX-License-Identifier: Apache-2.0
# score: steps metrics
"""A classifier that says at the end of each epoch how good it is."""
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import data
import truth

torch.manual_seed(1)
x, y = data.clusters(4010, spread=4)
xt, yt = data.clusters(1500, seed=1, spread=4)
train = DataLoader(TensorDataset(torch.tensor(x), torch.tensor(y)), batch_size=64, shuffle=True)
test = DataLoader(TensorDataset(torch.tensor(xt), torch.tensor(yt)), batch_size=256)

model = nn.Sequential(nn.Linear(64, 160), nn.ReLU(), nn.Linear(160, 160), nn.ReLU(), nn.Linear(160, 10))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

epochs = 6
for epoch in range(epochs):
    truth.begin()
    model.train()
    total = 0.0
    for inputs, labels in train:
        optimizer.zero_grad()
        loss = criterion(model(inputs), labels)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(inputs)
        truth.step()
    model.eval()
    correct = 0
    with torch.no_grad():
        for inputs, labels in test:
            correct += (model(inputs).argmax(1) == labels).sum().item()
    mean, accuracy = total / len(x), correct / len(xt)
    print(f"Epoch {epoch + 1}/{epochs}, loss: {mean:.4f}, accuracy: {accuracy:.4f}")
    truth.end(loss=f"{mean:.4f}", accuracy=f"{accuracy:.4f}")
