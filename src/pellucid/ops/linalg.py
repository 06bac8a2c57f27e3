"""Sums of products: the matrix product, from which the others are made."""

from __future__ import annotations

from typing import Any

import numpy as np

from pellucid.errors import DTypeError, ShapeError
from pellucid.graph.op import Contract, Op, Spec, register, stretched
from pellucid.graph.tensor import METHODS, Tensor, TensorLike, apply
from pellucid.ops.elementwise import promoted
from pellucid.ops.reduce import sum_like
from pellucid.ops.view import expand_dims, squeeze, transpose
from pellucid.shapes import broadcast

__all__ = ["matmul"]


def _rule(x: Spec, y: Spec) -> Spec:
    inner = x.shape[-1], y.shape[-2]
    if None not in inner and inner[0] != inner[1]:
        raise ShapeError(
            "matmul: the inner extents differ", got=f"{x.shape} @ {y.shape}",
            wanted=f"{inner[0]} rows on the right", mend=_mend(x, y),
        )  # fmt: skip
    batch = broadcast([x.shape[:-2], y.shape[:-2]], f"the leading axes of {x.shape} @ {y.shape}")
    return Spec((*batch, x.shape[-2], y.shape[-1]), x.dtype)


def _mend(x: Spec, y: Spec) -> str:
    if x.shape[-1] == y.shape[-1]:
        return "write x @ y.T"
    if x.shape[-2] == y.shape[-2]:
        return "write x.T @ y"
    return "check which of the two has the wrong number of columns or rows"


def _element(b: Any, index: tuple[Any, ...], x: Any, y: Any) -> Any:
    *batch, i, j = index
    left, right = (stretched(tuple(batch), z.spec.shape[:-2]) for z in (x, y))

    def step(k: Any, total: Any) -> Any:
        return total + x[(*left, i, k)] * y[(*right, k, j)]

    return b.fold(x.spec.shape[-1], b.constant(0, x.spec.dtype), step)


def _swapped(x: Tensor) -> Tensor:
    return transpose(x, (*range(x.ndim - 2), x.ndim - 1, x.ndim - 2))


MATMUL: Op = register(
    Op(
        "matmul",
        _rule,
        lambda xp, x, y: xp.matmul(x, y),
        Contract(_element),
        "{0} {1}",
        (
            lambda g, z, x, y: sum_like(apply(MATMUL, g, _swapped(y)), x),
            lambda g, z, x, y: sum_like(apply(MATMUL, _swapped(x), g), y),
        ),
    )
)


def matmul(x: TensorLike, y: TensorLike) -> Tensor:
    """Multiply matrices, zᵢⱼ = Σₖ xᵢₖ yₖⱼ; leading axes are a batch, a vector is a row or a column.

    Shapes: (…, m, k) and (…, k, n) give (…, m, n).

    Raises
    ------
    ShapeError : when the inner extents differ, or an operand is a scalar

    >>> import pellucid as pel
    >>> pel.matmul([[1, 2], [3, 4]], [1, 1])
    Tensor([3 7], int64)
    """
    x, y = promoted("multiply", "matmul", [x, y])
    if not x.ndim or not y.ndim:
        raise ShapeError(
            "matmul: an operand is a scalar", got=f"{x.shape} @ {y.shape}", mend="write x * y"
        )
    if x.dtype == np.dtype(bool):
        raise DTypeError("matmul of truth values", got="bool", mend="write x.astype('int64')")
    row, column = x.ndim == 1, y.ndim == 1
    if not row and not column:
        return apply(MATMUL, x, y)
    x = expand_dims(x, 0) if row else x
    y = expand_dims(y, 1) if column else y
    return squeeze(apply(MATMUL, x, y), [-2] * row + [-1] * column)


METHODS["matmul"] = matmul
