# SPDX-License-Identifier: Apache-2.0
# score: steps
"""Letters by an LSTM, reported as PyTorch's word language model example does."""
import math
import time

import torch
from torch import nn

import data
import truth

text = data.letters(4200)
letters = sorted(set(text))
ids = torch.tensor([letters.index(c) for c in text])


def batchify(ids, rows):
    width = len(ids) // rows
    return ids[: width * rows].view(rows, width).t().contiguous()


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(len(letters), 32)
        self.lstm = nn.LSTM(32, 64)
        self.out = nn.Linear(64, len(letters))

    def forward(self, x, state):
        y, state = self.lstm(self.embed(x), state)
        return self.out(y).flatten(0, 1), state


torch.manual_seed(2)
train, valid = batchify(ids[:18000], 10), batchify(ids[18000:], 10)
model, criterion, lr, bptt = Model(), nn.CrossEntropyLoss(), 2.0, 30


def evaluate(source):
    total, state = 0.0, None
    with torch.no_grad():
        for i in range(0, len(source) - 1, bptt):
            size = min(bptt, len(source) - 1 - i)
            output, state = model(source[i:i + size], state)
            total += size * criterion(output, source[i + 1:i + 1 + size].reshape(-1)).item()
    return total / (len(source) - 1)


for epoch in range(1, 6):
    truth.begin()
    epoch_start_time = start = time.time()
    state, running = None, 0.0
    for batch, i in enumerate(range(0, len(train) - 1, bptt)):
        size = min(bptt, len(train) - 1 - i)
        model.zero_grad()
        if state:
            state = tuple(s.detach() for s in state)
        output, state = model(train[i:i + size], state)
        loss = criterion(output, train[i + 1:i + 1 + size].reshape(-1))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 0.25)
        for p in model.parameters():
            p.data.add_(p.grad, alpha=-lr)
        running += loss.item()
        truth.step()
        if batch % 20 == 0 and batch > 0:
            now = running / 20
            print("| epoch {:3d} | {:5d}/{:5d} batches | lr {:02.2f} | ms/batch {:5.2f} | loss {:5.2f} | ppl {:8.2f}".format(
                epoch, batch, len(train) // bptt, lr, (time.time() - start) * 1000 / 20, now, math.exp(now)))
            running, start = 0.0, time.time()
    val_loss = evaluate(valid)
    print("-" * 89)
    print("| end of epoch {:3d} | time: {:5.2f}s | valid loss {:5.2f} | valid ppl {:8.2f}".format(
        epoch, time.time() - epoch_start_time, val_loss, math.exp(val_loss)))
    print("-" * 89)
    lr /= 1.5
    truth.end()
