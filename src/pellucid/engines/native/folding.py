"""Folding rows with vectors: the last axis in as many parts as there are lanes.

The parts are combined at the end; how many there are depends on shapes alone. What is left over at
the end of a row is folded into parts of its own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pellucid.compile.access import extents
from pellucid.engines.native.builder import NativeBuilder, OneByOne
from pellucid.engines.native.value import Value
from pellucid.graph.op import Reduce, unravelled

if TYPE_CHECKING:
    from pellucid.engines.native.lowering import Operand

__all__ = ["last_of", "row_folded"]

Parts = tuple[Value, Value]  # one for each lane, side by side; and those for what is left over


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

    Neighbours in memory are those along the last axis of `order`, which is one of those folded. So
    may be axes before it: then all of them are one row, where what is read is neighbours still.

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
    inner = [axis for axis in order if axis in axes]
    one = _Fold(b, body, x, start, lanes, at)

    def as_one_row() -> Value:
        joined = last_of(order, axes)
        if len(joined) < 2 or shape[order[-1]] % lanes == 0:
            raise OneByOne
        with b.neighbours():
            return one.folded(inner[: -len(joined)], joined)

    return b.attempt(as_one_row, lambda: one.folded(inner[:-1], inner[-1:]))


@dataclass(frozen=True)
class _Fold:
    """One fold; `at` is the place in what is folded, of which the folded axes change."""

    b: NativeBuilder
    body: Reduce
    x: Operand
    start: Value
    lanes: int
    at: list[Any]

    def folded(self, outer: Sequence[int], row: Sequence[int]) -> Value:
        """Fold the rows of all indices of the `outer` axes."""
        b, length = self.b, math.prod(self._extents(row))
        wide = min(self.lanes, length)
        rest = length % wide
        parts = b.spread(self.start, wide), b.spread(self.start, rest or 1)
        many, few = self._along(outer, row, parts)
        found = _together(b, self.body, many, self.start)
        found = _together(b, self.body, few, found) if rest else found
        return b.value(self.body.finish(b, found))

    def _extents(self, axes: Sequence[int]) -> list[int]:
        shape = extents(self.x.spec.shape)
        return [shape[axis] for axis in axes]

    def _along(self, axes: Sequence[int], row: Sequence[int], parts: Parts) -> Parts:
        if not axes:
            return self._row(row, parts)

        def step(i: Any, parts: Parts) -> Parts:
            self.at[axes[0]] = i
            return self._along(axes[1:], row, parts)

        (extent,) = self._extents(axes[:1])
        found: Parts = self.b.fold(extent, parts, step)
        return found

    def _row(self, row: Sequence[int], parts: Parts) -> Parts:
        """Take in a row: whole vectors, and then what is left over."""
        b, (many, few), length = self.b, parts, math.prod(self._extents(row))
        wide, rest = many.lanes, length % many.lanes
        with b.vectors(wide):
            lane = b.lane(wide)
            many = b.fold(length // wide, many, lambda i, a: self._one(row, i * wide + lane, a))
        if rest:
            with b.vectors(rest):
                few = self._one(row, length - rest + b.lane(rest), few)
        return many, few

    def _one(self, row: Sequence[int], i: Any, a: Value) -> Value:
        for axis, k in zip(row, unravelled(i, self._extents(row)), strict=True):
            self.at[axis] = k
        element = self.body.lift(self.b, self.x[tuple(self.at)], None)
        return self.b.value(self.body.combine(self.b, a, element))


def last_of(order: Sequence[int], axes: Sequence[int]) -> Sequence[int]:
    """Give the last axes in memory, of those that are folded: one behind the other."""
    count = next((k for k, axis in enumerate(reversed(order)) if axis not in axes), len(order))
    return order[len(order) - count :]


def _together(b: NativeBuilder, body: Reduce, parts: Value, found: Value) -> Value:
    """Combine the halves of a vector until one number is left, and that with what was `found`."""
    while parts.lanes > 1:
        half = parts.lanes // 2
        if parts.lanes % 2:
            found = body.combine(b, found, b.shuffled(parts, parts, [2 * half]))
        low, high = list(range(half)), list(range(half, 2 * half))
        parts = body.combine(b, b.shuffled(parts, parts, low), b.shuffled(parts, parts, high))
    return b.value(body.combine(b, parts, found))
