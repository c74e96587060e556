# SPDX-License-Identifier: Apache-2.0
# score: steps metrics
"""Two worker processes bring the batches, and change the images a little."""
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

import data
import truth


class Bars(Dataset):
    def __init__(self, count, seed, augment):
        self.images, self.labels = data.images(count, side=16, seed=seed)
        self.augment = augment

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        image = torch.tensor(self.images[i])
        if self.augment:
            image = image.flip(2) + 0.05 * torch.randn_like(image)
        return image, int(self.labels[i])


def main():
    train = DataLoader(Bars(3000, 0, True), batch_size=30, shuffle=True, num_workers=2)
    valid = DataLoader(Bars(600, 1, False), batch_size=60, num_workers=2)
    model = nn.Sequential(
        nn.Conv2d(1, 12, 5, padding=2), nn.BatchNorm2d(12), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(12, 24, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(384, 4),
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    criterion = nn.CrossEntropyLoss()
    for epoch in range(4):
        truth.begin()
        model.train()
        for image, label in train:
            optimizer.zero_grad()
            loss = criterion(model(image), label)
            loss.backward()
            optimizer.step()
            truth.step()
        model.eval()
        correct = 0
        for image, label in valid:
            with torch.no_grad():
                correct += (model(image).argmax(1) == label).sum().item()
        print("epoch: {} | train loss: {:.3f} | val acc: {:.3f}".format(epoch, loss.item(), correct / 600))
        truth.end(train_loss=f"{loss.item():.3f}", val_acc=f"{correct / 600:.3f}")


if __name__ == "__main__":
    main()
