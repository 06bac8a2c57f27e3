"""Squares of as many rows as a register has lanes, and their transposes.

Registers consist of blocks of 16 bytes, and lanes are moved within a block in half the time that
they take from one block to another: so that a square is read block by block, from where each
belongs in the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from pellucid.engines.native.builder import INT64, NativeBuilder
from pellucid.engines.native.emitter import INDEX
from pellucid.engines.native.value import Value

__all__ = ["transposed", "turn_square"]

BLOCK = 16  # bytes


def transposed(b: NativeBuilder, rows: Sequence[Value]) -> list[Value]:
    """Transpose squares: of r rows, each block of r lanes as a matrix of its own.

    In each round, a row of the first half and its like of the second take turns, as two packs of
    cards do that are riffled; r is a power of two.
    """
    found, size, lanes = list(rows), len(rows), rows[0].lanes
    half = size // 2
    for _ in range(half.bit_length()):
        found = [
            b.shuffled(
                x, y,
                [
                    block + first + lane // 2 + lane % 2 * lanes
                    for block in range(0, lanes, size)
                    for lane in range(size)
                ],
            )
            for x, y in zip(found[:half], found[half:], strict=True)
            for first in (0, half)
        ]  # fmt: skip
    return found


def turn_square(
    b: NativeBuilder, dtype: np.dtype[Any], lanes: int, here: str, there: str, steps: Sequence[int]
) -> None:
    """Transpose a square in memory; `steps` are step, last, room and count of :func:`_turning`."""
    name, text = _turning(dtype, lanes)
    b.declared[text] = None
    b.write(f"call void @{name}(ptr {here}, ptr {there}, {_words(*steps)})")


@lru_cache(maxsize=16)
def _turning(dtype: np.dtype[Any], lanes: int) -> tuple[str, str]:
    """Name and write the function that transposes a square of as many rows as lanes.

    It is given where rows are read and written, how far apart they are (`step`, `room`), the `last`
    row that there is, which stands for those behind it too, and how many numbers of each are
    written (`count`).
    """
    name = f"turn.{dtype.name}.{lanes}"
    own = NativeBuilder()
    names = ("step", "last", "room", "count")
    step, last, room, count = (Value(own, INT64, f"%{word}") for word in names)
    rows = [
        own.address("%from", dtype, own.minimum(own.constant(r, INT64), last) * step)
        for r in range(lanes)
    ]
    with own.vectors(lanes):
        wanted = own.value(own.lane(lanes)) < count
    size = min(lanes, BLOCK // dtype.itemsize)

    def columns(block: Any) -> None:
        for r, found in enumerate(_columns(own, dtype, rows, block * size, size)):
            place = own.address("%to", dtype, (block * size + r) * room)
            kind = f"v{lanes}f{8 * dtype.itemsize}"
            own.call(
                "void", f"llvm.masked.store.{kind}.p0",
                [found.typed, f"ptr {place}", f"i32 {dtype.itemsize}", wanted.typed],
            )  # fmt: skip

    own.loop(lanes // size, columns)
    given = f"ptr %from, ptr %to, {_words(*(f'%{word}' for word in names))}"
    declared = "\n".join(own.declared)
    return name, f"{declared}\n{own.as_function(f'internal void @{name}({given})')}"


def _columns(
    b: NativeBuilder, dtype: np.dtype[Any], rows: Sequence[str], first: Any, size: int
) -> list[Value]:
    """Read so many columns of what lies at some pointers, from the first.

    The blocks of rows that stand side by side in the end are read so.
    """
    with b.vectors(size):
        blocks = [b.load(row, dtype, first + b.lane(size)) for row in rows]
    return transposed(b, [_joined(b, blocks[row::size]) for row in range(size)])


def _joined(b: NativeBuilder, parts: Sequence[Value]) -> Value:
    """Lay vectors, of which there is a power of two, side by side."""
    found = list(parts)
    while len(found) > 1:
        every = [*range(2 * found[0].lanes)]
        found = [b.shuffled(x, y, every) for x, y in zip(found[::2], found[1::2], strict=True)]
    return found[0]


def _words(*words: Any) -> str:
    """Write whole numbers as operands."""
    return ", ".join(f"{INDEX} {word}" for word in words)
