"""Convolutions taken where the images lie: a row of places is a tile of a matrix product.

Along a tile's rows lie neighbouring places, along its vectors the results (or channels) of one
place. What a place sees is read where it lies, by a table of how far from the place each channel
and tap is; only weights, which all images share, are copied into the order in which they are read.

The gradient for x of a convolution without stride is one of y, with a border of zeros, with the
weights turned round. The one for w has the images' channels along a tile's rows, the results along
its vectors, and sums over places, once for each tap; where there are few channels, a tile's rows
are all of what a kernel sees.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

from pellucid.engines.native.builder import INT64
from pellucid.engines.native.columns import by_columns, input_by_columns, weight_by_columns
from pellucid.engines.native.convolution import Convolution
from pellucid.engines.native.emitter import INDEX
from pellucid.engines.native.lowering import SPECIAL, KernelWriter
from pellucid.engines.native.product import SUMS, Matrix, Product, row_major
from pellucid.engines.native.square import turn_square
from pellucid.graph.op import ravelled, unravelled

__all__ = ["convolution", "convolution_input", "convolution_weight"]

FEWEST = 8  # rows of a tile: fewer sums than that are not enough to keep a processor busy
MOST_BORDER = 1.2  # times the places: above, to add columns up is quicker
WIDE = 2  # vectors of results for which one thread makes the gradient for weights of a tap

Index = tuple[Any, ...]


def convolution(writer: KernelWriter, number: int) -> bool:
    """Write y, if the operands lie in order."""
    one = Convolution.found(writer, number, "y")
    if one is None:
        return False
    (_by_rows if one.outputs >= writer.lanes else by_columns)(one)
    return True


def convolution_input(writer: KernelWriter, number: int) -> bool:
    """Write the gradient for x, or a transposed convolution, if the operands lie in order."""
    one = Convolution.found(writer, number, "x")
    if one is None:
        return False
    border = math.prod(one.images[2:]) / one.places  # of which most is multiplied with zeros
    rows = one.channels >= writer.lanes and set(one.stride) == {1} and border <= MOST_BORDER
    (_input_by_rows if rows else input_by_columns)(one)
    return True


def convolution_weight(writer: KernelWriter, number: int) -> bool:
    """Write the gradient for w, if the operands lie in order."""
    one = Convolution.found(writer, number, "w")
    if one is None:
        return False
    few = one.channels < FEWEST
    rows = one.outputs >= writer.lanes and (not few or one.seen <= 2 * SUMS[writer.vector_bytes])
    (_weight_by_rows if rows else weight_by_columns)(one)
    return True


SPECIAL.update(conv=convolution, conv_input=convolution_input, conv_weight=convolution_weight)


# --- results, and the gradient for what is seen ---------------------------------------------


def _by_rows(one: Convolution) -> None:
    shape = one.groups, one.seen, one.outputs
    weights = one.matrix(one.w, (one.groups, one.outputs, one.seen), ("g", "c", "k"))
    packed = _packed(one, shape, lambda g, k, c: weights[{"g": g, "k": k, "c": c}])
    plane = row_major(one.images)
    taps = [d * step for d, step in zip(one.dilation, plane[2:], strict=True)]
    places = [s * step for s, step in zip(one.stride, plane[2:], strict=True)]
    steps = {"n": plane[0], "g": one.channels * plane[1], **_rows(places)}
    table = _table(one, one.weights[1:], [plane[1], *taps])
    numbers = Matrix(one.b, one.dtype, *one.x, steps, table)
    _each_row(one, numbers, packed, one.y, one.results)


def _input_by_rows(one: Convolution) -> None:
    taps = math.prod(one.kernel)
    names = tuple("gotc")
    weights = one.matrix(one.w, (one.groups, one.outputs, one.channels, taps), ("g", "o", "c", "t"))

    def turned(g: Any, k: Any, c: Any) -> Any:
        o, t = unravelled(k, (one.outputs, taps))
        return weights[dict(zip(names, (g, o, (taps - 1) - t, c), strict=True))]

    packed = _packed(one, (one.groups, one.outputs * taps, one.channels), turned)
    reach = [d * (k - 1) for d, k in zip(one.dilation, one.kernel, strict=True)]
    around = [n + 2 * more for n, more in zip(one.results[2:], reach, strict=True)]
    plane = row_major((one.results[1], *around))
    bordered = one.writer.scratch("border", plane[0] * one.results[1] * one.dtype.itemsize)
    _clear(one, bordered, plane[0] * one.results[1])
    y = one.matrix(one.y, one.results, ("n", "o", *_rows(reach)))
    inner = Matrix(
        one.b, one.dtype, bordered, sum(r * s for r, s in zip(reach, plane[1:], strict=True)),
        {"o": plane[0], **_rows(plane[1:])},
    )  # fmt: skip

    def copy(n: Any) -> None:
        def element(index: Index) -> None:
            place = {"o": index[0], **_rows(index[1:])}
            inner[place] = y[{"n": n, **place}]

        one.writer.nest(one.results[1:], element, min(one.writer.lanes, one.results[-1]))

    moves = [d * step for d, step in zip(one.dilation, plane[1:], strict=True)]
    table = _table(one, (one.outputs, *one.kernel), [plane[0], *moves])
    steps = {"g": one.outputs * plane[0], **_rows(plane[1:])}
    numbers = Matrix(one.b, one.dtype, bordered, 0, steps, table)
    _each_row(one, numbers, packed, one.x, one.images, copy)


def _rows(values: Sequence[Any]) -> dict[str, Any]:
    """Name what belongs to the axes that are slid over; the last lies along a tile's rows."""
    return {("r" if k == len(values) - 1 else f"x{k}"): v for k, v in enumerate(values)}


def _each_row(
    one: Convolution,
    numbers: Matrix,
    weights: Matrix,
    made: tuple[str, int],
    shape: tuple[int, ...],
    prepare: Callable[[Any], None] | None = None,
) -> None:
    """Write the product for each row of places, of each group and image of what is made."""
    b, group = one.b, shape[1] // one.groups
    steps = row_major(shape)
    own = {"n": steps[0], "g": group * steps[1], "c": steps[1], **_rows(steps[2:])}
    out = Matrix(b, one.dtype, *made, own)
    sizes = {"r": shape[-1], "c": group, "k": _extent(weights)}
    product = Product(one.writer, numbers, weights, out, sizes, "r", "c")

    def image(n: Any) -> None:
        if prepare is not None:
            prepare(n)

        def row(index: Index) -> None:
            product.write({"n": n, "g": index[0], **_rows((*index[1:], 0))})

        one.writer.nest((one.groups, *shape[2:-1]), row)

    b.shared(shape[0], image)


def _extent(weights: Matrix) -> int:
    """Count what is summed over."""
    return weights.step("g") // weights.step("k")


def _table(one: Convolution, shape: Sequence[int], steps: Sequence[int]) -> str:
    """Write down how far each index of a shape is from the first, at these steps."""
    b = one.b
    table = one.writer.scratch("table", math.prod(shape) * INT64.itemsize)

    def note(index: Index) -> None:
        far = b.value(sum(i * step for i, step in zip(index, steps, strict=True)))
        b.store(far, table, ravelled(index, shape))

    one.writer.nest(shape, note)
    return table


def _packed(
    one: Convolution, shape: tuple[int, int, int], weight: Callable[[Any, Any, Any], Any]
) -> Matrix:
    """Copy weights into the order (group, seen, result)."""
    copy = one.scratch("weights", shape, ("g", "k", "c"))

    def element(index: Index) -> None:
        copy[dict(zip("gkc", index, strict=True))] = weight(*index)

    one.writer.nest(shape, element, min(one.writer.lanes, shape[-1]))
    return copy


def _clear(one: Convolution, array: str, total: int) -> None:
    """Set so many numbers to zero."""
    zero = one.b.constant(0, one.dtype)
    one.b.across(total, min(one.writer.lanes, total), lambda i: one.b.store(zero, array, i))


# --- the gradient for weights ---------------------------------------------------------------


def _weight_by_rows(one: Convolution) -> None:
    """Write it in parts, of a block of results and one tap each: any thread can make each."""
    gradient = _WeightGradient(one)
    b, taps, total = one.b, gradient.taps, gradient.blocks * gradient.taps
    product = gradient.product()
    first, last = b.part(total) if b.together else ("0", str(total))
    after = b.emit(f"add {INDEX} {last}, {taps - 1}")
    begin, end = (b.emit(f"udiv {INDEX} {place}, {taps}") for place in (first, after))

    def image(n: Any) -> None:
        b.between(begin, end, gradient.blocks, lambda block: gradient.turn(block, n))
        b.between(first, last, total, lambda part: product({**gradient.place(part), "n": n}))

    b.between(begin, end, gradient.blocks, gradient.clear)
    b.loop(one.images[0], image)
    b.between(first, last, total, lambda part: gradient.store(gradient.place(part)))


class _WeightGradient:
    """Blocks of results, y by places, and the sums of each block and tap.

    Attributes
    ----------
    few : whether there are so few channels that all of what a kernel sees is a tile's rows
    taps : of which each has sums of its own
    rows : how many numbers are multiplied into each place
    """

    def __init__(self, one: Convolution) -> None:
        self.one = one
        self.few = one.channels < FEWEST
        self.taps, self.rows = (1, one.seen) if self.few else (math.prod(one.kernel), one.channels)
        block = one.writer.lanes * (1 if self.few else WIDE)
        self.block = block if one.outputs % block == 0 else one.outputs
        self.blocks = one.groups * one.outputs // self.block
        self.shape = self.blocks, self.taps, self.rows, self.block
        self.sums = one.scratch("sums", self.shape, ("b", "t", "r", "c"))
        places = self.blocks, one.places, self.block
        self.turned = one.scratch("turned", places, ("b", "k", "c"))

    def product(self) -> Callable[[dict[str, Any]], None]:
        """Give the loops of one part for one image."""
        one = self.one
        plane = row_major(one.images)
        places = [s * step for s, step in zip(one.stride, plane[2:], strict=True)]
        taps = [d * step for d, step in zip(one.dilation, plane[2:], strict=True)]
        steps: dict[str, Any] = {"n": plane[0], "g": one.channels * plane[1], "r": plane[1]}
        if self.few:
            steps["r"] = tuple(_far(one.weights[1:], [plane[1], *taps]))
        else:
            steps |= {f"t{k}": step for k, step in enumerate(taps)}
        numbers = Matrix(one.b, one.dtype, *one.x, steps, _table(one, one.results[2:], places))
        sizes = {"r": self.rows, "c": self.block, "k": one.places}
        own = Product(one.writer, numbers, self.turned, self.sums, sizes, "r", "c", adds=True)

        def write(place: dict[str, Any]) -> None:
            together, one.b.together = one.b.together, False  # parts are what is shared out
            own.write(place)
            one.b.together = together

        return write

    def place(self, part: Any) -> dict[str, Any]:
        """Tell which block and tap a part is."""
        block, tap = unravelled(part, (self.blocks, self.taps))
        taps = {f"t{k}": i for k, i in enumerate(unravelled(tap, self.one.kernel))}
        return {"b": block, "g": block // (self.one.outputs // self.block), "t": tap, **taps}

    def clear(self, block: Any) -> None:
        """Begin with sums of zero."""
        length = math.prod(self.shape[1:])
        array = self.one.b.address(self.sums.pointer, self.one.dtype, block * length)
        _clear(self.one, array, length)

    def turn(self, block: Any, n: Any) -> None:
        """Lay a block of the results of an image out by places."""
        one, lanes = self.one, self.one.writer.lanes
        shape = one.results[0], self.blocks, self.block, one.places
        results = one.matrix(one.y, shape, ("n", "b", "c", "k"))

        def element(index: Index) -> None:
            place = {"b": block, "k": index[0], "c": index[1]}
            self.turned[place] = results[{**place, "n": n}]

        def square(k: Any, c: Any) -> None:
            place = {"b": block, "k": k, "c": c}
            here, there = results.seen_from({**place, "n": n}), self.turned.seen_from(place)
            steps = one.places, lanes - 1, self.block, lanes
            turn_square(one.b, one.dtype, lanes, here.pointer, there.pointer, steps)

        if one.places < lanes or self.block % lanes:
            one.writer.nest((one.places, self.block), element, min(lanes, self.block))
            return
        whole = one.places // lanes, self.block // lanes
        one.writer.nest(whole, lambda at: square(at[0] * lanes, at[1] * lanes))
        if one.places % lanes:  # the last square overlaps the one before
            one.b.loop(whole[1], lambda c: square(one.places - lanes, c * lanes))

    def store(self, part: dict[str, Any]) -> None:
        """Write the sums of a part where they belong."""
        one, names = self.one, ("b", "c", "r", "t")
        out = one.matrix(one.w, (self.blocks, self.block, self.rows, self.taps), names)

        def element(index: Index) -> None:
            place = {"b": part["b"], "t": part["t"], "r": index[0], "c": index[1]}
            out[place] = self.sums[place]

        one.writer.nest((self.rows, self.block), element)


def _far(shape: Sequence[int], steps: Sequence[int]) -> list[int]:
    """Tell how far each index of a shape is from the first, at these steps."""
    return [
        sum(i * step for i, step in zip(index, steps, strict=True))
        for index in itertools.product(*map(range, shape))
    ]
