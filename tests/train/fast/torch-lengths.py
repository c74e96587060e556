# SPDX-License-Identifier: Apache-2.0
# score: steps metrics
"""Sentences of their own lengths: hardly a batch has the sizes of another."""
import torch
from torch import nn
from torch.utils.data import DataLoader

import truth


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(200, 48)
        self.layers = nn.Sequential(nn.Linear(48, 96), nn.ReLU(), nn.Linear(96, 96), nn.ReLU())
        self.out = nn.Linear(96, 2)

    def forward(self, words):
        return self.out(self.layers(self.embed(words)).mean(1))


def pad(sentences):
    words, labels = zip(*sentences)
    return nn.utils.rnn.pad_sequence(words, batch_first=True), torch.tensor(labels)


torch.manual_seed(0)
words = [torch.randint(1, 200, (int(n),)) for n in torch.randint(20, 60, (1100,))]
sentences = [(w, int((w < 100).float().mean() > 0.5)) for w in words]
train = DataLoader(sentences[:810], batch_size=20, shuffle=True, collate_fn=pad)
valid = DataLoader(sentences[810:], batch_size=50, collate_fn=pad)
model = Tagger()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
loss_of = nn.CrossEntropyLoss()
for epoch in range(6):
    truth.begin()
    total = 0.0
    for x, y in train:
        optimizer.zero_grad()
        loss = loss_of(model(x), y)
        loss.backward()
        optimizer.step()
        total += loss.item()
        truth.step()
    with torch.no_grad():
        right = sum((model(x).argmax(1) == y).sum().item() for x, y in valid)
    print(f"Epoch {epoch + 1:2d} | train loss {total / len(train):.5f} | dev acc {right / 290:.4f}")
    truth.end(**{"train loss": f"{total / len(train):.5f}", "dev acc": f"{right / 290:.4f}"})
