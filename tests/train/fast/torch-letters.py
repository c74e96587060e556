# SPDX-License-Identifier: Apache-2.0
# score: steps metrics
"""Names, letter by letter, through a network that is called once for each letter."""
import random

import torch
from torch import nn

import truth


class Reader(nn.Module):
    def __init__(self, letters, hidden, languages):
        super().__init__()
        self.hidden = nn.Linear(letters + hidden, hidden)
        self.out = nn.Linear(letters + hidden, languages)

    def forward(self, letter, state):
        both = torch.cat((letter, state), 1)
        return torch.log_softmax(self.out(both), 1), torch.tanh(self.hidden(both))


torch.manual_seed(2)
random.seed(2)
names = []
for _ in range(250):
    letters = torch.randint(0, 40, (random.randint(3, 11),))
    names.append((torch.eye(40)[letters].unsqueeze(1), torch.tensor([int(letters[0]) // 8])))
net = Reader(40, 128, 5)
loss_of = nn.NLLLoss()
for epoch in range(1, 7):
    truth.begin()
    random.shuffle(names)
    total = 0.0
    for name, language in names:
        state = torch.zeros(1, 128)
        net.zero_grad()
        for letter in name:
            out, state = net(letter, state)
        loss = loss_of(out, language)
        loss.backward()
        for p in net.parameters():
            p.data.add_(p.grad.data, alpha=-0.005)
        total += loss.item()
        truth.step()
    print(f"{epoch}/6 average loss {total / len(names):.4f}")
    truth.end(**{"average loss": f"{total / len(names):.4f}"})
