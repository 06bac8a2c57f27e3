"""Holds: generated scalars mean what NumPy's mean, at the edges too."""

from __future__ import annotations

import itertools
import operator

import numpy as np
import pytest

import pellucid as pel

EDGES = {
    "int8": [-128, -7, -1, 0, 1, 7, 127],
    "int64": [-(2**63), -7, -1, 0, 1, 7, 2**63 - 1],
    "uint8": [0, 1, 7, 200, 255],
    "float32": [-np.inf, -7.5, -0.0, 0.0, 1e-45, 2.5, np.inf, np.nan],
    "float64": [-np.inf, -7.5, -0.0, 0.0, 5e-324, 2.5, np.inf, np.nan],
}
OPERATORS = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "floor_divide": operator.floordiv,
    "remainder": operator.mod,
    "less": operator.lt,
    "greater_equal": operator.ge,
    "equal": operator.eq,
    "not_equal": operator.ne,
    "maximum": pel.maximum,
    "minimum": pel.minimum,
}


def native(make, *arrays):
    symbols = [pel.placeholder(a.shape, a.dtype) for a in arrays]
    return pel.function(symbols, make(*symbols), engine="native")(*arrays)


@pytest.mark.parametrize("dtype", EDGES)
@pytest.mark.parametrize("name", OPERATORS)
def test_operators_at_the_edges(name, dtype):
    pairs = np.array(list(itertools.product(EDGES[dtype], repeat=2)), dtype)
    x, y = np.ascontiguousarray(pairs.T)
    with np.errstate(all="ignore"):
        wanted = getattr(np, name)(x, y)
    found = native(OPERATORS[name], x, y)
    assert found.dtype == wanted.dtype
    np.testing.assert_array_equal(found, wanted)
    if wanted.dtype.kind == "f" and name != "maximum" and name != "minimum":
        zeros = wanted == 0
        np.testing.assert_array_equal(np.signbit(found[zeros]), np.signbit(wanted[zeros]))


@pytest.mark.parametrize(
    ("source", "target"), list(itertools.product(EDGES, ["int32", "float64", "bool", "uint8"]))
)
def test_conversions_of_what_fits(source, target):
    kept = [v for v in EDGES[source] if np.isfinite(v) and 0 <= v <= 255]
    x = np.array(kept, source)
    np.testing.assert_array_equal(native(lambda x: x.astype(target), x), x.astype(target))


def test_a_float_outside_an_integers_range_becomes_the_nearest():
    x = np.array([1e20, -1e20, np.nan], np.float32)
    info = np.iinfo("int32")
    assert native(lambda x: x.astype("int32"), x).tolist() == [info.max, info.min, 0]


def test_integers_to_a_power():
    x, y = np.array([2, -3, 7, 0], np.int64), np.array([10, 5, 0, 0], np.int64)
    assert native(operator.pow, x, y).tolist() == [1024, -243, 1, 1]


def test_random_bits_are_the_same_bits():
    key, like = np.array([3, 4], np.uint32), np.zeros((7, 5), np.float32)
    found = native(lambda k, like: pel.random_bits(k, 9, like), key, like)
    assert np.array_equal(found, pel.random_bits(key, 9, like).numpy())
