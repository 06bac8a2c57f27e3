"""Penalties on the size of weights, which training adds to the loss."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, final

from pellucid.arguments import Declaration, ranged, register
from pellucid.errors import ArgumentTypeError
from pellucid.graph.tensor import Tensor

__all__ = ["L1", "L1L2", "L2", "PENALTIES", "Penalty", "penalised"]

PENALTIES: dict[str, type[Penalty]] = {}


class Penalty(Declaration, ABC):
    """Turns a weight into a number that is to be small; subclass it, as a frozen data class.

    Examples
    --------
    >>> import pellucid as pel
    >>> from pellucid import nn
    >>> class Spread(nn.Penalty):
    ...     def __call__(self, weight):
    ...         return ((weight - weight.mean()) * (weight - weight.mean())).sum()
    >>> Spread()(pel.tensor([1.0, 3.0]))
    Tensor(2.0, float32)
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        register(PENALTIES, cls)

    @abstractmethod
    def __call__(self, weight: Tensor) -> Tensor:
        """Give the penalty of a weight, a scalar."""


@final
class L1(Penalty):
    """rate · Σ |w|, which drives weights to exactly zero (the lasso).

    Source: Tibshirani, "Regression shrinkage and selection via the lasso", 1996.

    >>> import pellucid as pel
    >>> from pellucid import nn
    >>> nn.L1(0.5)(pel.tensor([1.0, -3.0]))
    Tensor(2.0, float32)
    """

    rate: float = ranged(0.01, low=0)

    def __call__(self, weight: Tensor) -> Tensor:
        """Give rate · Σ |w|."""
        return self.rate * abs(weight).sum()


@final
class L2(Penalty):
    """rate · Σ w², which keeps weights small (ridge regression, weight decay).

    Its gradient is 2 · rate · w: ``weight_decay=d`` of SGD is ``nn.L2(d / 2)``.

    Source: Hoerl and Kennard, "Ridge regression", 1970.

    >>> import pellucid as pel
    >>> from pellucid import nn
    >>> nn.L2(0.5)(pel.tensor([1.0, -3.0]))
    Tensor(5.0, float32)
    """

    rate: float = ranged(0.01, low=0)

    def __call__(self, weight: Tensor) -> Tensor:
        """Give rate · Σ w²."""
        return self.rate * (weight * weight).sum()


@final
class L1L2(Penalty):
    """l1 · Σ |w| + l2 · Σ w² (the elastic net).

    Source: Zou and Hastie, "Regularization and variable selection via the elastic net", 2005.

    >>> import pellucid as pel
    >>> from pellucid import nn
    >>> nn.L1L2(0.5, 0.5)(pel.tensor([1.0, -3.0]))
    Tensor(7.0, float32)
    """

    l1: float = ranged(0.01, low=0)
    l2: float = ranged(0.01, low=0)

    def __call__(self, weight: Tensor) -> Tensor:
        """Give both sums."""
        return L1(self.l1)(weight) + L2(self.l2)(weight)


def penalised(value: object) -> Penalty | None:
    """Check an argument ``penalty=``.

    >>> penalised(0.01)
    Traceback (most recent call last):
        ...
    pellucid.errors.ArgumentTypeError: this is no penalty
      got     penalty=0.01
      wanted  nn.L1, nn.L2, nn.L1L2, or a subclass of nn.Penalty
      mend    write penalty=nn.L2(0.01)
    """
    if value is None or isinstance(value, Penalty):
        return value
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    raise ArgumentTypeError(
        "this is no penalty", got=f"penalty={value!r}",
        wanted="nn.L1, nn.L2, nn.L1L2, or a subclass of nn.Penalty",
        mend=f"write penalty=nn.L2({value if number else 0.0001})",
    )  # fmt: skip
