"""The matrix product: loops over blocks, in an order in which LLVM makes vectors of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid.compile.access import Affine, Counter
from pellucid.engines.native.arithmetic import FLAGS
from pellucid.engines.native.builder import NativeBuilder
from pellucid.engines.native.lowering import SPECIAL, KernelWriter
from pellucid.engines.native.value import Value
from pellucid.errors import EngineError

__all__ = ["matrix_product"]

ROWS, DEPTH = 4, 4  # of a block: what stays in registers while the innermost loop runs
ACROSS = 4  # sums that run side by side when both operands are contiguous along the sum


class _NotAffine(EngineError):
    """An operand does not lie at constant steps."""


class _Steps:
    """A space of indices in which only constant steps are allowed."""

    def value(self, number: Any) -> Any:
        raise _NotAffine("not at constant steps")

    def divided(self, number: Affine, by: int) -> tuple[Any, Any]:
        raise _NotAffine("not at constant steps")


@dataclass(frozen=True)
class _Matrix:
    """An array, with the step in memory that belongs to each index."""

    builder: NativeBuilder
    dtype: np.dtype[Any]
    pointer: str
    start: int
    steps: dict[str, int]

    def offset(self, place: dict[str, Any]) -> Any:
        return sum((i * self.steps.get(name, 0) for name, i in place.items()), self.start)

    def __getitem__(self, place: dict[str, Any]) -> Value:
        return self.builder.load(self.pointer, self.dtype, self.offset(place))

    def __setitem__(self, place: dict[str, Any], value: Value) -> None:
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
        _matrix(writer, operand.number, [*names[len(batch) + 2 - len(operand.spec.shape) :], *inner])
        for operand, inner in ((x, "ik"), (y, "kj"))
    ]
    left, right = found
    if left is None or right is None:
        return False
    spec, pointer = line.spec, writer.pointers[writer.layout.locations[number]]
    steps = dict(zip([*names, "i", "j"], _row_major((*batch, m, n)), strict=True))
    out = _Matrix(writer.b, spec.dtype, pointer, 0, steps)
    extents = {"i": m, "j": n, "k": k}

    def one(index: tuple[Any, ...]) -> None:
        place = dict(zip(names, index, strict=True))
        if right.step("j") != 1 and left.step("k") == right.step("k") == 1 and k > 1:
            _dots(writer.b, left, right, out, extents, place)
        elif n == 1 and left.step("i") == 1:
            _rows(writer.b, right, left, out, extents, place, "j", "i")
        else:
            _rows(writer.b, left, right, out, extents, place, "i", "j")

    writer.nest(batch, one)
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
    except _NotAffine:
        return None
    if found is None:
        return None
    pointer, offset = found
    if isinstance(offset, int):
        return _Matrix(writer.b, spec.dtype, pointer, offset, {})
    steps = {counter.name: factor for counter, factor in offset.terms.items()}
    return _Matrix(writer.b, spec.dtype, pointer, offset.constant, steps)


def _blocks(b: NativeBuilder, extent: int, size: int, body: Callable[[Any, int], None]) -> None:
    """Cut an extent into equal blocks of about a size, or of it and one smaller at the end."""
    size = next((one for one in (size, size + 1, size - 1) if not extent % one), size)
    b.loop(extent // size, lambda i: body(i * size, size))
    if extent % size:
        body(extent - extent % size, extent % size)


def _sum(b: NativeBuilder, x: Value, y: Value, total: Value, flags: str = FLAGS) -> Value:
    """Add a product to a sum."""
    if x.dtype.kind != "f":
        return total + x * y
    product = b.made(x.dtype, f"fmul {flags} {' '.join(x.typed)}, {y.name}")
    return b.made(x.dtype, f"fadd {flags} {' '.join(total.typed)}, {product.name}")


def _rows(
    b: NativeBuilder,
    left: _Matrix,
    right: _Matrix,
    out: _Matrix,
    extents: dict[str, int],
    place: dict[str, Any],
    i: str,
    j: str,
) -> None:
    """Go along the rows of `right` and of the result innermost; the sums lie in the result."""

    def block(i0: Any, rows: int) -> None:
        def clear(at: Any) -> None:
            for r in range(rows):
                out[{**place, i: i0 + r, j: at}] = b.constant(0, out.dtype)

        def part(k0: Any, depth: int) -> None:
            factors = [
                [left[{**place, i: i0 + r, "k": k0 + c}] for c in range(depth)]
                for r in range(rows)
            ]

            def along(at: Any) -> None:
                ys = [right[{**place, "k": k0 + c, j: at}] for c in range(depth)]
                for r, row in enumerate(factors):
                    here = {**place, i: i0 + r, j: at}
                    total = out[here]
                    for x, y in zip(row, ys, strict=True):
                        total = _sum(b, x, y, total)
                    out[here] = total

            b.loop(extents[j], along)

        b.loop(extents[j], clear)
        _blocks(b, extents["k"], DEPTH, part)

    _blocks(b, extents[i], ROWS, block)


def _dots(
    b: NativeBuilder,
    left: _Matrix,
    right: _Matrix,
    out: _Matrix,
    extents: dict[str, int],
    place: dict[str, Any],
) -> None:
    """Go along the sum innermost, several sums side by side, each in parts of its own order."""
    flags = f"reassoc {FLAGS}"

    def row(i: Any) -> None:
        def block(j0: Any, across: int) -> None:
            def along(k: Any, totals: tuple[Value, ...]) -> tuple[Value, ...]:
                x = left[{**place, "i": i, "k": k}]
                ys = [right[{**place, "k": k, "j": j0 + c}] for c in range(across)]
                pairs = zip(ys, totals, strict=True)
                return tuple(_sum(b, x, y, total, flags) for y, total in pairs)

            zero = b.constant(0, out.dtype)
            totals = b.fold(extents["k"], (zero,) * across, along)
            for c, total in enumerate(totals):
                out[{**place, "i": i, "j": j0 + c}] = total

        _blocks(b, extents["j"], ACROSS, block)

    b.loop(extents["i"], row)
