"""ONNX's convolutions, pooling, normalisations and losses, in our operations."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid import functional, ops
from pellucid.graph import OPS, Tensor, apply, as_tensor
from pellucid.interop.onnx.reading.node import Node, Reader, known

__all__ = ["NEURAL"]

Pairs = list[tuple[int, int]]


def _spatial(x: Tensor) -> list[int]:
    return [n or 0 for n in x.shape[2:]]


def _steps(node: Node, rank: int) -> tuple[list[int], list[int]]:
    return list(node.get("strides") or [1] * rank), list(node.get("dilations") or [1] * rank)


def _around(node: Node, x: Tensor, kernel: Sequence[int]) -> Pairs:
    """Say how much is put before and after each axis."""
    rank, how = len(kernel), node.get("auto_pad", "NOTSET")
    if how == "VALID" or (how == "NOTSET" and not node.get("pads")):
        return [(0, 0)] * rank
    if how == "NOTSET":
        pads = node.get("pads")
        return list(zip(pads[:rank], pads[rank:], strict=True))
    strides, dilations = _steps(node, rank)
    found = []
    for n, k, s, d in zip(_spatial(x), kernel, strides, dilations, strict=True):
        more = max((-(-n // s) - 1) * s + d * (k - 1) + 1 - n, 0)
        half = more // 2
        found.append((half, more - half) if how == "SAME_UPPER" else (more - half, half))
    return found


# --- convolutions --------------------------------------------------------------------------


def _with_bias(y: Tensor, bias: Tensor | None) -> Tensor:
    return y if bias is None else y + bias.reshape(-1, *[1] * (y.ndim - 2))


def _conv(node: Node, x: Tensor, w: Tensor, bias: Tensor | None = None) -> Tensor:
    strides, dilations = _steps(node, w.ndim - 2)
    y = ops.conv(
        x, w, stride=strides, dilation=dilations, groups=node.get("group", 1),
        padding=_around(node, x, _spatial(w)),
    )  # fmt: skip
    return _with_bias(y, bias)


def _conv_transposed(node: Node, x: Tensor, w: Tensor, bias: Tensor | None = None) -> Tensor:
    rank = w.ndim - 2
    strides, dilations = _steps(node, rank)
    more = list(node.get("output_padding") or [0] * rank)
    full = [
        (n - 1) * s + d * (k - 1) + 1 + o
        for n, s, d, k, o in zip(_spatial(x), strides, dilations, _spatial(w), more, strict=True)
    ]
    cut = _around(node, x, _spatial(w)) if node.get("auto_pad", "NOTSET") == "NOTSET" else None
    wanted = node.get("output_shape")
    if wanted is None and cut is None:
        wanted = [n * s for n, s in zip(_spatial(x), strides, strict=True)]
        wanted = full if node.get("auto_pad") == "VALID" else wanted
    if wanted is not None:
        extra = [n - m for n, m in zip(full, wanted[-rank:], strict=True)]
        upper = node.get("auto_pad", "NOTSET") == "SAME_UPPER"
        cut = [(n // 2, n - n // 2) if upper else (n - n // 2, n // 2) for n in extra]
    assert cut is not None
    grown = [n + max(-after, 0) for n, (_, after) in zip(full, cut, strict=True)]
    like = ops.broadcast_to(as_tensor(np.zeros((), x.dtype)), (1, 1, *grown))
    y = apply(
        OPS["conv_input"], x, w, like, stride=tuple(strides), dilation=tuple(dilations),
        groups=node.get("group", 1),
    )  # fmt: skip
    places = [slice(a, n - max(b, 0)) for n, (a, b) in zip(grown, cut, strict=True)]
    return _with_bias(functional.getitem(y, (..., *places)), bias)


def _from_columns(node: Node, x: Tensor, image: Tensor, block: Tensor) -> Tensor:
    """Add up overlapping blocks: what unfolding has taken apart."""
    extents = known(node, image, "extents").tolist()
    kernel = known(node, block, "extents").tolist()
    strides, dilations = _steps(node, len(kernel))
    pads = node.get("pads") or [0] * (2 * len(kernel))
    around = list(zip(pads[: len(kernel)], pads[len(kernel) :], strict=True))
    whole = [n + a + b for n, (a, b) in zip(extents, around, strict=True)]
    places = [
        (n - d * (k - 1) - 1) // s + 1
        for n, k, s, d in zip(whole, kernel, strides, dilations, strict=True)
    ]
    rank, channels = len(kernel), (x.shape[1] or 0) // math.prod(kernel)
    seen = x.reshape(-1, channels, *kernel, *places)
    order = (0, 1, *range(2 + rank, 2 + 2 * rank), *range(2, 2 + rank))
    like = as_tensor(np.zeros((x.shape[0] or 1, channels, *whole), x.dtype))
    y = apply(
        OPS["overlap"], ops.transpose(seen, order), like, kernel=tuple(kernel),
        stride=tuple(strides), dilation=tuple(dilations),
    )  # fmt: skip
    cut = [slice(a, a + n) for n, (a, _) in zip(extents, around, strict=True)]
    return functional.getitem(y, (..., *cut))


# --- pooling -------------------------------------------------------------------------------


def _beyond(node: Node, x: Tensor, kernel: Sequence[int], around: Pairs) -> Pairs:
    """Say what `ceil_mode` adds behind: what the last window, which begins inside, lacks."""
    found = []
    strides, dilations = _steps(node, len(kernel))
    for n, k, s, d, (a, b) in zip(_spatial(x), kernel, strides, dilations, around, strict=True):
        reach = d * (k - 1) + 1
        places = -(-(n + a + b - reach) // s) + 1
        places -= (places - 1) * s >= n + a
        more = max((places - 1) * s + reach - n - a - b, 0)
        found.append((0, more if node.get("ceil_mode", 0) else 0))
    return found


def _padded(x: Tensor, around: Pairs, value: float) -> Tensor:
    return ops.pad(x, [(0, 0), (0, 0), *around], value)


def _seen(node: Node, x: Tensor, value: float) -> tuple[Tensor, Pairs, Pairs]:
    """Lay out the windows; give also what is around the image, and what is behind that."""
    kernel = node.get("kernel_shape")
    around = _around(node, x, kernel)
    beyond = _beyond(node, x, kernel, around)
    both = [(a, b + c) for (a, b), (_, c) in zip(around, beyond, strict=True)]
    strides, dilations = _steps(node, len(kernel))
    return ops.windows(_padded(x, both, value), kernel, strides, dilations), around, beyond


def _max_pool(node: Node, x: Tensor) -> Any:
    least = -math.inf if x.dtype.kind == "f" else int(np.iinfo(x.dtype).min)
    seen, _, _ = _seen(node, x, least)
    rank = x.ndim - 2
    taps = tuple(range(-rank, 0))
    if node.outputs == 1:
        return ops.max(seen, taps)
    order = _spatial(x)[::-1] if node.get("storage_order", 0) else _spatial(x)
    numbers = np.arange(math.prod(order)).reshape(order)
    numbers = numbers.T if node.get("storage_order", 0) else numbers
    whole = np.arange(math.prod(n or 0 for n in x.shape[:2]))[:, None] * numbers.size
    every = (whole + numbers.reshape(1, -1)).reshape([n or 0 for n in x.shape])
    places, _, _ = _seen(node, as_tensor(every), 0)
    flat = [n or 0 for n in seen.shape[:-rank]]
    rows, spots = seen.reshape(*flat, -1), places.reshape(*flat, -1)
    best = ops.argmax(rows, -1, keepdims=True)
    return ops.take_along(rows, best)[..., 0], ops.take_along(spots, best)[..., 0]


def _average_pool(node: Node, x: Tensor) -> Tensor:
    seen, around, beyond = _seen(node, x, 0)
    taps = tuple(range(-(x.ndim - 2), 0))
    inside = np.ones((1, 1, *_spatial(x)), x.dtype)
    ring = [(0, 0), (0, 0), *around]
    counted = np.pad(inside, ring, constant_values=1 if node.get("count_include_pad", 0) else 0)
    counted = np.pad(counted, [(0, 0), (0, 0), *beyond])
    strides, dilations = _steps(node, x.ndim - 2)
    number = ops.windows(as_tensor(counted), node.get("kernel_shape"), strides, dilations)
    return ops.sum(seen, taps) / ops.sum(number, taps)


def _norm_pool(node: Node, x: Tensor) -> Tensor:
    p = node.get("p", 2)
    seen, _, _ = _seen(node, abs(x) ** p, 0)
    return ops.sum(seen, tuple(range(-(x.ndim - 2), 0))) ** (1 / p)


def _global(function: Any) -> Reader:
    return lambda node, x: function(x, tuple(range(2, x.ndim)), keepdims=True)


# --- normalisation -------------------------------------------------------------------------


def _along(x: Tensor, rank: int) -> Tensor:
    return x.reshape(-1, *[1] * (rank - 2))


def _moments(x: Tensor, axes: Sequence[int]) -> tuple[Tensor, Tensor]:
    middle = ops.mean(x, axes, keepdims=True)
    return middle, ops.mean((x - middle) ** 2, axes, keepdims=True)


def _batch_norm(
    node: Node, x: Tensor, scale: Tensor, bias: Tensor, mean: Tensor, var: Tensor
) -> Any:
    eps = node.get("epsilon", 1e-5)
    if not node.get("training_mode", 0):
        middle, spread = (_along(one, x.ndim) for one in (mean, var))
        y = (x - middle) / ops.sqrt(spread + eps)
        return ops.cast(y * _along(scale, x.ndim) + _along(bias, x.ndim), x.dtype)
    middle, spread = _moments(x, (0, *range(2, x.ndim)))
    y = (x - middle) / ops.sqrt(spread + eps) * _along(scale, x.ndim) + _along(bias, x.ndim)
    share = node.get("momentum", 0.9)
    followed = [
        ops.cast(old * share + now.reshape(-1) * (1 - share), old.dtype)
        for old, now in ((mean, middle), (var, spread))
    ]
    return (y, *followed)[: node.outputs]


def _instance_norm(node: Node, x: Tensor, scale: Tensor, bias: Tensor) -> Tensor:
    middle, spread = _moments(x, tuple(range(2, x.ndim)))
    y = (x - middle) / ops.sqrt(spread + node.get("epsilon", 1e-5))
    return y * _along(scale, x.ndim) + _along(bias, x.ndim)


def _group_norm(node: Node, x: Tensor, scale: Tensor, bias: Tensor) -> Tensor:
    groups = node.get("num_groups")
    channels, rest = x.shape[1] or 0, _spatial(x)
    grouped = x.reshape(-1, groups, channels // groups * math.prod(rest))
    middle, spread = _moments(grouped, (2,))
    y = (grouped - middle) / ops.sqrt(spread + node.get("epsilon", 1e-5))
    if node.opset < 21:  # one for each group, once
        each = np.repeat(np.arange(groups), channels // groups)
        scale, bias = ops.take(scale, each), ops.take(bias, each)
    y = y.reshape(-1, channels, *rest)
    return y * _along(scale, x.ndim) + _along(bias, x.ndim)


def _layer_norm(node: Node, x: Tensor, scale: Tensor, bias: Tensor | None = None) -> Any:
    axes = tuple(range(node.get("axis", -1) % x.ndim, x.ndim))
    middle, spread = _moments(x, axes)
    inverse = 1 / ops.sqrt(spread + node.get("epsilon", 1e-5))
    y = (x - middle) * inverse * scale
    y = y if bias is None else y + bias
    return (y, middle, inverse)[: node.outputs]


def _rms_norm(node: Node, x: Tensor, scale: Tensor) -> Tensor:
    axes = tuple(range(node.get("axis", -1) % x.ndim, x.ndim))
    size = ops.mean(x * x, axes, keepdims=True)
    return x / ops.sqrt(size + node.get("epsilon", 1e-5)) * scale


def _lp_norm(node: Node, x: Tensor) -> Tensor:
    axis = node.get("axis", -1)
    if node.get("p", 2) == 1:
        size = ops.sum(abs(x), axis, keepdims=True)
    else:
        size = ops.sqrt(ops.sum(x * x, axis, keepdims=True))
    return ops.where(size == 0, 0, x / ops.where(size == 0, 1, size))


def _mean_variance(node: Node, x: Tensor) -> Tensor:
    middle, spread = _moments(x, node.get("axes", (0, 2, 3)))
    return (x - middle) / (ops.sqrt(spread) + 1e-9)


def _local_response(node: Node, x: Tensor) -> Tensor:
    size = node.get("size")
    before = (size - 1) // 2
    padded = ops.pad(x * x, [(0, 0), (before, size - 1 - before), *[(0, 0)] * (x.ndim - 2)])
    moved = ops.transpose(padded, (0, *range(2, x.ndim), 1))
    sums = ops.sum(ops.windows(moved, (size,)), -1)
    sums = ops.transpose(sums, (0, x.ndim - 1, *range(1, x.ndim - 1)))
    base = node.get("bias", 1.0) + node.get("alpha", 1e-4) / size * sums
    return x / base ** node.get("beta", 0.75)


# --- losses --------------------------------------------------------------------------------


def _likelihood(node: Node, logs: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
    ignored = node.get("ignore_index")
    valid = target == target if ignored is None else target != ignored
    labels = ops.where(valid, target, 0)
    picked = -ops.take_along(logs, ops.expand_dims(labels, 1), 1)
    counts: Tensor = ops.cast(valid, logs.dtype)
    counts = counts if weight is None else counts * ops.take(weight, labels)
    loss = ops.squeeze(picked, 1) * counts
    how = node.get("reduction", "mean")
    if how == "none":
        return loss
    return ops.sum(loss) / ops.sum(counts) if how == "mean" else ops.sum(loss)


def _cross_entropy(node: Node, x: Tensor, target: Tensor, weight: Tensor | None = None) -> Any:
    logs = functional.log_softmax(x, axis=1)
    return (_likelihood(node, logs, target, weight), logs)[: node.outputs]


def _matrix(weights: NDArray[Any], x: Tensor, axis: int) -> Tensor:
    """Multiply along one axis."""
    order = [*range(x.ndim)]
    order[axis], order[-1] = order[-1], order[axis]
    return ops.transpose(ops.transpose(x, order) @ weights.T.astype(x.dtype), order)


NEURAL: dict[str, Reader] = {
    "Conv": _conv, "ConvTranspose": _conv_transposed, "Col2Im": _from_columns,
    "MaxPool": _max_pool, "AveragePool": _average_pool, "LpPool": _norm_pool,
    "GlobalAveragePool": _global(ops.mean), "GlobalMaxPool": _global(ops.max),
    "BatchNormalization": _batch_norm, "InstanceNormalization": _instance_norm,
    "GroupNormalization": _group_norm, "LayerNormalization": _layer_norm,
    "RMSNormalization": _rms_norm, "LpNormalization": _lp_norm,
    "MeanVarianceNormalization": _mean_variance, "LRN": _local_response,
    "NegativeLogLikelihoodLoss": _likelihood, "SoftmaxCrossEntropyLoss": _cross_entropy,
}  # fmt: skip
