# SPDX-License-Identifier: Apache-2.0
"""A small PyTorch training program for the CPU: a convolutional classifier of images that it draws
itself. It knows nothing of metering. train_pytorch.py [EPOCHS]
"""
import sys

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def images(n):
    """Squares and crosses somewhere on a noisy ground."""
    label = torch.randint(0, 2, (n,))
    picture = 0.3 * torch.randn(n, 1, 16, 16)
    place = torch.randint(3, 13, (n, 2))
    for i in range(n):
        y, x = place[i].tolist()
        if label[i]:
            picture[i, 0, y - 2:y + 3, x] += 1
            picture[i, 0, y, x - 2:x + 3] += 1
        else:
            picture[i, 0, y - 1:y + 2, x - 1:x + 2] += 1
    return TensorDataset(picture, label)


def main():
    epochs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    torch.manual_seed(1)
    loader = DataLoader(images(2048), batch_size=64, shuffle=True)
    model = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 32, 3),
                          nn.ReLU(), nn.Flatten(), nn.Linear(32 * 5 * 5, 64), nn.ReLU(),
                          nn.Linear(64, 2))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    judge = nn.CrossEntropyLoss()
    for epoch in range(epochs):
        total, right = 0.0, 0
        for picture, label in loader:
            out = model(picture)
            loss = judge(out, label)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(label)
            right += (out.argmax(1) == label).sum().item()
        n = len(loader.dataset)
        print(f"epoch {epoch + 1}/{epochs} loss {total / n:.4f} accuracy {right / n:.4f}", flush=True)


main()
