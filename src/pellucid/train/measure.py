"""Measuring a network: the loss, metrics that are sums over rows, and those that are not."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any, final

from numpy.typing import NDArray

from pellucid.engines import Engine
from pellucid.graph import Tensor
from pellucid.train.callbacks import Callback, Granularity, Training
from pellucid.train.ends import heads_of
from pellucid.train.forward import Compute, engine_for, forward, summed
from pellucid.train.objective import ROWS, Objective
from pellucid.train.rows import Part

if TYPE_CHECKING:
    from pellucid.models import Network

__all__ = ["HostMetrics", "linked", "linking", "measured"]


def measured(
    network: Network, objective: Objective, part: Part, engine: Engine
) -> dict[str, float]:
    """Give the loss and every metric on rows that are ready."""
    inputs, targets = len(part.inputs), len(part.targets)

    def scalars(*symbols: Tensor) -> list[Tensor]:
        truth = dict(zip(part.targets, symbols[inputs:], strict=False))
        weights = dict(zip(part.weights, symbols[inputs + targets :], strict=True))
        predicted = heads_of(network(*symbols[:inputs]))
        return objective.mean_and_scalars(predicted, truth, weights)[1]

    key = ("measured", objective.key, tuple(part.weights))
    sums = summed(network, key, scalars, part.arrays, engine)
    pairs = zip(objective.names, sums[::2], sums[1::2], strict=True)
    return {
        **{name: float(total / weight) for name, total, weight in pairs},
        **whole(network, objective, part, engine),
    }


def whole(network: Network, objective: Objective, part: Part, engine: Engine) -> dict[str, float]:
    """Give the metrics that are computed from all rows together, by column."""
    if not objective.host:
        return {}
    found = linked(network, objective, part.inputs, engine)
    weights = part.weights.get(ROWS)
    return {
        head.prefix + metric.name: metric(part.targets[head.name], found[head.name], weights)
        for head in objective
        for metric in head.host
    }


def linked(
    network: Network, objective: Objective, inputs: tuple[NDArray[Any], ...], engine: Engine
) -> Mapping[str, NDArray[Any]]:
    """Give the output of each head after what makes probabilities of it, if anything does."""
    found = forward(network, *linking(network, objective), inputs, engine=engine)
    return {head.name: array for head, array in zip(objective, found, strict=True)}


def linking(network: Network, objective: Objective) -> tuple[Hashable, Compute]:
    """Tell how the network and the links of its heads are computed, and under which key."""
    links = tuple((head.name, head.loss.link) for head in objective)

    def compute(*symbols: Tensor) -> list[Tensor]:
        predicted = heads_of(network(*symbols))
        return [predicted[name] if link is None else link(predicted[name]) for name, link in links]

    return ("linked", links), compute


@final
class HostMetrics(Callback):
    """Measures at each epoch's end what is no sum over rows, and records it."""

    granularity: Granularity = "epoch"

    def __init__(self, objective: Objective, parts: Mapping[str, Part]) -> None:
        self._objective = objective
        self._parts = parts

    def on_progress(self, training: Training) -> None:
        """Measure each part of the data."""
        engine = engine_for(training.model)
        for prefix, part in self._parts.items():
            found = whole(training.model, self._objective, part, engine)
            for name, value in found.items():
                training.history.put(prefix + name, value)
