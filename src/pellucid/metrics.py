"""Metrics: what is read beside the loss, but not made small.

Most are sums over rows and a count, computed inside the step and added up by the host. Those that
are no such sum (the area under a curve, an F1 score) are computed from all rows at an epoch's end.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, final

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import Absent, Declaration, declared, named
from pellucid.errors import ArgumentError, ArgumentTypeError
from pellucid.functional import absolute_error, by_row, check_paired, paired, squared_error
from pellucid.graph.tensor import Tensor, TensorLike, as_tensor
from pellucid.lazy import load
from pellucid.ops.elementwise import cast
from pellucid.ops.reduce import argmax
from pellucid.ops.view import count

if TYPE_CHECKING:
    from pellucid.losses import Loss

__all__ = [
    "METRICS", "Accuracy", "HostMetric", "Metric", "RowMetric", "accuracy", "from_config", "get",
    "to_config",
]  # fmt: skip

Function = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Metric(ABC):
    """A mean over rows, as a sum and a count that add up over batches.

    Attributes
    ----------
    name : how histories call it

    Examples
    --------
    >>> from pellucid import metrics
    >>> accuracy, scores = metrics.get("accuracy"), [[2.0, 1.0], [0.0, 1.0]]
    >>> accuracy.numerator(scores, [0, 0]), accuracy.weight(scores, [0, 0])
    (Tensor(1.0, float32), Tensor(2.0, float32))
    """

    name: str
    greater_is_better: ClassVar[bool] = False

    @abstractmethod
    def rows(self, prediction: TensorLike, target: TensorLike) -> Tensor:
        """Give one number for each row."""

    def numerator(self, prediction: TensorLike, target: TensorLike) -> Tensor:
        """Add up the rows."""
        return cast(self.rows(prediction, target), _floating(prediction)).sum()

    def weight(self, prediction: TensorLike, target: TensorLike) -> Tensor:
        """Count the rows."""
        prediction = as_tensor(prediction)
        return cast(count(prediction, 0), _floating(prediction))


def _floating(prediction: TensorLike) -> np.dtype[Any]:
    dtype = as_tensor(prediction).dtype
    return dtype if dtype.kind == "f" else np.dtype(np.float64)


@final
@dataclass(frozen=True)
class RowMetric(Metric):
    """A function of prediction and target that gives one number for each row, or their mean.

    >>> from pellucid.functional import absolute_error
    >>> from pellucid.metrics import RowMetric
    >>> RowMetric("mae", absolute_error).numerator([[1.0], [2.0]], [[1.0], [4.0]])
    Tensor(2.0, float32)
    """

    function: Function

    def rows(self, prediction: TensorLike, target: TensorLike) -> Tensor:
        """Give the function's value for each row."""
        return self.function(as_tensor(prediction), as_tensor(target))

    def numerator(self, prediction: TensorLike, target: TensorLike) -> Tensor:
        """Add up the rows; a mean is worth as much as all rows together."""
        value = cast(self.rows(prediction, target), _floating(prediction))
        return value.sum() if value.ndim else value * self.weight(prediction, target)


@final
@dataclass(frozen=True)
class Accuracy(Metric, Declaration):
    """The share of right answers: the highest of several outputs, or one output on its right side.

    Formula: for outputs (n, k) with k > 1 and labels (n,) or one-hot rows (n, k), the share of rows
    whose greatest output is the label's. For one output, and for several independent ones, the
    share with (output > threshold) = (target > middle).

    Parameters
    ----------
    threshold : the output from which the answer is yes: 0.5 for probabilities, 0 for logits
    middle : what lies between the two labels: 0.5 for 0 and 1, 0 for −1 and 1
    compete : whether the greatest of several outputs is the answer; else each is one

    >>> from pellucid.metrics import Accuracy
    >>> Accuracy().rows([[0.2], [0.9]], [[0], [0]])
    Tensor([1. 0.], float32)
    """

    greater_is_better = True
    name: str = "accuracy"
    threshold: float = 0.5
    middle: float = 0.5
    compete: bool = True

    def rows(self, prediction: TensorLike, target: TensorLike) -> Tensor:
        """Give 1 for each row that is right, 0 for each that is wrong."""
        prediction, target = as_tensor(prediction), as_tensor(target)
        dtype = _floating(prediction)
        if self.compete and prediction.ndim == 2 and prediction.shape[1] != 1:
            check_paired(prediction.shape[: max(target.ndim, 1)], target.shape, self.name)
            labels = target if target.ndim == 1 else argmax(cast(target, dtype), 1)
            return cast(argmax(prediction, 1) == labels, dtype)
        prediction, target = paired(prediction, target, self.name)
        right = (prediction > self.threshold) == (target > self.middle)
        return by_row(cast(right, dtype))


@final
@dataclass(frozen=True)
class HostMetric:
    """A metric of all rows together: ``function(truth, prediction)`` of NumPy arrays.

    `prediction` is what ``predict_proba`` gives, or ``predict`` when the target is a number.

    >>> import numpy as np
    >>> from pellucid import metrics
    >>> auc = metrics.get("auc")
    >>> float(auc.function(np.array([0, 0, 1]), np.array([[0.1], [0.6], [0.8]])))
    1.0
    """

    name: str
    function: Callable[[NDArray[Any], NDArray[Any]], float]


# --- those that scikit-learn computes ------------------------------------------------------


def _labels(array: NDArray[Any]) -> NDArray[Any]:
    """See probabilities as the labels they stand for."""
    flat = _truth(array)
    return flat if flat.dtype.kind in "iub" else (flat > 0.5).astype(np.int64)


def _truth(array: NDArray[Any]) -> NDArray[Any]:
    """See one-hot rows as labels, and a column as a row of numbers."""
    several = array.ndim > 1 and array.shape[1] > 1
    return np.asarray(array.argmax(axis=1)) if several else array.reshape(-1)


def area_under_curve(truth: NDArray[Any], prediction: NDArray[Any]) -> float:
    """Give the area under the ROC curve; of several classes, the mean of one against the rest.

    It is not a number when only one class is present.
    """
    truth = _truth(truth)
    classes = prediction.shape[1] if prediction.ndim > 1 else 1
    if len(np.unique(truth)) < max(2, classes):
        return float("nan")
    score = prediction.reshape(-1) if classes == 1 else prediction
    score = prediction[:, 1] if classes == 2 else score
    return float(load("sklearn.metrics").roc_auc_score(truth, score, multi_class="ovr"))


def f1(truth: NDArray[Any], prediction: NDArray[Any]) -> float:
    """Give the harmonic mean of precision and recall; of several classes, their mean."""
    several = prediction.ndim > 1 and prediction.shape[1] > 2
    return float(
        load("sklearn.metrics").f1_score(
            _truth(truth), _labels(prediction), average="macro" if several else "binary",
            zero_division=0,
        )
    )  # fmt: skip


def r2(truth: NDArray[Any], prediction: NDArray[Any]) -> float:
    """Give the share of the target's variance that is explained."""
    if len(truth) < 2:
        return float("nan")
    return float(load("sklearn.metrics").r2_score(truth, prediction))


# --- by name, or any function --------------------------------------------------------------

accuracy = Accuracy()

METRICS: dict[str, Metric | HostMetric] = {
    "accuracy": accuracy,
    "auc": HostMetric("auc", area_under_curve),
    "f1": HostMetric("f1", f1),
    "mae": RowMetric("mae", absolute_error),
    "mse": RowMetric("mse", squared_error),
    "r2": HostMetric("r2", r2),
}
OF_CLASSES = {"accuracy", "auc", "f1"}
OF_NUMBERS = {"mae", "mse", "r2"}


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
        each row, or their mean; a loss is one
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
      wanted  one of mae, mse, r2
      mend    write metrics=["mae"]
    """
    if isinstance(metric, (Metric, HostMetric)):
        return metric
    if callable(metric) and not isinstance(metric, type):
        return _of_function(metric)
    if not isinstance(metric, str):
        raise ArgumentTypeError("this is no metric", got=repr(metric), mend='write "accuracy"')
    found = named(metric, "metric", METRICS)
    task = task or (loss.task if loss is not None else "any")
    if metric in OF_CLASSES and task == "regression":
        raise ArgumentError(
            f"{metric} means nothing for numbers", where="metrics",
            wanted=f"one of {', '.join(sorted(OF_NUMBERS))}", mend='write metrics=["mae"]',
        )  # fmt: skip
    return _accuracy(task, loss) if metric == "accuracy" else found


def to_config(metric: Metric | HostMetric) -> dict[str, Any]:
    """Write a metric as plain data; of a function of one's own only the name remains.

    >>> from pellucid import metrics
    >>> metrics.to_config(metrics.get("auc"))
    {'name': 'auc'}
    """
    if isinstance(metric, Accuracy):
        return metric.config
    own = METRICS.get(metric.name) == metric
    return {"name" if own else "function": metric.name}


def from_config(config: Mapping[str, Any]) -> Metric | HostMetric:
    """Make the metric that :func:`to_config` wrote; one that is only named refuses to be computed.

    >>> from pellucid import metrics
    >>> metrics.from_config(metrics.to_config(metrics.accuracy)) == metrics.accuracy
    True
    """
    if "class" in config:
        return declared(config, {"Accuracy": Accuracy})
    if "name" in config:
        return named(config["name"], "metric", METRICS)
    name = str(config.get("function"))
    return RowMetric(name, Absent(name, "metrics"))


def _of_function(function: Any) -> RowMetric:
    name = getattr(function, "name", None) or getattr(function, "__name__", "metric")
    return RowMetric(str(name), getattr(function, "each", function))


def _accuracy(task: str, loss: Loss | None) -> Accuracy:
    if task == "signs":
        return Accuracy(threshold=0.0, middle=0.0, compete=False)
    if task != "binary":
        return accuracy
    logits = loss is not None and loss.takes == "logits"
    return Accuracy(threshold=0.0 if logits else 0.5, compete=False)
