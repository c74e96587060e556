# SPDX-License-Identifier: Apache-2.0
# score: metrics
"""scikit-learn's own network, verbose. The loop is the library's: what its methods are called for tells the truth."""

from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

import truth


class Noted(MLPClassifier):
    """Notes the first and each batch of an epoch, and its end, right after its line is printed."""

    def _backprop(self, *args):
        if not self.under_way:
            truth.begin()
            self.under_way = True
        truth.step()
        return super()._backprop(*args)

    def _update_no_improvement_count(self, *args):
        super()._update_no_improvement_count(*args)
        self.under_way = False
        truth.end(loss="%.8f" % self.loss_)


X, y = make_classification(n_samples=6000, n_features=40, n_informative=20, n_classes=4, random_state=0)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
clf = Noted(hidden_layer_sizes=(100, 50), max_iter=12, batch_size=128, verbose=True, random_state=1)
clf.under_way = False
clf.fit(X_train, y_train)
print("score: %.3f" % clf.score(X_test, y_test))
