"""Exponentials: e^x = 2ⁿ e^r with |r| ≤ ½ ln 2, and the hyperbolic tangent."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from pellucid.engines.native.mathematics.series import evened, format_of, polynomial, within
from pellucid.engines.native.value import Value

if TYPE_CHECKING:
    from pellucid.engines.native.builder import NativeBuilder

__all__ = ["exp", "expm1", "raised", "split", "tanh"]

NEAR = 0.26  # where tanh has a series


class Split(NamedTuple):
    """What a number x is made of: n ln 2 + first − second.

    Attributes
    ----------
    n : the multiple of ln 2
    last : bits whose last are those of n + an offset
    first, second : the rest, the greater part of which is exact
    """

    n: Value
    last: Value
    first: Value
    second: Value

    @property
    def rest(self) -> Value:
        """The rest, rounded."""
        return self.first - self.second


def split(b: NativeBuilder, x: Value, offset: int) -> Split:
    """Take the nearest multiple of ln 2 off x."""
    form = format_of(x.dtype)
    magic = form.magic + offset
    shifted = x * (1 / math.log(2)) + magic
    n = shifted - magic
    return Split(n, b.bits(shifted), x - n * form.high, n * form.low)


def curved(r: Value) -> Value:
    """Give e^r − 1 − r for |r| ≤ ½ ln 2."""
    count = 5 if format_of(r.dtype).single else 10
    series = tuple(1 / math.factorial(k + 2) for k in range(count + 5))
    reach = math.log(2) / 2
    return r * r * polynomial(r, evened(series, count, -reach, reach))


def halves(b: NativeBuilder, last: Value, like: Value) -> tuple[Value, Value]:
    """Give two powers of two whose product is 2ⁿ, also where that has no normal number.

    `last` are the bits of n + 2 bias, so that each half finds its own bias in it.
    """
    form = format_of(like.dtype)
    half = last >> 1
    return (
        b.from_bits(half << form.bits, like.dtype),
        b.from_bits((last - half) << form.bits, like.dtype),
    )


def raised(b: NativeBuilder, last: Value, r: Value) -> Value:
    """Give 2ⁿ e^r."""
    first, second = halves(b, last, r)
    return ((curved(r) + r) * first + first) * second


def exp(b: NativeBuilder, x: Value) -> Value:
    """Give e^x."""
    form = format_of(x.dtype)
    parts = split(b, within(b, x, form.smallest, form.largest), 2 * form.bias)
    return raised(b, parts.last, parts.rest)


def _less_one(parts: Split, power: Value, one: Value) -> Value:
    """Give power · e^r − one; what matters most is added last."""
    small = curved(parts.rest) - parts.second
    return small * power + (parts.first * power + (power - one))


def expm1(b: NativeBuilder, x: Value) -> Value:
    """Give e^x − 1, exact also where that is nearly x."""
    form = format_of(x.dtype)
    parts = split(b, within(b, x, -2.0 * form.bits, form.largest), 2 * form.bias)
    first, second = halves(b, parts.last, x)
    back = b.from_bits((2 * form.bias << form.bits) - b.bits(second), x.dtype)  # 1 / second
    return b.where(x == 0, x, _less_one(parts, first, back) * second)


@lru_cache(maxsize=2)
def _tanh_series(count: int) -> tuple[float, ...]:
    """Give the coefficients of x³, x⁵, …: the derivative of tanh is 1 − tanh²."""
    known = [1.0]
    for k in range(1, count + 1):
        known.append(-sum(known[i] * known[k - 1 - i] for i in range(k)) / (2 * k + 1))
    return tuple(known[1:])


def tanh(b: NativeBuilder, x: Value) -> Value:
    """Give a series near zero, and t / (t + 2) with t = e^(2|x|) − 1 and the sign of x far off."""
    form = format_of(x.dtype)
    size = b.abs(x)
    size = b.where(size > float(form.bits), float(form.bits), size)  # there it is 1
    parts = split(b, size + size, form.bias)
    power = b.from_bits(parts.last << form.bits, x.dtype)
    t = _less_one(parts, power, b.constant(1.0, x.dtype))
    square, count = size * size, 3 if form.single else 7
    series = polynomial(square, evened(_tanh_series(count + 5), count, 0.0, NEAR * NEAR))
    near = size * square * series + size
    return b.copysign(b.where(size < NEAR, near, t / (t + 2.0)), x)
