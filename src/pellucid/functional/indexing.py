"""Picking by integer arrays and masks, as NumPy does, made of :func:`pellucid.take`."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from pellucid.errors import ArgumentError, ArgumentTypeError, GraphError
from pellucid.graph.tensor import METHODS, Operand, Tensor, TensorLike, as_tensor
from pellucid.ops.index import take
from pellucid.ops.view import expand_dims, reshape, slices, squeeze, transpose

__all__ = ["getitem", "merged"]

BASIC = (int, np.integer, slice, type(None))


def getitem(x: TensorLike, index: Any) -> Tensor:
    """Pick elements as NumPy does: integers, slices, ``...``, ``None``, integer arrays and masks.

    >>> import pellucid as pel
    >>> x = pel.tensor([[1, 2, 3], [4, 5, 6]])
    >>> pel.getitem(x, (slice(None), -1)), pel.getitem(x, ([0, 1], [2, 0]))
    (Tensor([3 6], int64), Tensor([3 4], int64))
    """
    x = as_tensor(x)
    given = index if isinstance(index, tuple) else (index,)
    parts = _complete(x, [one for part in given for one in _positions(part)])
    basic = all(isinstance(part, BASIC) for part in parts)
    return _basic(x, parts) if basic else _picked(x, parts)


def _basic(x: Tensor, parts: Sequence[Any]) -> Tensor:
    """Pick by integers, slices and ``None``."""
    bounds: list[Any] = []
    drop: list[int] = []
    new: list[int] = []
    for part in parts:
        if part is None:
            new.append(len(bounds) - len(drop) + len(new))
            continue
        if not isinstance(part, slice):
            drop.append(len(bounds))
        bounds.append(_bounds(part, x.shape[len(bounds)]))
    return expand_dims(squeeze(slices(x, bounds), drop), new)


def _bounds(part: Any, extent: int | None) -> tuple[int | None, int | None, int]:
    """Give start, stop and step of what one integer or slice picks from an axis."""
    if isinstance(part, slice):
        return _slice_bounds(part)
    if extent is not None and not -extent <= part < extent:
        raise ArgumentError(
            f"index {part} is out of range", got=f"an axis with {extent} elements",
            wanted=f"{-extent} to {extent - 1}" if extent else "no index: the axis is empty",
            mend="count from 0; -1 is the last",
        )  # fmt: skip
    return int(part), (int(part) + 1 or None), 1


def _slice_bounds(part: slice) -> tuple[int | None, int | None, int]:
    bounds = (part.start, part.stop, 1 if part.step is None else part.step)
    try:
        start, stop, step = (None if bound is None else operator.index(bound) for bound in bounds)
    except TypeError:
        start, stop, step = None, None, 0
    if not step:
        raise ArgumentTypeError(
            "a slice that tensors do not have", got=repr(part),
            wanted="whole numbers, and a step other than 0", mend="write x[::-1] to reverse",
        )  # fmt: skip
    return start, stop, step


def _picked(x: Tensor, parts: Sequence[Any]) -> Tensor:
    """Pick with at least one array among the parts of an index.

    Arrays broadcast together, and integers beside them count as arrays. The axes of the result
    that they make stand where the arrays stood, or in front when a slice parts them (NumPy's
    rule).
    """
    arrays = [k for k, part in enumerate(parts) if not isinstance(part, (slice, type(None)))]
    rest = tuple(slice(None) if k in arrays else part for k, part in enumerate(parts))
    together = arrays == list(range(arrays[0], arrays[-1] + 1))
    lead = list(range(arrays[0])) if together else []
    behind = [k for k in range(len(parts)) if k not in arrays and k not in lead]
    x = transpose(_basic(x, rest), [*lead, *arrays, *behind])
    extents = x.shape[len(lead) : len(lead) + len(arrays)]
    flat = merged(x, len(lead), len(arrays))
    return take(flat, _flat([parts[k] for k in arrays], extents), axis=len(lead))


def _positions(part: Any) -> list[Any]:
    """Turn a mask into the positions where it holds, one array an axis."""
    if part is ... or (isinstance(part, BASIC) and not isinstance(part, bool)):
        return [part]
    if isinstance(part, Operand):
        part = as_tensor(part)
        if part.dtype.kind != "b":
            return [part]
        if part.value is None:
            raise GraphError(
                "a mask picks as many elements as it holds, which is not known yet",
                got=repr(part), mend="write pel.where(mask, x, 0), and weigh or sum what is left",
            )  # fmt: skip
        part = part.numpy()
    array = np.asarray(part)
    if array.size == 0 and array.dtype.kind == "f":
        array = array.astype(np.int64)  # an empty list
    return list(np.nonzero(array)) if array.dtype.kind == "b" and array.ndim else [array]


def _complete(x: Tensor, parts: list[Any]) -> list[Any]:
    """Write a slice for every axis that no part names."""
    named = sum(part is not None and part is not ... for part in parts)
    if named > x.ndim:
        raise ArgumentError(
            "more indices than dimensions",
            got=f"{named} for shape {x.shape}",
            mend="leave some out",
        )
    at = next((k for k, part in enumerate(parts) if part is ...), len(parts))
    return [*parts[:at], *[slice(None)] * (x.ndim - named), *parts[at + 1 :]]


def merged(x: Tensor, start: int, number: int) -> Tensor:
    """See some neighbouring axes as one; none become an axis of extent 1."""
    if number == 1:
        return x
    if number == 0:
        return expand_dims(x, start)
    unknown = [-1 if extent is None else extent for extent in x.shape]
    inner = unknown[start : start + number]
    total = -1 if -1 in inner else int(np.prod(inner))
    return reshape(x, [*unknown[:start], total, *unknown[start + number :]])


def _flat(indices: Sequence[Any], extents: Sequence[int | None]) -> Tensor:
    """Join one index an axis into positions in row-major order; each is checked on its own axis."""
    position = as_tensor(indices[0])
    for index, extent in zip(indices[1:], extents[1:], strict=True):
        if extent is None:
            raise GraphError(
                "an axis that is picked from has no known extent", got=f"extents {tuple(extents)}",
                mend="give the placeholder that extent",
            )  # fmt: skip
        position = position * extent + take(np.arange(extent), index)
    return position


METHODS["getitem"] = getitem
