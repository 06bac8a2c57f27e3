"""The matrix product: blocks of the result whose sums stay in registers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from pellucid.compile.access import Affine, Counter
from pellucid.engines.native.builder import NativeBuilder
from pellucid.engines.native.emitter import INDEX
from pellucid.engines.native.lowering import SPECIAL, KernelWriter, pointer
from pellucid.engines.native.value import Value
from pellucid.errors import EngineError

__all__ = ["matrix_product"]

ROWS = {64: 8, 32: 4, 16: 4}  # of a block: its sums stay in registers of so many bytes
WIDE = 2  # vectors of each row of a block

Place = dict[str, Any]


class _NotAffineError(EngineError):
    """An operand does not lie at constant steps."""


class _Steps:
    """A space of indices in which only constant steps are allowed."""

    def value(self, number: Any) -> Any:
        raise _NotAffineError("not at constant steps")

    def divided(self, number: Affine, by: int) -> tuple[Any, Any]:
        raise _NotAffineError("not at constant steps")


@dataclass(frozen=True)
class _Matrix:
    """An array, with the step in memory that belongs to each index."""

    builder: NativeBuilder
    dtype: np.dtype[Any]
    pointer: str
    start: int
    steps: dict[str, int]

    def offset(self, place: Place) -> Any:
        return sum((i * self.steps.get(name, 0) for name, i in place.items()), self.start)

    def __getitem__(self, place: Place) -> Value:
        return self.builder.load(self.pointer, self.dtype, self.offset(place))

    def __setitem__(self, place: Place, value: Value) -> None:
        self.builder.store(value, self.pointer, self.offset(place))

    def step(self, name: str) -> int:
        return self.steps.get(name, 0)


def matrix_product(writer: KernelWriter, number: int) -> bool:
    """Write the loops of a matrix product; refuse operands that do not lie at constant steps."""
    line = writer.lines[number]
    x, y = writer.operands(number)
    *batch, m, n = line.spec.shape
    k = x.spec.shape[-1]
    if not all((*batch, m, n, k)):
        return False
    names = [f"b{axis}" for axis in range(len(batch))]
    found = [
        _matrix(
            writer, operand.number, [*names[len(batch) + 2 - len(operand.spec.shape) :], *inner]
        )
        for operand, inner in ((x, "ik"), (y, "kj"))
    ]
    left, right = found
    if left is None or right is None:
        return False
    spec, array = line.spec, pointer(writer.layout.locations[number])
    steps = dict(zip([*names, "i", "j"], _row_major((*batch, m, n)), strict=True))
    out = _Matrix(writer.b, spec.dtype, array, 0, steps)
    extents: dict[str, Any] = {"i": m, "j": n, "k": k}
    rows, columns = "i", "j"
    if n == 1:  # a column: its transpose is a row, which lies at constant steps as well
        left, right, rows, columns = right, left, columns, rows
    at_once = ROWS[writer.vector_bytes]
    product = _Product(writer.b, left, right, out, extents, rows, columns, writer.lanes, at_once)
    contiguous = left.step("k") == right.step("k") == 1 or k == 1
    loops = product.dots if right.step(columns) != 1 and contiguous else product.rows
    writer.nest(batch, lambda index: loops(dict(zip(names, index, strict=True))))
    return True


SPECIAL["matmul"] = matrix_product


def _row_major(shape: Sequence[Any]) -> list[int]:
    steps = [1]
    for extent in reversed(shape[1:]):
        steps.append(steps[-1] * extent)
    return steps[::-1]


def _matrix(writer: KernelWriter, number: int, names: Sequence[str]) -> _Matrix | None:
    """Find the steps of an operand, from where it says that an element lies."""
    spec = writer.spec(number)
    space = _Steps()
    pairs = zip(names, spec.shape, strict=True)
    place = tuple(0 if e == 1 else Affine.of(space, Counter(name, e or 0)) for name, e in pairs)
    try:
        found = writer.strided(number, place)
    except _NotAffineError:
        return None
    if found is None:
        return None
    array, offset = found
    if isinstance(offset, int):
        return _Matrix(writer.b, spec.dtype, array, offset, {})
    steps = {counter.name: factor for counter, factor in offset.terms.items()}
    return _Matrix(writer.b, spec.dtype, array, offset.constant, steps)


@dataclass(frozen=True)
class _Product:
    """One product of two matrices: out[i, j] is the sum over k of left[i, k] · right[k, j].

    `i` and `j` are what these indices are called by the matrices.
    """

    b: NativeBuilder
    left: _Matrix
    right: _Matrix
    out: _Matrix
    extents: dict[str, int]
    i: str
    j: str
    lanes: int
    rows_at_once: int

    def rows(self, place: Place) -> None:
        """Sum blocks of the result in registers, each row of a block in vectors along it."""
        wide = min(WIDE * self.lanes, self.extents[self.j])

        def block(i0: Any, rows: int) -> None:
            def columns(at: Any) -> None:
                def turn(k: Any, totals: tuple[Value, ...]) -> tuple[Value, ...]:
                    y = self.right[{**place, "k": k, self.j: at}]
                    xs = [self.left[{**place, self.i: i0 + r, "k": k}] for r in range(rows)]
                    return tuple(self.added(a, x, y) for a, x in zip(totals, xs, strict=True))

                zero = self.b.constant(0, self.out.dtype)
                for r, total in enumerate(self.b.fold(self.extents["k"], (zero,) * rows, turn)):
                    self.out[{**place, self.i: i0 + r, self.j: at}] = total

            self.b.across(self.extents[self.j], wide, columns)

        _blocks(self.b, self.extents[self.i], self.rows_at_once, block)

    def dots(self, place: Place) -> None:
        """Sum along k in vectors, for as many columns side by side as a vector has lanes."""
        k = self.extents["k"]
        lanes = _power_of_two(min(self.lanes, k))
        left = k - k % lanes

        def block(i: Any, j0: Any, across: int) -> None:
            def turn(k: Any, totals: tuple[Value, ...]) -> tuple[Value, ...]:
                x = self.left[{**place, self.i: i, "k": k}]
                ys = [self.right[{**place, "k": k, self.j: j0 + c}] for c in range(across)]
                return tuple(self.added(a, x, y) for a, y in zip(totals, ys, strict=True))

            zero = self.b.constant(0, self.out.dtype)
            with self.b.vectors(lanes):
                start, lane = (self.b.spread(zero, lanes),) * across, self.b.lane(lanes)
                sums = self.b.fold(k // lanes, start, lambda q, a: turn(q * lanes + lane, a))
            few = self.b.fold(k % lanes, (zero,) * across, lambda q, a: turn(q + left, a))
            with self.b.vectors(across):
                total = self._totals(sums)
                at = {**place, self.i: i, self.j: j0 + self.b.lane(across)}
                self.out[at] = total if left == k else total + self._side_by_side(few)

        def row(i: Any) -> None:
            done, across = 0, lanes
            while across:
                count = (self.extents[self.j] - done) // across
                at = partial(_stripe, partial(block, i), done, across)
                self._some(count, at)
                done, across = done + count * across, across // 2

        self.b.loop(self.extents[self.i], row)

    def _some(self, count: int, body: Callable[[Any], None]) -> None:
        with self.b.scope():
            self.b.loop(count, body)

    def added(self, total: Value, x: Value, y: Value) -> Value:
        """Add a product to a sum, in one instruction where there is one."""
        return total + x * y

    def _totals(self, sums: Sequence[Value]) -> Value:
        """Add up the lanes of each of some vectors, and give the totals side by side.

        Neighbouring lanes of two vectors are added at a time: of many vectors becomes one, in
        which as many lanes belong to each as are left.
        """
        b, count, lanes = self.b, len(sums), sums[0].lanes
        while len(sums) > 1:
            pairs = list(zip(sums[::2], sums[1::2], strict=True))
            even, odd = (list(range(first, 2 * lanes, 2)) for first in (0, 1))
            sums = [b.shuffled(x, y, even) + b.shuffled(x, y, odd) for x, y in pairs]
        (one,) = sums
        while one.lanes > count:
            even, odd = (list(range(first, one.lanes, 2)) for first in (0, 1))
            one = b.shuffled(one, one, even) + b.shuffled(one, one, odd)
        return one

    def _side_by_side(self, numbers: Sequence[Value]) -> Value:
        """Put numbers into the lanes of a vector."""
        found = self.b.spread(numbers[0], len(numbers))
        for lane, one in enumerate(numbers[1:], 1):
            text = f"insertelement {found.typed}, {one.typed}, {INDEX} {lane}"
            found = self.b.made(one.dtype, len(numbers), text)
        return found


def _power_of_two(number: int) -> int:
    """Find the greatest power of two that is not greater."""
    return 1 << (number.bit_length() - 1)


def _blocks(b: NativeBuilder, extent: int, largest: int, body: Callable[[Any, int], None]) -> None:
    """Cut an extent into blocks, equal ones if there is a fitting size."""
    sizes = range(min(largest, extent), largest // 2 - 1, -1)
    size = next((one for one in sizes if one and not extent % one), min(largest, extent))
    b.loop(extent // size, lambda i: body(i * size, size))
    if extent % size:
        with b.scope():
            body(extent - extent % size, extent % size)


def _stripe(block: Callable[[Any, int], None], start: int, width: int, number: Any) -> None:
    """Write the block of a stripe of columns."""
    block(number * width + start, width)
