"""What the functions share: how numbers are laid out, and short polynomials."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from pellucid.engines.native.value import Value

if TYPE_CHECKING:
    from pellucid.engines.native.builder import NativeBuilder

__all__ = ["LN2", "Format", "Function", "evened", "format_of", "parted", "polynomial", "within"]

LN2 = 0xB17217F7D1CF79ABC9E3B39803F2F6AF40F343267298B62D8A  # ln 2 · 2^200
Function = Callable[["NativeBuilder", Value], Value]


class Format(NamedTuple):
    """How a floating dtype is laid out.

    Attributes
    ----------
    bits : of the fraction
    bias : what the exponent 0 is stored as
    whole : the integers of the same size
    places : of binary digits behind the point that a first part may have
    high, low : ln 2 in two parts; the first has so few bits that its small multiples are exact
    smallest, largest : beyond these e^x is zero, or infinite
    """

    bits: int
    bias: int
    whole: str
    places: int
    high: float
    low: float
    smallest: float
    largest: float

    @property
    def single(self) -> bool:
        """Whether it is float32."""
        return self.bits == 23

    @property
    def magic(self) -> float:
        """What pushes all but a whole number out of a register: its last bits are that number."""
        return 1.5 * 2.0**self.bits


def parted(number: int, scale: int, places: int) -> tuple[float, float]:
    """Part number · 2^−scale into a multiple of 2^−places and what is left."""
    head = number >> scale - places
    return head / 2**places, (number - (head << scale - places)) / 2**scale


@lru_cache(maxsize=2)
def format_of(dtype: np.dtype[np.floating]) -> Format:
    """Give the layout of a dtype."""
    if dtype == np.dtype(np.float32):
        return Format(23, 127, "int32", 15, *parted(LN2, 200, 15), -104.0, 89.0)
    return Format(52, 1023, "int64", 40, *parted(LN2, 200, 40), -746.0, 710.0)


def polynomial(x: Value, coefficients: Sequence[float]) -> Value:
    """Evaluate c₀ + c₁ x + c₂ x² + … by Horner's rule."""
    total: Value = x * coefficients[-1] + coefficients[-2]
    for one in reversed(coefficients[:-2]):
        total = total * x + one
    return total


@lru_cache(maxsize=64)
def evened(series: tuple[float, ...], count: int, low: float, high: float) -> tuple[float, ...]:
    """Shorten a power series to `count` terms, the error spread evenly over an interval.

    The highest term is exchanged for the lower part of the Chebyshev polynomial of its degree, as
    often as it takes: Lanczos' economisation. That errs by 2 · 4⁻ⁿ of the term, not by all of it.
    """
    middle, half = (low + high) / 2, (high - low) / 2
    even = _substituted(series, half, middle)
    while len(even) > count:
        top, degree = even.pop(), len(even)
        for j in range(1, degree // 2 + 1):
            even[degree - 2 * j] -= top * _chebyshev(degree, j)
    return tuple(_substituted(even, 1 / half, -middle / half))


def _substituted(series: Sequence[float], slope: float, offset: float) -> list[float]:
    """Give the series in u of what a series is at slope · u + offset."""
    found: list[float] = []
    for one in reversed(series):
        risen = [one, *(slope * part for part in found)]
        kept = [*(offset * part for part in found), 0.0]
        found = [a + b for a, b in zip(risen, kept, strict=True)]
    return found


def _chebyshev(degree: int, j: int) -> float:
    """Give the coefficient of u^(n−2j) in Tₙ(u) / 2^(n−1)."""
    return math.comb(degree - j, j) * degree / (degree - j) / (-4.0) ** j


def within(b: NativeBuilder, x: Value, low: float, high: float) -> Value:
    """Bring into bounds what is a number."""
    lowered = b.where(x > high, high, x)
    return b.where(lowered < low, low, lowered)
