"""Operations that only move elements: views of shape and order, slices, broadcasting, joining."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from pellucid.errors import ArgumentError, ArgumentTypeError, ShapeError
from pellucid.graph.op import Gather, Move, Op, Spec, ravelled, register, stretched, unravelled
from pellucid.graph.tensor import METHODS, Tensor, TensorLike, apply, as_tensor
from pellucid.shapes import (
    Shape,
    agreed,
    broadcast,
    integers,
    normalise_axes,
    reduced,
    reshaped,
    size,
    sliced,
)

__all__ = [
    "broadcast_like", "broadcast_to", "concatenate", "count", "expand_dims", "reshape", "slices",
    "squeeze", "transpose",
]  # fmt: skip

Index = tuple[Any, ...]
SMALL = 4096  # elements of an array that NumPy copies sooner than it makes a view of it


# --- the same elements in another shape ----------------------------------------------------


def _reshape_rule(x: Spec, *, shape: tuple[int, ...]) -> Spec:
    return Spec(reshaped(x.shape, shape), x.dtype)


def _reshape_source(
    b: Any, index: Index, shapes: Any, out: Any, **attrs: Any
) -> tuple[Index, None]:
    return unravelled(ravelled(index, out), shapes[0]), None


RESHAPE: Op = register(
    Op(
        "reshape",
        _reshape_rule,
        lambda xp, x, shape: xp.reshape(x, shape),
        Move(_reshape_source),
        r"\operatorname{{reshape}} {0}",
        (lambda g, y, x, shape: apply(RESHAPE_LIKE, g, x),),
    )
)
RESHAPE_LIKE: Op = register(
    Op(
        "reshape_like",
        lambda x, like: Spec(like.shape, x.dtype),
        lambda xp, x, like: xp.reshape(x, like.shape),
        Move(_reshape_source),
        r"\operatorname{{reshape}} {0}",
        (lambda g, y, x, like: apply(RESHAPE_LIKE, g, x), None),
    )
)


def reshape(x: TensorLike, *shape: int | Sequence[int]) -> Tensor:
    """Arrange the elements, in row-major order, in another shape; one extent may be −1.

    >>> import pellucid as pel
    >>> pel.reshape([1, 2, 3, 4], (2, -1))
    Tensor([[1 2]
     [3 4]], int64)
    """
    extents = integers(shape[0] if len(shape) == 1 else shape, "reshape", "shape")
    x = as_tensor(x)
    return x if x.shape == extents else apply(RESHAPE, x, shape=extents)


def _expand_rule(x: Spec, *, axes: tuple[int, ...]) -> Spec:
    extents = iter(x.shape)
    rank = len(x.shape) + len(axes)
    return Spec(tuple(1 if i in axes else next(extents) for i in range(rank)), x.dtype)


def _expand_source(
    b: Any, index: Index, shapes: Any, out: Any, *, axes: tuple[int, ...]
) -> tuple[Index, None]:
    return tuple(i for axis, i in enumerate(index) if axis not in axes), None


EXPAND_DIMS: Op = register(
    Op(
        "expand_dims",
        _expand_rule,
        lambda xp, x, axes: x.reshape(_expand_rule(x, axes=axes).shape),
        Move(_expand_source),
        "{0}",
        (lambda g, y, x, axes: apply(SQUEEZE, g, axes=axes),),
    )
)


def _squeeze_rule(x: Spec, *, axes: tuple[int, ...]) -> Spec:
    if any(x.shape[axis] not in (1, None) for axis in axes):
        raise ShapeError(
            "squeeze: an axis to be taken away has another extent than 1",
            got=f"{x.shape}, axes {axes}",
            mend="reduce that axis, or index it",
        )  # fmt: skip
    return Spec(reduced(x.shape, axes, keepdims=False), x.dtype)


def _squeeze_source(
    b: Any, index: Index, shapes: Any, out: Any, *, axes: tuple[int, ...]
) -> tuple[Index, None]:
    rest = iter(index)
    return tuple(0 if i in axes else next(rest) for i in range(len(shapes[0]))), None


SQUEEZE: Op = register(
    Op(
        "squeeze",
        _squeeze_rule,
        lambda xp, x, axes: xp.squeeze(x, axes),
        Move(_squeeze_source),
        "{0}",
        (lambda g, y, x, axes: apply(EXPAND_DIMS, g, axes=axes),),
    )
)


def expand_dims(x: TensorLike, axis: int | Sequence[int]) -> Tensor:
    """Put in axes of extent 1, at the places `axis` of the result.

    >>> import pellucid as pel
    >>> pel.expand_dims([1, 2], -1).shape
    (2, 1)
    """
    x = as_tensor(x)
    number = len(integers(axis, "expand_dims", "axis"))
    axes = normalise_axes(axis, x.ndim + number, "expand_dims")
    return apply(EXPAND_DIMS, x, axes=axes) if axes else x


def squeeze(x: TensorLike, axis: int | Sequence[int] | None = None) -> Tensor:
    """Take away axes of extent 1 (all of them by default).

    >>> import pellucid as pel
    >>> pel.squeeze([[[1, 2]]]).shape
    (2,)
    """
    x = as_tensor(x)
    ones = [i for i, extent in enumerate(x.shape) if extent == 1] if axis is None else axis
    axes = normalise_axes(ones, x.ndim, "squeeze")
    return apply(SQUEEZE, x, axes=axes) if axes else x


# --- the same elements in another order ----------------------------------------------------


def _transpose_rule(x: Spec, *, axes: tuple[int, ...]) -> Spec:
    return Spec(tuple(x.shape[axis] for axis in axes), x.dtype)


def _transpose_source(
    b: Any, index: Index, shapes: Any, out: Any, *, axes: tuple[int, ...]
) -> tuple[Index, None]:
    return tuple(index[axes.index(i)] for i in range(len(axes))), None


def _transpose_vjp(g: Tensor, y: Tensor, x: Tensor, *, axes: tuple[int, ...]) -> Tensor:
    return apply(TRANSPOSE, g, axes=tuple(axes.index(i) for i in range(len(axes))))


TRANSPOSE: Op = register(
    Op(
        "transpose",
        _transpose_rule,
        lambda xp, x, axes: x.transpose(axes),
        Move(_transpose_source),
        r"{0}^{{\top}}",
        (_transpose_vjp,),
    )
)


def transpose(x: TensorLike, axes: Sequence[int] | None = None) -> Tensor:
    """Permute the axes; by default, reverse their order.

    >>> import pellucid as pel
    >>> pel.transpose([[1, 2, 3]]).shape
    (3, 1)
    """
    x = as_tensor(x)
    straight = tuple(range(x.ndim))
    given = straight[::-1] if axes is None else integers(axes, "transpose", "axes")
    order = tuple([axis % x.ndim if -x.ndim <= axis < x.ndim else axis for axis in given])
    if tuple(sorted(order)) != straight:
        raise ArgumentError(
            "transpose: not a permutation of the axes", got=f"axes={given} for shape {x.shape}",
            wanted=f"each of 0 to {x.ndim - 1} once", mend="leave axes out to reverse them",
        )  # fmt: skip
    return x if order == straight else apply(TRANSPOSE, x, axes=order)


# --- stretching ----------------------------------------------------------------------------


def _check_stretch(shape: Shape, wanted: Shape) -> Shape:
    reached = broadcast([shape, wanted], "broadcast")
    if len(reached) > len(wanted) or any(
        extent not in (None, there) for extent, there in zip(wanted, reached, strict=True)
    ):
        raise ShapeError(
            "broadcast: the shape would shrink", got=f"{shape} to {wanted}",
            mend="sum over the axes that are to go",
        )  # fmt: skip
    return wanted


def _stretch_source(
    b: Any, index: Index, shapes: Any, out: Any, **attrs: Any
) -> tuple[Index, None]:
    return stretched(index, shapes[0]), None


def _stretch_array(xp: Any, x: Any, shape: tuple[int, ...]) -> Any:
    if xp is np and math.prod(shape) <= SMALL:
        return np.full(shape, x)
    return xp.broadcast_to(x, shape)


BROADCAST_TO: Op = register(
    Op(
        "broadcast_to",
        lambda x, shape: Spec(_check_stretch(x.shape, shape), x.dtype),
        _stretch_array,
        Move(_stretch_source),
        "{0}",
        (lambda g, y, x, shape: METHODS["sum_like"](g, x),),
    )
)
BROADCAST_LIKE: Op = register(
    Op(
        "broadcast_like",
        lambda x, like: Spec(_check_stretch(x.shape, like.shape), x.dtype),
        lambda xp, x, like: _stretch_array(xp, x, like.shape),
        Move(_stretch_source),
        "{0}",
        (lambda g, y, x, like: METHODS["sum_like"](g, x), None),
    )
)


def broadcast_to(x: TensorLike, shape: Sequence[int]) -> Tensor:
    """Stretch extents of 1, and add leading axes, to reach `shape`.

    >>> import pellucid as pel
    >>> pel.broadcast_to([1, 2], (2, 2))
    Tensor([[1 2]
     [1 2]], int64)
    """
    x, extents = as_tensor(x), integers(shape, "broadcast_to", "shape")
    return x if x.shape == extents else apply(BROADCAST_TO, x, shape=extents)


def broadcast_like(x: TensorLike, like: TensorLike) -> Tensor:
    """Stretch `x` to the shape of `like`, also where that is not yet known.

    >>> import pellucid as pel
    >>> rows = pel.placeholder((None, 3))
    >>> pel.broadcast_like(0.0, rows).shape
    (None, 3)
    """
    x, like = as_tensor(x), as_tensor(like)
    if size(like.shape) is not None:
        return broadcast_to(x, like.shape)  # type: ignore[arg-type]
    return x if x.shape == like.shape else apply(BROADCAST_LIKE, x, like)


def _count_rule(x: Spec, *, axes: tuple[int, ...]) -> Spec:
    return Spec((), np.dtype(np.int64))


def _extent(shape: Sequence[int], axes: Sequence[int]) -> int:
    return math.prod(shape[axis] for axis in axes)


COUNT: Op = register(
    Op(
        "count",
        _count_rule,
        lambda xp, x, axes: xp.asarray(_extent(x.shape, axes), dtype="int64"),
        Gather(lambda b, index, x, axes: b.constant(_extent(x.spec.shape, axes), "int64")),
        r"\lvert {0} \rvert",
    )
)


def count(x: TensorLike, axis: int | Sequence[int] | None = None) -> Tensor:
    """Count the elements along `axis` (all by default), also where that is not yet known.

    >>> import pellucid as pel
    >>> pel.count([[1, 2, 3], [4, 5, 6]], axis=1)
    Tensor(3, int64)
    """
    x = as_tensor(x)
    return apply(COUNT, x, axes=normalise_axes(axis, x.ndim, "count"))


# --- slices --------------------------------------------------------------------------------
# A slice is kept as it was written, one (start, stop, step) an axis, so that it also means
# something while an extent is unknown; a not-sliced axis is (None, None, 1).


def _slice_rule(x: Spec, *, slices: tuple[Any, ...]) -> Spec:
    extents = zip(x.shape, slices, strict=True)
    return Spec(
        tuple(extent if s == (None, None, 1) else sliced(extent, *s) for extent, s in extents),
        x.dtype,
    )


def _slice_source(
    b: Any, index: Index, shapes: Any, out: Any, *, slices: tuple[Any, ...]
) -> tuple[Index, None]:
    ranges = [slice(*s).indices(extent) for extent, s in zip(shapes[0], slices, strict=True)]
    return tuple(i * step + start for i, (start, _, step) in zip(index, ranges, strict=True)), None


SLICE: Op = register(
    Op(
        "slice",
        _slice_rule,
        lambda xp, x, slices: x[tuple(slice(*s) for s in slices)],
        Move(_slice_source),
        "{0}_{{[\\,]}}",
        (lambda g, y, x, slices: apply(UNSLICE, g, x, slices=slices),),
    )
)


def _unslice_array(xp: Any, g: Any, like: Any, *, slices: tuple[Any, ...]) -> Any:
    place = tuple(slice(*s) for s in slices)
    zeros = xp.zeros(like.shape, g.dtype)
    if hasattr(zeros, "at"):
        return zeros.at[place].set(g)
    zeros[place] = g
    return zeros


def _unslice_source(
    b: Any, index: Index, shapes: Any, out: Any, *, slices: tuple[Any, ...]
) -> tuple[Index, Any]:
    places, inside = [], b.constant(True, "bool")
    for i, extent, s in zip(index, out, slices, strict=True):
        start, stop, step = slice(*s).indices(extent)
        steps = (i - start) // step
        inside = inside & (steps >= 0) & (steps < len(range(start, stop, step)))
        inside = inside & (steps * step + start == i)
        places.append(steps)
    return tuple(places), inside


UNSLICE: Op = register(
    Op(
        "unslice",
        lambda g, like, slices: Spec(like.shape, g.dtype),
        _unslice_array,
        Move(_unslice_source),
        r"\operatorname{{unslice}} {0}",
        (lambda g, y, x, like, slices: apply(SLICE, g, slices=slices), None),
    )
)


def slices(x: Tensor, bounds: Sequence[tuple[int | None, int | None, int]]) -> Tensor:
    """Pick every `step`-th element from `start` up to `stop`, one triple an axis."""
    whole = all(one == (None, None, 1) for one in bounds)
    return x if whole else apply(SLICE, x, slices=tuple(bounds))


# --- joining -------------------------------------------------------------------------------


def _concatenate_rule(*specs: Spec, axis: int) -> Spec:
    shapes = [spec.shape for spec in specs]
    rest = agreed([(*shape[:axis], *shape[axis + 1 :]) for shape in shapes])
    if rest is None:
        raise ShapeError(
            "concatenate: the shapes differ beside the joined axis",
            got=" and ".join(map(str, shapes)), wanted=f"equal extents except at axis {axis}",
            mend="choose another axis, or reshape",
        )  # fmt: skip
    extents = [shape[axis] for shape in shapes]
    joined = None if None in extents else sum(extents)  # type: ignore[arg-type]
    return Spec((*rest[:axis], joined, *rest[axis:]), specs[0].dtype)


def _concatenate_element(b: Any, index: Index, *inputs: Any, axis: int) -> Any:
    value, start = b.constant(0, inputs[0].spec.dtype), 0
    for x in inputs:
        extent = x.spec.shape[axis]
        here = index[axis] - start
        place = (*index[:axis], here, *index[axis + 1 :])
        inside = (here >= 0) & (here < extent)
        value = b.guarded(inside, lambda x=x, place=place: x[place], value)
        start += extent
    return value


def _part_rule(k: int) -> Any:
    def rule(g: Tensor, out: Tensor, *inputs: Tensor, axis: int) -> Tensor:
        return apply(PART, g, *inputs, axis=axis, k=k)

    return rule


CONCATENATE: Op = register(
    Op(
        "concatenate",
        _concatenate_rule,
        lambda xp, *arrays, axis: xp.concatenate(arrays, axis=axis),
        Gather(_concatenate_element),
        r"[{0}, \dots]",
        _part_rule,
    )
)


def _part_start(shapes: Sequence[Sequence[int]], axis: int, k: int) -> int:
    return sum(shape[axis] for shape in shapes[1 : 1 + k])


def _part_array(xp: Any, g: Any, *likes: Any, axis: int, k: int) -> Any:
    start = _part_start([g.shape, *(like.shape for like in likes)], axis, k)
    place = [slice(None)] * g.ndim
    place[axis] = slice(start, start + likes[k].shape[axis])
    return g[tuple(place)]


def _part_source(
    b: Any, index: Index, shapes: Any, out: Any, *, axis: int, k: int
) -> tuple[Index, None]:
    moved = index[axis] + _part_start(shapes, axis, k)
    return (*index[:axis], moved, *index[axis + 1 :]), None


def _part_vjp(g: Tensor, y: Tensor, x: Tensor, *likes: Tensor, axis: int, k: int) -> Tensor:
    zero = [broadcast_like(as_tensor(0, g.dtype), like) for like in likes]
    return concatenate([*zero[:k], g, *zero[k + 1 :]], axis)


PART: Op = register(
    Op(
        "part",
        lambda g, *likes, axis, k: Spec(likes[k].shape, g.dtype),
        _part_array,
        Move(_part_source),
        r"\operatorname{{part}} {0}",
        lambda k: _part_vjp if k == 0 else None,
    )
)


def concatenate(tensors: Sequence[TensorLike], axis: int = 0) -> Tensor:
    """Join tensors along an existing axis.

    >>> import pellucid as pel
    >>> pel.concatenate([[1, 2], [3]])
    Tensor([1 2 3], int64)
    """
    if not isinstance(tensors, (list, tuple)) or not tensors:
        raise ArgumentTypeError(
            "concatenate: a list of at least one tensor is needed",
            got="an empty list" if isinstance(tensors, (list, tuple)) else type(tensors).__name__,
            mend="write concatenate([x, y], axis=0)",
        )  # fmt: skip
    parts = _same_dtype(tensors)
    (place,) = normalise_axes(axis, parts[0].ndim, "concatenate")
    return apply(CONCATENATE, *parts, axis=place)


def _same_dtype(tensors: Sequence[TensorLike]) -> list[Tensor]:
    parts = [as_tensor(x) for x in tensors]
    common = np.result_type(*[part.dtype for part in parts])
    return [part.astype(common) for part in parts]


METHODS.update({function.__name__: function for function in (broadcast_like, reshape, transpose)})
