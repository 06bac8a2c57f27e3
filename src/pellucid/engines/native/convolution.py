"""Convolutions as matrix products: what the kernel sees at each place becomes a column.

Of one image at a time the columns are laid out in memory that is needed for a moment: one row for
each channel and tap, one column for each place. Then ``conv`` is a product of the weights with the
columns, ``conv_weight`` one of the results with them, and ``conv_input`` makes columns, which are
added up where they were seen.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pellucid.compile.access import extents
from pellucid.engines.native.builder import NativeBuilder
from pellucid.engines.native.lowering import SPECIAL, KernelWriter, Operand, pointer
from pellucid.engines.native.product import Matrix, Product, located, row_major
from pellucid.graph.op import ravelled

__all__ = ["convolution", "convolution_input", "convolution_weight"]

Index = tuple[Any, ...]


@dataclass(frozen=True)
class _Convolution:
    """The extents of a convolution, and its columns.

    Parameters
    ----------
    images, weights, results : the shapes of x, w and y
    """

    writer: KernelWriter
    number: int
    images: tuple[int, ...]
    weights: tuple[int, ...]
    results: tuple[int, ...]

    @property
    def b(self) -> NativeBuilder:
        return self.writer.b

    @cached_property
    def attrs(self) -> dict[str, Any]:
        return dict(self.writer.lines[self.number].attrs)

    @property
    def dtype(self) -> Any:
        return self.writer.lines[self.number].spec.dtype

    @property
    def places(self) -> int:
        return math.prod(self.results[2:])

    @property
    def seen(self) -> int:
        """How many numbers a kernel of one group sees."""
        return math.prod(self.weights[1:])

    def columns(self) -> Matrix:
        """The columns of one image: (group, seen, place)."""
        shape = self.attrs["groups"], self.seen, self.places
        array = self.writer.scratch("columns", math.prod(shape) * self.dtype.itemsize)
        return self._matrix(array, 0, shape, ("g", "s", "p"))

    def _matrix(self, array: str, start: int, shape: Any, names: tuple[str, ...]) -> Matrix:
        steps = dict(zip(names, row_major(shape), strict=True))
        return Matrix(self.b, self.dtype, array, start, steps)

    def images_at(self, array: str, start: int) -> Matrix:
        """See x as (row, channel, place and tap)."""
        names = ("n", "c", *(f"x{k}" for k in range(len(self.images) - 2)))
        return self._matrix(array, start, self.images, names)

    def weights_at(self, array: str, start: int) -> Matrix:
        """See w as (group, result of the group, seen)."""
        groups = self.attrs["groups"]
        shape = groups, self.weights[0] // groups, self.seen
        return self._matrix(array, start, shape, ("g", "o", "s"))

    def results_at(self, array: str, start: int) -> Matrix:
        """See y as (row, group, result of the group, place)."""
        groups = self.attrs["groups"]
        shape = self.results[0], groups, self.results[1] // groups, self.places
        return self._matrix(array, start, shape, ("n", "g", "o", "p"))

    def product(
        self, left: Matrix, right: Matrix, out: Matrix, names: str, *, adds: bool = False
    ) -> Callable[[dict[str, Any]], None]:
        """Give the loops of one product; `names` are those of i, k and j, in this order."""
        extent = {"o": self.weights[0] // self.attrs["groups"], "s": self.seen, "p": self.places}
        sizes = {new: extent[old] for new, old in zip("ikj", names, strict=True)}
        new = dict(zip(names, "ikj", strict=True))
        x, y, z = (_renamed(one, new) for one in (left, right, out))
        return Product.planned(self.writer, x, y, z, sizes, adds=adds).write

    def each_image(self, body: Callable[[Any], None]) -> None:
        self.b.shared(self.images[0], body)

    def each_group(self, body: Callable[[Any], None]) -> None:
        self.b.loop(self.attrs["groups"], body)

    # --- columns ---

    def walk(self, body: Callable[[dict[str, Any], Any], None]) -> None:
        """Go through channels, taps and places; give the place in the image and in the columns.

        Places of one line that are neighbours in the image are taken side by side.
        """
        kernel, places = self.weights[2:], self.results[2:]
        stride, dilation = self.attrs["stride"], self.attrs["dilation"]
        shape = (self.images[1], *kernel, *places)

        def at(index: Index) -> None:
            tap, place = index[1 : 1 + len(kernel)], index[1 + len(kernel) :]
            moves = zip(place, tap, stride, dilation, strict=True)
            seen = {f"x{k}": p * s + t * d for k, (p, t, s, d) in enumerate(moves)}
            body(seen | {"c": index[0]}, ravelled(index, shape))

        lanes = min(self.writer.lanes, places[-1]) if stride[-1] == 1 else 1
        self.writer.nest(shape, at, lanes)

    def lay_out(self, images: Matrix, row: Any) -> None:
        """Write the columns of an image."""
        columns = self.columns()

        def copy(seen: dict[str, Any], offset: Any) -> None:
            self.b.store(images[{**seen, "n": row}], columns.pointer, offset)

        self.walk(copy)

    def add_up(self, images: Matrix, row: Any) -> None:
        """Add the columns to the image, where they were seen."""
        columns = self.columns()

        def add(seen: dict[str, Any], offset: Any) -> None:
            place = {**seen, "n": row}
            images[place] = images[place] + self.b.load(columns.pointer, self.dtype, offset)

        self.walk(add)

    def clear(self, row: Any = 0, rows: int = 1) -> None:
        """Set the result to zero, or that of its `rows` equal parts."""
        spec = self.writer.lines[self.number].spec
        zero = self.b.constant(0, spec.dtype)
        total = math.prod(extents(spec.shape)) // rows
        array = pointer(self.writer.layout.locations[self.number])
        lanes = min(self.writer.lanes, total)
        self.b.across(total, lanes, lambda i: self.b.store(zero, array, row * total + i))


def _renamed(matrix: Matrix, names: dict[str, str]) -> Matrix:
    steps = {names.get(name, name): step for name, step in matrix.steps.items()}
    return Matrix(matrix.builder, matrix.dtype, matrix.pointer, matrix.start, steps)


def _in_order(writer: KernelWriter, operand: Operand) -> tuple[str, int] | None:
    """Give the array of an operand and where it begins, if it lies in row-major order."""
    shape = extents(operand.spec.shape)
    names = [f"axis {k}" for k in range(len(shape))]
    found = located(writer, operand, names)
    if found is None:
        return None
    steps = dict(zip(names, row_major(shape), strict=True))
    wanted = {name: steps[name] for name, n in zip(names, shape, strict=True) if n > 1}
    return (found.pointer, found.start) if found.steps == wanted else None


def _planned(
    writer: KernelWriter, number: int, images: Any, weights: Any, results: Any
) -> _Convolution | None:
    shapes = tuple(extents(spec.shape) for spec in (images, weights, results))
    whole = all(math.prod(shape) for shape in shapes)
    floating = writer.lines[number].spec.dtype.kind == "f"
    return _Convolution(writer, number, *shapes) if whole and floating else None


def convolution(writer: KernelWriter, number: int) -> bool:
    """Write y = w · columns of x."""
    spec, (x, w) = writer.lines[number].spec, writer.operands(number)
    one = _planned(writer, number, x.spec, w.spec, spec)
    arrays = [_in_order(writer, operand) for operand in (x, w)]
    if one is None or None in arrays:
        return False
    images, weights = one.images_at(*arrays[0]), one.weights_at(*arrays[1])  # type: ignore[misc]
    out = one.results_at(pointer(writer.layout.locations[number]), 0)
    write = one.product(weights, one.columns(), out, "osp")

    def image(n: Any) -> None:
        one.lay_out(images, n)
        one.each_group(lambda g: write({"n": n, "g": g}))

    one.each_image(image)
    return True


def convolution_input(writer: KernelWriter, number: int) -> bool:
    """Write columns = wᵀ · y, and add them up to x."""
    spec, (y, w, _) = writer.lines[number].spec, writer.operands(number)
    one = _planned(writer, number, spec, w.spec, y.spec)
    arrays = [_in_order(writer, operand) for operand in (y, w)]
    if one is None or None in arrays:
        return False
    results, weights = one.results_at(*arrays[0]), one.weights_at(*arrays[1])  # type: ignore[misc]
    images = one.images_at(pointer(writer.layout.locations[number]), 0)
    write = one.product(weights, results, one.columns(), "sop")

    def image(n: Any) -> None:
        one.clear(n, one.images[0])
        one.each_group(lambda g: write({"n": n, "g": g}))
        one.add_up(images, n)

    one.each_image(image)
    return True


def convolution_weight(writer: KernelWriter, number: int) -> bool:
    """Write w = the sum over images of y · columnsᵀ."""
    spec, (x, y, _) = writer.lines[number].spec, writer.operands(number)
    one = _planned(writer, number, x.spec, spec, y.spec)
    arrays = [_in_order(writer, operand) for operand in (x, y)]
    if one is None or None in arrays:
        return False
    images, results = one.images_at(*arrays[0]), one.results_at(*arrays[1])  # type: ignore[misc]
    out = one.weights_at(pointer(writer.layout.locations[number]), 0)
    write = one.product(results, one.columns(), out, "ops", adds=True)
    one.clear()

    def image(n: Any) -> None:
        one.lay_out(images, n)
        one.each_group(lambda g: write({"n": n, "g": g}))

    one.each_image(image)
    return True


SPECIAL.update(conv=convolution, conv_input=convolution_input, conv_weight=convolution_weight)
