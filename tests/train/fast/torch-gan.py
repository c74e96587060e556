# SPDX-License-Identifier: Apache-2.0
# score: steps
"""Two networks against each other; both learn in each step."""
import torch
from torch import nn

import data
import truth

torch.manual_seed(9)
real = torch.tensor(data.clusters(4000, features=32, classes=4)[0])
G = nn.Sequential(nn.Linear(16, 200), nn.LeakyReLU(0.2), nn.Linear(200, 32))
D = nn.Sequential(nn.Linear(32, 200), nn.LeakyReLU(0.2), nn.Linear(200, 1))
opt_g, opt_d = torch.optim.Adam(G.parameters(), lr=2e-4), torch.optim.Adam(D.parameters(), lr=2e-4)
bce = nn.BCEWithLogitsLoss()
for epoch in range(5):
    truth.begin()
    for x in real[torch.randperm(4000)].split(50):
        one, zero = torch.ones(len(x), 1), torch.zeros(len(x), 1)
        fake = G(torch.randn(len(x), 16))
        d_loss = bce(D(x), one) + bce(D(fake.detach()), zero)
        opt_d.zero_grad()
        d_loss.backward()
        opt_d.step()
        g_loss = bce(D(fake), one)
        opt_g.zero_grad()
        g_loss.backward()
        opt_g.step()
        truth.step()
    print("[Epoch %d/%d] [D loss: %f] [G loss: %f]" % (epoch, 5, d_loss.item(), g_loss.item()))
    truth.end()
