# SPDX-License-Identifier: Apache-2.0
# score: steps
"""Says which epoch begins, then how far it is, as PyTorch's own quick start does."""
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import data
import truth


def train(loader, model, loss_fn, optimizer):
    size = len(loader.dataset)
    model.train()
    for batch, (X, y) in enumerate(loader):
        loss = loss_fn(model(X), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        truth.step()
        if batch % 50 == 0:
            print(f"loss: {loss.item():>7f}  [{(batch + 1) * len(X):>5d}/{size:>5d}]")


def test(loader, model, loss_fn):
    model.eval()
    test_loss, correct = 0, 0
    with torch.no_grad():
        for X, y in loader:
            pred = model(X)
            test_loss += loss_fn(pred, y).item()
            correct += (pred.argmax(1) == y).type(torch.float).sum().item()
    test_loss /= len(loader)
    correct /= len(loader.dataset)
    print(f"Test Error: \n Accuracy: {(100*correct):>0.1f}%, Avg loss: {test_loss:>8f} \n")


x, y = data.images(3000, side=16, seed=3)
training = DataLoader(TensorDataset(torch.tensor(x), torch.tensor(y)), batch_size=32, shuffle=True)
xt, yt = data.images(1000, side=16, seed=4)
testing = DataLoader(TensorDataset(torch.tensor(xt), torch.tensor(yt)), batch_size=32)
model = nn.Sequential(nn.Flatten(), nn.Linear(256, 160), nn.ReLU(), nn.Linear(160, 128), nn.ReLU(), nn.Linear(128, 4))
print(model)
loss_fn = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=1e-2)

epochs = 5
for t in range(epochs):
    truth.begin()
    print(f"Epoch {t+1}\n-------------------------------")
    train(training, model, loss_fn, optimizer)
    test(testing, model, loss_fn)
    truth.end()
print("Done!")
