"""What a user of NumPy expects of arrays, made of operations: joining, sorting, statistics."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from pellucid.errors import ArgumentError, GraphError
from pellucid.functional.indexing import getitem
from pellucid.graph.tensor import Tensor, TensorLike, apply, as_tensor
from pellucid.ops.elementwise import abs as absolute
from pellucid.ops.elementwise import cast, sqrt, where
from pellucid.ops.index import PUT_ALONG_ADD, take_along
from pellucid.ops.reduce import max as greatest
from pellucid.ops.reduce import mean
from pellucid.ops.reduce import sum as total
from pellucid.ops.scan import cumsum, flip, ranks
from pellucid.ops.view import broadcast_like, concatenate, count, expand_dims, reshape
from pellucid.shapes import integers, normalise_axes

__all__ = [
    "all", "any", "argsort", "clip", "norm", "prod", "sort", "split", "stack", "std", "top_k",
    "var",
]  # fmt: skip

Axis = int | Sequence[int] | None


# --- joining and splitting -----------------------------------------------------------------


def stack(tensors: Sequence[TensorLike], axis: int = 0) -> Tensor:
    """Join tensors of one shape along a new axis.

    >>> import pellucid as pel
    >>> pel.stack([[1, 2], [3, 4]], axis=1)
    Tensor([[1 3]
     [2 4]], int64)
    """
    if not isinstance(tensors, (list, tuple)):
        return concatenate(tensors, axis)  # which says what is wrong
    return concatenate([expand_dims(x, axis) for x in tensors], axis)


def split(x: TensorLike, parts: int | Sequence[int], axis: int = 0) -> list[Tensor]:
    """Cut along an axis: into equal parts, or at the positions given.

    >>> import pellucid as pel
    >>> pel.split([1, 2, 3, 4], [1, 3])
    [Tensor([1], int64), Tensor([2 3], int64), Tensor([4], int64)]
    """
    x = as_tensor(x)
    (place,) = normalise_axes(int(axis), x.ndim, "split")
    extent = x.shape[place]
    if isinstance(parts, (int, np.integer)):
        if extent is None or parts < 1 or extent % parts:
            raise ArgumentError(
                "split: the axis does not fall into equal parts",
                got=f"{parts} parts of an axis of {extent}",
                mend="give the positions to cut at, as in split(x, [2, 5])",
            )
        parts = range(extent // parts, extent, extent // parts)
    cuts = [None, *integers(parts, "split", "parts"), None]
    lead = (slice(None),) * place
    return [getitem(x, (*lead, slice(a, b))) for a, b in itertools.pairwise(cuts)]


# --- order ---------------------------------------------------------------------------------


def argsort(x: TensorLike, axis: int = -1, *, descending: bool = False) -> Tensor:
    """Give the positions that sort `x`; equal elements keep their order.

    Not-a-number counts as the greatest.

    >>> import pellucid as pel
    >>> pel.argsort([30.0, 10.0, 20.0])
    Tensor([1 2 0], int64)
    """
    x = as_tensor(x)
    places = ranks(x, axis)
    (along,) = normalise_axes(int(axis), x.ndim, "argsort")
    if descending:
        places = count(x, along) - 1 - flip(ranks(flip(x, along), along), along)
    numbers = cumsum(broadcast_like(as_tensor(1), places), along) - 1
    return apply(PUT_ALONG_ADD, places, places, numbers, axis=along)


def sort(x: TensorLike, axis: int = -1, *, descending: bool = False) -> Tensor:
    """Bring the elements along `axis` into order; gradients go back to where they came from.

    >>> import pellucid as pel
    >>> pel.sort([30.0, 10.0, 20.0])
    Tensor([10. 20. 30.], float32)
    """
    return take_along(x, argsort(x, axis, descending=descending), axis)


def top_k(x: TensorLike, k: int, axis: int = -1) -> tuple[Tensor, Tensor]:
    """Give the k greatest elements along `axis`, greatest first, and their positions.

    >>> import pellucid as pel
    >>> pel.top_k([30.0, 10.0, 20.0], 2)
    (Tensor([30. 20.], float32), Tensor([0 2], int64))
    """
    x = as_tensor(x)
    (along,) = normalise_axes(int(axis), x.ndim, "top_k")
    extent = x.shape[along]
    if isinstance(k, bool) or not isinstance(k, (int, np.integer)) or not 1 <= k <= (extent or k):
        raise ArgumentError(
            "top_k: k counts elements of the axis", got=f"k={k!r} for shape {x.shape}",
            wanted=f"a whole number from 1 to {extent}", mend="write top_k(x, 1)",
        )  # fmt: skip
    first = getitem(argsort(x, along, descending=True), (*[slice(None)] * along, slice(int(k))))
    return take_along(x, first, along), first


def clip(x: TensorLike, low: TensorLike | None = None, high: TensorLike | None = None) -> Tensor:
    """Keep elements within bounds; gradients flow where nothing was cut, bounds included.

    >>> import pellucid as pel
    >>> pel.clip([-2.0, 0.5, 2.0], 0, 1)
    Tensor([0.  0.5 1. ], float32)
    """
    x = as_tensor(x)
    if low is not None:
        x = where(x < low, low, x)
    return x if high is None else where(x > high, high, x)


# --- folding -------------------------------------------------------------------------------


def any(x: TensorLike, axis: Axis = None, *, keepdims: bool = False) -> Tensor:  # noqa: A001
    """Say whether an element along `axis` is true, or not zero.

    >>> import pellucid as pel
    >>> pel.any([[0, 1], [0, 0]], axis=1)
    Tensor([ True False], bool)
    """
    return total(as_tensor(x) != 0, axis, keepdims=keepdims) > 0


def all(x: TensorLike, axis: Axis = None, *, keepdims: bool = False) -> Tensor:  # noqa: A001
    """Say whether every element along `axis` is true, or not zero.

    >>> import pellucid as pel
    >>> pel.all([[0, 1], [1, 1]], axis=1)
    Tensor([False  True], bool)
    """
    return total(as_tensor(x) == 0, axis, keepdims=keepdims) == 0


def prod(x: TensorLike, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
    """Multiply the elements along `axis` (all by default), pair by pair: exact also at zeros.

    Raises
    ------
    GraphError : when the extent of the axis is not known

    >>> import pellucid as pel
    >>> pel.prod([[1, 2], [3, 4]], axis=0)
    Tensor([3 8], int64)
    """
    x = as_tensor(x)
    if x.dtype.kind in "iub" and x.dtype.itemsize < 8:
        x = cast(x, np.uint64 if x.dtype.kind == "u" else np.int64)
    axes = normalise_axes(axis, x.ndim, "prod")
    for one in axes:
        x = _multiplied(x, one)
    kept = [extent for k, extent in enumerate(x.shape) if k not in axes]
    return x if keepdims or not axes else reshape(x, [-1 if n is None else n for n in kept])


def _multiplied(x: Tensor, axis: int) -> Tensor:
    extent = x.shape[axis]
    if extent is None:
        raise GraphError(
            "prod: the number of factors is not known", got=f"shape {x.shape}, axis {axis}",
            mend="give the placeholder that extent, or write exp(sum(log(x)))",
        )  # fmt: skip
    lead = (slice(None),) * axis
    if extent == 0:
        return total(x, axis, keepdims=True) + 1
    while extent > 1:
        half = extent // 2
        pairs = x[(*lead, slice(half))] * x[(*lead, slice(half, 2 * half))]
        x = concatenate([pairs, x[(*lead, slice(2 * half, None))]], axis) if extent % 2 else pairs
        extent -= half
    return x


def var(
    x: TensorLike, axis: Axis = None, *, correction: float = 0, keepdims: bool = False
) -> Tensor:
    """Give the mean squared distance from the mean; ``correction=1`` divides by n − 1.

    >>> import pellucid as pel
    >>> pel.var([1.0, 3.0]), pel.var([1.0, 3.0], correction=1)
    (Tensor(1.0, float32), Tensor(2.0, float32))
    """
    x = as_tensor(x)
    away = x - mean(x, axis, keepdims=True)
    squares = total(away * away, axis, keepdims=keepdims)
    return squares / cast(count(x, axis) - correction, squares.dtype)


def std(
    x: TensorLike, axis: Axis = None, *, correction: float = 0, keepdims: bool = False
) -> Tensor:
    """Give the standard deviation, the root of :func:`var`.

    >>> import pellucid as pel
    >>> pel.std([1.0, 3.0])
    Tensor(1.0, float32)
    """
    return sqrt(var(x, axis, correction=correction, keepdims=keepdims))


def norm(x: TensorLike, order: float = 2, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
    """Give the length of vectors: order 2 (Euclid), 1 (sum) or infinity (greatest).

    At a vector of zeros the gradient of order 2 is zero.

    >>> import pellucid as pel
    >>> pel.norm([3.0, -4.0]), pel.norm([3.0, -4.0], 1)
    (Tensor(5.0, float32), Tensor(7.0, float32))
    """
    size = absolute(x)
    if order == 1:
        return total(size, axis, keepdims=keepdims)
    if order == np.inf:
        return greatest(size, axis, keepdims=keepdims)
    if order != 2:
        raise ArgumentError(
            "norm: an order that is not offered", got=repr(order), wanted="1, 2 or infinity",
            mend="write pel.sum(abs(x) ** p) ** (1 / p)",
        )  # fmt: skip
    squares = total(size * size, axis, keepdims=keepdims)
    positive = squares > 0
    return where(positive, sqrt(where(positive, squares, 1)), 0)
