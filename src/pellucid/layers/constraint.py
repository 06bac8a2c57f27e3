"""Constraints on weights, which an optimizer keeps after every step."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import field
from typing import Any, final

from pellucid.arguments import Declaration, ranged, register, whole_number
from pellucid.errors import ArgumentError, ArgumentTypeError
from pellucid.graph.tensor import Tensor
from pellucid.ops.elementwise import maximum, relu, sqrt

__all__ = ["CONSTRAINTS", "Constraint", "MaxNorm", "NonNegative", "constrained"]

CONSTRAINTS: dict[str, type[Constraint]] = {}


class Constraint(Declaration, ABC):
    """Turns a new weight into the nearest one that is allowed; subclass it, as a frozen data class.

    Examples
    --------
    >>> import pellucid as pel
    >>> from pellucid import nn
    >>> class Centred(nn.Constraint):
    ...     def __call__(self, weight):
    ...         return weight - weight.mean()
    >>> Centred()(pel.tensor([1.0, 3.0]))
    Tensor([-1.  1.], float32)
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        register(CONSTRAINTS, cls)

    @abstractmethod
    def __call__(self, weight: Tensor) -> Tensor:
        """Give the weight that is put in place of `weight`."""


@final
class MaxNorm(Constraint):
    """Shrink the incoming weights of each unit to a Euclidean norm of at most `limit`.

    Formula: wᵤ · min(1, limit / ‖wᵤ‖), where wᵤ is all that belongs to unit u. A unit is a row of
    the weight of ``Linear`` and ``Embedding``, a kernel of ``Conv``: `axis` counts the units, the
    first by default. For ``ConvTranspose`` write ``axis=1``.

    Source: Srebro and Shraibman, "Rank, trace-norm and max-norm", 2005; used with dropout by
    Srivastava and others, 2014.

    >>> import pellucid as pel
    >>> from pellucid import nn
    >>> nn.MaxNorm(1.0)(pel.tensor([[3.0, 4.0], [0.3, 0.4]]))
    Tensor([[0.6 0.8]
     [0.3 0.4]], float32)
    """

    limit: float = ranged(3.0, above=0)
    axis: int = field(default=0, metadata={"check": whole_number})

    def __call__(self, weight: Tensor) -> Tensor:
        """Shrink what is too long."""
        if self.axis >= weight.ndim:
            raise ArgumentError(
                "MaxNorm: the weight does not have the axis that is to count its units",
                got=f"axis={self.axis} for shape {weight.shape}", mend="write axis=0",
            )  # fmt: skip
        others = [axis for axis in range(weight.ndim) if axis != self.axis]
        norm = sqrt((weight * weight).sum(others, keepdims=True))
        return weight * (self.limit / maximum(norm, self.limit))


@final
class NonNegative(Constraint):
    """Put zero in place of every weight below zero.

    >>> import pellucid as pel
    >>> from pellucid import nn
    >>> nn.NonNegative()(pel.tensor([1.0, -3.0]))
    Tensor([1. 0.], float32)
    """

    def __call__(self, weight: Tensor) -> Tensor:
        """Cut off what is below zero."""
        return relu(weight)


def constrained(value: object) -> Constraint | None:
    """Check an argument ``constraint=``.

    >>> constrained(3.0)
    Traceback (most recent call last):
        ...
    pellucid.errors.ArgumentTypeError: this is no constraint
      got     constraint=3.0
      wanted  nn.MaxNorm, nn.NonNegative, or a subclass of nn.Constraint
      mend    write constraint=nn.MaxNorm(3.0)
    """
    if value is None or isinstance(value, Constraint):
        return value
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    raise ArgumentTypeError(
        "this is no constraint", got=f"constraint={value!r}",
        wanted="nn.MaxNorm, nn.NonNegative, or a subclass of nn.Constraint",
        mend=f"write constraint=nn.MaxNorm({value if number else 3.0})",
    )  # fmt: skip
