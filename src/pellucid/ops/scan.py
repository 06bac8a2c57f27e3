"""Operations whose element depends on all before it along an axis: running sums and ranks."""

from __future__ import annotations

from typing import Any

import numpy as np

from pellucid.errors import DTypeError
from pellucid.graph.op import Gather, Op, Spec, register
from pellucid.graph.tensor import Tensor, TensorLike, apply, as_tensor
from pellucid.ops.elementwise import cast
from pellucid.ops.view import slices
from pellucid.shapes import normalise_axes

__all__ = ["cumsum", "flip", "ranks"]

Index = tuple[Any, ...]


def flip(x: TensorLike, axis: Any = None) -> Tensor:
    """Reverse the order along `axis` (along all axes by default).

    >>> import pellucid as pel
    >>> pel.flip([[1, 2], [3, 4]], axis=1)
    Tensor([[2 1]
     [4 3]], int64)
    """
    x = as_tensor(x)
    axes = normalise_axes(axis, x.ndim, "flip")
    return slices(x, [(None, None, -1 if i in axes else 1) for i in range(x.ndim)])


def _along(b: Any, index: Index, x: Any, axis: int, start: Any, step: Any) -> Any:
    """Fold ``step(k, the k-th element along the axis, so far)``."""
    return b.fold(
        x.spec.shape[axis], start,
        lambda k, so_far: step(k, x[(*index[:axis], k, *index[axis + 1 :])], so_far),
    )  # fmt: skip


def _cumsum_element(b: Any, index: Index, x: Any, *, axis: int) -> Any:
    zero = b.constant(0, x.spec.dtype)
    return _along(
        b, index, x, axis, zero,
        lambda k, one, total: total + b.where(k <= index[axis], one, zero),
    )  # fmt: skip


CUMSUM: Op = register(
    Op(
        "cumsum",
        lambda x, axis: x,
        lambda xp, x, axis: xp.cumsum(x, axis=axis, dtype=x.dtype),
        Gather(_cumsum_element),
        r"\sum_{{j \leq i}} {0}_j",
        (lambda g, y, x, axis: flip(apply(CUMSUM, flip(g, axis), axis=axis), axis),),
    )
)


def cumsum(x: TensorLike, axis: int = -1) -> Tensor:
    """Add up along `axis`: each element is the sum of those up to it; integers count in 64 bits.

    >>> import pellucid as pel
    >>> pel.cumsum([1, 2, 3])
    Tensor([1 3 6], int64)
    """
    x = as_tensor(x)
    (place,) = normalise_axes(int(axis), x.ndim, "cumsum")
    if x.dtype.kind in "iub" and x.dtype.itemsize < 8:
        x = cast(x, np.uint64 if x.dtype.kind == "u" else np.int64)
    return apply(CUMSUM, x, axis=place)


def _ranks_element(b: Any, index: Index, x: Any, *, axis: int) -> Any:
    """Count those that come before: smaller, or equal and earlier; not-a-number comes last."""
    mine = x[index]
    one, zero = b.constant(1, "int64"), b.constant(0, "int64")

    def step(k: Any, other: Any, total: Any) -> Any:
        nan, other_nan = mine != mine, other != other
        tie = (other == mine) | (nan & other_nan)
        before = (other < mine) | (nan & (other == other)) | (tie & (k < index[axis]))
        return total + b.where(before, one, zero)

    return _along(b, index, x, axis, zero, step)


def _ranks_array(xp: Any, x: Any, *, axis: int) -> Any:
    order = xp.argsort(x, axis=axis, stable=True)
    return xp.argsort(order, axis=axis, stable=True).astype("int64")


RANKS: Op = register(
    Op(
        "ranks",
        lambda x, axis: Spec(x.shape, np.dtype(np.int64)),
        _ranks_array,
        Gather(_ranks_element),
        r"\operatorname{{rank}} {0}",
    )
)


def ranks(x: TensorLike, axis: int = -1) -> Tensor:
    """Give the place of each element in the sorted order along `axis`, from 0.

    Equal elements keep their order, and not-a-number counts as the greatest.

    >>> from pellucid.ops import ranks
    >>> ranks([30.0, 10.0, 20.0])
    Tensor([2 0 1], int64)
    """
    x = as_tensor(x)
    if not x.ndim:
        raise DTypeError("ranks of a scalar", got="shape ()", mend="give at least one dimension")
    (place,) = normalise_axes(int(axis), x.ndim, "ranks")
    return apply(RANKS, x, axis=place)
