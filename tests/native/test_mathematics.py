"""Holds: vector mathematics is right to 2 units in the last place, and at every edge."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import special

from native.bodies import computed

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


def arguments(name: str, dtype: str) -> Array:
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
    bits = generator.integers(0, top, COUNT, dtype=kind, endpoint=True).view(limits.dtype)
    spread = generator.uniform(*REACH[name][dtype == "float64"], COUNT)
    small = generator.normal(size=COUNT) * 10.0 ** generator.uniform(-8, 1, COUNT)
    return np.concatenate([np.array(edges, dtype), bits, np.array([*spread, *small], dtype)])


def exact(name: str, x: Array) -> Array:
    """The value in a wider format; SciPy's error function is taken as right to one unit."""
    if name == "erf":
        return np.asarray(special.erf(x.astype(np.float64))).astype(np.longdouble)
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


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_sigmoid_and_powers_are_right_to_four_units(dtype: str) -> None:
    generator = np.random.default_rng(1)
    x = generator.uniform(-90, 90, COUNT).astype(dtype)
    sigmoid, _, _ = computed(
        lambda b, x: b.where(x >= 0, 1.0, b.exp(-b.abs(x))) / (1.0 + b.exp(-b.abs(x))), x, lanes=8
    )
    wanted = 1 / (1 + np.exp(-x.astype(np.longdouble)))
    assert units(sigmoid, wanted).max() <= 4
    base, y = generator.uniform(0.01, 20, COUNT).astype(dtype), generator.uniform(-9, 9, COUNT)
    y = y.astype(dtype)
    power, _, _ = computed(lambda b, x, y: x**y, base, y, lanes=8)
    assert units(power, base.astype(np.longdouble) ** y.astype(np.longdouble)).max() <= 4


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_edges_are_numpys(dtype: str) -> None:
    x = arguments("exp", dtype)[:16]
    for name in REACH:
        with np.errstate(all="ignore"):
            wanted = special.erf(x) if name == "erf" else getattr(np, name)(x)
        found, _, _ = computed(lambda b, x, name=name: getattr(b, name)(x), x, lanes=8)
        np.testing.assert_array_equal(np.isfinite(found), np.isfinite(wanted), err_msg=name)
        np.testing.assert_array_equal(found[np.isinf(found)], wanted[np.isinf(found)])
        signed = ~np.isnan(found)
        np.testing.assert_array_equal(np.signbit(found[signed]), np.signbit(wanted[signed]))
