# SPDX-License-Identifier: Apache-2.0
# score: metrics
"""Learns out of core with partial_fit, shuffling and reporting in each epoch."""
import numpy as np
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import accuracy_score, log_loss

import data
import truth

X, y = data.clusters(30000, features=80, classes=10, seed=2, spread=4)
X_val, y_val = data.clusters(3000, features=80, classes=10, seed=3, spread=4)
X, X_val = X / 20, X_val / 20
clf = SGDClassifier(loss="log_loss", alpha=1e-4, random_state=0)
rng = np.random.RandomState(0)
for epoch in range(5):
    truth.begin()
    order = rng.permutation(len(X))
    for start in range(0, len(X), 1000):
        batch = order[start:start + 1000]
        clf.partial_fit(X[batch], y[batch], classes=np.arange(10))
        truth.step()
    acc = accuracy_score(y_val, clf.predict(X_val))
    loss = log_loss(y_val, clf.predict_proba(X_val))
    print("Epoch", epoch + 1, "val_accuracy:", round(acc, 4), "val_loss:", round(loss, 4))
    truth.end(val_accuracy=round(acc, 4), val_loss=round(loss, 4))
