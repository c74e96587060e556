# SPDX-License-Identifier: Apache-2.0
# score: steps metrics
"""Cuts its text into words anew in each epoch, in plain Python, before the first step."""
import re

import numpy as np
import torch
from torch import nn

import data
import truth

torch.manual_seed(0)
text = data.letters(160000)
number = {word: i for i, word in enumerate(sorted(set(text.split())))}
model = nn.Sequential(nn.EmbeddingBag(len(number), 48), nn.Linear(48, 256), nn.ReLU(), nn.Linear(256, len(number)))
optimizer = torch.optim.Adam(model.parameters(), 1e-2)
criterion = nn.CrossEntropyLoss()
for epoch in range(5):
    truth.begin()
    ids = [number[word] for word in re.findall(r"\w+", text.lower())]
    windows = torch.tensor(ids).view(-1, 8)
    batches, losses = windows.split(200), []
    for batch in batches:
        optimizer.zero_grad()
        loss = criterion(model(batch[:, :7]), batch[:, 7])
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        truth.step()
    perplexity = "%.3f" % np.exp(np.mean(losses))
    print(f"End of epoch {epoch + 1}: perplexity {perplexity}")
    truth.end(perplexity=perplexity)
