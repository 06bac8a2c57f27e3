"""scikit-learn's sides: ``MLPClassifier``."""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from benchmarks.task import Array, Side, Task

ACTIVATIONS = {"sigmoid": "logistic", "relu": "relu"}


class Sklearn(Side):
    """Of several epochs it shuffles each for itself; one comes laid out."""

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        laid_out = task.in_order
        self.X, self.y = laid_out or (task.X, task.y)
        *hidden, _ = [rest[0] for kind, *rest in task.layers if kind == "linear"]
        epochs = len(task.order)
        self.model = MLPClassifier(
            hidden, activation=ACTIVATIONS[task.layers[1][0]], solver=task.optimizer, alpha=0,
            batch_size=task.batch_size, learning_rate_init=task.rate, momentum=0, max_iter=epochs,
            shuffle=laid_out is None, tol=0, n_iter_no_change=epochs, warm_start=True,
        )  # fmt: skip

    def restart(self) -> None:
        """Put the weights in place; before the first fit there are none, and it draws its own.

        What it remembers of the loss would end later fits early.
        """
        if hasattr(self.model, "coefs_"):
            self.model.best_loss_, self.model._no_improvement_count = np.inf, 0
            self.model.coefs_ = [weight.T.copy() for weight, _ in self.task.linears]
            self.model.intercepts_ = [bias.copy() for _, bias in self.task.linears]

    def fit(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            self.model.fit(self.X, self.y)


class Fit(Sklearn):
    def run(self) -> list[float]:
        before = len(getattr(self.model, "loss_curve_", ()))
        self.fit()
        return [np.mean(self.model.loss_curve_[before:])]


class Predict(Sklearn):
    def __init__(self, task: Task) -> None:
        super().__init__(task)
        self.fit()

    def run(self) -> Array:
        for row in self.task.batches:
            answer = self.model.predict_proba(self.task.X[row])
        return np.log(answer[0] / answer.max())
