# SPDX-License-Identifier: Apache-2.0
# score: steps
"""Cross-validation: five folds, each a training of its own."""
import numpy as np
import torch
from sklearn.model_selection import KFold
from torch import nn

import data
import truth

x, y = data.clusters(2500, features=30, classes=3, spread=3)
x, y = torch.tensor(x), torch.tensor(y)
scores = []
for fold, (train_idx, test_idx) in enumerate(KFold(n_splits=5, shuffle=True, random_state=0).split(x)):
    print(f"FOLD {fold}")
    print("--------------------------------")
    truth.fit()
    torch.manual_seed(fold)
    model = nn.Sequential(nn.Linear(30, 150), nn.ReLU(), nn.Linear(150, 150), nn.ReLU(), nn.Linear(150, 3))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for epoch in range(3):
        truth.begin()
        print(f"Starting epoch {epoch+1}")
        current_loss = 0.0
        for batch in np.array_split(np.random.permutation(train_idx), 40):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x[batch]), y[batch])
            loss.backward()
            optimizer.step()
            truth.step()
            current_loss += loss.item()
        truth.end()
    with torch.no_grad():
        accuracy = (model(x[test_idx]).argmax(1) == y[test_idx]).float().mean().item() * 100
    print("Accuracy for fold %d: %.2f %%" % (fold, accuracy))
    scores.append(accuracy)
print(f"Average: {sum(scores) / len(scores):.2f} %")
