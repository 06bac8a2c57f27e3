"""From images, or anything of many dimensions, to rows."""

from __future__ import annotations

import math
from typing import final

from pellucid.errors import ShapeError
from pellucid.graph.tensor import Tensor
from pellucid.layers.module import Module

__all__ = ["Flatten"]


@final
class Flatten(Module):
    """Put everything that belongs to one example in one row, in row-major order.

    Shapes: x (n, a, b, …), y (n, a·b·…).

    Raises
    ------
    ShapeError : when an extent other than the first is unknown, or x has no second dimension

    Examples
    --------
    >>> import numpy as np
    >>> from pellucid import nn
    >>> nn.Flatten()(np.zeros((5, 3, 4, 4))).shape
    (5, 48)
    """

    def forward(self, x: Tensor) -> Tensor:
        """Join all axes but the first."""
        extents = [extent for extent in x.shape[1:] if extent is not None]
        if not extents or len(extents) != x.ndim - 1:
            raise ShapeError(
                "Flatten needs to know how much belongs to one example", got=f"shape {x.shape}",
                wanted="(examples, …) with known extents after the first",
                mend="give the first dimension to the examples: x.reshape(1, -1) is one example",
            )  # fmt: skip
        return x.reshape(-1 if x.shape[0] is None else x.shape[0], math.prod(extents))
