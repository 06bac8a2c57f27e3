"""Sine and cosine: x = k π/2 + r with |r| ≤ π/4, where one of two short series serves.

Beyond 12,867 (float32) or 2 · 10⁸ (float64) k has too many bits: if any lane is there, the C
library computes those that are, one after the other.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

from pellucid.engines.native.emitter import INDEX
from pellucid.engines.native.mathematics.series import Format, evened, format_of, polynomial
from pellucid.engines.native.value import Value

if TYPE_CHECKING:
    from pellucid.engines.native.builder import NativeBuilder

__all__ = ["cos", "sin"]

HALF_PI = 0x1921FB54442D18469898CC51701B839A252049C1114CF98E8  # π/2 · 2^192


@lru_cache(maxsize=2)
def _quarters(form: Format) -> tuple[float, tuple[float, ...]]:
    """Give a limit, and π/2 in five parts; all multiples k of the first four are exact below it."""
    room, long = (13, 24) if form.single else (27, 53)  # bits of k, and of a number
    parts, left, place = [], HALF_PI, 192
    for _ in range(4):
        drop = left.bit_length() - (long - room)
        parts.append((left >> drop) / 2.0 ** (place - drop))
        left &= (1 << drop) - 1
    return (2.0**room - 1) * math.pi / 2, (*parts, left / 2.0**place)


def _reduced(b: NativeBuilder, x: Value) -> tuple[Value, Value]:
    """Take the nearest multiple of π/2 off a positive x; give bits that end in k, and the rest.

    The first two differences are exact, and what the third one loses is added to the others.
    """
    form = format_of(x.dtype)
    shifted = x * (2 / math.pi) + form.magic
    k = shifted - form.magic
    first, second, third, *small = _quarters(form)[1]
    exact = x - k * first - k * second
    rest = exact - k * third
    lost = exact - rest - k * third - k * small[0] - k * small[1]
    return b.bits(shifted), rest + lost


def _wave(b: NativeBuilder, x: Value, ahead: int) -> Value:
    """Give sin(x + ahead π/2) of |x| below the limit, for 0 or 1 ahead."""
    turn, r = _reduced(b, b.abs(x))
    square, reach = r * r, (math.pi / 4) ** 2
    count = 3 if format_of(x.dtype).single else 6
    odd = tuple((-1) ** (j + 1) / math.factorial(2 * j + 3) for j in range(count + 4))
    even = tuple((-1) ** (j + 1) / math.factorial(2 * j + 2) for j in range(count + 5))
    sine = r * square * polynomial(square, evened(odd, count, 0.0, reach)) + r
    cosine = square * polynomial(square, evened(even, count + 1, 0.0, reach)) + 1.0
    turn = turn + ahead
    found = b.where((turn & 1) != 0, cosine, sine)
    top = 8 * x.dtype.itemsize - 1
    sign = turn << top - 1
    if not ahead:  # the sine is odd
        sign = sign ^ b.bits(x)
    return b.from_bits(b.bits(found) ^ (sign & -(1 << top)), x.dtype)


def _lane_by_lane(b: NativeBuilder, name: str, x: Value) -> Value:
    """Let the C library compute a function, for one lane after the other."""
    if x.lanes == 1:
        return b.intrinsic(name, x)

    def turn(lane: str, names: list[str]) -> list[str]:
        vector = f"{x.type} {names[0]}"
        one = Value(b, x.dtype, b.emit(f"extractelement {vector}, {INDEX} {lane}"))
        found = b.intrinsic(name, one)
        return [b.emit(f"insertelement {vector}, {found.typed}, {INDEX} {lane}")]

    (last,) = b.repeat(str(x.lanes), [(x.type, x.name)], turn)
    return Value(b, x.dtype, last, x.lanes)


def _anywhere(b: NativeBuilder, x: Value, ahead: int, name: str) -> Value:
    """Give sin(x + ahead π/2), which the C library calls by a name, of any x."""
    far = ~(b.abs(x) <= _quarters(format_of(x.dtype))[0])
    near = _wave(b, x, ahead)
    return b.seldom(far, lambda: b.where(far, _lane_by_lane(b, name, x), near), near)


def sin(b: NativeBuilder, x: Value) -> Value:
    """Give the sine."""
    return _anywhere(b, x, 0, "sin")


def cos(b: NativeBuilder, x: Value) -> Value:
    """Give the cosine."""
    return _anywhere(b, x, 1, "cos")
