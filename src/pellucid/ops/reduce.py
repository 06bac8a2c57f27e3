"""Operations that fold one or more axes into one value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from pellucid.errors import ArgumentError, DTypeError, ShapeError
from pellucid.graph.op import Op, Reduce, Spec, Vjp, register
from pellucid.graph.tensor import METHODS, Tensor, TensorLike, apply, as_tensor
from pellucid.ops.elementwise import cast
from pellucid.ops.view import broadcast_like, count, expand_dims
from pellucid.shapes import integers, normalise_axes, reduced, summed_axes

__all__ = ["argmax", "argmin", "max", "mean", "min", "sum", "sum_like"]

Axes = tuple[int, ...]


def _rule(name: str, result: Any = None, *, empty: bool = True) -> Callable[..., Spec]:
    def rule(x: Spec, *, axes: Axes, keepdims: bool) -> Spec:
        if not empty and any(x.shape[axis] == 0 for axis in axes):
            raise ShapeError(
                f"{name} of no elements", got=f"shape {x.shape}, axes {axes}",
                mend="check that the data are not empty",
            )  # fmt: skip
        return Spec(reduced(x.shape, axes, keepdims), np.dtype(result or x.dtype))

    return rule


def _spread(g: Tensor, x: Tensor, axes: Axes, keepdims: bool) -> Tensor:
    """Bring a reduced tensor back to the rank of `x`, so that it broadcasts over it."""
    return g if keepdims or not axes else expand_dims(g, axes)


def _declare(
    name: str,
    body: Reduce,
    formula: str,
    vjp: Vjp | None,
    result: Any = None,
    *,
    empty: bool = True,
) -> Op:
    def array(xp: Any, x: Any, axes: Axes, keepdims: bool) -> Any:
        if result is not None:
            return getattr(x, name)(axis=axes[0], keepdims=keepdims).astype(result)
        kind = {"dtype": x.dtype} if name == "sum" else {}
        return getattr(x, name)(axis=axes, keepdims=keepdims, **kind)

    return register(Op(name, _rule(name, result, empty=empty), array, body, formula, (vjp,)))


def _extreme_vjp(g: Tensor, y: Tensor, x: Tensor, *, axes: Axes, keepdims: bool) -> Tensor:
    """Elements that tie for the extreme share the gradient equally."""
    share = cast(x == _spread(y, x, axes, keepdims), g.dtype)
    return _spread(g, x, axes, keepdims) / sum(share, axes, keepdims=True) * share


def _beats(sign: int) -> Callable[..., Any]:
    """Of two (value, position) pairs keep the better one, the first at a tie; not-a-number wins."""

    def combine(b: Any, a: Any, c: Any) -> Any:
        better = (c[0] > a[0]) if sign > 0 else (c[0] < a[0])
        found = (c[0] != c[0]) & (a[0] == a[0])
        later = (better | found) | (a[1] < 0)
        return b.where(later, c[0], a[0]), b.where(later, c[1], a[1])

    return combine


def _position_body(sign: int) -> Reduce:
    return Reduce(
        identity=lambda b, dtype: (b.constant(0, dtype), b.constant(-1, "int64")),
        lift=lambda b, x, k: (x, b.astype(k, "int64")),
        combine=_beats(sign),
        finish=lambda b, a: a[1],
    )


SUM: Op = _declare(
    "sum",
    Reduce(lambda b, dtype: b.constant(0, dtype), lambda b, a, c: a + c),
    r"\sum {0}",
    lambda g, y, x, axes, keepdims: broadcast_like(_spread(g, x, axes, keepdims), x),
)
MAX: Op = _declare(
    "max",
    Reduce(lambda b, dtype: b.constant(_least(dtype), dtype), lambda b, a, c: b.maximum(a, c)),
    r"\max {0}",
    _extreme_vjp,
    empty=False,
)
MIN: Op = _declare(
    "min",
    Reduce(lambda b, dtype: b.constant(_greatest(dtype), dtype), lambda b, a, c: b.minimum(a, c)),
    r"\min {0}",
    _extreme_vjp,
    empty=False,
)
ARGMAX: Op = _declare("argmax", _position_body(+1), r"\arg\max {0}", None, np.int64, empty=False)
ARGMIN: Op = _declare("argmin", _position_body(-1), r"\arg\min {0}", None, np.int64, empty=False)


def _least(dtype: np.dtype[Any]) -> float | int | bool:
    if dtype.kind == "f":
        return -np.inf
    return False if dtype.kind == "b" else int(np.iinfo(dtype).min)


def _greatest(dtype: np.dtype[Any]) -> float | int | bool:
    if dtype.kind == "f":
        return np.inf
    return True if dtype.kind == "b" else int(np.iinfo(dtype).max)


def _call(op: Op, x: Tensor, axis: int | Sequence[int] | None, keepdims: bool) -> Tensor:
    axes = normalise_axes(axis, x.ndim, op.name)
    return apply(op, x, axes=axes, keepdims=keepdims)


def sum(  # noqa: A001
    x: TensorLike, axis: int | Sequence[int] | None = None, *, keepdims: bool = False
) -> Tensor:
    """Add up the elements along `axis` (all by default); small integers are counted in 64 bits.

    >>> import pellucid as pel
    >>> pel.sum([[1, 2], [3, 4]], axis=0)
    Tensor([4 6], int64)
    """
    x = as_tensor(x)
    if x.dtype.kind in "iub" and x.dtype.itemsize < 8:
        x = cast(x, np.uint64 if x.dtype.kind == "u" else np.int64)
    return _call(SUM, x, axis, keepdims)


def mean(
    x: TensorLike, axis: int | Sequence[int] | None = None, *, keepdims: bool = False
) -> Tensor:
    """Average the elements along `axis` (all by default); integers become floating.

    >>> import pellucid as pel
    >>> pel.mean([[1, 2], [3, 4]], axis=0)
    Tensor([2. 3.], float64)
    """
    x = as_tensor(x)
    if x.dtype.kind != "f":
        x = cast(x, np.float64)
    return sum(x, axis, keepdims=keepdims) / cast(count(x, axis), x.dtype)


def max(  # noqa: A001
    x: TensorLike, axis: int | Sequence[int] | None = None, *, keepdims: bool = False
) -> Tensor:
    """Take the greatest element along `axis`; a not-a-number wins; ties share the gradient.

    >>> import pellucid as pel
    >>> pel.max([[1.0, 5.0], [7.0, 2.0]], axis=1)
    Tensor([5. 7.], float32)
    """
    return _call(MAX, as_tensor(x), axis, keepdims)


def min(  # noqa: A001
    x: TensorLike, axis: int | Sequence[int] | None = None, *, keepdims: bool = False
) -> Tensor:
    """Take the least element along `axis`; a not-a-number wins; ties share the gradient.

    >>> import pellucid as pel
    >>> pel.min([[1.0, 5.0], [7.0, 2.0]], axis=1)
    Tensor([1. 2.], float32)
    """
    return _call(MIN, as_tensor(x), axis, keepdims)


def argmax(x: TensorLike, axis: int = -1, *, keepdims: bool = False) -> Tensor:
    """Give the position of the greatest element along `axis`, the first at a tie.

    >>> import pellucid as pel
    >>> pel.argmax([[1.0, 5.0], [7.0, 2.0]])
    Tensor([1 0], int64)
    """
    return _call(ARGMAX, _ordered(x, axis, "argmax"), axis, keepdims)


def argmin(x: TensorLike, axis: int = -1, *, keepdims: bool = False) -> Tensor:
    """Give the position of the least element along `axis`, the first at a tie.

    >>> import pellucid as pel
    >>> pel.argmin([[1.0, 5.0], [7.0, 2.0]])
    Tensor([0 1], int64)
    """
    return _call(ARGMIN, _ordered(x, axis, "argmin"), axis, keepdims)


def _ordered(x: TensorLike, axis: int, name: str) -> Tensor:
    x = as_tensor(x)
    if axis is None or len(integers(axis, name, "axis")) != 1:
        raise ArgumentError(
            f"{name}: a position is counted along one axis", got=f"axis={axis}",
            mend=f"write x.reshape(-1).{name}() to count through all elements",
        )  # fmt: skip
    if not x.ndim:
        raise ShapeError(f"{name} of a scalar", got="shape ()", mend="give at least one dimension")
    if x.dtype.kind == "b":
        raise DTypeError(f"{name} of truth values", got="bool", mend="write x.astype('int64')")
    return x


def sum_like(x: TensorLike, like: TensorLike) -> Tensor:
    """Undo a broadcast: sum over the axes along which `like` would be stretched to reach `x`.

    >>> import pellucid as pel
    >>> pel.sum_like([[1, 2], [3, 4]], [0, 0])
    Tensor([4 6], int64)
    """
    x, like = as_tensor(x), as_tensor(like)
    lead, stretch = summed_axes(x.shape, like.shape)
    if stretch:
        x = sum(x, stretch, keepdims=True)
    return sum(x, lead) if lead else x


METHODS.update(
    {function.__name__: function for function in (argmax, max, mean, min, sum, sum_like)}
)
