"""Exponentials and their relatives for numbers and vectors alike, from additions and products.

Each function brings its argument into a small interval, where a short series serves, and undoes
that exactly. The series are Taylor's, so that a coefficient is a fraction that everyone knows, and
are made shorter in one way for all; only the error function far from zero has a fitted polynomial.
Errors are within 2 units in the last place, those of powers within 4 (measured in
``tests/native/test_mathematics.py``). Each lane has the bits that a number alone would have; only a
power of a number alone is the C library's.
"""

from __future__ import annotations

from pellucid.engines.native.mathematics.exponentials import exp, expm1, tanh
from pellucid.engines.native.mathematics.logarithms import log, log1p
from pellucid.engines.native.mathematics.powers import power
from pellucid.engines.native.mathematics.probability import erf
from pellucid.engines.native.mathematics.series import Function
from pellucid.engines.native.mathematics.waves import cos, sin

__all__ = ["FUNCTIONS", "power"]

FUNCTIONS: dict[str, Function] = {
    "cos": cos,
    "erf": erf,
    "exp": exp,
    "expm1": expm1,
    "log": log,
    "log1p": log1p,
    "sin": sin,
    "tanh": tanh,
}
