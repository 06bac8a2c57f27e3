"""From images, or anything of many dimensions, to rows, and back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import final

from pellucid.errors import ArgumentError, ShapeError
from pellucid.graph.tensor import Tensor
from pellucid.layers.inputs import row_size, shown_shape
from pellucid.layers.module import Module
from pellucid.shapes import integers

__all__ = ["Flatten", "Reshape"]


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
        columns = row_size(x.shape, "Flatten")
        return x.reshape(-1 if x.shape[0] is None else x.shape[0], columns)


@final
class Reshape(Module):
    """Arrange what belongs to one example in another shape, in row-major order.

    Shapes: x (n, …), y (n, shape…).

    Parameters
    ----------
    shape : the extents of one example; one of them may be −1, and is worked out

    Raises
    ------
    ShapeError : when an example has another number of elements, or an unknown one

    Examples
    --------
    >>> import numpy as np
    >>> from pellucid import nn
    >>> nn.Reshape(1, 28, 28)(np.zeros((5, 784))).shape
    (5, 1, 28, 28)
    """

    def __init__(self, *shape: int | Sequence[int]) -> None:
        given = shape[0] if len(shape) == 1 else shape
        self.shape = integers(given, "Reshape", "shape")
        if not self.shape or min(self.shape) < -1 or self.shape.count(-1) > 1:
            raise ArgumentError(
                "a shape is made of extents of at least 0, and at most one of them is -1",
                got=f"shape={self.shape}", mend="write nn.Reshape(1, 28, 28), without the rows",
            )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        """Reshape each example."""
        have = row_size(x.shape, "Reshape")
        known = math.prod(extent for extent in self.shape if extent != -1)
        if have % max(known, 1) if -1 in self.shape else have != known:
            raise ShapeError(
                "an example does not have as many elements as the new shape",
                got=f"{have} elements, of shape {shown_shape(x.shape)}",
                wanted=f"{known} elements" + ", or a multiple" * (-1 in self.shape),
                mend="choose extents whose product is that, without the rows",
            )  # fmt: skip
        inferred = have // max(known, 1)
        extents = [inferred if extent == -1 else extent for extent in self.shape]
        return x.reshape(-1 if x.shape[0] is None else x.shape[0], *extents)

    def __repr__(self) -> str:
        return f"Reshape({', '.join(map(str, self.shape))})"
