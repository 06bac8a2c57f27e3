"""Losses of yes or no, for one output or for several labels that do not exclude each other."""

from __future__ import annotations

from dataclasses import field
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import ranged
from pellucid.errors import LabelError
from pellucid.functional import by_row, paired
from pellucid.functional.composite import composite
from pellucid.graph.tensor import Tensor, TensorLike
from pellucid.losses.base import Loss, Numbers, check_finite, columns, known, weight_or_weights
from pellucid.losses.logarithms import (
    STEEPEST,
    check_probabilities,
    clipped_log,
    ended_log,
    only_slope,
)
from pellucid.ops.elementwise import exp, identity, log, log1p, relu, sigmoid, softplus, where
from pellucid.shapes import Shape

__all__ = ["BinaryCrossEntropy", "BinaryCrossEntropyWithLogits", "BinaryFocal", "Hinge"]


class _Binary(Loss):
    task = "binary"
    default_metric = "accuracy"

    def check(self, prediction: Shape, target: NDArray[Any]) -> None:
        """Check that every target lies between 0 and 1."""
        check_finite(target)
        wrong = np.flatnonzero((target < 0) | (target > 1))
        if wrong.size:
            raise LabelError(
                f"{self.name} takes labels 0 and 1, or probabilities between",
                got=f"{target.flat[wrong[0]]} at position {wrong[0]}",
                wanted="0 ≤ target ≤ 1",
                mend="write (y + 1) / 2 for labels −1 and 1, or encode the two labels as 0 and 1",
            )


class _CrossEntropy(_Binary, kw_only=True):
    positive_weight: Numbers = field(default=None, metadata={"check": weight_or_weights})

    def _positive(self, y: Tensor) -> Tensor:
        """Give what the yes of each target weighs."""
        if self.positive_weight is None:
            return y
        if isinstance(self.positive_weight, tuple):
            return y * columns(self.positive_weight, y, "positive_weight", "column")
        return y * self.positive_weight


@final
class BinaryCrossEntropy(_CrossEntropy):
    """The cross entropy of yes-or-no targets y and probabilities p.

    Formula: −w y ln p − (1 − y) ln(1 − p), where logarithms end at −100 and the slope at 10¹², as
    in PyTorch; thus it is finite also at p = 0 and p = 1. Shapes: p and y (n,) or (n, m), equal;
    several columns are several labels, of which a row may have any number.

    Parameters
    ----------
    eps : instead, clip p to [eps, 1 − eps], as scikit-learn's ``log_loss`` does
    positive_weight : w, what a yes weighs against a no; a number, or one for each column

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
        known(self, p, y)
        check_probabilities(p)
        return self._rows(p, y)

    @composite
    def _rows(self, p: Tensor, y: Tensor) -> Tensor:
        yes, no = self._positive(y), 1 - y
        if self.eps is not None:
            return by_row(-(yes * clipped_log(p, self.eps) + no * clipped_log(1 - p, self.eps)))
        # At the ends the value is clamped; its slope is that of a parabola of curvature 10¹².
        inside = p * (1 - p) > 1 / STEEPEST
        q = where(inside, p, 0.5)
        exact = yes * log(q) + no * log1p(-q)
        ends = yes * ended_log(p) + no * ended_log(1 - p)
        slope = only_slope((yes * (1 - p) * (1 - p) + no * p * p) * (STEEPEST / 2))
        return by_row(where(inside, -exact, slope - ends))


@final
class BinaryCrossEntropyWithLogits(_CrossEntropy):
    """The cross entropy of yes-or-no targets y and logits x, whose probability is σ(x).

    Formula: w y ln(1 + e⁻ˣ) + (1 − y) ln(1 + eˣ), exact for any x. Shapes: x and y (n,) or (n, m),
    equal; several columns are several labels, of which a row may have any number.

    Parameters
    ----------
    positive_weight : w, what a yes weighs against a no; a number, or one for each column

    >>> from pellucid import nn
    >>> nn.binary_cross_entropy_with_logits([0.0, 100.0], [1.0, 0.0])
    Tensor(50.346573, float32)
    >>> nn.BinaryCrossEntropyWithLogits(positive_weight=3).each([0.0, 0.0], [1.0, 0.0])
    Tensor([2.079442 0.693147], float32)
    """

    takes = "logits"
    link = staticmethod(sigmoid)

    def each(self, prediction: TensorLike, target: TensorLike) -> Tensor:
        """Give each row's mean over its columns."""
        x, y = paired(prediction, target)
        known(self, x, y)
        return self._rows(x, y)

    @composite
    def _rows(self, x: Tensor, y: Tensor) -> Tensor:
        return by_row(self._positive(y) * softplus(-x) + (1 - y) * softplus(x))


@final
class BinaryFocal(_Binary):
    """The cross entropy of yes or no, in which what is easily right hardly counts.

    Formula: −α y (1 − p)ᵞ ln p − (1 − α)(1 − y) pᵞ ln(1 − p) with p = σ(x); without α, neither
    side is weighed. Shapes: x and y (n,) or (n, m), equal.

    Source: Lin and others, "Focal loss for dense object detection", 2017, eq. 5 (eq. 4 without α).

    Parameters
    ----------
    gamma : γ, how fast a right answer loses its weight; 0 is the cross entropy
    alpha : α, what a yes weighs; a no weighs 1 − α. The paper's best: γ = 2 with α = 0.25

    >>> from pellucid import nn
    >>> nn.binary_focal.each([0.0, 2.0], [1.0, 1.0])
    Tensor([0.173287 0.001804], float32)
    """

    gamma: float = ranged(2.0, low=0)
    alpha: float | None = ranged(None, low=0, high=1)

    takes = "logits"
    link = staticmethod(sigmoid)

    def each(self, prediction: TensorLike, target: TensorLike) -> Tensor:
        """Give each row's mean over its columns."""
        x, y = paired(prediction, target)
        known(self, x, y)
        yes, no = (1.0, 1.0) if self.alpha is None else (self.alpha, 1 - self.alpha)
        return by_row(yes * y * self._missed(x) + no * (1 - y) * self._missed(-x))

    def _missed(self, x: Tensor) -> Tensor:
        """Give −σ(−x)ᵞ ln σ(x), by way of logarithms, so that it is finite for any x."""
        return exp(-self.gamma * softplus(x)) * softplus(-x)


@final
class Hinge(_Binary):
    """The loss of a support vector machine: nothing once an answer is right by a margin of 1.

    Formula: max(0, 1 − s x) with s = −1 for a no and 1 for a yes, or its square. Shapes: x and the
    labels (n,) or (n, m), equal; labels −1 and 1, or 0 and 1. Its link σ(x) makes probabilities of
    the scores that only rank: nothing in training calibrates them.

    Source: Cortes and Vapnik, "Support-vector networks", 1995.

    Parameters
    ----------
    squared : whether to square it, which is smooth at the margin and punishes outliers more

    >>> from pellucid import nn
    >>> nn.hinge.each([2.0, 0.5, -1.0], [1, 1, 1])
    Tensor([0.  0.5 2. ], float32)
    """

    squared: bool = False

    takes = "logits"
    link = staticmethod(sigmoid)

    def check(self, prediction: Shape, target: NDArray[Any]) -> None:
        """Check that there are two labels, and which."""
        check_finite(target)
        found = np.unique(target).tolist()
        if not (set(found) <= {-1, 1} or set(found) <= {0, 1}):
            raise LabelError(
                f"{self.name} takes two labels", got=", ".join(f"{one:g}" for one in found[:5]),
                wanted="−1 and 1, or 0 and 1",
                mend="write numpy.where(y == yes, 1, -1) with the label that means yes",
            )  # fmt: skip

    def each(self, prediction: TensorLike, target: TensorLike) -> Tensor:
        """Give each row's mean over its columns."""
        x, y = paired(prediction, target)
        known(self, x, y)
        short = relu(1 - where(y > 0, x, -x))
        return by_row(short * short if self.squared else short)
