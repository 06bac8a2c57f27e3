"""What layers ask of their inputs: rank, channels and floating numbers, or an error that mends."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pellucid.errors import ShapeError
from pellucid.graph.op import Spec
from pellucid.graph.tensor import Tensor
from pellucid.graph.variable import Variable
from pellucid.ops.elementwise import cast
from pellucid.shapes import Shape

__all__ = [
    "channels_last", "check_channels", "check_fit", "check_layout", "floating", "row_size",
    "shown_shape",
]  # fmt: skip

LAYOUTS = {
    1: "sequences come as (N, C, L): rows, channels, length",
    2: "images come as (N, C, H, W): rows, channels, height, width",
}


def floating(x: Tensor, like: Variable) -> Tensor:
    """Turn integers and truth values into the dtype of a weight; floating numbers stay."""
    return x if x.dtype.kind == "f" else cast(x, like.dtype)


def shown_shape(shape: Shape) -> str:
    """Write a shape with n for extents that are not known."""
    return str(shape).replace("None", "n")


def row_size(shape: Shape, what: str) -> int:
    """Count the elements of one example."""
    extents = [extent for extent in shape[1:] if extent is not None]
    if not extents or len(extents) != len(shape) - 1:
        raise ShapeError(
            f"{what} needs to know how much belongs to one example", got=f"shape {shape}",
            wanted="(examples, …) with known extents after the first",
            mend="give the first dimension to the examples: x.reshape(1, -1) is one example",
        )  # fmt: skip
    return math.prod(extents)


def check_layout(x: Spec, rank: int) -> None:
    """Check that `x` has rows, channels, and `rank` axes of space.

    >>> import numpy as np
    >>> check_layout(Spec((60, 28, 28), np.dtype("float32")), 2)
    Traceback (most recent call last):
        ...
    pellucid.errors.ShapeError: images come as (N, C, H, W): rows, channels, height, width
      got     shape (60, 28, 28)
      wanted  4 dimensions
      mend    write x[:, None] for grey images, x[None] for a single image
    """
    if len(x.shape) == rank + 2:
        return
    raise ShapeError(
        LAYOUTS[rank], got=f"shape {shown_shape(x.shape)}", wanted=f"{rank + 2} dimensions",
        mend=_layout_mend(len(x.shape), rank),
    )  # fmt: skip


def _layout_mend(given: int, rank: int) -> str:
    if given == rank + 1:
        kind, one = ("sequences", "sequence") if rank == 1 else ("grey images", "image")
        return f"write x[:, None] for {kind}, x[None] for a single {one}"
    if given > rank + 2:
        return "take the layer whose name ends in 2d" if given == 4 else "join axes with nn.Reshape"
    extents = "1, 28, 28" if rank == 2 else "1, 100"
    return f"put nn.Reshape({extents}), with the extents of a row, before this layer"


def channels_last(shape: Shape) -> bool:
    """Tell whether these are probably images whose channels stand last: square, grey or coloured.

    >>> channels_last((60, 28, 28, 3)), channels_last((60, 3, 28, 28)), channels_last((9, 8, 4, 4))
    (True, False, False)
    """
    channels, *space = shape[1:]
    square = len(space) == 2 and channels == space[0] and (channels or 0) > 4
    return square and space[1] in (1, 3, 4)


def check_fit(
    shape: Shape, kernel: Sequence[int], dilation: Sequence[int], padding: Sequence[Sequence[int]]
) -> None:
    """Check that a window fits on what it slides over, as far as that is known."""
    reach = tuple(d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True))
    extents = [None if n is None else n + sum(p) for n, p in zip(shape[2:], padding, strict=True)]
    if all(n is None or r <= n for r, n in zip(reach, extents, strict=True)):
        return
    raise ShapeError(
        "the kernel is larger than the padded input that it slides over",
        got=f"kernel {reach}, padded input {shown_shape(tuple(extents))}, "
        f"from shape {shown_shape(shape)}",
        wanted="a kernel that fits", mend="the channels stand last: write x.transpose(0, 3, 1, 2)"
        if channels_last(shape)
        else "make the kernel smaller, pad more, or leave a pooling layer before it out",
    )  # fmt: skip


def check_channels(x: Spec, channels: int) -> None:
    """Check that `x` has as many channels as the layer was made for."""
    if x.shape[1] in (channels, None):
        return
    last = len(x.shape) == 4 and x.shape[-1] == channels
    raise ShapeError(
        f"the input does not have the {channels} channels that this layer was made for",
        got=f"shape {shown_shape(x.shape)}",
        wanted=f"{channels} at axis 1",
        mend="the channels stand last: write x.transpose(0, 3, 1, 2)" if last
        else f"give {channels} channels, or make a new network for other data",
    )  # fmt: skip
