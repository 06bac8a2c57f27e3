"""Holds: what is written for a body means what NumPy means, for single numbers and for vectors."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from native.bodies import computed
from pellucid.engines.native.builder import NativeBuilder, OneByOne
from pellucid.errors import EngineError
from pellucid.ops.random import threefry

Array = NDArray[Any]
INTEGERS = ["int8", "int32", "int64", "uint8", "uint64"]
FLOATS = ["float32", "float64"]
each_lanes = pytest.mark.parametrize("lanes", [1, 8])


def edges(dtype: str) -> Array:
    """The numbers at which something may go wrong."""
    kind = np.dtype(dtype)
    if kind.kind == "b":
        return np.array([False, True])
    if kind.kind in "iu":
        limits = np.iinfo(kind)
        near = [limits.min, limits.min + 1, limits.max, limits.max - 1, 0, 1, 2, 3, 7, 100]
        return np.array(sorted({*near, *([-1, -2, -7] if kind.kind == "i" else [])}), kind)
    limits = np.finfo(kind)
    return np.array(
        [np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 7.0, -7.0, limits.max,
         limits.tiny, -limits.smallest_subnormal, limits.eps],
        kind,
    )  # fmt: skip


def each_pair(dtype: str) -> tuple[Array, Array]:
    x, y = np.meshgrid(edges(dtype), edges(dtype))
    return x.ravel(), y.ravel()


def check(body: Callable[..., Any], wanted: Array, *arrays: Array, lanes: int = 1) -> None:
    """Bits as NumPy has them, the signs of zeros included."""
    try:
        found, _, _ = computed(body, *arrays, lanes=lanes)
    except OneByOne:
        assert lanes > 1
        return
    assert found.dtype == wanted.dtype
    np.testing.assert_array_equal(found, wanted)
    if wanted.dtype.kind == "f":
        numbers = ~np.isnan(wanted)
        np.testing.assert_array_equal(np.signbit(found[numbers]), np.signbit(wanted[numbers]))


BINARY: dict[str, Callable[[Any, Any], Any]] = {
    name: getattr(operator, name)
    for name in ("add", "sub", "mul", "floordiv", "mod", "lt", "le", "gt", "ge", "eq", "ne")
}
BITS = {name: getattr(operator, name) for name in ("and_", "or_", "xor", "lshift", "rshift")}


@each_lanes
@pytest.mark.parametrize("dtype", [*INTEGERS, *FLOATS])
@pytest.mark.parametrize("name", BINARY)
def test_operators(name: str, dtype: str, lanes: int) -> None:
    x, y = each_pair(dtype)
    with np.errstate(all="ignore"):
        wanted = BINARY[name](x, y)
    check(lambda b, x, y: BINARY[name](x, y), wanted, x, y, lanes=lanes)


@each_lanes
@pytest.mark.parametrize("dtype", INTEGERS)
@pytest.mark.parametrize("name", BITS)
def test_bits(name: str, dtype: str, lanes: int) -> None:
    x, y = each_pair(dtype)
    if name.endswith("shift"):
        y = np.abs(y.astype(np.float64)).clip(0, 100).astype(dtype)
    check(lambda b, x, y: BITS[name](x, y), BITS[name](x, y), x, y, lanes=lanes)


@each_lanes
@pytest.mark.parametrize("dtype", FLOATS)
def test_division(dtype: str, lanes: int) -> None:
    x, y = each_pair(dtype)
    with np.errstate(all="ignore"):
        check(lambda b, x, y: x / y, x / y, x, y, lanes=lanes)


@pytest.mark.parametrize("dtype", INTEGERS)
@pytest.mark.parametrize("by", [1, 2, 3, 7, -1, -3])
def test_division_by_a_number_that_is_known(dtype: str, by: int) -> None:
    x = edges(dtype)
    if by > 0 or x.dtype.kind == "i":
        with np.errstate(all="ignore"):
            quotient, rest = x // np.array(by, dtype), x % np.array(by, dtype)
        check(lambda b, x: x // by, quotient, x)
        check(lambda b, x: x % by, rest, x)


@pytest.mark.parametrize("dtype", INTEGERS)
def test_powers_of_integers_wrap(dtype: str) -> None:
    x, y = each_pair(dtype)
    x, y = x[y >= 0], y[y >= 0]
    check(lambda b, x, y: x**y, x**y, x, y)


def test_a_negative_power_of_an_integer_is_reported() -> None:
    x = np.array([2, 3])
    _, b, fault = computed(lambda b, x, y: x**y, x, np.array([1, -1]))
    assert "negative power" in b.faults[fault - 1][0]


@each_lanes
@pytest.mark.parametrize("dtype", [*FLOATS, *INTEGERS, "bool"])
@pytest.mark.parametrize("name", ["maximum", "minimum"])
def test_extremes(name: str, dtype: str, lanes: int) -> None:
    x, y = each_pair(dtype)
    same = (x == 0) & (y == 0)  # which of two zeros is greater is not said
    x, y = x[~same], y[~same]
    wanted = getattr(np, name)(x, y)
    check(lambda b, x, y: getattr(b, name)(x, y), wanted, x, y, lanes=lanes)


@each_lanes
@pytest.mark.parametrize("dtype", [*FLOATS, *INTEGERS])
@pytest.mark.parametrize("name", ["abs", "sign", "floor", "ceil", "negative"])
def test_functions_of_one_number(name: str, dtype: str, lanes: int) -> None:
    x = edges(dtype)
    with np.errstate(all="ignore"):
        wanted = getattr(np, name)(x)
    check(lambda b, x: -x if name == "negative" else getattr(b, name)(x), wanted, x, lanes=lanes)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(
    "name", ["exp", "log", "sqrt", "sin", "cos", "tanh", "expm1", "log1p", "isnan"]
)
def test_transcendental_functions(name: str, dtype: str) -> None:
    x = np.concatenate([edges(dtype), np.linspace(-20, 20, 101).astype(dtype)])
    with np.errstate(all="ignore"):
        wanted = getattr(np, name)(x)
    found, _, _ = computed(lambda b, x: getattr(b, name)(x), x)
    near = 4 * float(np.finfo(dtype).eps)
    np.testing.assert_allclose(found, wanted, rtol=near, atol=near, strict=True)


@each_lanes
@pytest.mark.parametrize("to", [*INTEGERS, *FLOATS, "bool"])
@pytest.mark.parametrize("dtype", [*INTEGERS, *FLOATS, "bool"])
def test_conversions(dtype: str, to: str, lanes: int) -> None:
    x = edges(dtype)
    if np.dtype(dtype).kind == "f" and np.dtype(to).kind in "iu":
        limits = np.iinfo(to)
        x = x[~np.isnan(x) & (x > limits.min - 1.0) & (x < limits.max)]
    with np.errstate(all="ignore"):
        check(lambda b, x: b.astype(x, to), x.astype(to), x, lanes=lanes)


@pytest.mark.parametrize("to", INTEGERS)
def test_what_an_integer_cannot_hold_becomes_the_nearest(to: str) -> None:
    x, limits = np.array([np.nan, np.inf, -np.inf, 1e300, -1e300]), np.iinfo(to)
    found, _, _ = computed(lambda b, x: b.astype(x, to), x)
    assert found.tolist() == [0, limits.max, limits.min, limits.max, limits.min]


@each_lanes
def test_choices_and_weak_numbers(lanes: int) -> None:
    x = edges("float32")
    check(lambda b, x: b.where(x > 0, x, 0), np.where(x > 0, x, np.float32(0)), x, lanes=lanes)
    check(lambda b, x: 2 * x, 2 * x[3:10], x[3:10], lanes=lanes)
    check(lambda b, x: 0.1 - x, np.float32(0.1) - x[3:10], x[3:10], lanes=lanes)
    integers = edges("int8")
    check(lambda b, x: x + 0.5, integers + 0.5, integers, lanes=lanes)
    truths = edges("bool")
    check(lambda b, x: x + True, truths + True, truths, lanes=lanes)
    check(lambda b, x: ~x, ~truths, truths, lanes=lanes)


def test_an_infinity_times_zero_stays_not_a_number() -> None:
    x = np.array([np.inf, np.nan, 1.0], np.float32)
    wanted = np.array([np.nan, np.nan, 0.0], np.float32)
    check(lambda b, x: x * 0, wanted, x, lanes=3)
    check(lambda b, x: x - x, wanted, x, lanes=3)


def test_folds_carry_tuples_and_nest() -> None:
    def body(b: NativeBuilder, x: Any) -> Any:
        def inner(i: Any, total: Any) -> Any:
            return b.fold(4, total, lambda j, t: t + b.astype(i * 4 + j, "int64") * x)

        def step(k: Any, a: tuple[Any, Any]) -> tuple[Any, Any]:
            return a[1], a[0] + a[1]

        one, zero = b.constant(1, "int64"), b.constant(0, "int64")
        return b.fold(3, zero, inner) + b.fold(10, (zero, one), step)[0]

    x = np.arange(5)
    check(body, 66 * x + 55, x)
    check(body, 66 * x + 55, x, lanes=4)


@pytest.mark.parametrize("n", [0, 1])
def test_short_folds_need_no_loop(n: int) -> None:
    x = np.arange(3.0)
    check(lambda b, x: b.fold(n, b.constant(2.0, "float64"), lambda k, a: a + x), 2 + n * x, x)


def test_a_fold_that_changes_dtype_is_refused() -> None:
    with pytest.raises(EngineError, match="a value of float32 became float64"):
        computed(
            lambda b, x: b.fold(3, b.constant(0, "float32"), lambda k, a: a + x), np.arange(3.0)
        )


@each_lanes
def test_loops_go_on_for_each_lane_as_long_as_it_needs(lanes: int) -> None:
    x = np.arange(1, 30, dtype=np.uint32)
    steps = [math.ceil(math.log(100 / n, 3)) for n in x]
    wanted = np.array([n * 3**k for n, k in zip(x, steps, strict=True)], np.uint32)
    body = lambda b, x: b.loop_while(lambda v: v < 100, lambda v: v * 3, x)  # noqa: E731
    check(body, wanted, x, lanes=lanes)


def test_what_is_guarded_is_not_read() -> None:
    far = 1 << 60
    x = np.array([0, far, 2, -far])

    def body(b: NativeBuilder, x: Any) -> Any:
        inside = (x >= 0) & (x < 4)
        return b.guarded(
            inside, lambda: b.load("%x0", np.dtype(np.int64), x), b.constant(-1, "int64")
        )

    check(body, np.array([0, -1, 2, -1]), x)


@each_lanes
def test_the_first_check_that_fails_is_noted(lanes: int) -> None:
    def body(b: NativeBuilder, x: Any) -> Any:
        b.require(x < 5, "five")
        b.require(x < 3, "three")
        return x

    for values, said in (([1, 2], None), ([1, 4], "three"), ([1, 9], "five")):
        _, b, fault = computed(body, np.array(values), lanes=min(lanes, 2))
        assert (b.faults[fault - 1][0] if fault else None) == said


@each_lanes
def test_words_of_threefry_are_the_same(lanes: int) -> None:
    x, y = np.arange(20, dtype=np.uint32), np.arange(20, dtype=np.uint32) * 7
    with np.errstate(over="ignore"):
        wanted = threefry((x, y), (y, x))
    for k in (0, 1):
        check(lambda b, x, y, k=k: threefry((x, y), (y, x))[k], wanted[k], x, y, lanes=lanes)


def test_half_precision_is_refused_by_name() -> None:
    with pytest.raises(EngineError, match="the native engine has no float16"):
        NativeBuilder().constant(1, "float16")
