"""Metrics: what is read beside the loss, but not made small.

Most are sums over rows and a count, computed inside the step and added up by the host. Those that
are no such sum (the area under a curve, an F1 score) are computed from all rows at an epoch's end.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pellucid.arguments import Absent, declared, named
from pellucid.errors import ArgumentError, ArgumentTypeError
from pellucid.functional import absolute_error, squared_error
from pellucid.metrics.base import Function, HostMetric, LossMetric, Metric, RowMetric
from pellucid.metrics.rows import Accuracy, TopKAccuracy, relative_error
from pellucid.metrics.scores import Score, confusion

if TYPE_CHECKING:
    from pellucid.losses import Loss

__all__ = [
    "METRICS", "Accuracy", "HostMetric", "LossMetric", "Metric", "RowMetric", "TopKAccuracy",
    "accuracy", "confusion", "from_config", "get", "to_config",
]  # fmt: skip

accuracy = Accuracy()

METRICS: dict[str, Metric | HostMetric] = {
    "accuracy": accuracy,
    "auc": HostMetric("auc", Score("roc_auc_score", "area")),
    "balanced_accuracy": HostMetric("balanced_accuracy", Score("recall_score", "balanced")),
    "exact_match": Accuracy("exact_match", exact=True),
    "f1": HostMetric("f1", Score("f1_score", "labels")),
    "log_loss": HostMetric("log_loss", Score("log_loss", "log"), greater_is_better=False),
    "mae": RowMetric("mae", absolute_error),
    "mape": RowMetric("mape", relative_error),
    "mse": RowMetric("mse", squared_error),
    "precision": HostMetric("precision", Score("precision_score", "labels")),
    "r2": HostMetric("r2", Score("r2_score", "numbers")),
    "recall": HostMetric("recall", Score("recall_score", "labels")),
    "rmse": HostMetric(
        "rmse", Score("root_mean_squared_error", "numbers"), greater_is_better=False
    ),
    "top_5_accuracy": TopKAccuracy(k=5),
}
OF_NUMBERS = {"mae", "mape", "mse", "r2", "rmse"}


def get(
    metric: str | Metric | HostMetric | Function,
    loss: Loss | None = None,
    *,
    task: str | None = None,
) -> Metric | HostMetric:
    """Find a metric by name, as it is to be read beside a loss.

    Parameters
    ----------
    metric : a name, a metric, or a function of prediction and target that gives one number for
        each row, or their mean; a loss is one; "top_3_accuracy" goes with any number
    loss : decides the task, and from which output on an answer is yes
    task : "classes", "binary", "signs" (labels −1 and 1) or "regression", where the data say more
        than the loss

    Raises
    ------
    ArgumentError : for an unknown name, and for a metric that means nothing for the task

    Examples
    --------
    >>> from pellucid import losses, metrics
    >>> metrics.get("accuracy", losses.binary_cross_entropy_with_logits).threshold
    0.0
    >>> metrics.get("accuracy", losses.mse)
    Traceback (most recent call last):
        ...
    pellucid.errors.ArgumentError: accuracy means nothing for numbers
      where   metrics
      wanted  one of mae, mape, mse, r2, rmse
      mend    write metrics=["mae"]
    """
    if isinstance(metric, (Metric, HostMetric)):
        return metric
    if callable(metric) and not isinstance(metric, type):
        return _of_function(metric)
    if not isinstance(metric, str):
        raise ArgumentTypeError("this is no metric", got=repr(metric), mend='write "accuracy"')
    found = _named(metric)
    task = task or (loss.task if loss is not None else "any")
    if found.name not in OF_NUMBERS and task == "regression":
        raise ArgumentError(
            f"{metric} means nothing for numbers", where="metrics",
            wanted=f"one of {', '.join(sorted(OF_NUMBERS))}", mend='write metrics=["mae"]',
        )  # fmt: skip
    return _fitted(found, task, loss)


def _named(name: str) -> Metric | HostMetric:
    if among := re.fullmatch(r"top_(\d+)_accuracy", name):
        return TopKAccuracy(k=int(among[1]))
    if name in ("confusion", "confusion_matrix"):
        raise ArgumentError(
            "a confusion matrix is a table, and a metric is one number", where="metrics",
            got=repr(name), mend="write metrics.confusion(y, model.classify(X)) after the fit, or "
            "plot.confusion_matrix(…)",
        )  # fmt: skip
    return named(name, "metric", METRICS)


def _fitted(metric: Metric | HostMetric, task: str, loss: Loss | None) -> Metric | HostMetric:
    """Tell a metric where an answer turns to yes, and whether columns are answers of their own."""
    if task not in ("binary", "signs"):
        return metric
    if isinstance(metric, Accuracy):
        logits = task == "signs" or (loss is not None and loss.takes == "logits")
        middle = 0.0 if task == "signs" else 0.5
        return replace(metric, threshold=0.0 if logits else 0.5, middle=middle, compete=False)
    if not isinstance(metric, HostMetric) or not isinstance(metric.function, Score):
        return metric
    if task == "signs" and metric.function.kind == "log":
        raise ArgumentError(
            f"{metric.name} needs probabilities, and the labels are −1 and 1", where="metrics",
            mend='write metrics=["accuracy"], or 0 and 1 for the labels',
        )  # fmt: skip
    return replace(metric, function=replace(metric.function, task=task))


def to_config(metric: Metric | HostMetric) -> dict[str, Any]:
    """Write a metric as plain data; of a function of one's own only the name remains.

    >>> from pellucid import metrics
    >>> metrics.to_config(metrics.get("auc"))
    {'name': 'auc', 'task': 'any'}
    """
    if isinstance(metric, (Accuracy, TopKAccuracy)):
        return metric.config
    if isinstance(metric, HostMetric) and isinstance(metric.function, Score):
        return {"name": metric.name, "task": metric.function.task}
    own = METRICS.get(metric.name) == metric
    return {"name" if own else "function": metric.name}


def from_config(config: Mapping[str, Any]) -> Metric | HostMetric:
    """Make the metric that :func:`to_config` wrote; one that is only named refuses to be computed.

    >>> from pellucid import metrics
    >>> metrics.from_config(metrics.to_config(metrics.accuracy)) == metrics.accuracy
    True
    """
    if "class" in config:
        classes: dict[str, type[Metric]] = {"Accuracy": Accuracy, "TopKAccuracy": TopKAccuracy}
        return declared(config, classes)
    if "name" in config:
        return get(config["name"], task=config.get("task"))
    name = str(config.get("function"))
    return RowMetric(name, Absent(name, "metrics"))


def _of_function(function: Any) -> Metric:
    name = str(getattr(function, "name", None) or getattr(function, "__name__", "metric"))
    is_loss = hasattr(function, "each") and hasattr(function, "weight")
    return LossMetric(name, function) if is_loss else RowMetric(name, function)
