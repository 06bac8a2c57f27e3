"""ONNX's Resize: along each axis the result is a matrix times the input."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid import ops
from pellucid.errors import GraphError
from pellucid.graph import Tensor
from pellucid.interop.onnx.reading.node import Node, Reader, known

__all__ = ["RESIZING"]

Floats = NDArray[np.float64]
LARGEST = 2**14  # places along an axis


# --- which weights a place has -----------------------------------------------------------------


def _linear(distance: Floats, _: float) -> Floats:
    return np.maximum(1 - np.abs(distance), 0)


def _cubic(distance: Floats, a: float) -> Floats:
    """Keys, "Cubic convolution interpolation for digital image processing", 1981."""
    d = np.abs(distance)
    near = ((a + 2) * d - (a + 3)) * d * d + 1
    far = ((a * d - 5 * a) * d + 8 * a) * d - 4 * a
    return np.where(d <= 1, near, np.where(d < 2, far, 0.0))


# Each with how far it reaches.
KERNELS: dict[str, tuple[Callable[[Floats, float], Floats], int]] = {
    "linear": (_linear, 1),
    "cubic": (_cubic, 2),
}


def _weights(node: Node, at: Floats, extent: int, scale: float) -> Floats:
    """Give the weight of each of `extent` elements at each place."""
    mode = node.get("mode", "nearest")
    found = np.zeros((len(at), extent))
    if mode == "nearest":
        index = np.clip(_rounded(node.get("nearest_mode", "round_prefer_floor"), at), 0, extent - 1)
        found[np.arange(len(at)), index] = 1
        return found
    kernel, reach = KERNELS[mode]
    smooth = min(scale, 1.0) if node.get("antialias", 0) else 1.0
    wide = math.ceil(reach / smooth)
    for k in range(-wide, wide + 1):
        spots = np.floor(at).astype(np.int64) + k
        each = kernel((at - spots) * smooth, node.get("cubic_coeff_a", -0.75))
        if node.get("exclude_outside", 0):
            each = np.where((spots >= 0) & (spots < extent), each, 0)
        np.add.at(found, (np.arange(len(at)), np.clip(spots, 0, extent - 1)), each)
    return found / found.sum(axis=1, keepdims=True)


def _rounded(how: str, at: Floats) -> NDArray[np.int64]:
    ways: dict[str, Callable[[Floats], Any]] = {
        "round_prefer_floor": lambda x: np.ceil(x - 0.5), "floor": np.floor, "ceil": np.ceil,
        "round_prefer_ceil": lambda x: np.floor(x + 0.5),
    }  # fmt: skip
    return np.asarray(ways[how](at)).astype(np.int64)


def _places(node: Node, new: int, old: int, scale: float, ends: tuple[float, float]) -> Floats:
    """Say where each place of the result lies in the input."""
    k = np.arange(new, dtype=np.float64)
    how = node.get("coordinate_transformation_mode", "half_pixel")
    if how == "tf_crop_and_resize":
        start, end = (one * (old - 1) for one in ends)
        return start + k * (end - start) / (new - 1) if new > 1 else k + (start + end) / 2
    length = scale * old
    ways: dict[str, Callable[[], Floats]] = {
        "half_pixel": lambda: (k + 0.5) / scale - 0.5,
        "pytorch_half_pixel": lambda: (k + 0.5) / scale - 0.5 if new > 1 else k * 0,
        "asymmetric": lambda: k / scale,
        "align_corners": lambda: k * (old - 1) / (length - 1) if length > 1 else k * 0,
        "half_pixel_symmetric":
            lambda: old / 2 * (1 - new / length) + (k + 0.5) / scale - 0.5,
    }  # fmt: skip
    return np.asarray(ways[how]())


# --- which extents are wanted --------------------------------------------------------------------


def _wanted(
    node: Node, old: Sequence[int], scales: Any, sizes: Any
) -> tuple[list[int], list[float]]:
    """Give the new extents and the factors, from whichever is said."""
    if sizes is None:
        factors = [float(one) for one in scales]
        return [math.floor(n * f) for n, f in zip(old, factors, strict=True)], factors
    new = [int(one) for one in sizes]
    factors = [m / n for m, n in zip(new, old, strict=True)]
    policy = node.get("keep_aspect_ratio_policy", "stretch")
    if policy != "stretch":
        one = min(factors) if policy == "not_larger" else max(factors)
        new = [math.floor(n * one + 0.5) for n in old]
        factors = [one] * len(old)
    return new, factors


def _resize(node: Node, x: Tensor, *more: Any) -> Tensor:
    roi, scales, sizes = _operands(node, more)
    axes = [axis % x.ndim for axis in node.get("axes") or range(x.ndim)]
    old = [x.shape[axis] or 1 for axis in axes]
    new, factors = _wanted(node, old, scales, sizes)
    if max(new) > LARGEST:
        raise GraphError("Resize: the result is too large", where=node.name, got=str(new),
                         mend=f"ask for at most {LARGEST:,} places along an axis")  # fmt: skip
    crops = node.get("coordinate_transformation_mode") == "tf_crop_and_resize"
    outside: Any = None
    for k, axis in enumerate(axes):
        ends = (float(roi[k]), float(roi[k + len(axes)])) if crops else (0.0, 1.0)
        at = _places(node, new[k], old[k], factors[k], ends)
        if new[k] != old[k] or crops:
            order = [*range(x.ndim)]
            order[axis], order[-1] = order[-1], order[axis]
            weights = _weights(node, at, old[k], factors[k]).astype(x.dtype)
            x = ops.transpose(ops.transpose(x, order) @ weights.T, order)
        shape = [1] * x.ndim
        shape[axis] = new[k]
        beyond = ((at < 0) | (at > old[k] - 1)).reshape(shape)
        outside = beyond if outside is None else outside | beyond
    if crops:
        x = ops.where(outside, node.get("extrapolation_value", 0.0), x)
    return ops.identity(x)


def _operands(node: Node, more: Sequence[Any]) -> tuple[Any, Any, Any]:
    """Sort the operands: before opset 11 there were scales alone."""
    if node.opset < 11:
        scales = node.get("scales") if not more else known(node, more[0], "scales").tolist()
        return None, scales, None
    given = [None if x is None else known(node, x, "sizes").tolist() for x in more]
    roi, scales, sizes = [*given, None, None, None][:3]
    return roi, scales or None, sizes or None


def _old(node: Node, x: Tensor, *more: Any) -> Tensor:
    """Before opset 11 a place was divided by the scale, and rounded down."""
    if node.opset >= 11:
        return _resize(node, x, *more)
    settings = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    return _resize(
        Node(node.kind, node.name, {**node.attributes, **settings}, node.opset), x, *more
    )


RESIZING: dict[str, Reader] = {"Resize": _old, "Upsample": _old}
