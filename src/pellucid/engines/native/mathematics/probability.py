"""The error function."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from pellucid.engines.native.mathematics.exponentials import exp
from pellucid.engines.native.mathematics.series import evened, format_of, polynomial, within
from pellucid.engines.native.value import Value

if TYPE_CHECKING:
    from pellucid.engines.native.builder import NativeBuilder

__all__ = ["erf"]

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
    count = 7 if format_of(x.dtype).single else 13
    size = within(b, b.abs(x), 0.0, 6.0)
    square = size * size
    slope = 2 / math.sqrt(math.pi)
    terms = tuple(
        slope * (-1) ** k / (math.factorial(k) * (2 * k + 1)) - (k == 0) for k in range(count + 8)
    )
    series = polynomial(b.where(size < BEND, square, 0.0), evened(terms, count, 0.0, BEND))
    near = size * series + size
    t = 3.0 / (size + 3.0)
    place = (t - (4 / 5 + 1 / 3) / 2) * (2 / (4 / 5 - 1 / 3))
    tail = TAIL if x.dtype == np.dtype(np.float64) else TAIL[:9]
    far = 1.0 - exp(b, -square) * (t * polynomial(place, tail))
    return b.copysign(b.where(size < BEND, near, far), x)
