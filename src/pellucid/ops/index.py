"""Operations that pick, or add to, elements by integer data."""

from __future__ import annotations

from typing import Any

import numpy as np

from pellucid.errors import ArgumentError, DataError, DTypeError, ShapeError
from pellucid.graph.op import Gather, Op, Scatter, Spec, register
from pellucid.graph.tensor import METHODS, Tensor, TensorLike, apply, as_tensor
from pellucid.shapes import agreed, normalise_axes

__all__ = ["one_hot", "take", "take_along"]

Index = tuple[Any, ...]


def _inside(b: Any, i: Any, extent: int, what: str) -> Any:
    """Count a negative index from the end; anything outside is reported, and read at 0."""
    i = b.astype(i, "int64")
    i = b.where(i < 0, i + extent, i)
    valid = (i >= 0) & (i < extent)
    b.require(valid, f"{what}: an index is out of range 0 to {extent - 1}")
    return b.where(valid, i, 0)


def _checked(xp: Any, indices: Any, extent: int, what: str) -> Any:
    """The same for arrays; NumPy's arrays can be looked at, traced ones are clipped by XLA."""
    if xp is np and indices.size and not (-extent <= indices.min() and indices.max() < extent):
        wrong = indices[(indices < -extent) | (indices >= extent)]
        raise DataError(
            f"{what}: an index is out of range 0 to {extent - 1}", got=str(wrong.flat[0]),
            mend="check the labels or indices",
        )  # fmt: skip
    return indices


def _integers(x: TensorLike, what: str) -> Tensor:
    x = as_tensor(x)
    if x.dtype.kind == "b":
        raise DTypeError(
            f"{what}: indices are integers, not truth values", got=f"a mask of shape {x.shape}",
            mend="write pel.where(mask, x, 0), or give positions: np.flatnonzero(mask)",
        )  # fmt: skip
    if x.dtype.kind not in "iu":
        raise DTypeError(
            f"{what}: indices are integers", got=f"dtype {x.dtype}", mend="use .astype('int64')"
        )
    return x


# --- whole slices along one axis -----------------------------------------------------------


def _take_rule(x: Spec, indices: Spec, *, axis: int) -> Spec:
    return Spec((*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :]), x.dtype)


def _take_element(b: Any, index: Index, x: Any, indices: Any, *, axis: int) -> Any:
    rank = len(indices.spec.shape)
    i = _inside(b, indices[index[axis : axis + rank]], x.spec.shape[axis], "take")
    return x[(*index[:axis], i, *index[axis + rank :])]


def _take_array(xp: Any, x: Any, indices: Any, *, axis: int) -> Any:
    return xp.take(x, _checked(xp, indices, x.shape[axis], "take"), axis=axis)


TAKE: Op = register(
    Op(
        "take",
        _take_rule,
        _take_array,
        Gather(_take_element),
        "{0}_{{{1}}}",
        (lambda g, y, x, i, axis: apply(PUT_ADD, x, i, g, axis=axis), None),
    )
)


def _put_array(xp: Any, like: Any, indices: Any, g: Any, *, axis: int) -> Any:
    place = (*[slice(None)] * axis, _checked(xp, indices, like.shape[axis], "take"))
    return _added(xp, like, place, g)


def _added(xp: Any, like: Any, place: Any, g: Any) -> Any:
    """Add to zeros at places of which some may be the same."""
    zeros = xp.zeros(like.shape, g.dtype)
    if hasattr(zeros, "at"):
        return zeros.at[place].add(g)
    np.add.at(zeros, place, g)
    return zeros


def _put_target(b: Any, index: Index, like: Any, indices: Any, g: Any, *, axis: int) -> Index:
    rank = len(indices.spec.shape)
    i = _inside(b, indices[index[axis : axis + rank]], like.spec.shape[axis], "take")
    return (*index[:axis], i, *index[axis + rank :])


PUT_ADD: Op = register(
    Op(
        "put_add",
        lambda like, indices, g, axis: Spec(like.shape, g.dtype),
        _put_array,
        Scatter(_put_target),
        r"\sum_{{{1}}} {2}",
        (None, None, lambda g, y, like, i, h, axis: apply(TAKE, g, i, axis=axis)),
    )
)


def take(x: TensorLike, indices: TensorLike, axis: int = 0) -> Tensor:
    """Pick slices along `axis` by integer indices, negative ones counted from the end.

    Shapes: x (…, n, …) and indices (i, j, …) give (…, i, j, …, …).

    >>> import pellucid as pel
    >>> pel.take([[1, 2], [3, 4], [5, 6]], [2, 0])
    Tensor([[5 6]
     [1 2]], int64)
    """
    x = as_tensor(x)
    (place,) = normalise_axes(axis, x.ndim, "take")
    return apply(TAKE, x, _integers(indices, "take"), axis=place)


# --- one element for each place along an axis ----------------------------------------------


def _along_rule(x: Spec, indices: Spec, *, axis: int) -> Spec:
    rest = [(*s.shape[:axis], *s.shape[axis + 1 :]) for s in (x, indices)]
    if len(x.shape) != len(indices.shape) or agreed(rest) is None:
        raise ShapeError(
            "take_along: the shapes differ beside the axis", got=f"{x.shape} and {indices.shape}",
            wanted=f"equal extents except at axis {axis}",
            mend="expand the indices: expand_dims(i, -1)",
        )  # fmt: skip
    return Spec(indices.shape, x.dtype)


def _along_place(b: Any, index: Index, x: Any, indices: Any, axis: int) -> Index:
    i = _inside(b, indices[index], x.spec.shape[axis], "take_along")
    return (*index[:axis], i, *index[axis + 1 :])


def _along_array(xp: Any, x: Any, indices: Any, *, axis: int) -> Any:
    return xp.take_along_axis(x, _checked(xp, indices, x.shape[axis], "take_along"), axis=axis)


TAKE_ALONG: Op = register(
    Op(
        "take_along",
        _along_rule,
        _along_array,
        Gather(lambda b, index, x, i, axis: x[_along_place(b, index, x, i, axis)]),
        "{0}_{{{1}}}",
        (lambda g, y, x, i, axis: apply(PUT_ALONG_ADD, x, i, g, axis=axis), None),
    )
)


def _put_along_array(xp: Any, like: Any, indices: Any, g: Any, *, axis: int) -> Any:
    place = list(xp.indices(indices.shape, sparse=True))
    place[axis] = _checked(xp, indices, like.shape[axis], "take_along")
    return _added(xp, like, tuple(place), g)


PUT_ALONG_ADD: Op = register(
    Op(
        "put_along_add",
        lambda like, indices, g, axis: Spec(like.shape, g.dtype),
        _put_along_array,
        Scatter(lambda b, index, like, i, g, axis: _along_place(b, index, like, i, axis)),
        r"\sum_{{{1}}} {2}",
        (None, None, lambda g, y, like, i, h, axis: apply(TAKE_ALONG, g, i, axis=axis)),
    )
)


def take_along(x: TensorLike, indices: TensorLike, axis: int = -1) -> Tensor:
    """Pick one element for each index along `axis`; the other axes are walked together.

    Shapes: x (…, n) and indices (…, k) give (…, k), for the last axis.

    >>> import pellucid as pel
    >>> pel.take_along([[1, 2], [3, 4]], [[1], [0]])
    Tensor([[2]
     [3]], int64)
    """
    x = as_tensor(x)
    (place,) = normalise_axes(axis, x.ndim, "take_along")
    return apply(TAKE_ALONG, x, _integers(indices, "take_along"), axis=place)


# --- one-hot rows --------------------------------------------------------------------------


def _one_hot_element(b: Any, index: Index, labels: Any, *, classes: int) -> Any:
    label = b.astype(labels[index[:-1]], "int64")
    valid = (label >= 0) & (label < classes)
    b.require(valid, f"one_hot: a label is out of range 0 to {classes - 1}")
    return label == index[-1]


def _one_hot_array(xp: Any, labels: Any, *, classes: int) -> Any:
    marks = labels[..., None] == xp.arange(classes)
    if xp is np and np.count_nonzero(marks) < labels.size:
        raise DataError(
            f"one_hot: a label is out of range 0 to {classes - 1}",
            got=str(labels[(labels < 0) | (labels >= classes)].flat[0]),
            mend="number the classes from 0, or give the last layer more units",
        )
    return marks


ONE_HOT: Op = register(
    Op(
        "one_hot",
        lambda labels, classes: Spec((*labels.shape, classes), np.dtype(bool)),
        _one_hot_array,
        Gather(_one_hot_element),
        r"\mathbf{{1}}_{{{0}}}",
    )
)


def one_hot(labels: TensorLike, classes: int) -> Tensor:
    """Mark the column of each label: row i holds True at labels[i] and False elsewhere.

    Raises
    ------
    DataError : for a label outside 0 … classes − 1

    >>> import pellucid as pel
    >>> pel.one_hot([1, 0], 2)
    Tensor([[False  True]
     [ True False]], bool)
    """
    if isinstance(classes, bool) or not isinstance(classes, (int, np.integer)) or classes < 1:
        raise ArgumentError(
            "one_hot: the number of classes is a whole number of at least 1",
            got=f"classes={classes!r}", mend="write one_hot(labels, 10)",
        )  # fmt: skip
    return apply(ONE_HOT, _integers(labels, "one_hot"), classes=int(classes))


METHODS["take"] = take
