"""The matrix product: tiles of the result whose sums stay in registers.

Along one axis of a tile lie vectors, along the other single numbers that are multiplied into all
of them. Which axis of the product is which, and whether an operand is first copied into the order
in which it will be read (*packed*), is decided by counting instructions.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from pellucid.compile.access import Affine, Counter, extents
from pellucid.engines.native.builder import INT64, NativeBuilder
from pellucid.engines.native.lowering import SPECIAL, KernelWriter, Operand, pointer, shared_axis
from pellucid.engines.native.square import transposed, turn_square
from pellucid.engines.native.value import Value
from pellucid.errors import EngineError

__all__ = ["SUMS", "Matrix", "Product", "located", "matrix_product", "row_major"]

SUMS = {
    64: 24,
    32: 12,
    16: 8,
}  # vectors of a tile, by bytes of a register: few enough to stay there
WIDE = {64: 3, 32: 3, 16: 2}  # of them side by side, at most
PLAIN = 16  # bytes of a register of CPUs that may lack an instruction for x · y + z
LATENCY = 8  # multiplications that can be begun before the result of the first is there
SHAPES = 0.04  # how much longer it may take to save a tile of another shape
TASKS = 16  # into which a product is cut at least, where it is large enough
OFTEN = 128  # rows of the result from which on reading in order pays for a copy
NEAR = 1 << 20  # bytes that a core keeps near
SEVERAL, PAGE = 32, 4096  # the same where what is read lies so many bytes apart
COPY = 2  # instructions for a vector that is packed as it lies: load, store
SHUFFLES = 2  # instructions for a vector that is packed or stored across memory: load, permute

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
class Matrix:
    """An array, with the step in memory that belongs to each index.

    Along k the elements may lie anywhere: how far from the first, is in a `table` then. So may they
    along an index that is known when code is made, whose places stand instead of a step.
    """

    builder: NativeBuilder
    dtype: np.dtype[Any]
    pointer: str
    start: int
    steps: Mapping[str, int | tuple[int, ...]]
    table: str = ""

    def offset(self, place: Place) -> Any:
        """Give the place of an element in the array."""
        return sum((self._far(name, i) for name, i in place.items()), self.start)

    def _far(self, name: str, i: Any) -> Any:
        step = self.steps.get(name, 0)
        return step[i] if isinstance(step, tuple) else i * step

    def __getitem__(self, place: Place) -> Value:
        return self.builder.load(self.pointer, self.dtype, self.offset(place))

    def __setitem__(self, place: Place, value: Value) -> None:
        self.builder.store(value, self.pointer, self.offset(place))

    def seen_from(self, place: Place) -> Matrix:
        """Give what is left of the array behind an element, at which its indices begin."""
        first = self.builder.address(self.pointer, self.dtype, self.offset(place))
        if self.table and "k" in place:
            far = self.builder.load(self.table, INT64, place["k"])
            first = self.builder.address(first, self.dtype, far)
        table = "" if "k" in place else self.table
        return Matrix(self.builder, self.dtype, first, 0, self.steps, table)

    def step(self, name: str) -> int:
        """Give the step in memory that belongs to an index, 0 if there is none."""
        step = self.steps.get(name, 0)
        return 0 if isinstance(step, tuple) else step

    def is_apart(self, name: str) -> bool:
        """Tell whether the elements along an index lie at places of their own."""
        return isinstance(self.steps.get(name), tuple)


def matrix_product(writer: KernelWriter, number: int) -> bool:
    """Write the loops of a matrix product, if its operands lie at constant steps in memory."""
    spec, (x, y) = writer.lines[number].spec, writer.operands(number)
    *batch, m, n = extents(spec.shape)
    k = extents(x.spec.shape)[-1]
    if spec.dtype.kind != "f" or not all((*batch, m, n, k)):
        return False
    names = [f"batch {axis}" for axis in range(len(batch))]
    left, right = located(writer, x, [*names, "i", "k"]), located(writer, y, [*names, "k", "j"])
    if left is None or right is None:
        return False
    steps = dict(zip([*names, "i", "j"], row_major((*batch, m, n)), strict=True))
    first = writer.kernel.results[0]
    if writer.is_turned(first):
        steps = {"i": 1, "j": m}
    out = Matrix(writer.b, spec.dtype, pointer(writer.layout.locations[first]), 0, steps)
    sizes = {"i": m, "j": n, "k": k}

    def finish(place: Place, value: Value) -> None:
        writer.finish(number, value, tuple(place[name] for name in (*names, "i", "j")))

    alone = writer.kernel.results == (number,)
    product = Product.planned(writer, left, right, out, sizes, finish=None if alone else finish)

    def write(index: tuple[Any, ...]) -> None:
        product.write(dict(zip(names, index, strict=True)))

    whole = math.prod(batch) >= TASKS  # there are enough products to share out whole ones
    writer.nest(batch, write, share=shared_axis(batch) if whole else None)
    return True


SPECIAL["matmul"] = matrix_product


def row_major(shape: Sequence[Any]) -> list[int]:
    """Give the step of each axis of an array that lies in row-major order."""
    steps = [1]
    for extent in reversed(shape[1:]):
        steps.append(steps[-1] * extent)
    return steps[::-1]


def located(writer: KernelWriter, operand: Operand, names: Sequence[str]) -> Matrix | None:
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
        return Matrix(writer.b, dtype, array, offset, {})
    steps = {counter.name: factor for counter, factor in offset.terms.items()}
    return Matrix(writer.b, dtype, array, offset.constant, steps)


@dataclass(frozen=True)
class Product:
    """One product: out[r, c] is the sum over k of numbers[r, k] · vectors[k, c].

    `r` and `c` are what these indices are called by the matrices; vectors lie along c. Where it
    `adds`, the sums are added to what is in `out` already, which then must lie in order along c;
    so it must where something else is to be done with them, to `finish`.
    """

    writer: KernelWriter
    numbers: Matrix
    vectors: Matrix
    out: Matrix
    sizes: dict[str, int]
    r: str
    c: str
    adds: bool = False
    finish: Callable[[Place, Value], None] | None = None

    @classmethod
    def planned(
        cls,
        writer: KernelWriter,
        left: Matrix,
        right: Matrix,
        out: Matrix,
        sizes: dict[str, int],
        *,
        adds: bool = False,
        finish: Callable[[Place, Value], None] | None = None,
    ) -> Product:
        """Choose along which index, i of `left` or j of `right`, vectors lie."""
        along_j = cls(writer, left, right, out, sizes, "i", "j", adds, finish)
        along_i = cls(writer, right, left, out, sizes, "j", "i", adds, finish)
        in_order = adds or finish is not None
        possible = [one for one in (along_j, along_i) if not in_order or out.step(one.c) == 1]
        return min(possible or [along_j], key=lambda one: one.cost)

    @property
    def b(self) -> NativeBuilder:
        """What writes the instructions."""
        return self.writer.b

    @property
    def lanes(self) -> int:
        """How many numbers a vector has."""
        return self.writer.vector_bytes // self.out.dtype.itemsize

    @property
    def places(self) -> int:
        """How many vectors a row of the result takes."""
        return -(-self.sizes[self.c] // self.lanes)

    @property
    def is_packed(self) -> bool:
        """Whether what vectors are read from is copied first.

        It is where it does not lie in order, where it is too narrow, and where it is read so often
        that memory far apart would be the bottleneck.
        """
        often = self.sizes[self.r] >= (SEVERAL if self._lies_far else OFTEN)
        return not self._lies_in_order or self.sizes[self.c] < self.lanes or often

    @property
    def _lies_in_order(self) -> bool:
        return self.vectors.step(self.c) == 1 or self.sizes[self.c] == 1

    @property
    def _lies_far(self) -> bool:
        """Whether the next of the vectors that are read lies on another page of memory."""
        return self.vectors.step("k") * self.vectors.dtype.itemsize >= PAGE

    @property
    def _is_long(self) -> bool:
        """Whether the result is larger than what a core keeps near, and what is packed is not."""
        written = self.sizes[self.r] * self.sizes[self.c] * self.out.dtype.itemsize
        in_order = self.out.step(self.c) == 1
        return self.is_packed and in_order and self._packed_bytes <= NEAR < written

    @property
    def _is_spread(self) -> bool:
        """Whether what is packed comes from so far that its rows are better read at length."""
        return self.is_packed and self._lies_far and self._packed_bytes > NEAR

    @property
    def _packed_bytes(self) -> int:
        return self.sizes["k"] * self.sizes[self.c] * self.vectors.dtype.itemsize

    @property
    def cost(self) -> int:
        """How many instructions on vectors it takes, roughly."""
        rows, k = self.sizes[self.r], self.sizes["k"]
        found = rows * k * self.places
        if self.is_packed and not self._lies_far:  # which takes as long to read as to copy
            found += k * self.places * (COPY if self._lies_in_order else SHUFFLES * 2)
        if self.out.step(self.c) != 1:
            found += rows * self.places * SHUFFLES * 4
        return found

    # --- the tiles ---

    def write(self, place: Place) -> None:
        """Write the loops: over groups of vectors, over rows, and over k innermost."""
        wide, rows = self._tile_shape()
        whole = self.sizes[self.c] // self.lanes
        groups = whole // wide
        starts = [k * self.lanes for k in range(groups * wide, whole)]
        if self.sizes[self.c] % self.lanes:  # the last vector overlaps the one before
            starts.append(max(self.sizes[self.c] - self.lanes, 0))
        parts = _row_parts(groups, -(-self.sizes[self.r] // rows))
        if self._is_long:
            self._part_by_part(place, groups, groups, wide, rows)
        elif self._is_spread:
            self._part_by_part(place, groups, max(1, groups // TASKS), wide, rows)
        else:
            self._tasks(place, groups, parts, lambda g: self._run(g, wide), rows)
        if starts:
            with self.b.scope():
                most = _row_parts(1, -(-self.sizes[self.r] // rows))
                self._tasks(place, 1, most, lambda g: starts, rows)

    def _part_by_part(self, place: Place, groups: int, size: int, wide: int, most: int) -> None:
        """Write the loops over parts of so many groups, which are packed together, then over rows.

        Threads share the parts; or, where there is one, the rows, and each packs for itself.
        """
        b, extent, whole = self.b, self.sizes[self.r], size == groups

        def part(first: Any, count: int) -> None:
            panels = _Panel(self, place, wide, count)

            def tiles(row: Any, rows: int) -> None:
                b.loop(count, lambda g: self._tile(
                    replace(panels, group=g), self._run(first + g, wide), row, rows
                ))  # fmt: skip

            panels.pack_all(lambda g: self._run(first + g, wide))
            b.blocks(extent, most, tiles, share=whole)

        b.blocks(groups, size, part, share=not whole)

    def _tasks(
        self,
        place: Place,
        groups: int,
        parts: int,
        starts: Callable[[Any], Sequence[Any]],
        most: int,
    ) -> None:
        """Write the loop over tasks: a group of vectors, and a part of the rows.

        A thread that goes on in the same group has what it packed at hand.
        """
        b = self.b
        if not b.together:
            b.loop(groups, lambda g: self._rows(place, starts(g), most))
            return
        total = groups * parts

        def some(first: str, last: str) -> None:
            b.between(first, last, total, lambda number: task(number, Value(b, INT64, first)))

        def task(number: Any, first: Value) -> None:
            group, part = number // parts, number % parts
            panel = _Panel(self, place, len(starts(group)))
            if self.is_packed:
                begins = (b.value(part) == 0) | (b.value(number) == first)
                b.only_if(begins.name, lambda: panel.pack(starts(group)))
            self._part_of_rows(panel, starts(group), most, part, parts)

        b.pieces(total, some)

    def _part_of_rows(
        self, panel: _Panel, starts: Sequence[Any], most: int, part: Any, parts: int
    ) -> None:
        """Write the tiles of one part of the rows, cut between blocks."""
        b, extent = self.b, self.sizes[self.r]
        size = min(most, extent)
        blocks, rest = divmod(extent, size)
        first, last = (b.value(part + k) * blocks // parts for k in (0, 1))

        def tiles(row: Any, rows: int) -> None:
            self._tile(panel, starts, row, rows)

        b.between(first.name, last.name, blocks, lambda number: tiles(number * size, size))
        if rest:
            is_last = b.value(part) == parts - 1
            b.only_if(is_last.name, lambda: tiles(extent - rest, rest))

    def _tile_shape(self) -> tuple[int, int]:
        """Choose how many vectors and rows a tile has: what is quick, and then what is short.

        A tile takes as long as its multiplications, or as what it reads, if that is more, and never
        less than a sum takes to be added to. Tiles of another shape for what is left over are code
        that has to be made as well.
        """
        extent, bytes_ = self.sizes[self.r], self.writer.vector_bytes

        def time(wide: int, rows: int) -> float:
            return max(wide * rows, wide + rows, LATENCY)

        def price(shape: tuple[int, int]) -> tuple[float, int]:
            wide, rows = shape
            groups, more = divmod(self.places, wide)
            blocks, rest = divmod(extent, rows)
            total = (
                groups * blocks * time(wide, rows)
                + groups * time(wide, rest) * (rest > 0)
                + blocks * time(more, rows) * (more > 0)
                + time(more, rest) * (more * rest > 0)
            )
            shapes = (1 + (more > 0)) * (1 + (rest > 0))
            return total * (1 + SHAPES * (shapes - 1)), -wide * rows

        # of rows that lie apart there are two tiles at most, each with code of its own
        least = -(-extent // 2) if self.numbers.is_apart(self.r) else 1
        possible = [
            (wide, rows)
            for wide in range(1, min(WIDE[bytes_], self.places) + 1)
            for rows in range(least, min(SUMS[bytes_] // wide, extent) + 1)
        ]
        return min(possible, key=price)

    def _run(self, group: Any, wide: int) -> list[Any]:
        return [group * (wide * self.lanes) + v * self.lanes for v in range(wide)]

    def _rows(self, place: Place, starts: Sequence[Any], most: int) -> None:
        panel = _Panel(self, place, len(starts))
        if self.is_packed:
            panel.pack(starts)
        self.b.blocks(
            self.sizes[self.r], most, lambda row, rows: self._tile(panel, starts, row, rows)
        )

    def _tile(self, panel: _Panel, starts: Sequence[Any], first: Any, rows: int) -> None:
        b, lanes = self.b, self.lanes
        zero = b.constant(0, self.out.dtype)
        fused = partial(b.intrinsic, "fma") if self.writer.vector_bytes > PLAIN else _sum

        apart = self.numbers.is_apart(self.r)
        begin = panel.place if apart else {**panel.place, self.r: first}
        corner, load = self.numbers.seen_from(begin), panel.reader(starts)

        def turn(k: Any, sums: tuple[Value, ...]) -> tuple[Value, ...]:
            wide = [load(v, k) for v in range(len(starts))]
            numbers = corner.seen_from({"k": k})
            found = []
            for r in range(rows):
                one = b.spread(numbers[{self.r: first + r if apart else r}], lanes)
                found += [fused(one, y, sums[r * len(wide) + v]) for v, y in enumerate(wide)]
            return tuple(found)

        with b.vectors(lanes):
            start = (b.spread(zero, lanes),) * (rows * len(starts))
            sums = b.fold(self.sizes["k"], start, turn)
            for v, at in enumerate(starts):
                column = [sums[r * len(starts) + v] for r in range(rows)]
                self._store(column, {**panel.place, self.r: first, self.c: at}, self._done(at))

    # --- results ---

    def _done(self, start: Any) -> int:
        """Count the lanes that an overlapping vector must not add once more."""
        rest, last = self.sizes[self.c] % self.lanes, self.sizes[self.c] - self.lanes
        overlaps = rest > 0 and last > 0 and isinstance(start, int) and start == last
        return self.lanes - rest if self.adds and overlaps else 0

    def _store(self, rows: Sequence[Value], place: Place, done: int = 0) -> None:
        """Write some rows of one vector each, but the lanes done: along memory, or across it."""
        b, lanes = self.b, min(self.lanes, self.sizes[self.c])
        if self.finish is not None:
            for r, one in enumerate(rows):
                at = {self.r: place[self.r] + r, self.c: place[self.c] + b.lane(lanes)}
                with b.vectors(lanes):
                    self.finish({**place, **at}, self._some(one, 0, lanes))
            return
        if self.out.step(self.c) == 1 or lanes == 1:
            lanes -= done
            out = self.out.seen_from({**place, self.c: place[self.c] + done})
            for r, one in enumerate(rows):
                with b.vectors(lanes):
                    at = {self.r: r, self.c: b.lane(lanes)}
                    found = self._some(one, done, lanes)
                    out[at] = out[at] + found if self.adds else found
            return
        if len(rows) > self.lanes:
            self._store(rows[self.lanes :], {**place, self.r: place[self.r] + self.lanes})
            rows = rows[: self.lanes]
        if lanes == self.lanes:
            self._store_across(rows, place)
            return
        count = 1 << (len(rows) - 1).bit_length()
        padded = [*rows, *[rows[-1]] * (count - len(rows))]
        across, out = transposed(b, padded), self.out.seen_from(place)
        with b.vectors(len(rows)):
            for c in range(lanes):
                block, q = divmod(c, count)
                picked = [block * count + r for r in range(len(rows))]
                found = b.shuffled(across[q], across[q], picked)
                out[{self.r: b.lane(len(rows)), self.c: c}] = found

    def _store_across(self, rows: Sequence[Value], place: Place) -> None:
        """Write rows of whole vectors by the function that transposes squares."""
        b, dtype = self.b, self.out.dtype
        square = self.writer.scratch("square", self.lanes * self.lanes * dtype.itemsize)
        for r, one in enumerate(rows):
            b.store(one, square, r * self.lanes + b.lane(self.lanes))
        first = b.address(self.out.pointer, dtype, self.out.offset(place))
        steps = self.lanes, len(rows) - 1, self.out.step(self.c), len(rows)
        turn_square(b, dtype, self.lanes, square, first, steps)

    def _some(self, value: Value, first: int, lanes: int) -> Value:
        """Give some lanes of a vector."""
        if value.lanes == lanes:
            return value
        return self.b.shuffled(value, value, [*range(first, first + lanes)])


@dataclass(frozen=True)
class _Panel:
    """What the vectors of some groups of tiles are read from: an operand, or its packed copy.

    The copy of a group lies where one kernel after the other may put what it needs for a moment:
    it is made before the group's tiles, and overwritten by the next group's.

    Attributes
    ----------
    wide : how many vectors a group has
    groups : how many groups lie there at once
    group : which of them this is
    """

    product: Product
    place: Place
    wide: int
    groups: int = 1
    group: Any = 0

    @property
    def b(self) -> NativeBuilder:
        return self.product.b

    @property
    def source(self) -> Matrix:
        return self.product.vectors

    def reader(self, starts: Sequence[Any]) -> Callable[[int, Any], Value]:
        """Give what reads one of the vectors that begin at `starts`, at any k."""
        b, product, lane = self.b, self.product, self.b.lane(self.product.lanes)
        if product.is_packed:
            array, dtype = self._scratch(), self.source.dtype
            return lambda v, k: b.load(array, dtype, self._at(v, k) + lane)
        first, c = starts[0], product.c
        corner = self.source.seen_from({**self.place, c: first})
        return lambda v, k: corner[{"k": k, c: starts[v] - first + lane}]

    def _at(self, v: int, k: Any) -> Any:
        row = self.wide * self.product.lanes
        return (self.group * self.product.sizes["k"] + k) * row + v * self.product.lanes

    def _scratch(self) -> str:
        count = self.groups * self.product.sizes["k"] * self.wide * self.product.lanes
        name = f"panel {self.wide} {self.groups}"
        return self.product.writer.scratch(name, count * self.source.dtype.itemsize)

    def pack_all(self, starts: Callable[[Any], Sequence[Any]]) -> None:
        """Copy the vectors of all groups, row by row where rows lie in order."""

        def row(g: Any, k: Any) -> None:
            replace(self, group=g)._row(starts(g), k)

        if self.source.step("k") == 1:
            self.b.loop(self.groups, lambda g: replace(self, group=g).pack(starts(g)))
        else:
            rows = self.product.sizes["k"]
            self.b.loop(rows, lambda k: self.b.loop(self.groups, lambda g: row(g, k)))

    def pack(self, starts: Sequence[Any]) -> None:
        """Copy the vectors of a group into the order in which tiles read them."""
        lanes, k = self.product.lanes, self.product.sizes["k"]
        if self.source.step("k") == 1 and k >= lanes:
            for v, start in enumerate(starts):
                self._squares(v, start)
            return

        with self.b.scope():
            self.b.loop(k, lambda row: self._row(starts, row))

    def _row(self, starts: Sequence[Any], k: Any) -> None:
        """Copy the vectors of a group at one k."""
        for v, start in enumerate(starts):
            self._line(v, start, k)

    def _line(self, v: int, start: Any, k: Any) -> None:
        """Copy one vector, lane by lane if it does not lie in order."""
        b, product = self.b, self.product
        count = min(product.lanes, product.sizes[product.c])
        with b.vectors(count):
            place = {**self.place, "k": k, product.c: start + b.lane(count)}
            found = b.spread(self.source[place], count)
        self._put(found, v, k)

    def _squares(self, v: int, start: Any) -> None:
        """Copy squares of as many rows as lanes, whose rows lie in order, as their transposes."""
        b, product, lanes = self.b, self.product, self.product.lanes
        count, k = min(lanes, product.sizes[product.c]), product.sizes["k"]
        source, dtype = self.source, self.source.dtype

        def square(k0: Any) -> None:
            first = source.offset({**self.place, "k": k0, product.c: start})
            here = b.address(source.pointer, dtype, first)
            there = b.address(self._scratch(), dtype, self._at(v, k0))
            steps = source.step(product.c), count - 1, self.wide * lanes, lanes
            turn_square(b, dtype, lanes, here, there, steps)

        with b.scope():
            b.loop(k // lanes, lambda i: square(i * lanes))
        if k % lanes:
            with b.scope():
                square(k - lanes)

    def _put(self, found: Value, v: int, k: Any) -> None:
        """Write a vector of the copy, filled up: what is beyond the result is never looked at."""
        b, lanes = self.b, self.product.lanes
        if found.lanes == 1:
            found = b.spread(found, lanes)
        elif found.lanes < lanes:
            zero = b.spread(b.constant(0, found.dtype), found.lanes)
            filled = [min(lane, found.lanes) for lane in range(lanes)]
            found = b.shuffled(found, zero, filled)
        with b.vectors(lanes):
            b.store(found, self._scratch(), self._at(v, k) + b.lane(lanes))


def _sum(x: Value, y: Value, z: Value) -> Value:
    return x * y + z


def _row_parts(groups: int, blocks: int) -> int:
    """Choose into how many parts rows are cut, so that there are tasks for all threads."""
    return max(1, min(blocks, -(-TASKS // groups))) if groups else 1
