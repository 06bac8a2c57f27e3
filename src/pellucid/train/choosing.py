"""What a head is trained for: its loss, metrics and weights, as asked or as the target suggests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from pellucid import losses, metrics
from pellucid.arguments import number_in
from pellucid.data import Targets, TargetScaling
from pellucid.errors import ArgumentError
from pellucid.graph import Tensor
from pellucid.losses import Loss
from pellucid.metrics import HostMetric, Metric
from pellucid.train.ends import check_names, of_head
from pellucid.train.history import History
from pellucid.train.objective import Head, Objective
from pellucid.train.options import FitOptions
from pellucid.train.targets import are_signs, default_loss, outputs_of, read_target, task_of
from pellucid.wording import listed

__all__ = ["checked_objective", "chosen_head", "class_wish"]


def chosen_head(
    name: str,
    y: Any,
    predicted: Mapping[str, Tensor],
    options: FitOptions,
    known: Head | None,
    history: History,
    dtype: np.dtype[Any],
    title: str,
) -> tuple[Head, Targets]:
    """Choose loss and metrics for a target, and check it.

    Parameters
    ----------
    known : the head of this name in the fit before, whose labels and scaling stay
    title : what errors call the target
    """
    prediction = predicted[name]
    wish = of_head(options.loss, name)
    wanted = None if wish is None else losses.get(wish)
    coding = None if known is None else known.coding
    task = task_of(wanted, y, outputs_of(prediction))
    found = read_target(y, task, prediction, coding, dtype, title)
    history.notes += _absent(found, title)
    loss = wanted or default_loss(prediction, found)
    signs = are_signs(found)
    weight = of_head(options.loss_weights, name)
    head = Head(
        name,
        loss,
        1.0 if weight is None else number_in(weight, "loss_weights", low=0),
        prefix=f"{name}_" if len(predicted) > 1 else "",
        task=found.task,
        coding=found.coding,
    )
    measures = _measures(loss, of_head(options.metrics, name), "signs" if signs else None)
    fits = loss.any_scale and loss.target_shape(prediction.shape) == prediction.shape
    is_scaled = found.coding is None and loss.task == "regression" and fits and not signs
    return replace(
        head,
        metrics=tuple(one for one in measures if isinstance(one, Metric)),
        host=tuple(one for one in measures if isinstance(one, HostMetric)),
        scaling=_scaling(found, options, known, history) if is_scaled else None,
    ), found


def _absent(found: Targets, title: str) -> list[str]:
    """Name the classes that have an output and no row."""
    if found.coding is None or found.array.ndim > 1:
        return []
    counts = np.bincount(found.array, minlength=len(found.coding.classes))
    names = [found.coding.classes[k] for k in np.flatnonzero(counts == 0)]
    if not names:
        return []
    return [
        f"No row of {title} is of class {listed(names, 3)}: the network learns never to answer so."
    ]


def _measures(
    loss: Loss, wish: Sequence[Any] | None, task: str | None
) -> list[Metric | HostMetric]:
    if wish is None:
        wish = [loss.default_metric] if loss.default_metric else []
    return [metrics.get(one, loss, task=task) for one in wish]


def _scaling(
    found: Targets, options: FitOptions, known: Head | None, history: History
) -> TargetScaling | None:
    """Numbers to be predicted are scaled when the inputs are; predictions come back unscaled."""
    before = known.scaling if known is not None else None
    if before is not None or options.prepare in (None, False):
        return before
    history.notes.append(
        "The target was standardised: loss and metrics are in units of its standard deviation."
    )
    return TargetScaling.fit(found.array)


def class_wish(options: FitOptions, head: Head) -> Any:
    """Give what was asked for the classes of a head; of several heads "balanced" means each."""
    wish = options.class_weight
    if not head.prefix:
        return wish
    if isinstance(wish, Mapping):
        return wish.get(head.name)
    return wish if head.coding is not None else None


def checked_objective(heads: Sequence[Head], options: FitOptions) -> Objective:
    """Join the heads; refuse a wish for a head that is none, and columns of the same name."""
    objective = Objective(tuple(heads))
    names = [head.name for head in heads]
    wishes = {"loss_weights": options.loss_weights, "metrics": options.metrics}
    if len(heads) > 1 or heads[0].prefix:
        wishes["class_weight"] = options.class_weight
    for what, wish in wishes.items():
        if isinstance(wish, Mapping):
            check_names(wish, names, what)
    columns = [*objective.names, *objective.host]
    for name in columns:
        if columns.count(name) > 1:
            raise ArgumentError(
                f"two columns of the history would be called {name!r}", where="metrics",
                got=", ".join(columns[1:]), mend="name each metric once, and none of them loss",
            )  # fmt: skip
    return objective
