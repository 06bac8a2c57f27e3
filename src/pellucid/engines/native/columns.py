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
from typing import Any

from pellucid.engines.native.convolution import Convolution
from pellucid.engines.native.product import Matrix, Product
from pellucid.graph.op import ravelled

__all__ = ["by_columns", "input_by_columns", "weight_by_columns"]

Index = tuple[Any, ...]


@dataclass(frozen=True)
class _Columns:
    """The columns of a convolution."""

    one: Convolution

    def columns(self) -> Matrix:
        """The columns of one image: (group, seen, place)."""
        one = self.one
        return one.scratch("columns", (one.groups, one.seen, one.places), ("g", "s", "p"))

    def images(self) -> Matrix:
        """See x as (row, channel, place and tap)."""
        names = ("n", "c", *(f"x{k}" for k in range(len(self.one.images) - 2)))
        return self.one.matrix(self.one.x, self.one.images, names)

    def weights(self) -> Matrix:
        """See w as (group, result of the group, seen)."""
        one = self.one
        return one.matrix(one.w, (one.groups, one.outputs, one.seen), ("g", "o", "s"))

    def results(self) -> Matrix:
        """See y as (row, group, result of the group, place)."""
        one = self.one
        shape = one.results[0], one.groups, one.outputs, one.places
        return one.matrix(one.y, shape, ("n", "g", "o", "p"))

    def product(
        self, left: Matrix, right: Matrix, out: Matrix, names: str, *, adds: bool = False
    ) -> Callable[[dict[str, Any]], None]:
        """Give the loops of one product; `names` are those of i, k and j, in this order."""
        extent = {"o": self.one.outputs, "s": self.one.seen, "p": self.one.places}
        sizes = {new: extent[old] for new, old in zip("ikj", names, strict=True)}
        new = dict(zip(names, "ikj", strict=True))
        x, y, z = (_renamed(one, new) for one in (left, right, out))
        return Product.planned(self.one.writer, x, y, z, sizes, adds=adds).write

    def each_group(self, body: Callable[[Any], None]) -> None:
        self.one.b.loop(self.one.groups, body)

    def walk(self, body: Callable[[dict[str, Any], Any], None]) -> None:
        """Go through channels, taps and places; give the place in the image and in the columns.

        Places of one line that are neighbours in the image are taken side by side.
        """
        one, rank = self.one, len(self.one.kernel)
        places = one.results[2:]
        shape = (one.images[1], *one.kernel, *places)

        def at(index: Index) -> None:
            tap, place = index[1 : 1 + rank], index[1 + rank :]
            moves = zip(place, tap, one.stride, one.dilation, strict=True)
            seen = {f"x{k}": p * s + t * d for k, (p, t, s, d) in enumerate(moves)}
            body(seen | {"c": index[0]}, ravelled(index, shape))

        lanes = min(one.writer.lanes, places[-1]) if one.stride[-1] == 1 else 1
        one.writer.nest(shape, at, lanes)

    def lay_out(self, images: Matrix, row: Any) -> None:
        """Write the columns of an image."""
        columns = self.columns()

        def copy(seen: dict[str, Any], offset: Any) -> None:
            self.one.b.store(images[{**seen, "n": row}], columns.pointer, offset)

        self.walk(copy)

    def add_up(self, images: Matrix, row: Any) -> None:
        """Add the columns to the image, where they were seen."""
        columns = self.columns()

        def add(seen: dict[str, Any], offset: Any) -> None:
            place = {**seen, "n": row}
            more = self.one.b.load(columns.pointer, self.one.dtype, offset)
            images[place] = images[place] + more

        self.walk(add)

    def clear(self, place: tuple[str, int], row: Any, total: int) -> None:
        """Set `total` numbers to zero, the `row`-th ones of an array."""
        b, (array, first) = self.one.b, place
        zero = b.constant(0, self.one.dtype)
        lanes = min(self.one.writer.lanes, total)
        b.across(total, lanes, lambda i: b.store(zero, array, row * total + first + i))


def _renamed(matrix: Matrix, names: dict[str, str]) -> Matrix:
    steps = {names.get(name, name): step for name, step in matrix.steps.items()}
    return Matrix(matrix.builder, matrix.dtype, matrix.pointer, matrix.start, steps)


def by_columns(one: Convolution) -> None:
    """Write y = w · columns of x."""
    all_ = _Columns(one)
    images, results = all_.images(), all_.results()
    write = all_.product(all_.weights(), all_.columns(), results, "osp")

    def image(n: Any) -> None:
        all_.lay_out(images, n)
        all_.each_group(lambda g: write({"n": n, "g": g}))

    one.b.shared(one.images[0], image)


def input_by_columns(one: Convolution) -> None:
    """Write columns = wᵀ · y, and add them up to x."""
    all_ = _Columns(one)
    images, results = all_.images(), all_.results()
    write = all_.product(all_.weights(), results, all_.columns(), "sop")

    def image(n: Any) -> None:
        all_.clear(one.x, n, math.prod(one.images[1:]))
        all_.each_group(lambda g: write({"n": n, "g": g}))
        all_.add_up(images, n)

    one.b.shared(one.images[0], image)


def weight_by_columns(one: Convolution) -> None:
    """Write w = the sum over images of y · columnsᵀ."""
    all_ = _Columns(one)
    images, results = all_.images(), all_.results()
    write = all_.product(results, all_.columns(), all_.weights(), "ops", adds=True)

    def image(n: Any) -> None:
        all_.lay_out(images, n)
        all_.each_group(lambda g: write({"n": n, "g": g}))

    def every() -> None:
        all_.clear(one.w, 0, math.prod(one.weights))
        one.b.loop(one.images[0], image)

    one.b.alone(every)
