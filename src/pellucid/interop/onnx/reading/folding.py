"""ONNX's reductions, running sums and products of matrices, in our operations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from pellucid import functional, ops
from pellucid.graph import Tensor, as_tensor
from pellucid.interop.onnx.reading.node import Node, Reader, known
from pellucid.shapes import size

__all__ = ["FOLDING"]


def _axes(node: Node, x: Tensor, axes: Tensor | None) -> tuple[int, ...] | None:
    """Give the axes to be reduced, an attribute once and an operand today; ``None`` for none."""
    given = node.get("axes") if axes is None else known(node, axes, "axes").tolist()
    if not given:
        return None if node.get("noop_with_empty_axes", 0) else tuple(range(x.ndim))
    return tuple(given)


def _reduced(function: Callable[..., Tensor], before: Callable[[Tensor], Tensor] | None = None,
             after: Callable[[Tensor], Tensor] | None = None) -> Reader:  # fmt: skip
    def read(node: Node, x: Tensor, axes: Tensor | None = None) -> Tensor:
        wanted = _axes(node, x, axes)
        y = x if before is None else before(x)
        if wanted is not None:
            y = ops.cast(function(y, wanted, keepdims=bool(node.get("keepdims", 1))), x.dtype)
        return ops.identity(y if after is None else after(y))

    return read


def _extreme(function: Callable[..., Tensor], sign: int) -> Callable[..., Tensor]:
    """Of no elements the greatest is the least number that there is."""

    def reduced(x: Tensor, axes: Any, *, keepdims: bool) -> Tensor:
        if size(x.shape) != 0:
            return function(x, axes, keepdims=keepdims)
        if x.dtype.kind == "f":
            least: Any = -sign * np.inf
        else:
            limits = np.iinfo(x.dtype)
            least = limits.min if sign > 0 else limits.max
        return ops.cast(ops.sum(x, axes, keepdims=keepdims), x.dtype) + np.array(least, x.dtype)

    return reduced


def _truths(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    def reduced(x: Tensor, axes: Any, *, keepdims: bool) -> Tensor:
        if x.dtype.kind == "b":
            return function(ops.cast(x, np.int64), axes, keepdims=keepdims) > 0
        return function(x, axes, keepdims=keepdims)

    return reduced


def _logsumexp(x: Tensor, axes: Any, *, keepdims: bool) -> Tensor:
    if not axes or size(x.shape) == 0:
        return ops.log(ops.sum(ops.exp(x), axes, keepdims=keepdims))
    most = ops.max(x, axes, keepdims=True)
    most = ops.where(ops.isfinite(most), most, 0)
    total = ops.log(ops.sum(ops.exp(x - most), axes, keepdims=True)) + most
    return total if keepdims else ops.squeeze(total, axes)


def _product(x: Tensor, axes: Any, *, keepdims: bool) -> Tensor:
    for axis in sorted((axis % x.ndim for axis in axes), reverse=True):
        x = functional.prod(x, axis, keepdims=keepdims)
    return x


def _position(function: Callable[..., Tensor]) -> Reader:
    def read(node: Node, x: Tensor) -> Tensor:
        axis, keep = node.get("axis", 0), bool(node.get("keepdims", 1))
        if not node.get("select_last_index", 0):
            return function(x, axis, keepdims=keep)
        last = (x.shape[axis] or 0) - 1
        return last - function(ops.flip(x, axis), axis, keepdims=keep)

    return read


def _running(node: Node, x: Tensor, axis: Tensor) -> Tensor:
    place = int(known(node, axis, "axes"))
    y = ops.flip(x, place) if node.get("reverse", 0) else x
    total = ops.cast(ops.cumsum(y, place), x.dtype)
    total = total - y if node.get("exclusive", 0) else total
    return ops.flip(total, place) if node.get("reverse", 0) else total


def _running_product(node: Node, x: Tensor, axis: Tensor) -> Tensor:
    place = int(known(node, axis, "axes")) % x.ndim
    y = ops.flip(x, place) if node.get("reverse", 0) else x
    parts = [ops.take(y, np.array([k]), place) for k in range(x.shape[place] or 0)]
    found = [ops.broadcast_like(as_tensor(np.ones((), x.dtype)), parts[0])]
    for part in parts:
        found.append(found[-1] * part)
    total = ops.concatenate(found[:-1] if node.get("exclusive", 0) else found[1:], place)
    return ops.flip(total, place) if node.get("reverse", 0) else total


def _matrices(node: Node, a: Tensor, b: Tensor, c: Tensor | None = None) -> Tensor:
    a = a.T if node.get("transA", 0) else a
    b = b.T if node.get("transB", 0) else b
    product = node.get("alpha", 1.0) * (a @ b) if node.get("alpha", 1.0) != 1 else a @ b
    if c is None:
        return product
    return product + (c if node.get("beta", 1.0) == 1 else c * node.get("beta", 1.0))


FOLDING: dict[str, Reader] = {
    "ReduceSum": _reduced(ops.sum), "ReduceMean": _reduced(ops.mean),
    "ReduceMax": _reduced(_truths(_extreme(ops.max, 1))),
    "ReduceMin": _reduced(_truths(_extreme(ops.min, -1))),
    "ReduceProd": _reduced(_product), "ReduceL1": _reduced(ops.sum, abs),
    "ReduceL2": _reduced(ops.sum, lambda x: x * x, ops.sqrt),
    "ReduceSumSquare": _reduced(ops.sum, lambda x: x * x),
    "ReduceLogSum": _reduced(ops.sum, None, ops.log), "ReduceLogSumExp": _reduced(_logsumexp),
    "ArgMax": _position(ops.argmax), "ArgMin": _position(ops.argmin), "CumSum": _running,
    "CumProd": _running_product, "Gemm": _matrices,
    "Einsum": lambda node, *operands: functional.einsum(node.get("equation"), *operands),
}  # fmt: skip
