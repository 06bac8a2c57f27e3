"""Predictions and targets: what losses and metrics begin with."""

from __future__ import annotations

import itertools

from pellucid.errors import DataError, ShapeError
from pellucid.functional.composite import composite
from pellucid.graph.tensor import Tensor, TensorLike, as_tensor
from pellucid.ops.elementwise import cast
from pellucid.ops.reduce import mean
from pellucid.shapes import Shape

__all__ = ["absolute_error", "by_row", "check_paired", "paired", "squared_error"]


def paired(prediction: TensorLike, target: TensorLike, what: str = "loss") -> tuple[Tensor, Tensor]:
    """Bring a prediction and its target together; the target takes the prediction's dtype.

    Raises
    ------
    ShapeError : when the shapes differ: the two never broadcast against each other
    DataError : when there are no rows

    >>> from pellucid.functional import paired
    >>> paired([[1.0], [2.0]], [3.0, 4.0])
    Traceback (most recent call last):
        ...
    pellucid.errors.ShapeError: loss: the prediction and the target differ in shape
      got     prediction (2, 1), target (2,)
      wanted  a target of shape (2, 1)
      mend    write target.reshape(-1, 1)
    """
    prediction, target = as_tensor(prediction), as_tensor(target)
    check_paired(prediction.shape, target.shape, what)
    if prediction.dtype.kind == "f":
        target = cast(target, prediction.dtype)
    return prediction, target


def check_paired(prediction: Shape, target: Shape, what: str = "loss") -> None:
    """Check that two shapes are equal, as far as they are known; an unknown extent is never 1."""
    pairs = itertools.zip_longest(prediction, target, fillvalue=0)
    if not all(a == b or (None in (a, b) and not {a, b} & {0, 1}) for a, b in pairs):
        raise ShapeError(
            f"{what}: the prediction and the target differ in shape",
            got=f"prediction {prediction}, target {target}",
            wanted=f"a target of shape {prediction}", mend=_mend(prediction, target),
        )  # fmt: skip
    if 0 in prediction:
        raise DataError(
            f"{what}: there is nothing to compare", got=f"shape {prediction}",
            wanted="at least one row", mend="check that the data are not empty",
        )  # fmt: skip


def _mend(prediction: Shape, target: Shape) -> str:
    if len(target) == 1 and prediction[1:] == (1,):
        return "write target.reshape(-1, 1)"
    if len(prediction) == 1 and target[1:] == (1,):
        return "write target.reshape(-1)"
    if prediction[:1] == target[:1] and len(prediction) == len(target) == 2:
        return f"give the last layer {target[1]} units, or the target {prediction[1]} columns"
    return "give both one row for each example, in the same order"


@composite
def squared_error(prediction: TensorLike, target: TensorLike) -> Tensor:
    """Give each row's mean of (prediction − target)².

    >>> from pellucid.functional import squared_error
    >>> squared_error([[1.0, 2.0]], [[1.0, 4.0]])
    Tensor([2.], float32)
    """
    prediction, target = paired(prediction, target)
    difference = prediction - target
    return by_row(difference * difference)


@composite
def absolute_error(prediction: TensorLike, target: TensorLike) -> Tensor:
    """Give each row's mean of |prediction − target|.

    >>> from pellucid.functional import absolute_error
    >>> absolute_error([[1.0, 2.0]], [[1.0, 4.0]])
    Tensor([1.], float32)
    """
    prediction, target = paired(prediction, target)
    return by_row(abs(prediction - target))


def by_row(x: Tensor) -> Tensor:
    """Average over every axis but the first."""
    return mean(x, tuple(range(1, x.ndim))) if x.ndim > 1 else x
