"""pellucid's side as an estimator: it loads scikit-learn, which the others do without."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.in_pellucid import OPTIMIZERS
from benchmarks.task import Side, Task
from pellucid import nn
from pellucid.sklearn import NeuralClassifier


class Fit(Side):
    """``NeuralClassifier``; of several epochs it shuffles each for itself, one comes laid out."""

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        laid_out = task.in_order
        self.X, self.y = laid_out or (task.X, task.y)
        *hidden, _ = [rest[0] for kind, *rest in task.layers if kind == "linear"]
        self.model = NeuralClassifier(
            tuple(hidden), activation=task.layers[1][0], batch_size=task.batch_size,
            optimizer=OPTIMIZERS[task.optimizer](task.rate, weight_decay=task.decay),
            max_iter=len(task.order), tol=0, n_iter_no_change=None, prepare=None,
            shuffle=laid_out is None, warm_start=True, random_state=0,
        )  # fmt: skip

    def restart(self) -> None:
        """Put the weights in place; before the first fit there are none, and it draws its own."""
        if hasattr(self.model, "network_"):
            pairs = iter(self.task.linears)
            for layer in self.model.network_.children():
                if isinstance(layer[1], nn.Linear):
                    for variable, value in zip(
                        layer[1].variables().values(), next(pairs), strict=True
                    ):
                        variable.assign(value)

    def run(self) -> list[Any]:
        before = len(getattr(self.model, "loss_curve_", ()))
        self.model.fit(self.X, self.y)
        return [np.mean(self.model.loss_curve_[before:])]
