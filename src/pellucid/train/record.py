"""What a network keeps of its last fit, beside its weights: plain data that is saved with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pellucid.data import LabelCoding, Preparation
from pellucid.train.history import History
from pellucid.train.objective import Head, Objective

__all__ = ["FitRecord"]


@dataclass(eq=False)
class FitRecord:
    """How to read inputs, targets and outputs of a trained network.

    Attributes
    ----------
    history : of the last fit
    objective : the heads that were trained
    preparations : how raw columns became each input; ``None`` if they were taken as they are
    class_weights : how much classes counted in the loss, by head: "balanced", or a weight for each
        label; heads in which all count the same are left out
    """

    history: History
    objective: Objective
    preparations: tuple[Preparation | None, ...] = ()
    class_weights: Mapping[str, Any] = field(default_factory=dict)

    @property
    def heads(self) -> dict[str, Head]:
        """The heads that were trained, by name."""
        return {head.name: head for head in self.objective}

    @property
    def coding(self) -> LabelCoding | None:
        """Which label each output stands for, where there is one head and it tells classes."""
        heads = self.objective.heads
        return heads[0].coding if len(heads) == 1 else None

    def to_config(self) -> dict[str, Any]:
        """Give the record as JSON values."""
        return {
            "heads": [head.to_config() for head in self.objective],
            "preparations": [None if one is None else one.to_config() for one in self.preparations],
            "class_weights": {name: _listed(one) for name, one in self.class_weights.items()},
            "history": self.history.to_config(),
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> FitRecord:
        """Make the record that ``to_config`` wrote."""
        preparations = config["preparations"]
        return cls(
            History.from_config(config["history"]),
            Objective(tuple(map(Head.from_config, config["heads"]))),
            tuple(None if one is None else Preparation.from_config(one) for one in preparations),
            {
                name: one if isinstance(one, str) else dict(one)
                for name, one in config.get("class_weights", {}).items()
            },
        )


def _listed(weights: Any) -> Any:
    """Write weights of labels as pairs, since the keys of JSON are text."""
    if isinstance(weights, str):
        return weights
    plain = [label.item() if isinstance(label, np.generic) else label for label in weights]
    return [[label, float(weight)] for label, weight in zip(plain, weights.values(), strict=True)]
