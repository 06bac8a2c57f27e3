"""Exponentials and their relatives for numbers and vectors alike, from additions and products.

Each function brings its argument into a small interval, where a short series serves, and undoes
that exactly: e^x = 2ⁿ e^r, ln x = k ln 2 + ln m. The series are Taylor's, so that a coefficient is
a fraction that everyone knows; only the error function far from zero has a fitted polynomial.
Errors are within 2 units in the last place (measured in ``tests/native/test_mathematics.py``).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from pellucid.engines.native.value import Value

if TYPE_CHECKING:
    from pellucid.engines.native.builder import NativeBuilder

__all__ = ["FUNCTIONS"]

LN2 = 0xB17217F7D1CF79ABC9E3B39803F2F6AF40F343267298B62D8A  # ln 2 · 2^200
Function = Callable[["NativeBuilder", Value], Value]


class Format(NamedTuple):
    """How a floating dtype is laid out, and how long its series are.

    Attributes
    ----------
    bits : of the fraction
    bias : what the exponent 0 is stored as
    whole : the integers of the same size
    high, low : ln 2 in two parts; the first has so few bits that its small multiples are exact
    exp, log, erf, tanh : how many terms the series need
    smallest, largest : beyond these e^x is zero, or infinite
    """

    bits: int
    bias: int
    whole: str
    high: float
    low: float
    exp: int
    log: int
    erf: int
    tanh: int
    smallest: float
    largest: float


@lru_cache(maxsize=2)
def _format(dtype: np.dtype[np.floating]) -> Format:
    single = dtype == np.dtype(np.float32)
    shift = 15 if single else 40
    head = LN2 >> (200 - shift)
    high, low = head / 2**shift, (LN2 - (head << (200 - shift))) / 2**200
    if single:
        return Format(23, 127, "int32", high, low, 6, 4, 12, 8, -104.0, 89.0)
    return Format(52, 1023, "int64", high, low, 12, 10, 20, 17, -746.0, 710.0)


def _polynomial(x: Value, coefficients: Sequence[float]) -> Value:
    """Evaluate c₀ + c₁ x + c₂ x² + … by Horner's rule."""
    total: Value = x * coefficients[-1] + coefficients[-2]
    for one in reversed(coefficients[:-2]):
        total = total * x + one
    return total


# --- exponentials --------------------------------------------------------------------------


def _exponent(b: NativeBuilder, x: Value) -> tuple[Value, Value]:
    """Split x into n ln 2 and a rest of at most half of that; n as an integer.

    Adding 1½ · 2^bits shifts all but the whole number out of a register.
    """
    form = _format(x.dtype)
    magic = 1.5 * 2.0**form.bits
    shifted = x * (1 / math.log(2)) + magic
    nearest = shifted - magic
    rest = x - nearest * form.high - nearest * form.low
    start = int(np.array(magic, x.dtype).view(form.whole))
    return b.bits(shifted) - start, rest


def _power_of_two(b: NativeBuilder, n: Value, dtype: np.dtype[np.floating]) -> Value:
    form = _format(dtype)
    return b.from_bits((n + form.bias) << form.bits, dtype)


def _beyond_one(b: NativeBuilder, r: Value) -> Value:
    """Give e^r − 1 for a small r."""
    terms = [1 / math.factorial(k + 2) for k in range(_format(r.dtype).exp)]
    return r * r * _polynomial(r, terms) + r


def _halves(b: NativeBuilder, n: Value, dtype: np.dtype[np.floating]) -> tuple[Value, Value]:
    """Give two powers of two whose product is 2ⁿ, also where that has no normal number."""
    half = n >> 1
    return _power_of_two(b, half, dtype), _power_of_two(b, n - half, dtype)


def _within(b: NativeBuilder, x: Value, low: float, high: float) -> Value:
    """Bring into bounds what is a number."""
    return b.where(x < low, low, b.where(x > high, high, x))


def exp(b: NativeBuilder, x: Value) -> Value:
    """Give e^x."""
    form = _format(x.dtype)
    n, r = _exponent(b, _within(b, x, form.smallest, form.largest))
    first, second = _halves(b, n, x.dtype)
    return (_beyond_one(b, r) + 1) * first * second


def expm1(b: NativeBuilder, x: Value) -> Value:
    """Give e^x − 1, exact also where that is nearly x."""
    form = _format(x.dtype)
    n, r = _exponent(b, _within(b, x, -2.0 * form.bits, form.largest))
    first, second = _halves(b, n, x.dtype)
    back = _power_of_two(b, (n >> 1) - n, x.dtype)
    found = (_beyond_one(b, r) * first + (first - back)) * second
    return b.where(x == 0, x, found)


@lru_cache(maxsize=2)
def _tanh_series(count: int) -> tuple[float, ...]:
    """Give the coefficients of x³, x⁵, …: the derivative of tanh is 1 − tanh²."""
    known = [1.0]
    for k in range(1, count + 1):
        known.append(-sum(known[i] * known[k - 1 - i] for i in range(k)) / (2 * k + 1))
    return tuple(known[1:])


def tanh(b: NativeBuilder, x: Value) -> Value:
    """Give a series near zero, and 1 − 2 / (e^(2|x|) + 1) with the sign of x far from it."""
    form = _format(x.dtype)
    size = _within(b, b.abs(x), 0.0, float(form.bits))
    near = size < 0.55
    small = b.where(near, size, 0.0)
    square = small * small
    series = small * square * _polynomial(square, _tanh_series(form.tanh)) + small
    far = 1.0 - 2.0 / (exp(b, size + size) + 1.0)
    return b.copysign(b.where(near, series, far), x)


# --- logarithms ----------------------------------------------------------------------------


def _mantissa(b: NativeBuilder, x: Value) -> tuple[Value, Value]:
    """Split a positive normal number into 2^k and m between √½ and √2; k as a number."""
    form = _format(x.dtype)
    root = int(np.array(math.sqrt(0.5), x.dtype).view(form.whole))
    moved = b.bits(x) - root
    k = moved >> form.bits
    m = b.from_bits((moved & (1 << form.bits) - 1) + root, x.dtype)
    return b.astype(k, x.dtype), m


def _logarithm(b: NativeBuilder, x: Value) -> Value:
    """Give ln x of a positive normal number: ln(1 + f) is 2 artanh s with s = f / (2 + f)."""
    form = _format(x.dtype)
    k, m = _mantissa(b, x)
    f = m - 1.0
    s = f / (f + 2.0)
    z = s * s
    series = z * _polynomial(z, [2 / (2 * i + 3) for i in range(form.log)])
    half = f * f * 0.5
    return k * form.high - (half - (s * (half + series) + k * form.low) - f)


def log(b: NativeBuilder, x: Value) -> Value:
    """Give ln x."""
    limits, form = np.finfo(x.dtype), _format(x.dtype)
    small = x < float(limits.tiny)
    raised = b.where(small, x * 2.0 ** (form.bits + 1), x)
    down = (form.bits + 1) * math.log(2)
    found = _logarithm(b, raised)
    found = b.where(small, found - down, found)
    found = b.where(x < math.inf, found, x)
    return b.where(x > 0, found, b.where(x == 0, -math.inf, b.where(x < 0, math.nan, x)))


def log1p(b: NativeBuilder, x: Value) -> Value:
    """Give ln(1 + x): what the sum has lost is made up for by its share of the slope."""
    near = _within(b, x, -1.0, float(np.finfo(x.dtype).max))
    total = near + 1.0
    lost = b.where(total >= 2.0, 1.0 - (total - near), near - (total - 1.0))
    found = _logarithm(b, total) + lost / total
    found = b.where(x == 0, x, b.where(x < math.inf, found, x))
    return b.where(x > -1.0, found, b.where(x == -1.0, -math.inf, b.where(x < -1.0, math.nan, x)))


# --- the error function --------------------------------------------------------------------

# erfc(x) e^(x²) / t with t = 1 / (1 + x / 3), as a polynomial in t that is scaled from the
# interval between 1/3 (x = 6) and 4/5 (x = 3/4) to −1 … 1: Chebyshev's interpolation in 64 points.
TAIL = (
    0.4010202010611921, 0.16465900899886313, 0.05283232872870567, 0.012835567936080755,
    0.0021631056184827357, 0.00018195919296423501, -1.4651338893505502e-05,
    -5.486601410585731e-06, -1.0830581278909185e-07, 1.338823357094608e-07,
    7.58176078441232e-09, -3.798977286603246e-09, -2.1399145324887867e-10,
    1.2653391247627885e-10, 2.441106124806488e-12, -3.9818874995242826e-12,
    1.3835793774727894e-13,
)  # fmt: skip
BEND = 1.0  # where the series ends and the tail begins


def erf(b: NativeBuilder, x: Value) -> Value:
    """Give (2/√π) ∫₀ˣ e^(−t²) dt: a series near zero, and 1 − erfc x far from it."""
    count = _format(x.dtype).erf
    size = _within(b, b.abs(x), 0.0, 6.0)
    square = size * size
    slope = 2 / math.sqrt(math.pi)
    terms = [slope * (-1) ** k / (math.factorial(k) * (2 * k + 1)) for k in range(count)]
    series = _polynomial(b.where(size < BEND, square, 0.0), [terms[0] - 1, *terms[1:]])
    near = size * series + size
    t = 3.0 / (size + 3.0)
    place = (t - (4 / 5 + 1 / 3) / 2) * (2 / (4 / 5 - 1 / 3))
    tail = TAIL if x.dtype == np.dtype(np.float64) else TAIL[:9]
    far = 1.0 - exp(b, -square) * (t * _polynomial(place, tail))
    return b.copysign(b.where(size < BEND, near, far), x)


FUNCTIONS: dict[str, Function] = {
    "erf": erf,
    "exp": exp,
    "expm1": expm1,
    "log": log,
    "log1p": log1p,
    "tanh": tanh,
}
