"""Holds: vector mathematics is right to 2 units in the last place, and at every edge.

``python -m native.sweep`` (with ``tests`` on the path) measures the same on many more numbers.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import pellucid as pel
from native.bodies import computed
from pellucid.engines.native.mathematics.powers import SHORT
from pellucid.ops import elementwise

Array = NDArray[Any]
COUNT = 20_000

# Where each function has something to show, for float32 and for float64.
REACH: dict[str, tuple[tuple[float, float], tuple[float, float]]] = {
    "exp": ((-110, 95), (-750, 715)),
    "expm1": ((-20, 95), (-40, 715)),
    "log": ((0, 4), (0, 4)),
    "log1p": ((-1, 3), (-1, 3)),
    "tanh": ((-12, 12), (-22, 22)),
    "erf": ((-4.5, 4.5), (-6.5, 6.5)),
    "sin": ((-1e4, 1e4), (-1e6, 1e6)),
    "cos": ((-1e4, 1e4), (-1e6, 1e6)),
}


def arguments(name: str, dtype: str, count: int = COUNT) -> Array:
    """Edges, any bits, an even spread over the reach, and numbers of every size near zero."""
    generator = np.random.default_rng(0)
    limits = np.finfo(dtype)
    edges = [
        np.nan, np.inf, -np.inf, 0.0, -0.0, limits.tiny, -limits.tiny, limits.max, limits.min,
        limits.smallest_subnormal, -limits.smallest_subnormal, 1.0, -1.0, limits.eps, -limits.eps,
        limits.tiny / 3,
    ]  # fmt: skip
    kind = f"u{limits.dtype.itemsize}"
    top = np.iinfo(kind).max
    bits = generator.integers(0, top, count, dtype=kind, endpoint=True).view(limits.dtype)
    spread = generator.uniform(*REACH[name][dtype == "float64"], count)
    small = generator.normal(size=count) * 10.0 ** generator.uniform(-8, 1, count)
    return np.concatenate([np.array(edges, dtype), bits, np.array([*spread, *small], dtype)])


def erf(x: Array) -> Array:
    return np.array([math.erf(one) for one in x.tolist()])


def exact(name: str, x: Array) -> Array:
    """The value in a wider format; the C library's error function is right to one unit."""
    if name == "erf":
        return erf(x.astype(np.float64)).astype(np.longdouble)
    return np.asarray(getattr(np, name)(x.astype(np.longdouble)))


def units(found: Array, wanted: Array) -> Array:
    """How many units in the last place the numbers are apart; equal infinities and NaN are 0."""
    rounded = wanted.astype(found.dtype)
    same = (found == rounded) | (np.isnan(found) & np.isnan(rounded))
    unit = np.spacing(np.abs(np.where(np.isfinite(rounded), rounded, 1))).astype(np.longdouble)
    return np.where(same, 0, np.abs(found.astype(np.longdouble) - wanted) / unit)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", REACH)
def test_errors_are_within_two_units(name: str, dtype: str) -> None:
    x = arguments(name, dtype)
    if dtype == "float64" and name in ("sin", "cos"):
        x = x[np.abs(x) < 1e15]  # beyond, a long double does not hold the argument's place
    with np.errstate(all="ignore"):
        wanted = exact(name, x)
        found, _, _ = computed(lambda b, x: getattr(b, name)(x), x, lanes=8)
        apart = units(found, wanted)
    assert not (np.isnan(found) ^ np.isnan(wanted)).any()
    worst = int(np.argmax(apart))
    assert apart[worst] <= 2, f"{name}({x[worst]}) = {found[worst]}, wanted {wanted[worst]}"


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", REACH)
def test_a_number_has_the_same_bits_alone_and_in_any_vector(name: str, dtype: str) -> None:
    x = arguments(name, dtype)[:403]
    one, _, _ = computed(lambda b, x: getattr(b, name)(x), x)
    for lanes in (4, 16):
        many, _, _ = computed(lambda b, x: getattr(b, name)(x), x, lanes=lanes)
        np.testing.assert_array_equal(many, one)


# π/2 · 2^192: near its multiples a sine or cosine is as small as the number's distance from them.
HALF_PI = 0x1921FB54442D18469898CC51701B839A252049C1114CF98E8


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_sines_and_cosines_are_right_next_to_their_zeros(dtype: str) -> None:
    last = 13 if dtype == "float32" else 27  # beyond, the C library computes
    spread = 2 ** np.random.default_rng(2).uniform(0, last, 1000)
    turns = [*range(1, 1000), *map(int, spread), *range(2**last - 50, 2**last + 50)]
    x = np.array([float(Fraction(k * HALF_PI, 2**192)) for k in turns], dtype)
    rests = [
        Fraction(one) - Fraction(k * HALF_PI, 2**192)
        for one, k in zip(x.tolist(), turns, strict=True)
    ]
    high = np.array([float(rest) for rest in rests])
    parts = zip(rests, high.tolist(), strict=True)
    low = np.array([float(rest - Fraction(first)) for rest, first in parts])
    wanted = np.sin(high.astype(np.longdouble) + low)
    wanted[np.isin(np.array(turns) % 4, (1, 2))] *= -1
    for name, odd in (("sin", 0), ("cos", 1)):
        found, _, _ = computed(lambda b, x, name=name: getattr(b, name)(x), x, lanes=8)
        zeros = np.array(turns) % 2 == odd
        assert units(found, wanted)[zeros].max() <= 2


def bases_and_exponents(dtype: str, count: int = COUNT // 4) -> tuple[Array, ...]:
    """Any bits; results of every size, and next to the greatest and the least; bases near 1."""
    generator = np.random.default_rng(3)
    limits = np.finfo(dtype)
    least, most = np.log(float(limits.smallest_subnormal)), np.log(float(limits.max))
    kind = f"u{limits.dtype.itemsize}"
    any_bits = generator.integers(0, np.iinfo(kind).max, (2, count), dtype=kind, endpoint=True)
    sized = np.exp(generator.uniform(least, most, (2, count)))
    near = 1 + generator.choice([-1, 1], count) * 10.0 ** generator.uniform(-15, -0.4, count)
    bases = np.concatenate([*sized, generator.uniform(0.5, 2, count), near]).astype(dtype)
    ends = generator.choice([least, most, np.log(float(limits.tiny))], 2 * count)
    powers = np.concatenate([
        generator.uniform(least, most, count), ends + generator.normal(size=2 * count) / 2,
        generator.uniform(least, most, count),
    ])  # fmt: skip
    with np.errstate(all="ignore"):
        exponents = (powers / np.log(bases.astype(np.longdouble))).astype(dtype)
    whole = generator.integers(-300, 300, count)
    x = [*any_bits.view(dtype), bases, -generator.uniform(0.1, 9, count), sized[0]]
    y = [any_bits.view(dtype)[1], generator.normal(size=count), exponents, whole, whole / 50]
    return tuple(np.concatenate([one.astype(dtype) for one in part]) for part in (x, y))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_powers_are_right_to_four_units(dtype: str) -> None:
    x, y = bases_and_exponents(dtype)
    with np.errstate(all="ignore"):
        wanted = x.astype(np.longdouble) ** y.astype(np.longdouble)
        found, _, _ = computed(lambda b, x, y: x**y, x, y, lanes=8)
        apart = units(found, wanted)
    worst = int(np.argmax(apart))
    assert apart[worst] <= 4, f"{x[worst]} ** {y[worst]} = {found[worst]}, not {wanted[worst]}"
    some = np.arange(0, len(x) - len(x) % 750, 50)  # a last one alone is the C library's
    for lanes in (3, 5):
        other, _, _ = computed(lambda b, x, y: x**y, x[some], y[some], lanes=lanes)
        np.testing.assert_array_equal(other, found[some])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_powers_at_edges_are_numpys(dtype: str) -> None:
    limits = np.finfo(dtype)
    ends = [float(one) for one in (limits.smallest_subnormal, limits.tiny, limits.max)]
    sides = [0.0, *ends, 0.5, 1, 2, 3, 2.0**limits.nmant + 1, math.inf]
    edges = np.array([*sides, *[-one for one in sides], math.nan, 1 + limits.eps], dtype)
    x, y = (one.ravel() for one in np.meshgrid(edges, edges))
    with np.errstate(all="ignore"):
        wanted = x**y
        found, _, _ = computed(lambda b, x, y: x**y, x, y, lanes=8)
        assert units(found, wanted).max() <= 2
    signed = ~np.isnan(wanted)
    np.testing.assert_array_equal(np.isnan(found), ~signed)
    np.testing.assert_array_equal(np.signbit(found[signed]), np.signbit(wanted[signed]))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("lanes", [1, 8])
def test_powers_with_a_known_exponent_are_numpys(dtype: str, lanes: int) -> None:
    x, _ = bases_and_exponents(dtype, 500)
    x = np.concatenate([x, arguments("exp", dtype, 1)])
    for exponent in (*SHORT, 0.7, -3.0):
        found, _, _ = computed(lambda b, x, y=exponent: x**y, x, lanes=lanes)
        with np.errstate(all="ignore"):
            like = x ** np.array(exponent, dtype)
            wanted = x.astype(np.longdouble) ** np.longdouble(np.array(exponent, dtype))
            assert units(found, np.where(np.isnan(like), like, wanted)).max() <= 4
        signed = ~np.isnan(like)
        np.testing.assert_array_equal(np.isnan(found), ~signed)
        np.testing.assert_array_equal(np.signbit(found[signed]), np.signbit(like[signed]))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_bends_of_networks_are_right_where_they_vanish(dtype: str) -> None:
    """Values down to the last subnormal number, which need e^x, ln and a quotient together."""
    end = 105 if dtype == "float32" else 747
    spread = np.random.default_rng(1).uniform(-end, end, COUNT)
    x = np.concatenate([spread, np.linspace(-4, 4, COUNT), [-np.inf, np.inf, -0.0]]).astype(dtype)
    place = pel.placeholder(x.shape, dtype=dtype)
    compiled = pel.function([place], [elementwise.sigmoid(place), elementwise.softplus(place)])
    sigmoid, softplus = (np.asarray(one) for one in compiled(x))
    wide = x.astype(np.longdouble)
    with np.errstate(all="ignore"):
        assert units(sigmoid, 1 / (1 + np.exp(-wide))).max() <= 4
        assert units(softplus, np.maximum(wide, 0) + np.log1p(np.exp(-np.abs(wide)))).max() <= 4


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_edges_are_numpys(dtype: str) -> None:
    x = arguments("exp", dtype)[:16]
    for name in REACH:
        with np.errstate(all="ignore"):
            wanted = erf(x) if name == "erf" else getattr(np, name)(x)
        found, _, _ = computed(lambda b, x, name=name: getattr(b, name)(x), x, lanes=8)
        np.testing.assert_array_equal(np.isfinite(found), np.isfinite(wanted), err_msg=name)
        np.testing.assert_array_equal(found[np.isinf(found)], wanted[np.isinf(found)])
        signed = ~np.isnan(found)
        np.testing.assert_array_equal(np.signbit(found[signed]), np.signbit(wanted[signed]))
