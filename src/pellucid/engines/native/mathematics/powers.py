"""Powers of floating numbers: x^y = e^(y ln x), with the logarithm and the product in two parts.

An error in y ln x is one of the result, and y ln x may be 700: the logarithm has to be known to
ten bits more than a number holds. So 2^k, and one of three centres c, are taken off x before
ln (m / c) is 2 artanh s with s = (m − c) / (m + c), itself in two parts.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from pellucid.engines.native.mathematics.exponentials import raised, split
from pellucid.engines.native.mathematics.logarithms import artanh, mantissa
from pellucid.engines.native.mathematics.series import Function, format_of, parted, within
from pellucid.engines.native.value import Value

if TYPE_CHECKING:
    from pellucid.engines.native.builder import NativeBuilder

__all__ = ["power"]

# Where ln x is small its error counts most: there the centre is near.
CENTRES = (105 / 128, 39 / 32)  # and 1 between them
LOGARITHMS = (-0x32B4B5B9EE02FE450B141FEDE8F42F, 0x32A4B539E8AD68EC8260EA71712CEC)  # · 2^120
BORDERS = (math.exp(-0.1), math.exp(0.1))  # where one centre gives way to the next
REACH = 0.0743  # of s
Parts = tuple[Value, Value]  # a number, and what it lacks


def _head(b: NativeBuilder, x: Value) -> Value:
    """Give the first half of the bits: a product of two such is exact."""
    drop = 12 if format_of(x.dtype).single else 27
    return b.from_bits(b.bits(x) & -(1 << drop), x.dtype)


def _centre(b: NativeBuilder, m: Value) -> tuple[Value, Parts]:
    """Choose the centre next to m; give its logarithm too."""
    left, right = (parted(one, 120, format_of(m.dtype).places) for one in LOGARITHMS)
    below, above = m < BORDERS[0], m > BORDERS[1]

    def chosen(first: float, middle: float, last: float) -> Value:
        return b.where(below, first, b.where(above, b.constant(last, m.dtype), middle))

    parts = chosen(left[0], 0.0, right[0]), chosen(left[1], 0.0, right[1])
    return chosen(CENTRES[0], 1.0, CENTRES[1]), parts


def _quotient(b: NativeBuilder, m: Value, c: Value) -> Parts:
    """Divide m − c by m + c; of the first part the square is exact."""
    top, bottom = m - c, m + c
    inverse = 1.0 / bottom
    first, head = _head(b, top * inverse), _head(b, bottom)
    tail = m - (head - c)
    return first, (top - first * head - first * tail) * inverse


def _logarithm(b: NativeBuilder, x: Value) -> Parts:
    """Give ln x of a positive number."""
    form = format_of(x.dtype)
    small = x < float(np.finfo(x.dtype).tiny)
    up = form.bits + 1
    k, m = mantissa(b, b.where(small, x * 2.0**up, x))
    k = b.astype(b.where(small, k - up, k), x.dtype)
    c, (whole, whole_rest) = _centre(b, m)
    first, second = _quotient(b, m, c)
    square = first * first + second * (first + (first + second))
    series = artanh(square, 3 if form.single else 7, REACH)
    start, twice = k * form.high + whole, first + first
    total = start + twice
    lost = twice - (total - start)
    return total, lost + (first * series + second * (series + 2.0) + (k * form.low + whole_rest))


def _product(b: NativeBuilder, y: Value, ln: Parts) -> Parts:
    """Multiply by a logarithm; the first part is exact."""
    first, head = _head(b, ln[0] + ln[1]), _head(b, y)
    return head * first, (y - head) * first + y * (ln[1] - (first - ln[0]))


def _plain(b: NativeBuilder, x: Value, y: Value) -> Value:
    """Raise a positive number to a power."""
    form = format_of(x.dtype)
    huge = 2.0**40 if form.single else 2.0**70  # beyond, it makes no difference
    first, second = _product(b, within(b, y, -huge, huge), _logarithm(b, b.abs(x)))
    parts = split(b, within(b, first + second, form.smallest, form.largest), 2 * form.bias)
    rest = first - parts.n * form.high + (second - parts.n * form.low)
    return raised(b, parts.last, within(b, rest, -1.0, 1.0))


def _mended(b: NativeBuilder, x: Value, y: Value, found: Value) -> Value:
    """Put right what zeros, infinities, negative numbers and what is no number make different."""
    size, half = b.abs(x), y * 0.5
    whole = b.floor(y) == y
    odd = whole & (b.floor(half) != half)
    end = b.where((size == 0) != (y < 0), b.constant(0.0, x.dtype), math.inf)
    found = b.where((size == 0) | (size == math.inf), end, found)
    found = b.where((x < 0) & (size < math.inf) & ~whole, math.nan, found)
    found = b.where(odd, b.copysign(found, x), found)
    found = b.where((x != x) | (y != y), x + y, found)
    return b.where((x == 1) | (y == 0), 1.0, found)


def _inverse_root(b: NativeBuilder, x: Value) -> Value:
    size = b.where(x == -math.inf, math.inf, x)
    return 1.0 / b.sqrt(size + 0.0)  # the root of −0 is −0


# By exponent: few operations, which give what the power would, also of zeros and infinities.
SHORT: dict[float, Function] = {
    -2.0: lambda b, x: (1.0 / x) * (1.0 / x),
    -1.0: lambda b, x: 1.0 / x,
    -0.5: _inverse_root,
    0.0: lambda b, x: b.spread(b.constant(1.0, x.dtype), x.lanes),
    0.5: lambda b, x: b.sqrt(x),  # that −∞ has no root is NumPy's meaning
    1.0: lambda b, x: x,
    2.0: lambda b, x: x * x,
    3.0: lambda b, x: x * x * x,
    4.0: lambda b, x: (x * x) * (x * x),
}


def power(b: NativeBuilder, x: Value, y: Value) -> Value:
    """Give x^y, as C and NumPy have it.

    A number alone is left to the C library: it is one that changes from step to step, such as a
    decay, and compiling the call takes a tenth of the time.
    """
    short = SHORT.get(y.known) if y.known is not None else None
    if short is not None:
        return short(b, x)
    if x.lanes == 1:
        return b.intrinsic("pow", x, y)
    found = _plain(b, x, y)
    plain = (x > 0) & (x < math.inf) & (y == y)
    return b.seldom(~plain, lambda: _mended(b, x, y, found), found)
