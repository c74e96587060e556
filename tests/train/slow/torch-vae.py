# SPDX-License-Identifier: Apache-2.0
# score: steps
"""An autoencoder that prints as PyTorch's example does, and keeps a table of its losses."""
import csv

import torch
from torch import nn
from torch.nn import functional as F

import data
import truth


class VAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc21, self.fc22 = nn.Linear(144, 128), nn.Linear(128, 8), nn.Linear(128, 8)
        self.fc3, self.fc4 = nn.Linear(8, 128), nn.Linear(128, 144)

    def forward(self, x):
        h = F.relu(self.fc1(x))
        mu, logvar = self.fc21(h), self.fc22(h)
        z = mu + torch.randn_like(mu) * torch.exp(0.5 * logvar)
        return self.fc4(F.relu(self.fc3(z))), mu, logvar


def loss_function(recon, x, mu, logvar):
    return F.mse_loss(recon, x, reduction="sum") - 0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())


torch.manual_seed(1)
x, _ = data.images(5000)
loader = torch.utils.data.DataLoader(torch.tensor(x).flatten(1), batch_size=80, shuffle=True)
test = torch.utils.data.DataLoader(torch.tensor(data.images(1000, seed=1)[0]).flatten(1), batch_size=100)
model = VAE()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
table = csv.writer(open("losses.csv", "w"))
table.writerow(["epoch", "train", "test"])
for epoch in range(1, 8):
    truth.begin()
    train_loss = 0
    for batch_idx, batch in enumerate(loader):
        optimizer.zero_grad()
        loss = loss_function(*((model(batch)[0], batch) + model(batch)[1:]))
        loss.backward()
        train_loss += loss.item()
        optimizer.step()
        truth.step()
        if batch_idx % 20 == 0:
            print("Train Epoch: {} [{}/{} ({:.0f}%)]\tLoss: {:.6f}".format(
                epoch, batch_idx * len(batch), 5000, 100. * batch_idx / len(loader), loss.item() / len(batch)))
    print("====> Epoch: {} Average loss: {:.4f}".format(epoch, train_loss / 5000))
    with torch.no_grad():
        test_loss = sum(loss_function(model(b)[0], b, *model(b)[1:]).item() for b in test) / 1000
    print("====> Test set loss: {:.4f}".format(test_loss))
    table.writerow([epoch, train_loss / 5000, test_loss])
    truth.end()
