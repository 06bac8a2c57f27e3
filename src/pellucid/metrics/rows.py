"""Metrics that are sums over rows: shares of right answers, and a relative error."""

from __future__ import annotations

from typing import final

import numpy as np

from pellucid.arguments import whole_number
from pellucid.errors import ArgumentError
from pellucid.functional import by_row, check_paired, paired
from pellucid.graph.tensor import Tensor, TensorLike, as_tensor
from pellucid.metrics.base import Metric, floating
from pellucid.ops.elementwise import cast, maximum, where
from pellucid.ops.index import one_hot
from pellucid.ops.reduce import argmax

__all__ = ["Accuracy", "TopKAccuracy", "relative_error"]


@final
class Accuracy(Metric):
    """The share of right answers: the highest of several outputs, or one output on its right side.

    Formula: for outputs (n, k) with k > 1 and labels (n,) or one-hot rows (n, k), the share of rows
    whose greatest output is the label's; likewise of places for outputs (n, k, …) and labels
    (n, …). For one output, and for several independent ones, the share with
    (output > threshold) = (target > middle); this is 1 − the Hamming loss.

    Parameters
    ----------
    threshold : the output from which the answer is yes: 0.5 for probabilities, 0 for logits
    middle : what lies between the two labels: 0.5 for 0 and 1, 0 for −1 and 1
    compete : whether the greatest of several outputs is the answer; else each is one
    exact : whether a row is right only if all its answers are

    >>> from pellucid.metrics import Accuracy
    >>> Accuracy().rows([[0.2], [0.9]], [[0], [0]])
    Tensor([1. 0.], float32)
    """

    greater_is_better = True
    name: str = "accuracy"
    threshold: float = 0.5
    middle: float = 0.5
    compete: bool = True
    exact: bool = False

    def rows(self, prediction: TensorLike, target: TensorLike) -> Tensor:
        """Give for each row the share of its answers that are right."""
        prediction, target = as_tensor(prediction), as_tensor(target)
        right = by_row(cast(self._right(prediction, target), floating(prediction)))
        return cast(right == 1, right.dtype) if self.exact else right

    def _right(self, prediction: Tensor, target: Tensor) -> Tensor:
        several = prediction.ndim > 1 and prediction.shape[1] != 1
        if self.compete and several and (prediction.ndim == 2 or target.ndim < prediction.ndim):
            return argmax(prediction, 1) == _labels(prediction, target, self.name)
        prediction, target = paired(prediction, target, self.name)
        return (prediction > self.threshold) == (target > self.middle)


def _labels(prediction: Tensor, target: Tensor, name: str) -> Tensor:
    """See one-hot rows as the labels they stand for."""
    if target.ndim == prediction.ndim:
        check_paired(prediction.shape, target.shape, name)
        return argmax(cast(target, floating(prediction)), 1)
    check_paired((*prediction.shape[:1], *prediction.shape[2:]), target.shape, name)
    return target


@final
class TopKAccuracy(Metric):
    """The share of rows whose label is among the `k` greatest of the outputs, (n, classes).

    Of equal outputs the first is the greater, as for the accuracy, which is that of k = 1.

    >>> from pellucid.metrics import TopKAccuracy
    >>> TopKAccuracy(k=2).rows([[3.0, 2.0, 1.0], [3.0, 2.0, 1.0]], [1, 2])
    Tensor([1. 0.], float32)
    """

    greater_is_better = True
    name: str = ""
    k: int = 5

    def __post_init__(self) -> None:
        object.__setattr__(self, "k", whole_number(self.k, "k", at_least=1))
        object.__setattr__(self, "name", self.name or f"top_{self.k}_accuracy")

    def rows(self, prediction: TensorLike, target: TensorLike) -> Tensor:
        """Give 1 for each row whose label is among the first."""
        x, target = as_tensor(prediction), as_tensor(target)
        classes = (x.shape[1] if x.ndim == 2 else None) or 0
        if classes <= self.k:
            raise ArgumentError(
                f"{self.name} needs more classes than {self.k}: among these a label always is",
                where="metrics", got=f"outputs {x.shape}",
                mend=f'write metrics=["{_fewer(classes)}"]',
            )  # fmt: skip
        labels = cast(_labels(x, target, self.name), np.int64).reshape(-1, 1)
        own = where(one_hot(labels.reshape(-1), classes), x, 0).sum(axis=1, keepdims=True)
        ahead = (x > own) | ((x == own) & (np.arange(classes) < labels))
        return cast(ahead.sum(axis=1) < self.k, floating(x))


def _fewer(classes: int) -> str:
    return f"top_{classes - 1}_accuracy" if classes > 2 else "accuracy"


def relative_error(prediction: TensorLike, target: TensorLike) -> Tensor:
    """Give each row's mean of |prediction − target| / |target|, which is vast where a target is 0.

    >>> from pellucid.metrics.rows import relative_error
    >>> relative_error([[1.0], [2.0]], [[1.0], [4.0]])
    Tensor([0.  0.5], float32)
    """
    prediction, target = paired(prediction, target)
    least = float(np.finfo(np.float64).eps)  # scikit-learn's
    return by_row(abs(prediction - target) / maximum(abs(target), least))
