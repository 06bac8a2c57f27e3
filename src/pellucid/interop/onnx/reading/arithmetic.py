"""ONNX's arithmetic, comparisons and activations, in our operations."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np

from pellucid import functional, ops
from pellucid.graph import Tensor, as_tensor
from pellucid.interop.onnx.reading.node import DTYPES, Node, Reader, known
from pellucid.interop.onnx.table import SAME, TRUTH

__all__ = ["ARITHMETIC"]

OWN: dict[str, Callable[..., Tensor]] = {name: getattr(ops, name) for name in (*SAME, *TRUTH)}


def _same(name: str) -> Reader:
    return lambda node, *operands: OWN[name](*operands)


def _several(name: str) -> Reader:
    """ONNX takes any number of operands, of which here there are two."""
    return lambda node, *operands: reduce(OWN[name], operands)


# --- numbers -------------------------------------------------------------------------------


def _divide(node: Node, x: Tensor, y: Tensor) -> Tensor:
    if x.dtype.kind == "f":
        return x / y
    return ops.where((x < 0) != (y < 0), -(abs(x) // abs(y)), abs(x) // abs(y))


def _power(node: Node, x: Tensor, y: Tensor) -> Tensor:
    common = np.result_type(x.dtype, y.dtype)
    return ops.cast(ops.power(ops.cast(x, common), ops.cast(y, common)), x.dtype)


def _modulo(node: Node, x: Tensor, y: Tensor) -> Tensor:
    if not node.get("fmod", 0):
        return x % y
    left = abs(x) % abs(y)
    return ops.where(x < 0, -left, left)


def _mean(node: Node, *operands: Tensor) -> Tensor:
    return reduce(ops.add, operands) / len(operands)


def _round(node: Node, x: Tensor) -> Tensor:
    """Halves go to the even neighbour."""
    low = ops.floor(x)
    up = ops.where(x - low == 0.5, low % 2 == 1, x - low > 0.5)
    return ops.where(up, low + 1, low)


def _shifted(node: Node, x: Tensor, places: Tensor) -> Tensor:
    """Beyond the width nothing is left but the sign; a negative number of places is a great one."""
    width = 8 * x.dtype.itemsize
    left, beyond = node.get("direction") == "LEFT", (places < 0) | (places >= width)
    factor = ops.power(as_tensor(np.array(2, x.dtype)), ops.where(beyond, 0, places))
    gone = ops.cast(ops.where(x < 0, 0 if left else -1, 0), x.dtype)
    return ops.where(beyond, gone, x * factor if left else x // factor)


def _clip(node: Node, x: Tensor, low: Any = None, high: Any = None) -> Tensor:
    low = node.get("min", low) if low is None else low
    high = node.get("max", high) if high is None else high
    x = x if low is None else ops.maximum(x, low)
    return x if high is None else ops.minimum(x, high)


def _is_infinite(node: Node, x: Tensor) -> Tensor:
    above = (x == math.inf) & bool(node.get("detect_positive", 1))
    below = (x == -math.inf) & bool(node.get("detect_negative", 1))
    return above | below


def _cast(node: Node, x: Tensor, like: Tensor | None = None) -> Tensor:
    wanted = like.dtype if like is not None else DTYPES.get(node.get("to"))
    if wanted is None:
        raise node.refused(f"there are no numbers of kind {node.get('to')} here")
    return ops.cast(x, wanted)


def _dropout(node: Node, x: Tensor, ratio: Any = None, training: Any = None) -> Any:
    if training is not None and known(node, training, "mode").item():
        rate = 0.5 if ratio is None else known(node, ratio, "rates").item()
        if rate:
            raise node.refused("it draws random numbers, which are others in every library")
    kept = ops.broadcast_like(as_tensor(np.array(True)), x)
    return (ops.identity(x), kept if node.opset >= 10 else ops.cast(kept, x.dtype))[: node.outputs]


# --- hyperbolic and other functions -----------------------------------------------------------


def _sinh(node: Node, x: Tensor) -> Tensor:
    grown = ops.expm1(abs(x))
    return ops.sign(x) * (grown + grown / (grown + 1)) / 2


def _asinh(node: Node, x: Tensor) -> Tensor:
    size = abs(x)
    return ops.sign(x) * ops.log1p(size + size * size / (1 + ops.sqrt(size * size + 1)))


def _acosh(node: Node, x: Tensor) -> Tensor:
    return ops.log(x + ops.sqrt(x * x - 1))


# --- activations ---------------------------------------------------------------------------


def _elu(node: Node, x: Tensor) -> Tensor:
    below = node.get("alpha", 1.0) * ops.expm1(ops.minimum(x, 0))
    return ops.where(x > 0, x, below)


def _selu(node: Node, x: Tensor) -> Tensor:
    alpha = node.get("alpha", 1.67326319217681884765625)
    scale = node.get("gamma", 1.05070102214813232421875)
    return scale * ops.where(x > 0, x, alpha * ops.expm1(ops.minimum(x, 0)))


def _celu(node: Node, x: Tensor) -> Tensor:
    alpha = node.get("alpha", 1.0)
    return ops.maximum(x, 0) + ops.minimum(alpha * ops.expm1(ops.minimum(x, 0) / alpha), 0)


def _gelu(node: Node, x: Tensor) -> Tensor:
    return functional.gelu(x, approximate=node.get("approximate", "none"))


def _hard_sigmoid(node: Node, x: Tensor) -> Tensor:
    return functional.clip(node.get("alpha", 0.2) * x + node.get("beta", 0.5), 0, 1)


def _hard_swish(node: Node, x: Tensor) -> Tensor:
    return x * functional.clip(x / 6 + 0.5, 0, 1)


def _shrink(node: Node, x: Tensor) -> Tensor:
    bound, bias = node.get("lambd", 0.5), node.get("bias", 0.0)
    return ops.where(x > bound, x - bias, ops.where(x < -bound, x + bias, x * 0))


def _swish(node: Node, x: Tensor) -> Tensor:
    return x * ops.sigmoid(node.get("alpha", 1.0) * x)


def _prelu(node: Node, x: Tensor, slope: Tensor) -> Tensor:
    if slope.ndim == 1 and x.ndim > 2 and slope.shape[0] == x.shape[1] and node.opset < 9:
        slope = slope.reshape(-1, *[1] * (x.ndim - 2))
    return ops.where(x < 0, x * slope, x)


def _normalised(function: Callable[..., Tensor]) -> Reader:
    """Before opset 13 all axes from `axis` on were one."""

    def read(node: Node, x: Tensor) -> Tensor:
        axis = node.get("axis", -1 if node.opset >= 13 else 1)
        if node.opset >= 13:
            return function(x, axis=axis)
        axis = axis % x.ndim
        lead = [-1 if n is None else n for n in x.shape[:axis]]
        return function(x.reshape(*lead, -1) if axis else x.reshape(-1), axis=-1).reshape(
            *[-1 if n is None else n for n in x.shape]
        )

    return read


def _hardmax(x: Tensor, axis: int = -1) -> Tensor:
    best = functional.getitem(ops.argmax(x, axis, keepdims=True), ...)
    shape = [1] * x.ndim
    shape[axis] = x.shape[axis] or 0
    places = np.arange(x.shape[axis] or 0).reshape(shape)
    return ops.cast(best == places, x.dtype)


ARITHMETIC: dict[str, Reader] = {
    **{theirs: _same(ours) for ours, theirs in SAME.items()},
    **{theirs: _same(ours) for ours, both in TRUTH.items() for theirs in both},
    "Div": _divide, "Pow": _power, "Mod": _modulo, "Max": _several("maximum"),
    "Min": _several("minimum"), "Sum": _several("add"), "Mean": _mean,
    "Reciprocal": lambda node, x: 1 / x, "Round": _round, "BitShift": _shifted, "Clip": _clip,
    "IsInf": _is_infinite, "Cast": _cast, "CastLike": _cast, "Dropout": _dropout,
    "Sinh": _sinh, "Cosh": lambda node, x: (ops.exp(x) + ops.exp(-x)) / 2,
    "Tan": lambda node, x: ops.sin(x) / ops.cos(x), "Asinh": _asinh, "Acosh": _acosh,
    "Atanh": lambda node, x: (ops.log1p(x) - ops.log1p(-x)) / 2,
    "Elu": _elu, "Selu": _selu, "Celu": _celu, "Gelu": _gelu, "HardSigmoid": _hard_sigmoid,
    "HardSwish": _hard_swish, "Shrink": _shrink, "Swish": _swish, "PRelu": _prelu,
    "LeakyRelu": lambda node, x: ops.where(x < 0, node.get("alpha", 0.01) * x, x),
    "ThresholdedRelu": lambda node, x: ops.where(x > node.get("alpha", 1.0), x, 0),
    "Mish": lambda node, x: functional.mish(x),
    "Softsign": lambda node, x: functional.softsign(x),
    "Softmax": _normalised(functional.softmax), "LogSoftmax": _normalised(functional.log_softmax),
    "Hardmax": _normalised(_hardmax),
}  # fmt: skip
