"""Losses: how far a prediction is from its target, one number for each row, and their mean.

A loss says what it takes from the network (logits, probabilities, log-probabilities or values),
what turns that into probabilities (its link), and which metric is read beside it. A prediction and
a target never broadcast against each other. Labels are looked at whenever their values are known.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, final

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import Absent, Declaration, declared, named, ranged
from pellucid.errors import ArgumentTypeError, DataError, DTypeError, LabelError, ShapeError
from pellucid.functional import (
    absolute_error,
    by_row,
    check_paired,
    log_softmax,
    paired,
    softmax,
    squared_error,
)
from pellucid.graph.op import Elementwise
from pellucid.graph.tensor import Tensor, TensorLike, as_tensor
from pellucid.graph.walk import topological
from pellucid.ops.elementwise import (
    cast,
    identity,
    log,
    log1p,
    maximum,
    minimum,
    sigmoid,
    softplus,
    stop_gradient,
    where,
)
from pellucid.ops.index import one_hot
from pellucid.ops.reduce import mean
from pellucid.ops.view import broadcast_like
from pellucid.shapes import Shape

__all__ = [
    "LOSSES", "BinaryCrossEntropy", "BinaryCrossEntropyWithLogits", "CategoricalCrossEntropy",
    "CrossEntropy", "FunctionLoss", "Loss", "MeanAbsoluteError", "MeanSquaredError",
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "categorical_cross_entropy",
    "cross_entropy", "from_config", "get", "mae", "mse", "to_config",
]  # fmt: skip

Takes = Literal["logits", "probabilities", "log-probabilities", "values"]
Task = Literal["classes", "binary", "regression", "any"]

LEAST_LOG = -100.0  # torch's clamp: a certain and wrong prediction costs 100, not infinity
STEEPEST = 1e12  # torch's clamp of the slope there


@dataclass(frozen=True)
class Loss(Declaration, ABC):
    """What training makes small: a number for each row, and their mean.

    Attributes
    ----------
    name : how ``fit(loss=…)``, histories and files call it
    takes : what the network must give: logits, probabilities, log-probabilities or values
    task : whether targets are classes, yes or no (binary), or numbers (regression)
    default_metric : what is recorded beside it unless asked otherwise
    link : the function that makes probabilities of the network's output, or ``None``

    Examples
    --------
    >>> from pellucid import nn
    >>> nn.mse([[1.0], [3.0]], [[1.0], [1.0]])
    Tensor(2.0, float32)
    >>> nn.mse.each([[1.0], [3.0]], [[1.0], [1.0]])
    Tensor([0. 4.], float32)
    >>> nn.cross_entropy.takes
    'logits'
    """

    takes: ClassVar[Takes] = "values"
    task: ClassVar[Task] = "any"
    default_metric: ClassVar[str] = ""
    link: ClassVar[staticmethod[..., Tensor] | None] = None

    @property
    def name(self) -> str:
        """How ``fit(loss=…)``, histories and files call it."""
        own = (name for name, loss in LOSSES.items() if type(loss) is type(self))
        return next(own, type(self).__name__)

    @abstractmethod
    def each(self, prediction: TensorLike, target: TensorLike) -> Tensor:
        """Give one number for each row."""

    def __call__(self, prediction: TensorLike, target: TensorLike) -> Tensor:
        """Give the mean over the rows."""
        return mean(self.each(prediction, target))

    def check(self, prediction: Shape, target: NDArray[Any]) -> None:
        """Look at targets whose values are known, before anything is computed with them.

        Raises
        ------
        LabelError : for labels that the loss cannot take
        """
        _check_finite(target)


def _known(loss: Loss, prediction: Tensor, target: Tensor) -> None:
    if target.value is not None:
        loss.check(prediction.shape, target.value)


# --- numbers -------------------------------------------------------------------------------


@final
@dataclass(frozen=True)
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
@dataclass(frozen=True)
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


# --- yes or no -----------------------------------------------------------------------------


@dataclass(frozen=True)
class _Binary(Loss):
    task = "binary"
    default_metric = "accuracy"

    def check(self, prediction: Shape, target: NDArray[Any]) -> None:
        """Check that every target lies between 0 and 1."""
        _check_finite(target)
        wrong = np.flatnonzero((target < 0) | (target > 1))
        if wrong.size:
            raise LabelError(
                f"{self.name} takes labels 0 and 1, or probabilities between",
                got=f"{target.flat[wrong[0]]} at position {wrong[0]}",
                wanted="0 ≤ target ≤ 1",
                mend="write (y + 1) / 2 for labels −1 and 1, or encode the two labels as 0 and 1",
            )


@final
@dataclass(frozen=True)
class BinaryCrossEntropy(_Binary):
    """The cross entropy of yes-or-no targets y and probabilities p.

    Formula: −y ln p − (1 − y) ln(1 − p), where logarithms end at −100 and the slope at 10¹², as in
    PyTorch; thus it is finite also at p = 0 and p = 1. Shapes: p and y (n,) or (n, m), equal.

    Parameters
    ----------
    eps : instead, clip p to [eps, 1 − eps], as scikit-learn's ``log_loss`` does

    >>> from pellucid import nn
    >>> nn.binary_cross_entropy([0.5, 0.0], [1.0, 1.0])
    Tensor(50.346573, float32)
    >>> round(nn.BinaryCrossEntropy(eps=1e-7)([0.5, 0.0], [1.0, 1.0]).item(), 4)
    8.4056
    """

    eps: float | None = ranged(None, above=0, below=0.5)

    takes = "probabilities"
    link = staticmethod(identity)

    def each(self, prediction: TensorLike, target: TensorLike) -> Tensor:
        """Give each row's mean over its columns."""
        p, y = paired(prediction, target)
        _known(self, p, y)
        _check_probabilities(p)
        if self.eps is not None:
            return by_row(
                -(y * _clipped_log(p, self.eps) + (1 - y) * _clipped_log(1 - p, self.eps))
            )
        # At the ends the value is clamped and the slope is (p − y) · 10¹², whatever the value's is.
        inside = p * (1 - p) > 1 / STEEPEST
        q = where(inside, p, 0.5)
        exact = y * log(q) + (1 - y) * log1p(-q)
        ends = y * _ended_log(p) + (1 - y) * _ended_log(1 - p)
        away = p - y
        slope = _only_slope(away * away * (STEEPEST / 2))
        return by_row(where(inside, -exact, slope - ends))


@final
@dataclass(frozen=True)
class BinaryCrossEntropyWithLogits(_Binary):
    """The cross entropy of yes-or-no targets y and logits x, whose probability is σ(x).

    Formula: y ln(1 + e⁻ˣ) + (1 − y) ln(1 + eˣ), exact for any x. Shapes: x and y (n,) or (n, m).

    >>> from pellucid import nn
    >>> nn.binary_cross_entropy_with_logits([0.0, 100.0], [1.0, 0.0])
    Tensor(50.346573, float32)
    """

    takes = "logits"
    link = staticmethod(sigmoid)

    def each(self, prediction: TensorLike, target: TensorLike) -> Tensor:
        """Give each row's mean over its columns."""
        x, y = paired(prediction, target)
        _known(self, x, y)
        return by_row(y * softplus(-x) + (1 - y) * softplus(x))


# --- one of several classes ----------------------------------------------------------------


@dataclass(frozen=True)
class _Categorical(Loss):
    task = "classes"
    default_metric = "accuracy"

    def check(self, prediction: Shape, target: NDArray[Any]) -> None:
        """Check that labels are whole and in range, or that rows are distributions."""
        _check_finite(target)
        if target.ndim == 1:
            _check_labels(target, prediction[1] or 0, self.name)
        else:
            _check_distributions(target, self.name)

    def _given(self, prediction: TensorLike, target: TensorLike) -> tuple[Tensor, Tensor]:
        """Bring scores (n, k) together with what weighs them: one-hot marks, or target rows."""
        prediction, target = as_tensor(prediction), as_tensor(target)
        classes = _classes(prediction.shape, self.name)
        if target.shape[1:] == (1,):
            raise ShapeError(
                f"{self.name}: the labels stand in a column", got=f"target {target.shape}",
                wanted=f"labels {target.shape[:1]}, or one-hot rows {prediction.shape}",
                mend="write target.reshape(-1)",
            )  # fmt: skip
        rows_only = prediction.shape[: target.ndim] if target.ndim else prediction.shape
        check_paired(rows_only, target.shape, self.name)
        _known(self, prediction, target)
        if target.ndim == 1:
            return prediction, one_hot(_whole(target, self.name), classes)
        return prediction, target


def _picked(weights: Tensor, logs: Tensor) -> Tensor:
    """Give −Σ weight · log for each row; a weight of zero asks for nothing, not even of −∞."""
    if weights.dtype.kind == "b":
        return where(weights, -logs, 0).sum(axis=1)
    weights = cast(weights, logs.dtype)
    return where(weights == 0, 0, -weights * logs).sum(axis=1)


@final
@dataclass(frozen=True)
class CrossEntropy(_Categorical):
    """The cross entropy of classes and logits x: the network ends without a softmax.

    Formula: −ln softmax(x)ₜ for the label t, or −Σⱼ tⱼ ln softmax(x)ⱼ for a row of probabilities t.
    Shapes: x (n, k); labels 0 … k−1 (n,), or one row a row of x, (n, k), that sums to 1.

    Raises
    ------
    LabelError : for labels that are fractional or out of range, and rows that do not sum to 1
    ShapeError : for a single column, or another number of rows or columns

    >>> from pellucid import nn
    >>> nn.cross_entropy.each([[0.0, 0.0], [100.0, 0.0]], [1, 0])
    Tensor([0.693147 0.      ], float32)
    """

    takes = "logits"
    link = staticmethod(softmax)

    def each(self, prediction: TensorLike, target: TensorLike) -> Tensor:
        """Give each row's cross entropy."""
        x, weights = self._given(prediction, target)
        return _picked(weights, log_softmax(x, axis=1))


@final
@dataclass(frozen=True)
class CategoricalCrossEntropy(_Categorical):
    """The cross entropy of classes and probabilities p: the network ends with a softmax.

    Formula: −ln pₜ for the label t, or −Σⱼ tⱼ ln pⱼ for a row of probabilities t, where logarithms
    end at −100 and the slope at 10¹². Shapes: as for :class:`CrossEntropy`.

    Parameters
    ----------
    eps : instead, clip p to [eps, 1 − eps], as scikit-learn's ``log_loss`` does

    >>> from pellucid import nn
    >>> nn.categorical_cross_entropy.each([[0.5, 0.5], [0.0, 1.0]], [1, 1])
    Tensor([0.693147 0.      ], float32)
    """

    eps: float | None = ranged(None, above=0, below=0.5)

    takes = "probabilities"
    link = staticmethod(identity)

    def each(self, prediction: TensorLike, target: TensorLike) -> Tensor:
        """Give each row's cross entropy."""
        p, weights = self._given(prediction, target)
        _check_probabilities(p)
        if self.eps is not None:
            return _picked(weights, _clipped_log(p, self.eps))
        inside = p > 1 / STEEPEST
        ends = _ended_log(p) + _only_slope(p * STEEPEST)
        return _picked(weights, where(inside, log(where(inside, p, 1)), ends))


# --- logarithms that stay finite -----------------------------------------------------------


def _clipped_log(p: Tensor, eps: float) -> Tensor:
    return log(minimum(maximum(p, eps), 1 - eps))


def _ended_log(p: Tensor) -> Tensor:
    """Give ln p, but at least −100, as a constant."""
    return stop_gradient(maximum(log(p), LEAST_LOG))


def _only_slope(x: Tensor) -> Tensor:
    """Give zero that has the derivatives of x."""
    return x - stop_gradient(x)


# --- looking at what was given -------------------------------------------------------------


def _check_finite(target: NDArray[Any]) -> None:
    if target.dtype.kind == "f" and not np.isfinite(target).all():
        target = np.atleast_1d(target)
        wrong = np.argwhere(~np.isfinite(target))
        raise DataError(
            "the target holds numbers that are not finite",
            got=f"{target[tuple(wrong[0])]} in row {wrong[0][0]}, {len(wrong)} in all",
            wanted="finite numbers", mend="leave those rows out, or fill them",
        )  # fmt: skip


def _check_probabilities(p: Tensor) -> None:
    if p.value is None or not ((p.value < 0) | (p.value > 1)).any():
        return
    raise DataError(
        "the prediction holds numbers that are no probabilities",
        got=f"from {p.value.min():g} to {p.value.max():g}", wanted="0 ≤ prediction ≤ 1",
        mend="end the network with a sigmoid or softmax, or use the loss that takes logits",
    )  # fmt: skip


def _classes(prediction: Shape, name: str) -> int:
    """Count the columns of scores."""
    if len(prediction) != 2 or prediction[1] is None:
        raise ShapeError(
            f"{name} takes one row of scores for each example", got=f"prediction {prediction}",
            wanted="shape (rows, classes)", mend="write prediction.reshape(-1, classes)",
        )  # fmt: skip
    if prediction[1] < 2:
        raise ShapeError(
            f"{name} needs a score for each class, and there is a single column",
            got=f"prediction {prediction}", wanted="at least two columns",
            mend="give the last layer two units, or use binary_cross_entropy for one output",
        )  # fmt: skip
    return prediction[1]


def _whole(labels: Tensor, name: str) -> Tensor:
    """See labels as integers; floating ones only when they were looked at."""
    if labels.dtype.kind == "f" and labels.value is None:
        raise DTypeError(
            f"{name} takes labels that are whole numbers", got=f"{labels.label}, {labels.dtype}",
            mend="write target.astype('int64')",
        )  # fmt: skip
    return labels if labels.dtype.kind in "iu" else cast(labels, np.int64)


def _check_labels(labels: NDArray[Any], classes: int, name: str) -> None:
    numbers = labels.astype(np.float64)
    for fault, wrong in (
        ("is a fraction", numbers != np.floor(numbers)),
        ("is out of range", (numbers < 0) | (numbers >= classes)),
    ):
        if wrong.any():
            row = int(np.argmax(wrong))
            raise LabelError(
                f"{name}: a label {fault}",
                got=f"label {labels[row]} in row {row}, {np.count_nonzero(wrong)} such in all",
                wanted=f"whole numbers from 0 to {classes - 1}, as there are {classes} outputs",
                mend="number the classes from 0, or give the last layer one unit for each class",
            )


def _check_distributions(rows: NDArray[Any], name: str) -> None:
    sums = rows.sum(axis=1, dtype=np.float64)
    wrong = (np.abs(sums - 1) > 1e-3) | (rows < 0).any(axis=1)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise LabelError(
            f"{name}: a row of the target does not say which class it is",
            got=f"row {row}: {rows[row]}, sum {sums[row]:g}",
            wanted="one-hot rows, or probabilities that sum to 1",
            mend="use binary_cross_entropy if a row may belong to several classes",
        )


# --- by name, or any function --------------------------------------------------------------

cross_entropy = CrossEntropy()
categorical_cross_entropy = CategoricalCrossEntropy()
binary_cross_entropy = BinaryCrossEntropy()
binary_cross_entropy_with_logits = BinaryCrossEntropyWithLogits()
mse = MeanSquaredError()
mae = MeanAbsoluteError()

LOSSES: dict[str, Loss] = {
    "binary_cross_entropy": binary_cross_entropy,
    "binary_cross_entropy_with_logits": binary_cross_entropy_with_logits,
    "categorical_cross_entropy": categorical_cross_entropy,
    "cross_entropy": cross_entropy,
    "mae": mae,
    "mse": mse,
}


def get(loss: str | Loss | Callable[[Tensor, Tensor], Tensor]) -> Loss:
    """Find a loss by name; any function of a prediction and a target may be one.

    The function gives one number, or one for each row.

    Raises
    ------
    ArgumentError : for an unknown name, naming the closest

    Examples
    --------
    >>> from pellucid import losses
    >>> losses.get("mse")
    MeanSquaredError()
    >>> cubic = losses.get(lambda prediction, target: abs(prediction - target) ** 3)
    >>> cubic([1.0, 3.0], [1.0, 1.0])
    Tensor(4.0, float32)
    """
    if isinstance(loss, type):
        raise ArgumentTypeError(
            "a loss is given as a class", got=loss.__name__, mend=f"write {loss.__name__}()"
        )
    if isinstance(loss, Loss):
        return loss
    return FunctionLoss(loss) if callable(loss) else named(loss, "loss", LOSSES)


def to_config(loss: Loss) -> dict[str, Any]:
    """Write a loss as plain data; of a function or class of one's own only the name remains.

    >>> from pellucid import losses
    >>> losses.to_config(losses.mse)
    {'class': 'MeanSquaredError', 'arguments': {}}
    """
    return loss.config if type(loss) in map(type, LOSSES.values()) else {"function": loss.name}


def from_config(config: Mapping[str, Any]) -> Loss:
    """Make the loss that :func:`to_config` wrote; one that is only named refuses to be computed.

    >>> from pellucid import losses
    >>> losses.from_config(losses.to_config(losses.mse)) == losses.mse
    True
    """
    if "function" in config:
        return FunctionLoss(Absent(str(config["function"]), "loss"))
    return declared(config, {type(loss).__name__: type(loss) for loss in LOSSES.values()})


@final
@dataclass(frozen=True)
class FunctionLoss(Loss):
    """A function of a prediction and a target as a loss."""

    function: Callable[[Tensor, Tensor], Tensor]

    @property
    def name(self) -> str:
        """The function's name."""
        return str(getattr(self.function, "__name__", type(self.function).__name__))

    def each(self, prediction: TensorLike, target: TensorLike) -> Tensor:
        """Give the function's value for each row; a single number holds for every row."""
        prediction = as_tensor(prediction)
        value = self._value(prediction, as_tensor(target))
        rows = by_row(prediction) if prediction.ndim else prediction
        return value if value.ndim else broadcast_like(value, rows)

    def __call__(self, prediction: TensorLike, target: TensorLike) -> Tensor:
        """Give the mean over the rows."""
        return mean(self._value(as_tensor(prediction), as_tensor(target)))

    def _value(self, prediction: Tensor, target: Tensor) -> Tensor:
        value = self.function(prediction, target)
        if not isinstance(value, Tensor):
            raise ArgumentTypeError(
                f"the loss {self.name} gave something that is not a tensor",
                got=type(value).__name__, wanted="one number, or one for each row",
                mend="compute it with pellucid's functions, such as pel.log",
            )  # fmt: skip
        _refuse_broadcast(value, prediction, target, self.name)
        if value.shape not in {(), prediction.shape[:1]}:
            raise ShapeError(
                f"the loss {self.name} gave neither one number nor one for each row",
                got=f"shape {value.shape}", wanted=f"shape () or {prediction.shape[:1]}",
                mend="end it with .mean(axis=1) or .mean()",
            )  # fmt: skip
        return value


def _refuse_broadcast(value: Tensor, prediction: Tensor, target: Tensor, name: str) -> None:
    """Find an operation in which the target, as it is, would be stretched against the prediction.

    What has been reduced or reshaped is no longer the target as it is: that was meant. Never meant
    is that each row of one meets all rows of the other, as it happens to (n,) and (n, 1).
    """
    ends = {id(prediction), id(target)}
    of_prediction, of_target = {id(prediction)}, {id(target)}
    from_prediction, from_target = set(of_prediction), set(of_target)
    for node in topological([value], into=lambda node: id(node) not in ends):
        if id(node) in ends:
            continue
        a = [x for x in node.inputs if id(x) in from_prediction]
        b = [x for x in node.inputs if id(x) in from_target]
        if a and b and _multiplies_rows(node.shape, a[0].shape, b[0].shape, prediction.shape[:1]):
            check_paired(a[0].shape, b[0].shape, name)
        from_prediction |= {id(node)} if a else set()
        from_target |= {id(node)} if b else set()
        if not isinstance(node.op.body, Elementwise):
            continue
        ours = [x for x in node.inputs if id(x) in of_prediction and x.ndim]
        theirs = [x for x in node.inputs if id(x) in of_target and x.ndim]
        if ours and theirs:
            check_paired(ours[0].shape, theirs[0].shape, name)
        if ours:
            of_prediction.add(id(node))
        elif theirs:
            of_target.add(id(node))


def _multiplies_rows(result: Shape, a: Shape, b: Shape, rows: Shape) -> bool:
    """Tell whether shapes of different length have met as (n,) and (n, 1) do, to give (n, n)."""
    n = rows[0] if rows else 0
    return len(a) != len(b) and result.count(n) > max(a.count(n), b.count(n))
