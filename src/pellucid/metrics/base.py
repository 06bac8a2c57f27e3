"""What a metric is: a sum over rows and a count that add up, or a number of all rows together."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, final

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import Declaration
from pellucid.errors import ArgumentError
from pellucid.functional import paired
from pellucid.graph.tensor import Tensor, TensorLike, as_tensor
from pellucid.ops.elementwise import cast
from pellucid.ops.view import count

if TYPE_CHECKING:
    from pellucid.losses import Loss

__all__ = ["Function", "HostMetric", "LossMetric", "Metric", "RowMetric", "floating"]

Function = Callable[[Tensor, Tensor], Tensor]


class Metric(Declaration, ABC):
    """A mean over rows, as a sum and a count that add up over batches.

    Attributes
    ----------
    name : how histories call it
    greater_is_better : whether training should raise it

    Examples
    --------
    >>> from pellucid import metrics
    >>> accuracy, scores = metrics.get("accuracy"), [[2.0, 1.0], [0.0, 1.0]]
    >>> accuracy.numerator(scores, [0, 0]), accuracy.weight(scores, [0, 0])
    (Tensor(1.0, float32), Tensor(2.0, float32))
    >>> accuracy.numerator(scores, [0, 0], weight=[3, 1]), accuracy.weight(scores, [0, 0], [3, 1])
    (Tensor(3.0, float32), Tensor(4.0, float32))
    """

    name: str
    greater_is_better: ClassVar[bool] = False

    @abstractmethod
    def rows(self, prediction: TensorLike, target: TensorLike) -> Tensor:
        """Give one number for each row."""

    def numerator(
        self, prediction: TensorLike, target: TensorLike, weight: TensorLike | None = None
    ) -> Tensor:
        """Add up the rows, each times its weight; a mean is worth as much as all rows together."""
        rows = cast(self.rows(prediction, target), floating(prediction))
        if not rows.ndim:
            return rows * self.weight(prediction, target, weight)
        if weight is not None:
            rows, weight = paired(rows, weight, "the weights of the rows")
            rows = rows * weight
        return rows.sum()

    def weight(
        self, prediction: TensorLike, target: TensorLike, weight: TensorLike | None = None
    ) -> Tensor:
        """Count the rows, or add up their weights."""
        prediction = as_tensor(prediction)
        if weight is None:
            return cast(count(prediction, 0), floating(prediction))
        return cast(as_tensor(weight), floating(prediction)).sum()


def floating(prediction: TensorLike) -> np.dtype[Any]:
    """Give the dtype in which a prediction's metrics are computed."""
    dtype = as_tensor(prediction).dtype
    return dtype if dtype.kind == "f" else np.dtype(np.float64)


@final
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


@final
class LossMetric(Metric):
    """A loss that is only looked at; rows count in it as they do in training.

    >>> from pellucid import losses, metrics
    >>> metrics.get(losses.mse).numerator([[1.0], [2.0]], [[1.0], [4.0]])
    Tensor(4.0, float32)
    """

    loss: Loss

    def rows(self, prediction: TensorLike, target: TensorLike) -> Tensor:
        """Give the loss of each row."""
        return self.loss.each(prediction, target)

    def numerator(
        self, prediction: TensorLike, target: TensorLike, weight: TensorLike | None = None
    ) -> Tensor:
        """Give the mean loss times what the rows count."""
        mean = self.loss(prediction, target, weight)
        return mean * self.loss.weight(prediction, target, weight)

    def weight(
        self, prediction: TensorLike, target: TensorLike, weight: TensorLike | None = None
    ) -> Tensor:
        """Add up what the rows count."""
        return self.loss.weight(prediction, target, weight)


@final
class HostMetric(Declaration):
    """A metric of all rows together: a function of NumPy arrays, truth and prediction.

    `prediction` is what ``predict_proba`` gives, or ``predict`` when the target is a number. Where
    rows have weights, the function takes them as ``sample_weight``, as scikit-learn's do.

    Parameters
    ----------
    name : how histories call it
    function : ``function(truth, prediction)``, or also ``sample_weight=``
    greater_is_better : whether training should raise it

    >>> import numpy as np
    >>> from pellucid import metrics
    >>> auc = metrics.get("auc")
    >>> auc(np.array([0, 0, 1]), np.array([[0.1], [0.6], [0.8]]))
    1.0
    """

    name: str
    function: Callable[..., float]
    greater_is_better: bool = True

    def __call__(
        self,
        truth: NDArray[Any],
        prediction: NDArray[Any],
        weight: NDArray[Any] | None = None,
    ) -> float:
        """Give the number, rows counting as much as their weights.

        Raises
        ------
        ArgumentError : for weights that the function does not take
        """
        if weight is None:
            return float(self.function(truth, prediction))
        if "sample_weight" not in inspect.signature(self.function).parameters:
            raise ArgumentError(
                f"the metric {self.name} takes no weights, and the rows have some",
                wanted="a function(truth, prediction, sample_weight=None)",
                mend="add sample_weight to its arguments, or leave the metric out",
            )
        return float(self.function(truth, prediction, sample_weight=weight))
