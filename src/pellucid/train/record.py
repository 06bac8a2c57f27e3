"""What a network keeps of its last fit, beside its weights: plain data that is saved with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid import losses, metrics
from pellucid.data import LabelCoding, Preparation, TargetScaling, features
from pellucid.data.labels import Task
from pellucid.graph.tensor import DTypeLike
from pellucid.metrics import HostMetric, Metric
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
    scaling : how numbers to be predicted were scaled, if they were
    """

    history: History
    objective: Objective
    task: Task
    coding: LabelCoding | None = None
    preparation: Preparation | None = None
    scaling: TargetScaling | None = None

    def to_config(self) -> dict[str, Any]:
        """Give the record as JSON values; of a function of one's own only its name is kept."""
        history = self.history
        measures: list[Metric | HostMetric] = [*self.objective.metrics, *self.objective.host]
        return {
            "loss": losses.to_config(self.objective.loss),
            "metrics": [metrics.to_config(one) for one in measures],
            "task": self.task,
            "coding": None if self.coding is None else self.coding.to_config(),
            "preparation": None if self.preparation is None else self.preparation.to_config(),
            "scaling": None if self.scaling is None else self.scaling.to_config(),
            "history": {
                "names": list(history.names), "seed": history.seed, "engine": history.engine,
                "epochs": history.epochs, "steps": history.steps, "seconds": history.seconds,
                "stopped": history.stopped, "best_epoch": history.best_epoch,
                "notes": history.notes, "_columns": [list(column) for column in history.items()],
            },
        }  # fmt: skip

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> FitRecord:
        """Make the record that ``to_config`` wrote."""
        past = dict(config["history"])
        past |= {"names": tuple(past["names"]), "_columns": dict(past["_columns"])}
        history = History(**past)
        coding, preparation, scaling = config["coding"], config["preparation"], config["scaling"]
        return cls(
            history,
            Objective.of(
                losses.from_config(config["loss"]),
                [metrics.from_config(c) for c in config["metrics"]],
            ),
            config["task"],
            None if coding is None else LabelCoding.from_config(coding),
            None if preparation is None else Preparation.from_config(preparation),
            None if scaling is None else TargetScaling.from_config(scaling),
        )


def inputs_of(
    X: Any, preparation: Preparation | None, dtype: DTypeLike, *, name: str = "X"
) -> NDArray[Any]:
    """Bring rows to what the network takes: prepared as in training, checked, in `dtype`."""
    if preparation is not None:
        return np.ascontiguousarray(preparation.apply(X, dtype=dtype, name=name).array)
    return features(X, dtype=dtype, name=name).array
