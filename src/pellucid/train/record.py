"""What a network keeps of its last fit, beside its weights: plain data that is saved with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid import losses, metrics
from pellucid.data import LabelCoding, Preparation, features
from pellucid.graph.tensor import DTypeLike
from pellucid.train.history import History
from pellucid.train.step import Objective

__all__ = ["FitRecord", "inputs_of"]


@dataclass(eq=False)
class FitRecord:
    """How to read inputs, targets and outputs of a trained network.

    Attributes
    ----------
    history : of the last fit
    objective : its loss and metrics
    task : "classification" or "regression"
    coding : which label each output stands for; ``None`` for regression
    preparation : how raw columns became inputs; ``None`` if they were taken as they are
    """

    history: History
    objective: Objective
    task: str
    coding: LabelCoding | None = None
    preparation: Preparation | None = None

    def to_config(self) -> dict[str, Any]:
        """Give the record as JSON values; a loss that is a function of one's own has no name."""
        history = self.history
        return {
            "loss": self.objective.loss.config,
            "metrics": [metric.name for metric in self.objective.metrics],
            "task": self.task,
            "coding": None if self.coding is None else self.coding.to_config(),
            "preparation": None if self.preparation is None else self.preparation.to_config(),
            "history": {
                "names": list(history.names), "seed": history.seed, "engine": history.engine,
                "epochs": history.epochs, "steps": history.steps, "seconds": history.seconds,
                "stopped": history.stopped, "best_epoch": history.best_epoch,
                "notes": history.notes, "_columns": dict(history),
            },
        }  # fmt: skip

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> FitRecord:
        """Make the record that ``to_config`` wrote."""
        loss = losses.from_config(config["loss"])
        measured = tuple(metrics.get(name, loss) for name in config["metrics"])
        past = dict(config["history"])
        history = History(**{**past, "names": tuple(past["names"])})
        coding, preparation = config["coding"], config["preparation"]
        return cls(
            history,
            Objective(loss, measured),
            config["task"],
            None if coding is None else LabelCoding.from_config(coding),
            None if preparation is None else Preparation.from_config(preparation),
        )


def inputs_of(X: Any, preparation: Preparation | None, dtype: DTypeLike) -> NDArray[Any]:
    """Bring rows to what the network takes: prepared as in training, checked, in `dtype`."""
    if preparation is not None:
        return np.ascontiguousarray(preparation.transform(X, dtype=dtype))
    return features(X, dtype=dtype).array
