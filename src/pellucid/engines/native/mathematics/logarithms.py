"""Logarithms: ln x = k ln 2 + ln m with m between √½ and √2."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from pellucid.engines.native.mathematics.series import evened, format_of, polynomial
from pellucid.engines.native.value import Value

if TYPE_CHECKING:
    from pellucid.engines.native.builder import NativeBuilder

__all__ = ["artanh", "log", "log1p", "mantissa"]


def mantissa(b: NativeBuilder, x: Value) -> tuple[Value, Value]:
    """Split a positive normal number into 2^k and m between √½ and √2; k as an integer."""
    form = format_of(x.dtype)
    root = int(np.array(math.sqrt(0.5), x.dtype).view(form.whole))
    moved = b.bits(x) - root
    m = b.from_bits((moved & (1 << form.bits) - 1) + root, x.dtype)
    return moved >> form.bits, m


def artanh(z: Value, count: int, reach: float) -> Value:
    """Give 2 z/3 + 2 z²/5 + …: what 2 artanh s is beyond 2 s, over s; z is the square of s."""
    series = tuple(2 / (2 * k + 3) for k in range(count + 4))
    return z * polynomial(z, evened(series, count, 0.0, reach * reach))


def _logarithm(k: Value, f: Value) -> Value:
    """Give k ln 2 + ln(1 + f), the second as 2 artanh s with s = f / (2 + f)."""
    form = format_of(f.dtype)
    s = f / (f + 2.0)
    series = artanh(s * s, 3 if form.single else 7, 3 - math.sqrt(8))
    half = f * f * 0.5
    return k * form.high - (half - (s * (half + series) + k * form.low) - f)


def _none(b: NativeBuilder, like: Value) -> Value:
    """Give not-a-number."""
    return b.constant(math.nan, like.dtype)


def log(b: NativeBuilder, x: Value) -> Value:
    """Give ln x."""
    form = format_of(x.dtype)
    small, up = x < float(np.finfo(x.dtype).tiny), form.bits + 1
    k, m = mantissa(b, b.where(small, x * 2.0**up, x))
    found = _logarithm(b.astype(b.where(small, k - up, k), x.dtype), m - 1.0)
    found = b.where(x < math.inf, found, x)
    return b.where(x > 0, found, b.where(x == 0, -math.inf, _none(b, x)))


def log1p(b: NativeBuilder, x: Value) -> Value:
    """Give ln(1 + x): what the sum has lost is added where ones cancel, in the logarithm of m."""
    form = format_of(x.dtype)
    total = x + 1.0
    grown = total - 1.0
    lost = (x - grown) + (1.0 - (total - grown))
    k, m = mantissa(b, total)
    down = 0.5 * b.from_bits((form.bias + 1 - k) << form.bits, x.dtype)  # 2^−k, also for the last k
    found = _logarithm(b.astype(k, x.dtype), (m - 1.0) + lost * down)
    found = b.where(x == 0, x, b.where(x < math.inf, found, x))
    return b.where(x > -1.0, found, b.where(x == -1.0, -math.inf, _none(b, x)))
