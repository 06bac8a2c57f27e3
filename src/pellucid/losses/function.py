"""A loss that is any function of a prediction and a target."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cached_property
from typing import final

from pellucid.errors import ArgumentError, ArgumentTypeError, ShapeError
from pellucid.functional import by_row, check_paired
from pellucid.graph.op import Elementwise
from pellucid.graph.tensor import Tensor, TensorLike, as_tensor
from pellucid.graph.walk import topological
from pellucid.losses.base import Loss
from pellucid.ops.reduce import mean
from pellucid.ops.view import broadcast_like
from pellucid.shapes import Shape

__all__ = ["FunctionLoss"]


@final
class FunctionLoss(Loss):
    """A function of a prediction and a target as a loss; it gives a number a row, or one number.

    With weights, rows are weighed here; a function that gives one number takes the weights itself,
    as a third argument, which is ``None`` without them.

    >>> from pellucid import losses
    >>> cubic = losses.get(lambda prediction, target: abs(prediction - target) ** 3)
    >>> cubic([1.0, 3.0], [1.0, 1.0]), cubic([1.0, 3.0], [1.0, 1.0], weight=[3, 1])
    (Tensor(4.0, float32), Tensor(2.0, float32))
    """

    function: Callable[..., Tensor]

    @cached_property
    def name(self) -> str:
        """The function's name."""
        return str(getattr(self.function, "__name__", type(self.function).__name__))

    def each(self, prediction: TensorLike, target: TensorLike) -> Tensor:
        """Give the function's value for each row; a single number holds for every row."""
        prediction = as_tensor(prediction)
        value = self._value(prediction, as_tensor(target))
        rows = by_row(prediction) if prediction.ndim else prediction
        return value if value.ndim else broadcast_like(value, rows)

    def __call__(
        self, prediction: TensorLike, target: TensorLike, weight: TensorLike | None = None
    ) -> Tensor:
        """Give the mean over the rows, or the one number that the function gives."""
        prediction, target = as_tensor(prediction), as_tensor(target)
        if weight is None:
            return mean(self._value(prediction, target))
        if not self._takes_weights:
            self._refuse_one_number(self._value(prediction, target))
            return super().__call__(prediction, target, weight)
        value = self._value(prediction, target, as_tensor(weight))
        if value.ndim:
            raise ShapeError(
                f"the loss {self.name} takes weights and gives a number for each row",
                got=f"shape {value.shape}", wanted="one number, in which the rows are weighed",
                mend="end it with (rows * weight).sum() / weight.sum(), or take no weights",
            )  # fmt: skip
        return value

    @property
    def _takes_weights(self) -> bool:
        """Whether a third argument is called `weight`, or must be given."""
        try:
            _, _, third, *_ = inspect.signature(self.function).parameters.values()
        except (TypeError, ValueError):
            return False
        positional = third.kind is third.POSITIONAL_OR_KEYWORD
        return positional and (third.name == "weight" or third.default is third.empty)

    def _refuse_one_number(self, value: Tensor) -> None:
        if not value.ndim:
            raise ArgumentError(
                f"the loss {self.name} gives one number, in which rows can no longer be weighed",
                wanted="one number for each row, or a function that takes the weights",
                mend="end it with .mean(axis=1), or take them, loss(prediction, target, weight)",
            )  # fmt: skip

    def _value(self, prediction: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
        weights = (weight,) if self._takes_weights else ()
        value = self.function(prediction, target, *weights)
        if not isinstance(value, Tensor):
            raise ArgumentTypeError(
                f"the loss {self.name} gave something that is not a tensor",
                got=type(value).__name__, wanted="one number, or one for each row",
                mend="compute it with pellucid's functions, such as pel.log",
            )  # fmt: skip
        _refuse_broadcast(value, prediction, target, self.name)
        if weight is not None:
            _refuse_broadcast(value, prediction, weight, f"the weights in {self.name}")
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
