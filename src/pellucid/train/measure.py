"""Measuring a network: the loss, metrics that are sums over rows, and those that are not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, final

from numpy.typing import NDArray

from pellucid.train.callbacks import Callback, Granularity, Training
from pellucid.train.forward import forward, link_of, summed
from pellucid.train.step import Objective

if TYPE_CHECKING:
    from pellucid.models import Network

__all__ = ["HostMetrics", "measured"]


def measured(
    network: Network, objective: Objective, inputs: NDArray[Any], targets: NDArray[Any]
) -> dict[str, float]:
    """Give the loss and every metric on rows that are ready, each row counting the same."""
    scalars = lambda x, y: objective.mean_and_scalars(network(x), y)[1]  # noqa: E731
    sums = summed(network, ("measured", objective.key), scalars, [inputs, targets])
    pairs = zip(objective.names, sums[::2], sums[1::2], strict=True)
    return {
        **{name: float(total / weight) for name, total, weight in pairs},
        **whole(network, objective, inputs, targets),
    }


def whole(
    network: Network, objective: Objective, inputs: NDArray[Any], targets: NDArray[Any]
) -> dict[str, float]:
    """Give the metrics that are computed from all rows together."""
    if not objective.host:
        return {}
    link = objective.loss.link
    predicted = forward(network, ("linked", link), link_of(network, link), inputs)
    return {metric.name: metric.function(targets, predicted) for metric in objective.host}


@final
class HostMetrics(Callback):
    """Measures at each epoch's end what is no sum over rows, and records it."""

    granularity: Granularity = "epoch"

    def __init__(
        self, objective: Objective, parts: dict[str, tuple[NDArray[Any], NDArray[Any]]]
    ) -> None:
        self._objective = objective
        self._parts = parts

    def on_progress(self, training: Training) -> None:
        """Measure each part of the data."""
        for prefix, (inputs, targets) in self._parts.items():
            found = whole(training.model, self._objective, inputs, targets)
            for name, value in found.items():
                training.history.put(prefix + name, value)
