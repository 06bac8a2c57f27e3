"""Operations that become several nodes of ONNX, or one with attributes.

A writer ``w`` offers ``w.add(kind, *operands, **attributes)`` for a node and ``w.constant(value)``
for an array; both give a name.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from pellucid.errors import EngineError
from pellucid.graph import Tensor
from pellucid.shapes import windowed

__all__ = ["SPECIAL", "absorbed"]


# --- arithmetic ----------------------------------------------------------------------------


def _expm1(w: Any, node: Tensor, x: str) -> str:
    return str(w.add("Sub", w.add("Exp", x), w.constant(1, node.dtype)))


def _log1p(w: Any, node: Tensor, x: str) -> str:
    return str(w.add("Log", w.add("Add", x, w.constant(1, node.dtype))))


def _floor_divide(w: Any, node: Tensor, x: str, y: str) -> str:
    if node.dtype.kind == "f":
        return str(w.add("Floor", w.add("Div", x, y)))
    return str(w.add("Div", w.add("Sub", x, w.add("Mod", x, y)), y))


def _remainder(w: Any, node: Tensor, x: str, y: str) -> str:
    if node.dtype.kind != "f":
        return str(w.add("Mod", x, y))
    return str(w.add("Sub", x, w.add("Mul", w.add("Floor", w.add("Div", x, y)), y)))


def _isfinite(w: Any, node: Tensor, x: str) -> str:
    return str(w.add("Less", w.add("Abs", x), w.constant(math.inf, node.inputs[0].dtype)))


def _cast(w: Any, node: Tensor, x: str) -> str:
    return str(w.add("Cast", x, to=w.kind(node.dtype)))


# --- folding axes --------------------------------------------------------------------------


def _reduced(kind: str) -> Callable[..., str]:
    def make(w: Any, node: Tensor, x: str) -> str:
        if id(node.inputs[0]) in w.absorbed:
            return _pooled(w, node)
        axes, keep = node.attrs["axes"], int(node.attrs["keepdims"])
        if not axes:
            return str(w.add("Identity", x))
        return str(w.add(kind, x, w.constant(axes), keepdims=keep))

    return make


def _position(kind: str) -> Callable[..., str]:
    def make(w: Any, node: Tensor, x: str) -> str:
        (axis,), keep = node.attrs["axes"], int(node.attrs["keepdims"])
        return str(w.add(kind, x, axis=axis, keepdims=keep))

    return make


def _count(w: Any, node: Tensor, x: str) -> str:
    extents = w.add("Gather", w.add("Shape", x), w.constant(node.attrs["axes"]))
    return str(w.add("ReduceProd", extents, keepdims=0))


# --- moving elements -----------------------------------------------------------------------


def _shaped(kind: str, attribute: str) -> Callable[..., str]:
    """A node whose second operand is an attribute here."""
    return lambda w, node, x: str(w.add(kind, x, w.constant(node.attrs[attribute])))


def _shaped_like(kind: str) -> Callable[..., str]:
    return lambda w, node, x, like: str(w.add(kind, x, w.add("Shape", like)))


def _slice(w: Any, node: Tensor, x: str) -> str:
    far = np.iinfo(np.int64)
    sliced = [(axis, s) for axis, s in enumerate(node.attrs["slices"]) if s != (None, None, 1)]
    starts = [(0 if s[2] > 0 else far.max) if s[0] is None else s[0] for _, s in sliced]
    stops = [(far.max if s[2] > 0 else far.min) if s[1] is None else s[1] for _, s in sliced]
    columns = [starts, stops, [axis for axis, _ in sliced], [s[2] for _, s in sliced]]
    return str(w.add("Slice", x, *map(w.constant, columns)))


def _pad(w: Any, node: Tensor, x: str) -> str:
    before, after = zip(*node.attrs["widths"], strict=True)
    value = w.constant(node.attrs["value"], node.dtype)
    return str(w.add("Pad", x, w.constant([*before, *after]), value))


def _one_hot(w: Any, node: Tensor, labels: str) -> str:
    column = w.add("Unsqueeze", labels, w.constant([-1]))
    return str(
        w.add("Equal", column, w.constant(range(node.attrs["classes"]), node.inputs[0].dtype))
    )


def _windows(w: Any, node: Tensor, x: str) -> str:
    """Gather what each place sees, axis by axis, and bring places before taps."""
    kernel, stride, dilation = (node.attrs[one] for one in ("kernel", "stride", "dilation"))
    rank, lead = len(kernel), len(node.shape) - 2 * len(kernel)
    for k in range(rank):
        places = node.shape[lead + k]
        if places is None:
            raise EngineError("the extents of what a window slides over must be known")
        seen = np.arange(places)[:, None] * stride[k] + np.arange(kernel[k]) * dilation[k]
        x = w.add("Gather", x, w.constant(seen.tolist()), axis=lead + 2 * k)
    before, after = range(lead, lead + 2 * rank, 2), range(lead + 1, lead + 2 * rank, 2)
    return str(w.add("Transpose", x, perm=[*range(lead), *before, *after]))


# --- convolutions --------------------------------------------------------------------------


def _steps(node: Tensor) -> dict[str, Any]:
    attrs = node.attrs
    return {"strides": attrs["stride"], "dilations": attrs["dilation"], "group": attrs["groups"]}


def _conv(w: Any, node: Tensor, x: str, weight: str) -> str:
    return str(w.add("Conv", x, weight, **_steps(node)))


def _conv_input(w: Any, node: Tensor, y: str, weight: str, like: str) -> str:
    steps, more = _steps(node), []
    for axis, (step, apart) in enumerate(zip(steps["strides"], steps["dilations"], strict=True), 2):
        extents = node.shape[axis], node.inputs[0].shape[axis], node.inputs[1].shape[axis]
        if None in extents:
            raise EngineError("the extents of a transposed convolution must be known")
        whole, have, size = (extent or 0 for extent in extents)
        more.append(whole - (have - 1) * step - apart * (size - 1) - 1)
    return str(w.add("ConvTranspose", y, weight, **steps, output_padding=more))


# --- pooling, which is two or three operations here and one there -------------------------------


def absorbed(order: Sequence[Tensor], uses: Mapping[int, int]) -> set[int]:
    """Find the windows, and the borders around them, that become a part of a pooling node."""
    found: set[int] = set()
    for node in order:
        seen = node.inputs[0] if node.op.name in ("max", "sum") else node
        if seen.op.name != "windows" or seen is node or not _is_pooling(node, seen):
            continue
        if uses[id(seen)] == 1:
            found.add(id(seen))
            border = seen.inputs[0]
            if uses[id(border)] == 1 and _never_wins(node, border, seen.attrs["kernel"]):
                found.add(id(border))
    return found


def _is_pooling(node: Tensor, seen: Tensor) -> bool:
    rank = len(seen.attrs["kernel"])
    behind = tuple(range(2 + rank, 2 + 2 * rank))
    whole = len(seen.shape) == 2 + 2 * rank and node.attrs["axes"] == behind
    apart = node.op.name == "sum" and max(seen.attrs["dilation"]) > 1
    return whole and not apart and not node.attrs["keepdims"] and node.dtype.kind == "f"


def _never_wins(node: Tensor, border: Tensor, kernel: Sequence[int]) -> bool:
    """Tell whether a border is what max pooling puts around by itself."""
    if node.op.name != "max" or border.op.name != "pad" or border.attrs["value"] != -math.inf:
        return False
    (*outer,) = border.attrs["widths"][:2]
    inner = zip(border.attrs["widths"][2:], kernel, strict=True)
    return outer == [(0, 0), (0, 0)] and all(max(both) < k for both, k in inner)


def _pooled(w: Any, node: Tensor) -> str:
    seen = node.inputs[0]
    source, kernel, stride = seen.inputs[0], seen.attrs["kernel"], seen.attrs["stride"]
    attributes = {"kernel_shape": kernel, "strides": stride}
    if node.op.name == "sum":
        mean = w.add("AveragePool", w.names[id(source)], **attributes)
        return str(w.add("Mul", mean, w.constant(math.prod(kernel), node.dtype)))
    widths = ((0, 0),) * len(kernel)
    if id(source) in w.absorbed:
        source, widths = source.inputs[0], source.attrs["widths"][2:]
    before, after = zip(*_needed(source, seen, widths), strict=True)
    attributes |= {"pads": [*before, *after], "dilations": seen.attrs["dilation"]}
    return str(w.add("MaxPool", w.names[id(source)], **attributes))


def _needed(source: Tensor, seen: Tensor, widths: Any) -> list[tuple[int, int]]:
    """Leave out the part of a border that no window reaches."""
    found = []
    steps = (seen.attrs[one] for one in ("kernel", "stride", "dilation"))
    for extent, both, *step in zip(source.shape[2:], widths, *steps, strict=True):
        kernel, stride, dilation = step
        padded = None if extent is None else extent + sum(both)
        places = windowed(padded, kernel, stride, dilation)
        reach = 0 if places is None else (places - 1) * stride + dilation * (kernel - 1) + 1
        spare = 0 if padded is None else padded - reach
        found.append((both[0], max(both[1] - spare, 0)))
    return found


SPECIAL: dict[str, Callable[..., str]] = {
    "stop_gradient": lambda w, node, x: str(w.add("Identity", x)),
    "not_equal": lambda w, node, x, y: str(w.add("Not", w.add("Equal", x, y))),
    "expm1": _expm1, "log1p": _log1p, "floor_divide": _floor_divide, "remainder": _remainder,
    "isfinite": _isfinite, "cast": _cast,
    "sum": _reduced("ReduceSum"), "max": _reduced("ReduceMax"), "min": _reduced("ReduceMin"),
    "argmax": _position("ArgMax"), "argmin": _position("ArgMin"), "count": _count,
    "reshape": _shaped("Reshape", "shape"), "reshape_like": _shaped_like("Reshape"),
    "expand_dims": _shaped("Unsqueeze", "axes"), "squeeze": _shaped("Squeeze", "axes"),
    "broadcast_to": _shaped("Expand", "shape"), "broadcast_like": _shaped_like("Expand"),
    "transpose": lambda w, node, x: str(w.add("Transpose", x, perm=node.attrs["axes"])),
    "concatenate": lambda w, node, *xs: str(w.add("Concat", *xs, axis=node.attrs["axis"])),
    "slice": _slice, "pad": _pad, "windows": _windows, "conv": _conv, "conv_input": _conv_input,
    "take": lambda w, node, x, i: str(w.add("Gather", x, i, axis=node.attrs["axis"])),
    "take_along":
        lambda w, node, x, i: str(w.add("GatherElements", x, i, axis=node.attrs["axis"])),
    "cumsum": lambda w, node, x: str(w.add("CumSum", x, w.constant(node.attrs["axis"]))),
    "one_hot": _one_hot,
}  # fmt: skip
