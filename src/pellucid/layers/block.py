"""Blocks: layers joined in other ways than one after another."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, final

from pellucid.arguments import whole_number
from pellucid.errors import ArgumentTypeError, ShapeError
from pellucid.graph.tensor import Tensor
from pellucid.layers.inputs import shown_shape
from pellucid.layers.module import Module
from pellucid.ops.view import concatenate
from pellucid.shapes import agreed

__all__ = ["Parallel", "Residual"]


def _modules(given: Any, what: str, example: str) -> tuple[Module, ...]:
    """Check a list of modules; one module is a list of one."""
    several = (given,) if isinstance(given, Module) or not isinstance(given, Sequence) else given
    wrong = [one for one in several if not isinstance(one, Module)]
    if wrong or not several:
        raise ArgumentTypeError(
            f"{what} takes a list of layers", got=repr(wrong[0]) if wrong else "an empty list",
            mend=f"write {example}",
        )  # fmt: skip
    return tuple(several)


@final
class Residual(Module):
    """Add the input to what some layers make of it, so that they learn the difference.

    Formula: y = P(x) + f(x), where f is the layers one after another, and P(x) = x without a
    `projection`.

    Source: He, Zhang, Ren and Sun, "Deep residual learning for image recognition", 2016.

    Parameters
    ----------
    layers : one after another
    projection : a layer that brings x to the shape of f(x), such as ``nn.Conv2d(64, 1, stride=2)``

    Raises
    ------
    ShapeError : when the two shapes differ

    Examples
    --------
    >>> from pellucid import nn
    >>> block = nn.Residual([nn.Linear(3, activation="relu"), nn.Linear(2, weight_init="zeros",
    ...                                                                bias=False)])
    >>> block([[1.0, 2.0]])
    Tensor([[1. 2.]], float32)
    """

    def __init__(
        self, layers: Sequence[Module] | Module, *, projection: Module | None = None
    ) -> None:
        self.layers = _modules(layers, "Residual", "nn.Residual([nn.Linear(8), nn.ReLU()])")
        if not isinstance(projection, (Module, type(None))):
            raise ArgumentTypeError(
                "the projection of a Residual is a layer", got=repr(projection),
                mend="write projection=nn.Linear(8), or nn.Conv2d(64, 1)",
            )  # fmt: skip
        self.projection = projection

    def forward(self, x: Tensor) -> Tensor:
        """Add the two."""
        y = functools.reduce(lambda value, layer: layer(value), self.layers, x)
        way = x if self.projection is None else self.projection(x)
        if agreed([way.shape, y.shape]) is None:
            raise ShapeError(
                "the input cannot be added to what the layers make of it: the shapes differ",
                got=f"{shown_shape(way.shape)} and {shown_shape(y.shape)}", wanted="equal shapes",
                mend="let the layers keep the shape, or write projection=nn.Linear(units), or "
                "nn.Conv2d(channels, 1, stride=…)",
            )  # fmt: skip
        return way + y


@final
class Parallel(Module):
    """Give the same input to several branches, and join their results along an axis.

    Formula: y = [f₁(x), f₂(x), …].

    Source: Szegedy and others, "Going deeper with convolutions", 2015, figure 2.

    Parameters
    ----------
    branches : a layer or a network each; ``nn.Sequential([…])`` makes one of several layers
    axis : along which they are joined; 1 is that of columns, and of channels

    Examples
    --------
    >>> from pellucid import nn
    >>> both = nn.Parallel([nn.Identity(), nn.Linear(3)])
    >>> both([[1.0, 2.0]]).shape
    (1, 5)
    """

    def __init__(self, branches: Sequence[Module], *, axis: int = 1) -> None:
        self.branches = _modules(branches, "Parallel", "nn.Parallel([nn.Linear(8), nn.Identity()])")
        self.axis = whole_number(axis, "axis", at_least=None)

    def forward(self, x: Tensor) -> Tensor:
        """Join what the branches give."""
        return concatenate([branch(x) for branch in self.branches], self.axis)
