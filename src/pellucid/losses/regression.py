"""Losses of numbers: how far a prediction is from a quantity, a count, or its quantiles."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import field
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import number_in, ranged
from pellucid.errors import LabelError, ShapeError
from pellucid.functional import absolute_error, by_row, paired, squared_error
from pellucid.graph.tensor import Tensor, TensorLike, as_tensor
from pellucid.losses.base import Loss, check_finite, columns, known
from pellucid.ops.elementwise import cast, exp, log, maximum, softplus, stop_gradient, where
from pellucid.shapes import Shape

__all__ = [
    "GaussianNegativeLogLikelihood", "Huber", "LogCosh", "MeanAbsoluteError", "MeanSquaredError",
    "Poisson", "Quantile", "SmoothL1",
]  # fmt: skip


@final
class MeanSquaredError(Loss):
    """The mean of (prediction − target)²; in each row, the mean over its columns.

    Shapes: prediction and target (n,) or (n, m), equal.

    >>> from pellucid import nn
    >>> nn.mse([[1.0, 2.0]], [[1.0, 4.0]])
    Tensor(2.0, float32)
    """

    task = "regression"
    default_metric = "mae"

    def each(self, prediction: TensorLike, target: TensorLike) -> Tensor:
        """Give each row's mean squared error."""
        return squared_error(prediction, target)


@final
class MeanAbsoluteError(Loss):
    """The mean of |prediction − target|; in each row, the mean over its columns.

    Shapes: prediction and target (n,) or (n, m), equal.

    >>> from pellucid import nn
    >>> nn.mae([[1.0, 2.0]], [[1.0, 4.0]])
    Tensor(1.0, float32)
    """

    task = "regression"
    default_metric = "mse"

    def each(self, prediction: TensorLike, target: TensorLike) -> Tensor:
        """Give each row's mean absolute error."""
        return absolute_error(prediction, target)


# --- between the square and the absolute value ---------------------------------------------


def _huber(prediction: TensorLike, target: TensorLike, delta: float) -> Tensor:
    error, target = paired(prediction, target)
    error = error - target
    size = abs(error)
    return where(size <= delta, 0.5 * error * error, delta * (size - 0.5 * delta))


@final
class Huber(Loss):
    """A square near zero and a straight line beyond, so that outliers pull with bounded force.

    Formula: ½ e² for |e| ≤ δ, else δ (|e| − ½ δ), with e = prediction − target.

    Source: Huber, "Robust estimation of a location parameter", 1964.

    Parameters
    ----------
    delta : the error at which the line begins

    >>> from pellucid import nn
    >>> nn.huber.each([[0.5], [3.0]], [[0.0], [0.0]])
    Tensor([0.125 2.5  ], float32)
    """

    delta: float = ranged(1.0, above=0)

    task = "regression"
    default_metric = "mae"

    def each(self, prediction: TensorLike, target: TensorLike) -> Tensor:
        """Give each row's mean over its columns."""
        return by_row(_huber(prediction, target, self.delta))


@final
class SmoothL1(Loss):
    """The absolute error, rounded off near zero: :class:`Huber` divided by its δ.

    Formula: ½ e² / β for |e| ≤ β, else |e| − ½ β.

    Source: Girshick, "Fast R-CNN", 2015, eq. 3.

    Parameters
    ----------
    beta : the error at which the line begins

    >>> from pellucid import nn
    >>> nn.SmoothL1(beta=0.5).each([[0.25], [3.0]], [[0.0], [0.0]])
    Tensor([0.0625 2.75  ], float32)
    """

    beta: float = ranged(1.0, above=0)

    task = "regression"
    default_metric = "mae"

    def each(self, prediction: TensorLike, target: TensorLike) -> Tensor:
        """Give each row's mean over its columns."""
        return by_row(_huber(prediction, target, self.beta) / self.beta)


@final
class LogCosh(Loss):
    """The logarithm of cosh e: ½ e² near zero, |e| − ln 2 far away, smooth everywhere.

    Formula: ln cosh e = e + ln(1 + e⁻²ᵉ) − ln 2, with e = prediction − target, exact for any e.

    >>> from pellucid import nn
    >>> nn.log_cosh.each([[0.0], [1000.0]], [[0.0], [0.0]])
    Tensor([  0.     999.3068], float32)
    """

    task = "regression"
    default_metric = "mae"

    def each(self, prediction: TensorLike, target: TensorLike) -> Tensor:
        """Give each row's mean over its columns."""
        prediction, target = paired(prediction, target)
        error = prediction - target
        return by_row(error + softplus(-2 * error) - math.log(2))


# --- counts --------------------------------------------------------------------------------


@final
class Poisson(Loss):
    """The negative log-likelihood of counts y of which λ are expected.

    Formula: λ − y ln λ, with ln y! ≈ y ln y − y + ½ ln(2πy) added for y > 1 if `full`.
    Shapes: prediction and target (n,) or (n, m), equal.

    Parameters
    ----------
    log_input : whether the network gives ln λ, as a last linear layer should; else λ itself
    full : whether to add Stirling's approximation of ln y!, which moves no weight
    eps : added to λ before its logarithm is taken

    Raises
    ------
    LabelError : for counts below zero

    >>> from pellucid import nn
    >>> nn.poisson([[0.0]], [[3.0]])
    Tensor(1.0, float32)
    >>> round(nn.Poisson(log_input=False)([[2.0]], [[3.0]]).item(), 4)
    -0.0794
    """

    log_input: bool = True
    full: bool = False
    eps: float = ranged(1e-8, low=0)

    task = "regression"
    any_scale = False

    def check(self, prediction: Shape, target: NDArray[Any]) -> None:
        """Check that no count is negative."""
        check_finite(target)
        wrong = np.flatnonzero(target < 0)
        if wrong.size:
            raise LabelError(
                f"{self.name} takes counts, and one is negative",
                got=f"{target.flat[wrong[0]]:g} at position {wrong[0]}, {wrong.size} in all",
                wanted="target ≥ 0", mend="give the counts as they are, neither shifted nor scaled",
            )  # fmt: skip

    def each(self, prediction: TensorLike, target: TensorLike) -> Tensor:
        """Give each row's mean over its columns."""
        x, y = paired(prediction, target)
        known(self, x, y)
        cost = exp(x) - y * x if self.log_input else x - y * log(x + self.eps)
        if self.full:
            many = where(y > 1, y, 1)
            stirling = many * log(many) - many + 0.5 * log(2 * math.pi * many)
            cost = cost + where(y > 1, stirling, 0)
        return by_row(cost)


# --- more than one number for a target -----------------------------------------------------


def _quantiles(value: object, name: str) -> float | tuple[float, ...]:
    if isinstance(value, (list, tuple, np.ndarray)) and len(value):
        return tuple(number_in(q, f"{name}[{k}]", above=0, below=1) for k, q in enumerate(value))
    return number_in(value, name, above=0, below=1)


@final
class Quantile(Loss):
    """The pinball loss, whose least value is reached at a quantile of the target.

    Formula: max(q e, (q − 1) e) with e = target − prediction; for several quantiles, the mean over
    the columns. Shapes: of one quantile, prediction and target equal; of k quantiles, a prediction
    (n, k) with column j for quantile j, and a target (n,), (n, 1) or (n, k).

    Source: Koenker and Bassett, "Regression quantiles", 1978.

    Parameters
    ----------
    quantiles : a number between 0 and 1, or several: ``(0.1, 0.5, 0.9)``

    >>> from pellucid import nn
    >>> nn.Quantile(0.9).each([[1.0], [3.0]], [[2.0], [2.0]])
    Tensor([0.9 0.1], float32)
    >>> nn.Quantile((0.1, 0.9)).each([[1.0, 3.0]], [[2.0]])
    Tensor([0.1], float32)
    """

    quantiles: float | Sequence[float] = field(default=0.5, metadata={"check": _quantiles})

    task = "regression"

    def target_shape(self, prediction: Shape) -> Shape:
        """Give the shape of the target: one column for all quantiles."""
        return prediction if isinstance(self.quantiles, float) else (*prediction[:1], 1)

    def each(self, prediction: TensorLike, target: TensorLike) -> Tensor:
        """Give each row's mean over its columns."""
        if isinstance(self.quantiles, float):
            prediction, target = paired(prediction, target)
            level: Tensor | float = self.quantiles
        else:
            prediction = as_tensor(prediction)
            level = columns(tuple(self.quantiles), prediction, "quantiles", "quantile")
            target = _one_target(prediction, as_tensor(target), self)
        known(self, prediction, target)
        error = target - prediction
        return by_row(maximum(level * error, (level - 1) * error))


def _one_target(prediction: Tensor, target: Tensor, loss: Loss) -> Tensor:
    """Bring a target to (n, 1), so that every column of the prediction meets it."""
    if target.ndim == 1:
        target = target.reshape(-1, 1)
    if target.shape[1:] == (1,) and prediction.ndim == 2:
        paired(prediction[:, :1], target, loss.name)
        return cast(target, prediction.dtype)
    return paired(prediction, target, loss.name)[1]


@final
class GaussianNegativeLogLikelihood(Loss):
    """The negative log-likelihood of numbers y of which mean μ and variance v are predicted.

    Formula: ½ (s + (y − μ)² e⁻ˢ) with s = ln v, and ½ ln 2π added if `full`. Shapes: a prediction
    (n, 2m), the m means first and then the m logarithms s; a target (n, m).

    Source: Nix and Weigend, "Estimating the mean and variance of the target probability
    distribution", 1994.

    Parameters
    ----------
    full : whether to add the constant
    eps : the least variance: below it the value stands still, as in PyTorch, the slope does not

    >>> from pellucid import nn
    >>> nn.gaussian_nll([[1.0, 0.0]], [[3.0]])
    Tensor(2.0, float32)
    """

    full: bool = False
    eps: float = ranged(1e-6, above=0)

    task = "regression"

    def target_shape(self, prediction: Shape) -> Shape:
        """Give the shape of the target: half as many columns."""
        return (*prediction[:1], (prediction[1] or 0) // 2) if len(prediction) == 2 else prediction

    def each(self, prediction: TensorLike, target: TensorLike) -> Tensor:
        """Give each row's mean over its columns."""
        prediction, target = as_tensor(prediction), as_tensor(target)
        extent = prediction.shape[1] if prediction.ndim == 2 else None
        if not extent or extent % 2:
            raise ShapeError(
                f"{self.name} takes a mean and the logarithm of a variance for each number",
                got=f"prediction {prediction.shape}", wanted="shape (rows, 2 · numbers)",
                mend="give the last layer two units for each number",
            )  # fmt: skip
        mean, target = paired(prediction[:, : extent // 2], target, self.name)
        known(self, prediction, target)
        spread = prediction[:, extent // 2 :]
        spread = spread + stop_gradient(maximum(spread, math.log(self.eps)) - spread)
        error = target - mean
        constant = 0.5 * math.log(2 * math.pi) if self.full else 0.0
        return by_row(0.5 * (spread + error * error * exp(-spread)) + constant)
