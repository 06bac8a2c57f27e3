"""What the host does between epochs: it lowers the rate, or ends the training, by what it sees."""

from __future__ import annotations

from collections.abc import Mapping
from typing import final

import numpy as np
from numpy.typing import NDArray

from pellucid.compile import RunState
from pellucid.graph.tensor import constant
from pellucid.optim import Optimizer
from pellucid.train.callbacks import Callback, EarlyStopping, Granularity, Training
from pellucid.train.running import Fit

__all__ = ["host_rules", "rates_at"]


def host_rules(
    begun: Fit, state: RunState, optimizer: Optimizer, stopping: EarlyStopping | None
) -> list[Callback]:
    """List the rules for which the engine has to return at each epoch's end, in their order."""
    rules: list[Callback] = []
    if stopping is not None and begun.run.stop is None:
        assert stopping.monitor is not None
        better = begun.record.objective.greater_is_better(stopping.monitor.removeprefix("val_"))
        rules.append(HostStopping(stopping, state, greater_is_better=better))
    if optimizer.plateaus:
        rules.append(ChangingNumbers(optimizer, begun.hyper))
    return rules


@final
class ChangingNumbers(Callback):
    """Changes the optimizer's numbers as its rules say, such as a rate that waits on a plateau."""

    granularity: Granularity = "epoch"
    looks_at_model = False

    def __init__(self, optimizer: Optimizer, hyper: Mapping[str, NDArray[np.float64]]) -> None:
        self._optimizer, self._hyper = optimizer, hyper

    def on_progress(self, training: Training) -> None:
        """Ask for the numbers of the coming epoch."""
        now = {name: float(array) for name, array in self._hyper.items()}
        for name, value in self._optimizer.after_epoch(now, training.history).items():
            if value != now[name]:
                np.copyto(self._hyper[name], value)
                training.touched = True


@final
class HostStopping(Callback):
    """Early stopping by a metric that is computed after the epoch, from all rows."""

    granularity: Granularity = "epoch"
    looks_at_model = False

    def __init__(self, rule: EarlyStopping, state: RunState, *, greater_is_better: bool) -> None:
        self._rule, self._state = rule, state
        self._sign = -1 if greater_is_better else 1

    def on_progress(self, training: Training) -> None:
        """Compare the epoch just done with the best one; keep its arrays if it is better."""
        assert self._rule.monitor is not None
        value = self._sign * training.history[self._rule.monitor][-1]
        state, rule = self._state, self._rule
        epoch = training.history.epochs - 1
        if state.watch.compare(value, epoch, state.arrays, rule.patience, rule.min_delta):
            state.stopped = True


def rates_at(
    optimizer: Optimizer, hyper: Mapping[str, NDArray[np.float64]], steps: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Give the learning rate of each of these steps."""
    numbers = {name: constant(array.copy()) for name, array in hyper.items()}
    return np.broadcast_to(optimizer.rate(constant(steps), numbers).numpy(), steps.shape)
