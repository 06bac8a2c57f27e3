"""The order in which rows are taken, computed position by position from a key.

A permutation of 0 … n−1 that needs no memory: a Feistel network permutes the numbers of 2h bits,
and a result outside the range is permuted again until it falls inside (cycle walking; Black and
Rogaway, "Ciphers with arbitrary finite domains", CT-RSA 2002). It is written once, for a builder
``b`` that is either NumPy's arrays (:class:`ArrayBuilder`) or a generator of machine code.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from pellucid.ops.random import threefry

__all__ = ["ArrayBuilder", "drawn_row", "permuted_row", "stream_key"]

ROUNDS = 12  # with 8, pairs of rows are 2 % from uniform for 5 rows; with 12 nothing is measurable
GOLDEN = 0x9E3779B9  # 2³² divided by the golden ratio: its multiples are spread evenly


class ArrayBuilder:
    """The builder over NumPy arrays; a loop goes on for the elements that still need it."""

    where = staticmethod(np.where)

    def astype(self, value: Any, dtype: str) -> Any:
        """Convert numbers."""
        return np.asarray(value).astype(dtype)

    def loop_while(
        self, condition: Callable[[Any], Any], body: Callable[[Any], Any], start: Any
    ) -> Any:
        """Apply `body` to each element for as long as its `condition` holds."""
        value = np.array(start)
        going = condition(value)
        while going.any():
            value = np.where(going, body(value), value)
            going = condition(value)
        return value


def stream_key(b: Any, key: tuple[Any, Any], counter: Any, stream: int) -> tuple[Any, Any]:
    """Derive the key of one epoch (stream 0) or one step (stream 1) from the key of a run."""
    with np.errstate(over="ignore"):
        words = [np.uint32(word) if isinstance(word, int) else word for word in key]
        return threefry(words, (counter, b.astype(stream, "uint32")))


def _mixed(word: Any) -> Any:
    """Mix 32 bits so that each changes half of the others (the finaliser of MurmurHash3)."""
    word = (word ^ (word >> 16)) * 0x85EBCA6B
    word = (word ^ (word >> 13)) * 0xC2B2AE35
    return word ^ (word >> 16)


def _scrambled(word: Any) -> Any:
    """Give 16 bits that depend on the whole of a word, which a key has already made look random."""
    word = word * 0x85EBCA6B
    word = (word ^ (word >> 15)) * 0xC2B2AE35
    return word >> 16


def permuted_row(b: Any, position: Any, key: tuple[Any, Any], rows: int) -> Any:
    """Give the row at `position` of the order that `key` decides; both are 32-bit unsigned.

    >>> import numpy as np
    >>> key = np.uint32(1), np.uint32(2)
    >>> sorted(permuted_row(ArrayBuilder(), np.arange(5, dtype=np.uint32), key, 5).tolist())
    [0, 1, 2, 3, 4]
    """
    half = max(1, ((rows - 1).bit_length() + 1) // 2)
    mask = (1 << half) - 1

    def once(place: Any) -> Any:
        left, right = place >> half, place & mask
        for number in range(1, ROUNDS + 1):
            round_key = _mixed(key[1] ^ _mixed(key[0] + (number * GOLDEN & 0xFFFFFFFF)))
            left, right = right, left ^ (_scrambled(right ^ round_key) & mask)
        return (left << half) | right

    with np.errstate(over="ignore"):
        return b.loop_while(lambda place: place >= rows, once, once(position))


def drawn_row(b: Any, position: Any, key: tuple[Any, Any], rows: int) -> Any:
    """Give a row drawn with replacement: every row is as likely, whatever the others are."""
    with np.errstate(over="ignore"):
        word, _ = threefry(key, (position, b.astype(position * 0, "uint32")))
    wide = b.astype(word, "uint64") * rows
    return b.astype(wide >> 32, "uint32")
