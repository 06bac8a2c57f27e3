"""What a training makes small and what it records: a loss and metrics for each head."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import reduce
from typing import Any, Literal, NamedTuple

from pellucid import losses, metrics
from pellucid.arguments import Frozen
from pellucid.data import LabelCoding, TargetScaling
from pellucid.data.labels import Task
from pellucid.graph import Tensor, provenance
from pellucid.losses import Loss
from pellucid.metrics import HostMetric, Metric
from pellucid.ops import add

__all__ = ["ROWS", "Head", "Objective", "Weights"]

ROWS = ""  # the key of the weights of rows, which hold for every head without its own
Weights = Mapping[str, Tensor]


class Measured(NamedTuple):
    """The mean loss of a head, what it counts, and numerator and weight of each metric."""

    mean: Tensor
    weight: Tensor
    metrics: list[Tensor]


class Head(Frozen):
    """An output of a network that is trained: its loss and metrics, and how to read it.

    Attributes
    ----------
    name : how the network calls it
    loss : how far it is from its target
    weight : how much that counts in the sum over the heads
    metrics : sums over rows, computed inside the step
    host : those that are no such sum, computed from all rows at an epoch's end
    prefix : what its columns of the history begin with; nothing where there is a single output
    task : "classification" or "regression"
    coding : which label each output stands for; ``None`` where outputs are numbers
    scaling : how numbers to be predicted were scaled, if they were
    """

    name: str
    loss: Loss
    weight: float = 1.0
    metrics: tuple[Metric, ...] = ()
    host: tuple[HostMetric, ...] = ()
    prefix: str = ""
    task: Task = "regression"
    coding: LabelCoding | None = None
    scaling: TargetScaling | None = None

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    @property
    def answers(self) -> Literal["classes", "yes or no", "numbers"]:
        """What its outputs say: one class of several, yes or no each, or numbers."""
        if self.task == "classification":
            return "classes"
        return "yes or no" if self.loss.task == "binary" else "numbers"

    @property
    def measures(self) -> list[Metric | HostMetric]:
        """All its metrics."""
        return [*self.metrics, *self.host]

    @property
    def names(self) -> tuple[str, ...]:
        """Its columns of the history, beside the sum of all losses."""
        own = ("loss",) if self.prefix else ()
        return tuple(self.prefix + name for name in (*own, *(one.name for one in self.metrics)))

    @property
    def key(self) -> tuple[Any, ...]:
        """What decides the programs."""
        return (self.name, self.loss, self.weight, self.prefix, *self.metrics)

    def measured(self, prediction: Tensor, target: Tensor, weights: Weights) -> Measured:
        """Measure a batch; the weights of rows hold for the metrics too, those of classes not."""
        rows = (weights[ROWS],) if ROWS in weights else ()
        own = (weights[self.name],) if self.name in weights else rows
        with provenance(path=self.prefix + self.loss.name):
            mean = self.loss(prediction, target, *own)
            weight = self.loss.weight(prediction, target, *own)
        found: list[Tensor] = []
        for metric in self.metrics:
            with provenance(path=self.prefix + metric.name):
                found.append(metric.numerator(prediction, target, *rows))
                found.append(metric.weight(prediction, target, *rows))
        return Measured(mean, weight, found)

    def to_config(self) -> dict[str, Any]:
        """Give the head as JSON values; of a function of one's own only its name is kept."""
        return {
            "name": self.name,
            "loss": losses.to_config(self.loss),
            "weight": self.weight,
            "metrics": [metrics.to_config(one) for one in self.measures],
            "prefix": self.prefix,
            "task": self.task,
            "coding": None if self.coding is None else self.coding.to_config(),
            "scaling": None if self.scaling is None else self.scaling.to_config(),
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Head:
        """Make the head that ``to_config`` wrote."""
        coding, scaling = config["coding"], config["scaling"]
        measures = [metrics.from_config(one) for one in config["metrics"]]
        return cls(
            config["name"],
            losses.from_config(config["loss"]),
            config["weight"],
            tuple(one for one in measures if isinstance(one, Metric)),
            tuple(one for one in measures if isinstance(one, HostMetric)),
            config["prefix"],
            config["task"],
            None if coding is None else LabelCoding.from_config(coding),
            None if scaling is None else TargetScaling.from_config(scaling),
        )


class Objective(Frozen):
    """What is computed beside the network's outputs: the sum of the heads' losses, and metrics."""

    heads: tuple[Head, ...]

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    @property
    def names(self) -> tuple[str, ...]:
        """The columns of the history that a step fills."""
        return ("loss", *(name for head in self.heads for name in head.names))

    @property
    def host(self) -> dict[str, HostMetric]:
        """The metrics that are computed from all rows, by column."""
        return {head.prefix + one.name: one for head in self.heads for one in head.host}

    @property
    def loss(self) -> Loss:
        """The loss of the head, the first of several."""
        return self.heads[0].loss

    @property
    def key(self) -> tuple[Any, ...]:
        """What decides the programs."""
        return tuple(head.key for head in self.heads)

    def __iter__(self) -> Iterator[Head]:
        return iter(self.heads)

    def greater_is_better(self, name: str) -> bool:
        """Whether a column is to grow."""
        for head in self.heads:
            for metric in head.measures:
                if head.prefix + metric.name == name:
                    return metric.greater_is_better
        return False

    def mean_and_scalars(
        self,
        predicted: Mapping[str, Tensor],
        truth: Mapping[str, Tensor],
        weights: Weights,
        penalty: Tensor | None = None,
    ) -> tuple[Tensor, list[Tensor]]:
        """Give what is to be made small, and numerator and weight of each column.

        The sum over the heads counts as much as they count on average.
        """
        found = [head.measured(predicted[head.name], truth[head.name], weights) for head in self]
        means = [
            one.mean if head.weight == 1 else one.mean * head.weight
            for head, one in zip(self, found, strict=True)
        ]
        mean = reduce(add, [*means, *([] if penalty is None else [penalty])])
        weight = reduce(add, [one.weight for one in found])
        weight = weight if len(found) == 1 else weight / len(found)
        scalars = [mean * weight, weight]
        for head, one in zip(self, found, strict=True):
            scalars += [one.mean * one.weight, one.weight] * bool(head.prefix) + one.metrics
        return mean, scalars
