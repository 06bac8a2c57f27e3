"""ONNX's shapes, slices, joins and indices, in our operations."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from pellucid import functional, ops
from pellucid.errors import GraphError
from pellucid.graph import OPS, Tensor, apply, as_tensor, constant
from pellucid.interop.onnx.reading.node import DTYPES, Node, Reader, known

__all__ = ["MOVING"]

LARGEST = 2**28  # elements that a graph may make out of nothing: what a file says is not trusted


def _integers(node: Node, x: Any, what: str) -> list[int]:
    """Give numbers that are an operand today, and were an attribute once."""
    if x is None:
        return list(node.get(what, ()))
    return [int(one) for one in known(node, x, what).reshape(-1)]


def _bounded(node: Node, shape: Sequence[int]) -> Sequence[int]:
    """Refuse to make an array that no network needs."""
    if min(shape, default=0) < 0 or math.prod(shape) > LARGEST:
        raise GraphError(
            f"{node.kind}: the graph asks for an array of this shape", where=node.name,
            got=str(tuple(shape)), wanted=f"at most {LARGEST:,} elements",
            mend="do not use this file, if you do not know where it comes from",
        )  # fmt: skip
    return shape


# --- shapes --------------------------------------------------------------------------------


def _extents(x: Tensor) -> list[int]:
    return [-1 if n is None else n for n in x.shape]


def _shape(node: Node, x: Tensor) -> Tensor:
    parts = x.shape[slice(node.get("start", 0), node.get("end"))]
    if None not in parts:
        return constant(np.array(parts, np.int64).reshape(-1))
    start = range(x.ndim)[slice(node.get("start", 0), node.get("end"))]
    return functional.stack([ops.count(x, axis) for axis in start])


def _reshape(node: Node, x: Tensor, shape: Any = None) -> Tensor:
    wanted = _integers(node, shape, "shape")
    if not node.get("allowzero", 0):
        have = _extents(x)
        wanted = [have[k] if n == 0 else n for k, n in enumerate(wanted)]
    if wanted.count(-1) == 1 and 0 in wanted:
        wanted = [0 if n == -1 else n for n in wanted]
    return ops.identity(ops.reshape(x, wanted))


def _flatten(node: Node, x: Tensor) -> Tensor:
    axis = node.get("axis", 1)
    axis = axis + x.ndim if axis < 0 else axis
    lead, rest = x.shape[:axis], x.shape[axis:]
    columns = None if None in rest else math.prod(n or 0 for n in rest)
    rows = None if None in lead else math.prod(n or 0 for n in lead)
    return x.reshape(-1 if rows is None else rows, -1 if columns is None else columns)


def _squeeze(node: Node, x: Tensor, axes: Any = None) -> Tensor:
    given = _integers(node, axes, "axes")
    return ops.identity(ops.squeeze(x, given or None))


def _unsqueeze(node: Node, x: Tensor, axes: Any = None) -> Tensor:
    return ops.identity(ops.expand_dims(x, _integers(node, axes, "axes")))


def _expand(node: Node, x: Tensor, shape: Tensor) -> Tensor:
    wanted = _integers(node, shape, "shape")
    extents = np.broadcast_shapes(tuple(wanted), tuple(n or 1 for n in x.shape))
    return ops.broadcast_to(x, _bounded(node, extents)) + as_tensor(np.zeros((), x.dtype))


def _tile(node: Node, x: Tensor, repeats: Tensor) -> Tensor:
    times = _integers(node, repeats, "repeats")
    _bounded(node, [(n or 1) * k for n, k in zip(x.shape, times, strict=True)])
    for axis, k in enumerate(times):
        places = np.tile(np.arange(x.shape[axis] or 0), k)
        x = ops.take(x, places, axis) if k != 1 else x
    return ops.identity(x)


def _transpose(node: Node, x: Tensor) -> Tensor:
    return ops.transpose(x, node.get("perm"))


def _depth_to_space(node: Node, x: Tensor) -> Tensor:
    (n, c, h, w), b = _extents(x), node.get("blocksize")
    if node.get("mode", "DCR") == "DCR":
        y = x.reshape(n, b, b, c // b**2, h, w).transpose(0, 3, 4, 1, 5, 2)
    else:
        y = x.reshape(n, c // b**2, b, b, h, w).transpose(0, 1, 4, 2, 5, 3)
    return y.reshape(n, c // b**2, h * b, w * b)


def _space_to_depth(node: Node, x: Tensor) -> Tensor:
    (n, c, h, w), b = _extents(x), node.get("blocksize")
    if node.get("mode", "DCR") == "DCR":
        y = x.reshape(n, c, h // b, b, w // b, b).transpose(0, 3, 5, 1, 2, 4)
    else:
        y = x.reshape(n, c, h // b, b, w // b, b).transpose(0, 1, 3, 5, 2, 4)
    return y.reshape(n, c * b**2, h // b, w // b)


# --- what is made out of nothing -------------------------------------------------------------


def _constant(node: Node) -> Tensor:
    for name, dtype in (
        ("value", None), ("value_float", "float32"), ("value_floats", "float32"),
        ("value_int", "int64"), ("value_ints", "int64"),
    ):  # fmt: skip
        if name in node.attributes:
            return constant(np.array(node.get(name), dtype))
    raise node.refused("it has no numbers")


def _of_shape(node: Node, shape: Tensor) -> Tensor:
    value = np.asarray(node.get("value", np.zeros(1, np.float32)))
    extents = _bounded(node, _integers(node, shape, "shape"))
    return constant(np.full(tuple(extents), value.reshape(()), value.dtype))


def _range(node: Node, *ends: Tensor) -> Tensor:
    start, stop, step = (known(node, x, "ends").reshape(()) for x in ends)
    number = max(math.ceil((stop - start) / step), 0)
    _bounded(node, [number])
    return constant((np.arange(number) * step + start).astype(start.dtype))


def _eye(node: Node, x: Tensor) -> Tensor:
    rows, columns = _extents(x)
    dtype = DTYPES[node.get("dtype")] if node.get("dtype") else x.dtype
    return constant(np.eye(rows, columns, node.get("k", 0), dtype))


def _one_hot(node: Node, indices: Tensor, depth: Tensor, values: Tensor) -> Tensor:
    classes = int(known(node, depth, "classes").reshape(()))
    _bounded(node, [classes, *(n or 1 for n in indices.shape)])
    axis = node.get("axis", -1)
    axis = axis + indices.ndim + 1 if axis < 0 else axis
    shape = [1] * (indices.ndim + 1)
    shape[axis] = classes
    places = np.arange(classes).reshape(shape)
    marked = ops.expand_dims(ops.cast(indices, np.int64) % classes, axis) == places
    inside = (indices >= -classes) & (indices < classes)
    return ops.where(marked & ops.expand_dims(inside, axis), values[1], values[0])


def _triangle(node: Node, x: Tensor, k: Any = None) -> Tensor:
    diagonal = 0 if k is None else int(known(node, k, "diagonals").reshape(()))
    *_, rows, columns = _extents(x)
    upper = bool(node.get("upper", 1))
    mask = np.tri(rows, columns, diagonal - 1 if upper else diagonal, bool)
    return ops.where(~mask if upper else mask, x, np.zeros((), x.dtype))


# --- slices and joins ------------------------------------------------------------------------


def _slice(node: Node, x: Tensor, starts: Any = None, ends: Any = None, axes: Any = None,
           steps: Any = None) -> Tensor:  # fmt: skip
    first, last = _integers(node, starts, "starts"), _integers(node, ends, "ends")
    where = _integers(node, axes, "axes") or list(range(len(first)))
    apart = [1] * len(first) if steps is None else _integers(node, steps, "steps")
    bounds: list[slice] = [slice(None)] * x.ndim
    for a, b, axis, step in zip(first, last, where, apart, strict=True):
        extent = x.shape[axis]
        low: int | None = None if step > 0 and a == 0 else a
        high: int | None = b
        if extent is not None:
            low, high, _ = _limits(a, b, step, extent)
        elif b >= 2**31 - 1 or b <= -(2**31):
            high = None
        bounds[axis] = slice(low, high, step)
    return ops.identity(functional.getitem(x, tuple(bounds)))


def _limits(start: int, stop: int, step: int, extent: int) -> tuple[int, int | None, int]:
    """Bring bounds within an axis; going backwards, before its beginning is None."""
    start, stop = (n + extent if n < 0 else n for n in (start, stop))
    if step > 0:
        return max(min(start, extent), 0), max(min(stop, extent), 0), step
    stop = max(stop, -1)
    return max(min(start, extent - 1), 0), None if stop < 0 else stop, step


def _split(node: Node, x: Tensor, sizes: Any = None) -> Any:
    axis = node.get("axis", 0) % x.ndim
    parts, extent = _integers(node, sizes, "split"), x.shape[axis] or 0
    if not parts:
        number = node.get("num_outputs", node.outputs)
        size = -(-extent // number)
        parts = [min(size, extent - k * size) for k in range(number)]
    ends = np.cumsum([0, *parts]).tolist()
    lead = (slice(None),) * axis
    return tuple(x[(*lead, slice(a, b))] for a, b in pairwise(ends))


def _concatenate(node: Node, *parts: Tensor) -> Tensor:
    return ops.concatenate(parts, node.get("axis", 1))


def _pad(node: Node, x: Tensor, widths: Any = None, value: Any = None, axes: Any = None) -> Tensor:
    numbers = _integers(node, widths, "pads") or list(node.get("paddings", ()))
    where = _integers(node, axes, "axes") or list(range(x.ndim))
    both = [(0, 0)] * x.ndim
    for k, axis in enumerate(where):
        both[axis] = numbers[k], numbers[k + len(where)]
    for axis, (before, after) in enumerate(both):
        if before < 0 or after < 0:
            cut = slice(-before if before < 0 else None, after if after < 0 else None)
            x = x[(*[slice(None)] * axis, cut)]
    both = [(max(a, 0), max(b, 0)) for a, b in both]
    _bounded(node, [(n or 1) + a + b for n, (a, b) in zip(x.shape, both, strict=True)])
    fill = node.get("value", 0.0) if value is None else known(node, value, "values").item()
    modes = {"constant": "constant", "reflect": "mirror", "edge": "nearest", "wrap": "wrap"}
    mode = node.get("mode", "constant")
    return ops.identity(functional.pad(x, both, mode=modes[mode], value=fill))


def _center_crop_pad(node: Node, x: Tensor, shape: Tensor) -> Tensor:
    wanted = _integers(node, shape, "shape")
    axes = node.get("axes") or range(x.ndim)
    for axis, extent in zip(axes, _bounded(node, wanted), strict=True):
        have, place = x.shape[axis] or 0, axis % x.ndim
        if extent < have:
            start = (have - extent) // 2
            x = x[(*[slice(None)] * place, slice(start, start + extent))]
        else:
            both = [(0, 0)] * x.ndim
            both[place] = (extent - have) // 2, extent - have - (extent - have) // 2
            x = functional.pad(x, both)
    return ops.identity(x)


def _reversed(node: Node, x: Tensor, lengths: Tensor) -> Tensor:
    time, batch = node.get("time_axis", 0), node.get("batch_axis", 1)
    places = np.arange(x.shape[time] or 0)
    turned = np.array([
        np.where(places < n, n - 1 - places, places) for n in _integers(node, lengths, "lengths")
    ])  # fmt: skip
    order = turned.T if time < batch else turned
    shape = [x.shape[k] if k in (time, batch) else 1 for k in range(x.ndim)]
    full = np.broadcast_to(order.reshape([n or 0 for n in shape]), tuple(_extents(x)))
    return ops.take_along(x, np.ascontiguousarray(full), time)


# --- indices -------------------------------------------------------------------------------


def _gather(node: Node, x: Tensor, indices: Tensor) -> Tensor:
    return ops.take(x, indices, node.get("axis", 0))


def _gather_elements(node: Node, x: Tensor, indices: Tensor) -> Tensor:
    axis = node.get("axis", 0) % x.ndim
    cut = [slice(None) if k == axis else slice(0, n) for k, n in enumerate(indices.shape)]
    return ops.take_along(functional.getitem(x, tuple(cut)), indices, axis)


def _gather_nd(node: Node, x: Tensor, indices: Tensor) -> Tensor:
    lead, depth = node.get("batch_dims", 0), indices.shape[-1] or 0
    shape, outer = _extents(x), _extents(indices)[:-1]
    rows, extents = math.prod(shape[:lead]), shape[lead : lead + depth]
    flat = _flat_index(indices, extents).reshape(rows, -1)
    flat = flat + np.arange(rows)[:, None] * math.prod(extents)
    whole = x.reshape(rows * math.prod(extents), *shape[lead + depth :])
    return ops.take(whole, flat.reshape(-1)).reshape(*outer, *shape[lead + depth :])


def _flat_index(indices: Tensor, extents: Sequence[int]) -> Tensor:
    """Join the last axis, an index into several axes, into one number; negative ones count back."""
    strides = np.cumprod([1, *extents[:0:-1]])[::-1].astype(np.int64)
    sizes = np.array(extents, np.int64)
    inside = ops.where(indices < 0, indices + sizes, indices)
    return ops.sum(inside * strides, -1)


REDUCTIONS = {"none": "none", "add": "add", "mul": "mul", "max": "max", "min": "min"}


def _scattered(node: Node, x: Tensor, index: Tensor, new: Tensor, axis: int) -> Tensor:
    """Write `new` along an axis where `index` says; the other axes are walked together."""
    how = node.get("reduction", "none")
    extent = x.shape[axis] or 0
    index = ops.where(index < 0, index + extent, index)
    put = OPS["put_along_add"]
    if how == "add":
        return x + apply(put, x, index, ops.cast(new, x.dtype), axis=axis)
    if how == "none":
        ones = as_tensor(np.ones(tuple(_extents(index)), np.int64))
        written = apply(put, x, index, ones, axis=axis)
        total = apply(put, x, index, ops.cast(new, x.dtype), axis=axis)
        return ops.where(written > 0, total, x)
    return _combined(x, index, new, axis, how)


def _combined(x: Tensor, index: Tensor, new: Tensor, axis: int, how: str) -> Tensor:
    """Let each written number in turn meet the one that is there."""
    meet = {"mul": ops.multiply, "max": ops.maximum, "min": ops.minimum}[how]
    shape = [1] * x.ndim
    shape[axis] = x.shape[axis] or 0
    places = np.arange(x.shape[axis] or 0).reshape(shape)
    far = [(0, (n or 0) - (m or 0)) if k != axis else (0, 0)
           for k, (n, m) in enumerate(zip(x.shape, index.shape, strict=True))]  # fmt: skip
    for k in range(index.shape[axis] or 0):
        at = np.array([k])
        here, value = ops.take(index, at, axis), ops.take(new, at, axis)
        hit = functional.pad(here, far, value=-1) == places
        x = ops.where(hit, meet(x, functional.pad(value, far)), x)
    return x


def _scatter_elements(node: Node, x: Tensor, index: Tensor, new: Tensor) -> Tensor:
    return _scattered(node, x, index, new, node.get("axis", 0) % x.ndim)


def _scatter_nd(node: Node, x: Tensor, index: Tensor, new: Tensor) -> Tensor:
    depth, shape = index.shape[-1] or 0, _extents(x)
    rest = math.prod(shape[depth:])
    flat = _flat_index(index, shape[:depth]).reshape(-1, 1)
    places = ops.broadcast_to(flat, (flat.shape[0] or 0, rest))
    whole = x.reshape(math.prod(shape[:depth]), rest)
    return _scattered(node, whole, places, new.reshape(-1, rest), 0).reshape(*shape)


def _top(node: Node, x: Tensor, k: Any = None) -> Any:
    (count,) = _integers(node, k, "k") if k is not None else (node.get("k"),)
    axis, largest = node.get("axis", -1) % x.ndim, bool(node.get("largest", 1))
    order = functional.argsort(x, axis, descending=largest)
    first = order[(*[slice(None)] * axis, slice(0, count))]
    return ops.take_along(x, first, axis), first


def _compress(node: Node, x: Tensor, condition: Tensor) -> Tensor:
    chosen = np.flatnonzero(known(node, condition, "choices"))
    axis = node.get("axis")
    return ops.take(x.reshape(-1) if axis is None else x, chosen, axis or 0)


def _nonzero(node: Node, x: Tensor) -> Tensor:
    return constant(np.array(np.nonzero(known(node, x, "numbers")), np.int64))


MOVING: dict[str, Reader] = {
    "Shape": _shape, "Size": lambda node, x: ops.count(x), "Reshape": _reshape,
    "Flatten": _flatten, "Squeeze": _squeeze, "Unsqueeze": _unsqueeze, "Expand": _expand,
    "Tile": _tile, "Transpose": _transpose, "DepthToSpace": _depth_to_space,
    "SpaceToDepth": _space_to_depth, "Constant": _constant, "ConstantOfShape": _of_shape,
    "Range": _range, "EyeLike": _eye, "OneHot": _one_hot, "Trilu": _triangle, "Slice": _slice,
    "Split": _split, "Concat": _concatenate, "Pad": _pad, "CenterCropPad": _center_crop_pad,
    "ReverseSequence": _reversed, "Gather": _gather, "GatherElements": _gather_elements,
    "GatherND": _gather_nd, "ScatterElements": _scatter_elements, "Scatter": _scatter_elements,
    "ScatterND": _scatter_nd, "TopK": _top, "Compress": _compress, "NonZero": _nonzero,
}  # fmt: skip
