"""What every loss is: one number for each row, and their mean, in which rows may be weighed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from numbers import Real
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import Declaration, number_in
from pellucid.errors import ArgumentTypeError, DataError, ShapeError
from pellucid.functional.composite import composite
from pellucid.graph.tensor import Tensor, TensorLike, as_tensor
from pellucid.ops.elementwise import cast, where
from pellucid.ops.reduce import mean
from pellucid.ops.view import count
from pellucid.shapes import Shape

__all__ = [
    "LOSSES", "Loss", "Numbers", "Takes", "Task", "check_finite", "columns", "known",
    "weight_or_weights", "weights",
]  # fmt: skip

Takes = Literal["logits", "probabilities", "log-probabilities", "values"]
Task = Literal["classes", "binary", "regression", "any"]
Numbers = float | Sequence[float] | NDArray[Any] | None

LOSSES: dict[str, Loss] = {}
_mean = composite(mean)


class Loss(Declaration, ABC):
    """What training makes small: a number for each row, and their mean.

    Attributes
    ----------
    name : how ``fit(loss=…)``, histories and files call it
    takes : what the network must give: logits, probabilities, log-probabilities or values
    task : whether targets are classes, yes or no (binary), or numbers (regression)
    default_metric : what is recorded beside it unless asked otherwise; ``""`` for nothing
    link : the function that makes probabilities of the network's output, or ``None``
    any_scale : whether targets may be shifted and scaled before it sees them

    Examples
    --------
    >>> from pellucid import nn
    >>> nn.mse([[1.0], [3.0]], [[1.0], [1.0]])
    Tensor(2.0, float32)
    >>> nn.mse([[1.0], [3.0]], [[1.0], [1.0]], weight=[3, 1])
    Tensor(1.0, float32)
    >>> nn.mse.each([[1.0], [3.0]], [[1.0], [1.0]])
    Tensor([0. 4.], float32)
    >>> nn.cross_entropy.takes
    'logits'
    """

    takes: ClassVar[Takes] = "values"
    task: ClassVar[Task] = "any"
    default_metric: ClassVar[str] = ""
    link: ClassVar[staticmethod[..., Tensor] | None] = None
    any_scale: ClassVar[bool] = True

    @cached_property
    def name(self) -> str:
        """How ``fit(loss=…)``, histories and files call it."""
        same = [name for name, loss in LOSSES.items() if type(loss) is type(self)]
        exact = [name for name in same if LOSSES[name] == self]
        return (exact or same or [type(self).__name__])[0]

    @abstractmethod
    def each(self, prediction: TensorLike, target: TensorLike) -> Tensor:
        """Give one number for each row."""

    def shares(self, prediction: TensorLike, target: TensorLike) -> Tensor | None:
        """Give what each row counts by its class; ``None`` where all count alike."""
        return None

    def __call__(
        self, prediction: TensorLike, target: TensorLike, weight: TensorLike | None = None
    ) -> Tensor:
        """Give the mean over the rows; with a `weight` for each row, Σ wᵢ lᵢ / Σ wᵢ.

        A row of weight zero costs nothing, nor does a batch that has no others.
        """
        each = self.each(prediction, target)
        counts = self._counts(prediction, target, weight)
        if counts is None:
            return _mean(each)
        if weight is not None:
            each = each * _row_weights(weight, as_tensor(prediction))
        total = counts.sum()
        return each.sum() / where(total > 0, total, 1)

    def weight(
        self, prediction: TensorLike, target: TensorLike, weight: TensorLike | None = None
    ) -> Tensor:
        """Add up what the rows count; by it, the means of batches make the mean of all rows."""
        counts = self._counts(prediction, target, weight)
        prediction = as_tensor(prediction)
        rows = count(prediction, 0 if prediction.ndim else ())
        return cast(rows, _floating(prediction)) if counts is None else counts.sum()

    def _counts(
        self, prediction: TensorLike, target: TensorLike, weight: TensorLike | None
    ) -> Tensor | None:
        shares = self.shares(prediction, target)
        if weight is None:
            return shares
        weight = _row_weights(weight, as_tensor(prediction))
        return weight if shares is None else weight * shares

    def check(self, prediction: Shape, target: NDArray[Any]) -> None:
        """Look at targets whose values are known, before anything is computed with them.

        Raises
        ------
        LabelError : for labels that the loss cannot take
        """
        check_finite(target)

    def target_shape(self, prediction: Shape) -> Shape:
        """Give the shape of the targets that belong to a prediction; labels are one axis less."""
        return prediction


def _floating(prediction: Tensor) -> np.dtype[Any]:
    return prediction.dtype if prediction.dtype.kind == "f" else np.dtype(np.float64)


def _row_weights(weight: TensorLike, prediction: Tensor) -> Tensor:
    """Check that there is one weight of at least 0 for each row; give it the loss's dtype."""
    weight, rows = as_tensor(weight), prediction.shape[:1]
    differ = weight.shape != rows and None not in (*weight.shape, *rows)
    if weight.ndim != 1 or not rows or differ:
        raise ShapeError(
            "the weights are not one number for each row", got=f"shape {weight.shape}",
            wanted=f"shape {rows}", mend="write weight.reshape(-1), or leave the weights out",
        )  # fmt: skip
    if weight.value is not None and not (np.isfinite(weight.value) & (weight.value >= 0)).all():
        raise DataError(
            "a weight is less than zero, or not finite",
            got=f"from {weight.value.min():g} to {weight.value.max():g}",
            wanted="finite weights of at least 0",
            mend="give the rows that are not to count the weight 0",
        )  # fmt: skip
    return cast(weight, _floating(prediction))


# --- numbers that weigh classes and columns ------------------------------------------------


def weights(value: object, name: str) -> tuple[float, ...] | None:
    """Check that `value`, called `name` by the user, is a list of numbers of at least 0."""
    if value is None:
        return None
    if isinstance(value, (str, Mapping)) or not isinstance(value, Iterable):
        raise ArgumentTypeError(
            f"{name} is not a list of numbers", got=f"{name}={value!r}",
            wanted="one number for each class or column", mend=f"write {name}=[1.0, 2.0]",
        )  # fmt: skip
    return tuple(number_in(one, f"{name}[{k}]", low=0) for k, one in enumerate(value))


def weight_or_weights(value: object, name: str) -> float | tuple[float, ...] | None:
    """Check the same, or a single number of at least 0."""
    return number_in(value, name, low=0) if isinstance(value, Real) else weights(value, name)


def columns(given: tuple[float, ...], like: Tensor, name: str, what: str) -> Tensor:
    """See `given` as a row beside the last axis of `like`, which it must fit."""
    if like.shape[-1:] != (len(given),):
        raise ShapeError(
            f"{name} does not have one number for each {what}", got=f"{len(given)} numbers",
            wanted=f"{like.shape[-1] if like.ndim else 1}",
            mend=f"write {name}=[…] with a number for each {what}, in the order of the outputs",
        )  # fmt: skip
    return as_tensor(np.array(given, like.dtype))


# --- looking at what was given -------------------------------------------------------------


def known(loss: Loss, prediction: Tensor, target: Tensor) -> None:
    """Look at the targets if their values are known."""
    if target.value is not None:
        loss.check(prediction.shape, target.value)


def check_finite(target: NDArray[Any]) -> None:
    """Refuse targets that are infinite or not a number."""
    if target.dtype.kind == "f" and not np.isfinite(target).all():
        target = np.atleast_1d(target)
        wrong = np.argwhere(~np.isfinite(target))
        raise DataError(
            "the target holds numbers that are not finite",
            got=f"{target[tuple(wrong[0])]} in row {wrong[0][0]}, {len(wrong)} in all",
            wanted="finite numbers", mend="leave those rows out, or fill them",
        )  # fmt: skip
