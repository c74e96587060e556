# SPDX-License-Identifier: Apache-2.0
# score: steps
"""A critic learns with each batch, the generator with every third."""
import torch
from torch import nn

import data
import truth

torch.manual_seed(4)
real = torch.tensor(data.clusters(4000, features=40, classes=6)[0])
G = nn.Sequential(nn.Linear(16, 96), nn.ReLU(), nn.Linear(96, 96), nn.ReLU(), nn.Linear(96, 40))
C = nn.Sequential(nn.Linear(40, 128), nn.LeakyReLU(0.2), nn.Linear(128, 1))
opt_g, opt_c = torch.optim.Adam(G.parameters(), lr=1e-4), torch.optim.Adam(C.parameters(), lr=1e-4)
for epoch in range(5):
    truth.begin()
    sum_g = sum_c = 0.0
    for i, x in enumerate(real[torch.randperm(4000)].split(50)):
        fake = G(torch.randn(len(x), 16)).detach()
        c_loss = C(fake).mean() - C(x).mean() + 1e-3 * (C(x) ** 2).mean()
        opt_c.zero_grad()
        c_loss.backward()
        opt_c.step()
        sum_c += c_loss.item()
        if (i + 1) % 3 == 0:
            g_loss = -C(G(torch.randn(len(x), 16))).mean()
            opt_g.zero_grad()
            g_loss.backward()
            opt_g.step()
            sum_g += g_loss.item()
        truth.step()
    print(f"epoch {epoch}: critic {sum_c / 80:.4f} generator {sum_g / 26:.4f}")
    truth.end()
