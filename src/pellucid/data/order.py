"""The order of an epoch: a keyed bijection of 0…n−1, computed for each position on its own.

A Feistel network shuffles the even power of two above n; a position that lands outside 0…n−1 is
shuffled again until it lands inside (cycle walking). So no permutation is ever stored, positions
can be computed in any order and on any number of threads, and every engine gets the same one: the
text below is written once against `Words`, which NumPy and a machine-code generator provide.

Source: J. Black, P. Rogaway, "Ciphers with Arbitrary Finite Domains", CT-RSA 2002; the mixing
constants are those of MurmurHash3 (A. Appleby, public domain).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, final

import numpy as np
from numpy.typing import NDArray

__all__ = ["NumPyWords", "Words", "epoch_keys", "epoch_order", "half_bits", "permuted"]

ROUNDS = 8
GOLDEN = 0x9E3779B9  # 2³² divided by the golden ratio: multiples of it are spread evenly
WORD = 0xFFFFFFFF


class Words(Protocol):
    """What the text needs beside the operators ``+ * ^ >> << & | < >=`` of 32-bit words."""

    def constant(self, value: int, dtype: str) -> Any:
        """A constant word."""

    def loop_while(
        self, condition: Callable[[Any], Any], body: Callable[[Any], Any], start: Any
    ) -> Any:
        """Replace the state by ``body(state)`` for as long as ``condition(state)`` holds."""


@final
class NumPyWords:
    """`Words` of NumPy: arrays of uint32, every element walking until it is done."""

    def constant(self, value: int, dtype: str) -> NDArray[Any]:
        """An array of one element: unlike a scalar it wraps around without a warning."""
        return np.array([value], dtype=dtype)

    def loop_while(
        self,
        condition: Callable[[NDArray[Any]], NDArray[np.bool_]],
        body: Callable[[NDArray[Any]], NDArray[Any]],
        start: NDArray[Any],
    ) -> NDArray[Any]:
        """Only the elements for which `condition` still holds are computed again."""
        state = start.copy()
        active = np.flatnonzero(condition(state))
        while active.size:
            state[active] = body(state[active])
            active = active[condition(state[active])]
        return state


def half_bits(n: int) -> int:
    """Half the width of the smallest even-width word that numbers n things, at least 1.

    Examples
    --------
    >>> [half_bits(n) for n in (1, 4, 5, 16, 17, 65537)]
    [1, 1, 2, 2, 3, 9]
    """
    return max(1, ((n - 1).bit_length() + 1) // 2)


def epoch_keys(b: Words, seed_low: Any, seed_high: Any, epoch: Any) -> tuple[Any, Any]:
    """The two key words of an epoch, from the words of a 64-bit seed and the epoch's number."""
    first = _mixed(b, seed_low + _mixed(b, epoch + b.constant(GOLDEN, "uint32")))
    return first, _mixed(b, seed_high ^ _mixed(b, first + epoch))


def permuted(b: Words, position: Any, key0: Any, key1: Any, n: Any, half: Any) -> Any:
    """Where `position` goes under the bijection of 0…n−1 that the keys choose.

    Parameters
    ----------
    b : the words to compute with; every other parameter is a uint32 of it
    position : 0…n−1
    key0, key1 : from `epoch_keys`
    n : how many rows there are, 1…2³²−1
    half : ``half_bits(n)``

    Examples
    --------
    >>> word = lambda *values: np.array(values, dtype="uint32")
    >>> permuted(NumPyWords(), word(0, 1, 2, 3, 4), word(1), word(2), word(5), word(half_bits(5)))
    array([4, 0, 1, 2, 3], dtype=uint32)
    """
    keys = [
        _mixed(b, key1 ^ _mixed(b, key0 + b.constant(i * GOLDEN & WORD, "uint32")))
        for i in range(1, ROUNDS + 1)
    ]
    mask = (b.constant(1, "uint32") << half) + b.constant(WORD, "uint32")

    def shuffled(state: Any) -> Any:
        left, right = state >> half, state & mask
        for key in keys:
            left, right = right, left ^ (_mixed(b, right ^ key) & mask)
        return (left << half) | right

    return b.loop_while(lambda state: state >= n, shuffled, shuffled(position))


def epoch_order(seed: int, epoch: int, n: int) -> NDArray[np.int64]:
    """(n,) the rows in the order in which the epoch visits them.

    Parameters
    ----------
    seed : 0…2⁶⁴−1
    epoch : 0…2³²−1
    n : how many rows there are, below 2³²

    Examples
    --------
    >>> epoch_order(1, 0, 6)
    array([4, 2, 1, 0, 3, 5])
    >>> epoch_order(1, 1, 6)
    array([4, 0, 3, 1, 2, 5])
    """
    b = NumPyWords()
    words = [b.constant(word, "uint32") for word in (seed & WORD, seed >> 32, epoch, n, half_bits(n))]
    key0, key1 = epoch_keys(b, *words[:3])
    rows = permuted(b, np.arange(n, dtype=np.uint32), key0, key1, *words[3:])
    return np.asarray(rows, dtype=np.int64)


def _mixed(b: Words, word: Any) -> Any:
    """A bijection of 32-bit words in which every input bit changes about half of the output."""
    word = (word ^ (word >> b.constant(16, "uint32"))) * b.constant(0x85EBCA6B, "uint32")
    word = (word ^ (word >> b.constant(13, "uint32"))) * b.constant(0xC2B2AE35, "uint32")
    return word ^ (word >> b.constant(16, "uint32"))
