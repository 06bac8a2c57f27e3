"""Folding rows with vectors: the last axis in as many parts as there are lanes.

The parts are combined at the end; how many there are depends on shapes alone. What is left over at
the end of a row is folded into a part of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pellucid.compile.access import extents
from pellucid.engines.native.builder import NativeBuilder, OneByOne
from pellucid.engines.native.value import Value
from pellucid.graph.op import Reduce

if TYPE_CHECKING:
    from pellucid.engines.native.lowering import Operand

__all__ = ["row_folded"]

Parts = tuple[Value, Value]  # one for each lane, side by side; and the one for what is left over


def row_folded(
    b: NativeBuilder,
    body: Reduce,
    x: Operand,
    place: tuple[Any, ...],
    attrs: dict[str, Any],
    lanes: int,
    order: Sequence[int],
) -> Value:
    """Fold `x` at one place of the result, at most `lanes` elements side by side.

    Neighbours in memory are those along the last axis of `order`, which is one of those folded.

    Raises
    ------
    OneByOne : for what is no single number, so that its order may matter
    """
    shape, axes = extents(x.spec.shape), attrs["axes"]
    start = body.identity(b, x.spec.dtype)
    if not isinstance(start, Value):
        raise OneByOne
    outer = iter(place)
    at = [next(outer) if attrs["keepdims"] or k not in axes else 0 for k in range(len(shape))]
    length = shape[order[-1]]
    lanes = min(lanes, length)

    def one(i: Any, a: Value) -> Value:
        at[order[-1]] = i
        return b.value(body.combine(b, a, body.lift(b, x[tuple(at)], None)))

    def row(parts: Parts) -> Parts:
        many, few = parts
        with b.vectors(lanes):
            many = b.fold(length // lanes, many, lambda i, a: one(i * lanes + b.lane(lanes), a))
        rest = length % lanes
        return many, b.fold(rest, few, lambda i, a: one(i + (length - rest), a))

    def along(axes: Sequence[int], parts: Parts) -> Parts:
        if not axes:
            return row(parts)

        def step(i: Any, parts: Parts) -> Parts:
            at[axes[0]] = i
            return along(axes[1:], parts)

        found: Parts = b.fold(shape[axes[0]], parts, step)
        return found

    others = [axis for axis in order[:-1] if axis in axes]
    many, few = along(others, (b.spread(start, lanes), start))
    return b.value(body.finish(b, _together(b, body, many, few)))


def _together(b: NativeBuilder, body: Reduce, many: Value, few: Value) -> Value:
    """Combine the halves of a vector until one number is left, and that with `few`."""
    while many.lanes > 1:
        half = many.lanes // 2
        if many.lanes % 2:
            few = body.combine(b, few, b.shuffled(many, many, [2 * half]))
        low, high = list(range(half)), list(range(half, 2 * half))
        many = body.combine(b, b.shuffled(many, many, low), b.shuffled(many, many, high))
    return b.value(body.combine(b, many, few))
