"""Losses of one class among several, for each row or for each place of a picture."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import field
from typing import Any, final

from numpy.typing import NDArray

from pellucid.arguments import ranged
from pellucid.errors import ShapeError
from pellucid.functional import by_row, check_paired, log_softmax, paired, softmax
from pellucid.functional.composite import composite
from pellucid.graph.tensor import Tensor, TensorLike, as_tensor
from pellucid.losses.base import Loss, Numbers, check_finite, columns, known, weights
from pellucid.losses.labels import check_distributions, check_labels, class_count, whole
from pellucid.losses.logarithms import (
    STEEPEST,
    check_log_probabilities,
    check_probabilities,
    clipped_log,
    ended_log,
    only_slope,
)
from pellucid.ops.elementwise import cast, exp, expm1, identity, log, relu, where
from pellucid.ops.index import one_hot
from pellucid.ops.view import transpose
from pellucid.shapes import Shape

__all__ = [
    "CategoricalCrossEntropy", "CrossEntropy", "Focal", "KLDivergence", "MulticlassHinge",
    "NegativeLogLikelihood",
]  # fmt: skip


def class_probabilities(x: Tensor) -> Tensor:
    """Give the softmax over the classes, which stand on axis 1 also where places follow."""
    return softmax(x, axis=1)


class _Categorical(Loss, kw_only=True):
    """A loss of scores (n, k, …) and labels (n, …), or of one-hot rows or distributions (n, k, …).

    Inside, the classes stand last, and what weighs each class's cost is called its mark.
    """

    class_weight: Numbers = field(default=None, metadata={"check": weights})

    task = "classes"
    default_metric = "accuracy"

    def check(self, prediction: Shape, target: NDArray[Any]) -> None:
        """Check that labels are whole and in range, or that rows are distributions."""
        check_finite(target)
        if target.ndim < len(prediction):
            check_labels(target, prediction[1] or 0, self.name)
        else:
            check_distributions(target, self.name)

    def target_shape(self, prediction: Shape) -> Shape:
        """Give the shape of the labels."""
        return (*prediction[:1], *prediction[2:])

    def shares(self, prediction: TensorLike, target: TensorLike) -> Tensor | None:
        """Give the weight of each row's class, or its mean over the places of the row."""
        if self.class_weight is None:
            return None
        scores, marks = self._marked(*self._checked(prediction, target))
        return by_row(self._weighed(marks, scores).sum(axis=-1))

    def each(self, prediction: TensorLike, target: TensorLike) -> Tensor:
        """Give each row's cost, times the weight of its class."""
        return self._rows(*self._checked(prediction, target))

    @composite
    def _rows(self, prediction: Tensor, target: Tensor) -> Tensor:
        return self._costs(*self._marked(prediction, target))

    @abstractmethod
    def _costs(self, scores: Tensor, marks: Tensor) -> Tensor:
        """Give each row's cost, of scores and marks with the classes last."""

    def _checked(self, prediction: TensorLike, target: TensorLike) -> tuple[Tensor, Tensor]:
        """Look at what was given, before anything is computed with it."""
        prediction, target = as_tensor(prediction), as_tensor(target)
        class_count(prediction.shape, self.name)
        if prediction.ndim == 2 and target.shape[1:] == (1,):
            raise ShapeError(
                f"{self.name}: the labels stand in a column", got=f"target {target.shape}",
                wanted=f"labels {target.shape[:1]}, or one-hot rows {prediction.shape}",
                mend="write target.reshape(-1)",
            )  # fmt: skip
        labels = 0 < target.ndim < prediction.ndim
        fitting = self.target_shape(prediction.shape) if labels else prediction.shape
        check_paired(fitting, target.shape, self.name)
        known(self, prediction, target)
        return prediction, whole(target, self.name) if labels else target

    def _marked(self, prediction: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """Bring scores together with marks, both with the classes last."""
        scores = _classes_last(prediction)
        if target.ndim < prediction.ndim:
            return scores, one_hot(target, scores.shape[-1] or 0)
        return scores, _classes_last(target)

    def _weighed(self, marks: Tensor, scores: Tensor) -> Tensor:
        """Give the marks times the weights of their classes."""
        if self.class_weight is None:
            return marks
        assert isinstance(self.class_weight, tuple)
        row = columns(self.class_weight, scores, "class_weight", "class")
        return cast(marks, scores.dtype) * row

    def _cost(self, marks: Tensor, logs: Tensor) -> Tensor:
        """Give −Σ mark · log; a mark of zero asks for nothing, not even of −∞."""
        marks = self._weighed(marks, logs)
        if marks.dtype.kind == "b":
            return by_row(where(marks, -logs, 0).sum(axis=-1))
        marks = cast(marks, logs.dtype)
        return by_row(where(marks == 0, 0, -marks * logs).sum(axis=-1))


def _classes_last(x: Tensor) -> Tensor:
    return transpose(x, (0, *range(2, x.ndim), 1))


class _Smoothed(_Categorical, kw_only=True):
    label_smoothing: float = ranged(0.0, low=0, below=1)

    def _softened(self, marks: Tensor, logs: Tensor) -> Tensor:
        """Share a part of each mark equally among all classes."""
        if not self.label_smoothing:
            return marks
        classes = logs.shape[-1] or 1
        kept = cast(marks, logs.dtype) * (1 - self.label_smoothing)
        return kept + self.label_smoothing / classes


@final
class CrossEntropy(_Smoothed):
    """The cross entropy of classes and logits x: the network ends without a softmax.

    Formula: −ln softmax(x)ₜ for the label t, or −Σⱼ tⱼ ln softmax(x)ⱼ for a row of probabilities t.
    Shapes: x (n, k); labels 0 … k−1 (n,), or one row a row of x, (n, k), that sums to 1. For a
    class at each place, x (n, k, …) and labels (n, …).

    Parameters
    ----------
    class_weight : what a row of each class counts; the mean is over the sum of these weights
    label_smoothing : the part of each target that is shared equally among all classes (Szegedy and
        others, "Rethinking the Inception architecture for computer vision", 2016)

    Raises
    ------
    LabelError : for labels that are fractional or out of range, and rows that do not sum to 1
    ShapeError : for a single column, or another number of rows or columns

    >>> from pellucid import nn
    >>> nn.cross_entropy.each([[0.0, 0.0], [100.0, 0.0]], [1, 0])
    Tensor([0.693147 0.      ], float32)
    >>> nn.CrossEntropy(class_weight=[1, 3])([[0.0, 0.0], [100.0, 0.0]], [1, 0])
    Tensor(0.5198604, float32)
    """

    takes = "logits"
    link = staticmethod(class_probabilities)

    def _costs(self, scores: Tensor, marks: Tensor) -> Tensor:
        return self._cost(self._softened(marks, scores), log_softmax(scores))


@final
class CategoricalCrossEntropy(_Smoothed):
    """The cross entropy of classes and probabilities p: the network ends with a softmax.

    Formula: −ln pₜ for the label t, or −Σⱼ tⱼ ln pⱼ for a row of probabilities t, where logarithms
    end at −100 and the slope at 10¹². Shapes: as for :class:`CrossEntropy`.

    Parameters
    ----------
    eps : instead, clip p to [eps, 1 − eps], as scikit-learn's ``log_loss`` does
    class_weight, label_smoothing : as for :class:`CrossEntropy`

    >>> from pellucid import nn
    >>> nn.categorical_cross_entropy.each([[0.5, 0.5], [0.0, 1.0]], [1, 1])
    Tensor([0.693147 0.      ], float32)
    """

    eps: float | None = ranged(None, above=0, below=0.5)

    takes = "probabilities"
    link = staticmethod(identity)

    def _checked(self, prediction: TensorLike, target: TensorLike) -> tuple[Tensor, Tensor]:
        p, target = super()._checked(prediction, target)
        check_probabilities(p)
        return p, target

    def _costs(self, scores: Tensor, marks: Tensor) -> Tensor:
        p, marks = scores, self._softened(marks, scores)
        if self.eps is not None:
            return self._cost(marks, clipped_log(p, self.eps))
        inside = p > 1 / STEEPEST
        ends = ended_log(p) + only_slope(p * STEEPEST)
        return self._cost(marks, where(inside, log(where(inside, p, 1)), ends))


@final
class NegativeLogLikelihood(_Categorical):
    """The cross entropy of classes and log-probabilities: the network ends with a log-softmax.

    Formula: −xₜ for the label t, or −Σⱼ tⱼ xⱼ for a row of probabilities t. Shapes: as for
    :class:`CrossEntropy`.

    Parameters
    ----------
    class_weight : what a row of each class counts; the mean is over the sum of these weights

    >>> import numpy as np
    >>> from pellucid import nn
    >>> nn.nll.each(np.log([[0.5, 0.5], [0.2, 0.8]]), [0, 1])
    Tensor([0.693147 0.223144], float64)
    """

    takes = "log-probabilities"
    link = staticmethod(exp)

    def _checked(self, prediction: TensorLike, target: TensorLike) -> tuple[Tensor, Tensor]:
        logs, target = super()._checked(prediction, target)
        check_log_probabilities(logs)
        return logs, target

    def _costs(self, scores: Tensor, marks: Tensor) -> Tensor:
        return self._cost(marks, scores)


@final
class Focal(_Categorical):
    """The cross entropy of classes, in which what is easily right hardly counts.

    Formula: −(1 − pₜ)ᵞ ln pₜ with p = softmax(x) for the label t. Shapes: as for
    :class:`CrossEntropy`.

    Source: Lin and others, "Focal loss for dense object detection", 2017, eq. 4; the α of eq. 5 is
    the weight of a class.

    Parameters
    ----------
    gamma : γ, how fast a right answer loses its weight; 0 is the cross entropy
    class_weight : what a row of each class counts; the mean is over the sum of these weights

    >>> from pellucid import nn
    >>> nn.focal.each([[0.0, 0.0], [2.0, 0.0]], [0, 0])
    Tensor([0.173287 0.001804], float32)
    """

    gamma: float = ranged(2.0, low=0)

    takes = "logits"
    link = staticmethod(class_probabilities)

    def _costs(self, scores: Tensor, marks: Tensor) -> Tensor:
        logs = log_softmax(scores)
        if not self.gamma:
            return self._cost(marks, logs)
        others = -expm1(logs)
        some = others > 0  # where it is 0, ln p is 0 too, and a power of 0 may have no slope
        return self._cost(marks, where(some, where(some, others, 1) ** self.gamma, 0) * logs)


@final
class MulticlassHinge(_Categorical):
    """The hinge of several classes: nothing once the right score leads all others by 1.

    Formula: 1/k Σ_{j≠t} max(0, 1 − xₜ + xⱼ) for the label t, or with squares. Shapes: as for
    :class:`CrossEntropy`, of which only labels and one-hot rows have a meaning here. Its link makes
    probabilities of the scores that only rank.

    Source: Weston and Watkins, "Multi-class support vector machines", 1998, as in PyTorch's
    ``multi_margin_loss``.

    Parameters
    ----------
    squared : whether to square each term
    class_weight : what a row of each class counts; the mean is over the sum of these weights

    >>> from pellucid import nn
    >>> nn.multiclass_hinge.each([[2.0, 0.0], [0.5, 0.0]], [0, 0])
    Tensor([0.   0.25], float32)
    """

    squared: bool = False

    takes = "logits"
    link = staticmethod(class_probabilities)

    def _costs(self, scores: Tensor, marks: Tensor) -> Tensor:
        x = scores
        right = where(marks > 0, x, 0).sum(axis=-1, keepdims=True)
        short = where(marks > 0, 0, relu(1 - right + x))
        cost = (short * short if self.squared else short).mean(axis=-1, keepdims=True)
        return by_row((self._weighed(cast(marks, x.dtype), x) * cost).sum(axis=-1))


@final
class KLDivergence(Loss):
    """How far predicted log-probabilities x are from a distribution t.

    Formula: Σⱼ tⱼ (ln tⱼ − xⱼ) for each row. Shapes: both (n, k, …), summed over all but the rows;
    the mean over the rows is PyTorch's "batchmean".

    Source: Kullback and Leibler, "On information and sufficiency", 1951.

    Parameters
    ----------
    log_target : whether the target holds ln t

    >>> import numpy as np
    >>> from pellucid import nn
    >>> nn.kl_divergence(np.log([[0.5, 0.5]]), [[1.0, 0.0]])
    Tensor(0.6931471805599453, float64)
    """

    log_target: bool = False

    takes = "log-probabilities"
    task = "classes"
    default_metric = "accuracy"
    link = staticmethod(exp)

    def check(self, prediction: Shape, target: NDArray[Any]) -> None:
        """Check that every row is a distribution."""
        if not self.log_target:
            check_finite(target)
            check_distributions(target, self.name)

    def each(self, prediction: TensorLike, target: TensorLike) -> Tensor:
        """Give each row's divergence."""
        x, t = paired(prediction, target, self.name)
        class_count(x.shape, self.name)
        known(self, x, t)
        check_log_probabilities(x)
        weight = exp(t) if self.log_target else t
        some = weight > 0  # 0 · ln 0 is 0
        logs = where(some, t, 0) if self.log_target else log(where(some, t, 1))
        cost = where(some, weight * (logs - where(some, x, 0)), 0)
        return cost.sum(axis=tuple(range(1, x.ndim)))
