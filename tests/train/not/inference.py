# SPDX-License-Identifier: Apache-2.0
# score: none
"""Runs a model over batches and prints how far it is: forward passes and nothing else."""
import torch
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(nn.Conv2d(3, 12, 3), nn.ReLU(), nn.Conv2d(12, 12, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(4),
                      nn.Flatten(), nn.Linear(192, 100)).eval()
images = torch.randn(1200, 3, 32, 32)
found = []
with torch.no_grad():
    for i, batch in enumerate(images.split(25)):
        found.append(model(batch).argmax(1))
        if i % 8 == 7:
            print(f"Processed batch {i + 1}/{1200 // 25}")
torch.save(torch.cat(found), "predictions.pt")
print("done", torch.cat(found).bincount().max().item())
