"""Single answers: one row at a time through a small network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.task import Task, first_weights
from benchmarks.training import digits
from benchmarks.workload import Recipe, Target, Workload

LAYERS = (("linear", 32), ("relu",), ("linear", 10))


@dataclass(frozen=True)
class Answers(Recipe):
    """Rows of the digits, one by one."""

    calls: int = 2000

    def task(self, share: float = 1.0) -> Task:
        """Ask for that share of the rows."""
        X, y = digits(1000)
        order = np.arange(round(self.calls * share)).reshape(1, -1) % len(X)
        weights = first_weights(LAYERS, (64,), "float32")
        return Task(LAYERS, weights, X.astype(np.float32), y, order, optimizer="sgd", rate=0.01)

    def short(self) -> Task:
        """Ask for the first ten rows."""
        return Answers(10).task()


TORCH, SKLEARN = "torch predict", "scikit-learn predict"

WORKLOADS = (
    Workload(
        "predict", "one row through 64-32-10 by model.predict", Answers(), "pellucid predict",
        (TORCH, SKLEARN), (Target(TORCH, 4), Target(SKLEARN, 15)), "call",
    ),
    Workload(
        "predictor", "one row through 64-32-10 by a compiled function", Answers(),
        "pellucid predictor", (TORCH,), (Target(TORCH, 12),), "call",
    ),
)  # fmt: skip
