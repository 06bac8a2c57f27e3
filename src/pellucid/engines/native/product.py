"""The matrix product: blocks of the result whose sums stay in registers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from pellucid.compile.access import Affine, Counter, extents
from pellucid.engines.native.builder import NativeBuilder
from pellucid.engines.native.emitter import INDEX
from pellucid.engines.native.lowering import SPECIAL, KernelWriter, Operand, pointer
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
    """Write the loops of a matrix product, if its operands lie at constant steps in memory."""
    spec, (x, y) = writer.lines[number].spec, writer.operands(number)
    *batch, m, n = extents(spec.shape)
    k = extents(x.spec.shape)[-1]
    if not all((*batch, m, n, k)):
        return False
    names = [f"batch {axis}" for axis in range(len(batch))]
    left, right = _matrix(writer, x, [*names, "i", "k"]), _matrix(writer, y, [*names, "k", "j"])
    if left is None or right is None:
        return False
    steps = dict(zip([*names, "i", "j"], _row_major((*batch, m, n)), strict=True))
    out = _Matrix(writer.b, spec.dtype, pointer(writer.layout.locations[number]), 0, steps)
    sizes, (i, j) = {"i": m, "j": n, "k": k}, ("i", "j")
    if n == 1:  # a column: its transpose is a row, which lies at constant steps as well
        left, right, i, j = right, left, j, i
    product = _Product(writer, left, right, out, sizes, i, j)
    contiguous = left.step("k") == right.step("k") == 1 or k == 1
    loops = product.dots if right.step(j) != 1 and contiguous else product.rows
    writer.nest(batch, lambda index: loops(dict(zip(names, index, strict=True))))
    return True


SPECIAL["matmul"] = matrix_product


def _row_major(shape: Sequence[Any]) -> list[int]:
    steps = [1]
    for extent in reversed(shape[1:]):
        steps.append(steps[-1] * extent)
    return steps[::-1]


def _matrix(writer: KernelWriter, operand: Operand, names: Sequence[str]) -> _Matrix | None:
    """Find the steps of an operand, from where it says that an element lies."""
    shape, dtype = extents(operand.spec.shape), operand.spec.dtype
    pairs = zip(names[len(names) - len(shape) :], shape, strict=True)
    space = _Steps()
    place = tuple(0 if n == 1 else Affine.of(space, Counter(name, n)) for name, n in pairs)
    try:
        found = writer.strided(operand.number, place)
    except _NotAffineError:
        return None
    if found is None:
        return None
    array, offset = found
    if isinstance(offset, int):
        return _Matrix(writer.b, dtype, array, offset, {})
    steps = {counter.name: factor for counter, factor in offset.terms.items()}
    return _Matrix(writer.b, dtype, array, offset.constant, steps)


@dataclass(frozen=True)
class _Product:
    """One product of two matrices: out[i, j] is the sum over k of left[i, k] · right[k, j].

    `i` and `j` are what these indices are called by the matrices.
    """

    writer: KernelWriter
    left: _Matrix
    right: _Matrix
    out: _Matrix
    sizes: dict[str, int]
    i: str
    j: str

    @property
    def b(self) -> NativeBuilder:
        return self.writer.b

    def rows(self, place: Place) -> None:
        """Sum blocks of the result in registers, each row of a block in vectors along it."""
        wide = min(WIDE * self.writer.lanes, self.sizes[self.j])

        def block(i0: Any, rows: int) -> None:
            def columns(at: Any) -> None:
                def turn(k: Any, totals: tuple[Value, ...]) -> tuple[Value, ...]:
                    y = self.right[{**place, "k": k, self.j: at}]
                    xs = [self.left[{**place, self.i: i0 + r, "k": k}] for r in range(rows)]
                    return tuple(a + x * y for a, x in zip(totals, xs, strict=True))

                zero = self.b.constant(0, self.out.dtype)
                for r, total in enumerate(self.b.fold(self.sizes["k"], (zero,) * rows, turn)):
                    self.out[{**place, self.i: i0 + r, self.j: at}] = total

            self.b.across(self.sizes[self.j], wide, columns)

        _blocks(self.b, self.sizes[self.i], ROWS[self.writer.vector_bytes], block)

    def dots(self, place: Place) -> None:
        """Sum along k in vectors, for as many columns side by side as a vector has lanes."""
        k = self.sizes["k"]
        lanes = _power_of_two(min(self.writer.lanes, k))
        rest = k % lanes

        def block(i: Any, first: int, across: int, number: Any) -> None:
            j0 = number * across + first

            def turn(k: Any, totals: tuple[Value, ...]) -> tuple[Value, ...]:
                x = self.left[{**place, self.i: i, "k": k}]
                ys = [self.right[{**place, "k": k, self.j: j0 + c}] for c in range(across)]
                return tuple(a + x * y for a, y in zip(totals, ys, strict=True))

            zero = self.b.constant(0, self.out.dtype)
            with self.b.vectors(lanes):
                start, lane = (self.b.spread(zero, lanes),) * across, self.b.lane(lanes)
                sums = self.b.fold(k // lanes, start, lambda q, a: turn(q * lanes + lane, a))
            few = self.b.fold(rest, (zero,) * across, lambda q, a: turn(q + (k - rest), a))
            with self.b.vectors(across):
                total = self._totals(sums)
                at = {**place, self.i: i, self.j: j0 + self.b.lane(across)}
                self.out[at] = total + self._side_by_side(few) if rest else total

        def row(i: Any) -> None:
            done, across = 0, lanes
            while across:
                count = (self.sizes[self.j] - done) // across
                blocks = partial(block, i, done, across)
                with self.b.scope():
                    self.b.loop(count, blocks)
                done, across = done + count * across, across // 2

        self.b.loop(self.sizes[self.i], row)

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
