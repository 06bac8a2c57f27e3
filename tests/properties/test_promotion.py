"""Holds: dtypes combine as in NumPy, for every pair of dtypes and for Python's weak numbers."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import pellucid as pel
from pellucid.errors import DTypeError, PellucidError
from pellucid.graph import constant

DTYPES = [
    np.dtype(name)
    for name in (
        "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16",
        "float32", "float64",
    )
]  # fmt: skip
BINARY = (
    "add", "subtract", "multiply", "divide", "floor_divide", "remainder", "power", "maximum",
    "minimum", "less", "less_equal", "greater", "greater_equal", "equal", "not_equal",
    "bitwise_and", "bitwise_or", "bitwise_xor", "matmul",
)  # fmt: skip
UNARY = (
    "negative", "sign", "exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tanh", "floor",
    "ceil", "invert", "isnan", "isfinite",
)  # fmt: skip
REDUCTIONS = ("sum", "mean", "max", "min", "argmax", "argmin")
WEAK: tuple[Any, ...] = (True, 2, 3, 1.0, 2.5)


def values(dtype: np.dtype[Any]) -> Any:
    return np.array([1, 2, 3], dtype)


def assert_numpys(ours: Callable[[], Any], numpys: Callable[[], Any], what: str) -> None:
    """Either both work, and agree in dtype and value, or both refuse."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            wanted = np.asarray(numpys())
        except (TypeError, OverflowError):
            with pytest.raises(PellucidError):
                ours()
            return
    found = ours()
    assert found.dtype == found.numpy().dtype == wanted.dtype, f"{what}: {found.dtype}"
    near = float(np.finfo(wanted.dtype).eps) * 4 if wanted.dtype.kind == "f" else 0
    np.testing.assert_allclose(found.numpy(), wanted, rtol=near, err_msg=what)


@pytest.mark.parametrize("name", BINARY)
def test_two_arrays(name: str) -> None:
    for a in DTYPES:
        for b in DTYPES:
            x, y = values(a), values(b)[::-1].copy()
            if name == "matmul" and a.kind == b.kind == "b":
                with pytest.raises(DTypeError, match="truth values"):
                    pel.matmul(x, y)
                continue
            assert_numpys(
                lambda x=x, y=y: getattr(pel, name)(constant(x), y),
                lambda x=x, y=y: getattr(np, name)(x, y),
                f"{name}({a}, {b})",
            )


@pytest.mark.parametrize("name", [name for name in BINARY if name != "matmul"])
def test_an_array_and_a_python_number(name: str) -> None:
    for a in DTYPES:
        for number in WEAK:
            x = values(a)
            what = f"{name}({a}, {number!r})"
            assert_numpys(
                lambda x=x, n=number: getattr(pel, name)(constant(x), n),
                lambda x=x, n=number: getattr(np, name)(x, n),
                what,
            )
            assert_numpys(
                lambda x=x, n=number: getattr(pel, name)(n, constant(x)),
                lambda x=x, n=number: getattr(np, name)(n, x),
                f"{what} the other way round",
            )


OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda x, y: x + y, "-": lambda x, y: x - y, "*": lambda x, y: x * y,
    "/": lambda x, y: x / y, "//": lambda x, y: x // y, "%": lambda x, y: x % y,
    "**": lambda x, y: x**y, "&": lambda x, y: x & y, "|": lambda x, y: x | y,
    "^": lambda x, y: x ^ y, "<": lambda x, y: x < y, "<=": lambda x, y: x <= y,
    ">": lambda x, y: x > y, ">=": lambda x, y: x >= y, "==": lambda x, y: x == y,
    "!=": lambda x, y: x != y, "@": lambda x, y: x @ y,
}  # fmt: skip


@pytest.mark.parametrize("dtype", ["int32", "float32"])
@pytest.mark.parametrize("sign", OPERATORS)
def test_operators_are_the_functions(sign: str, dtype: str) -> None:
    operator, x, y = OPERATORS[sign], values(np.dtype(dtype)), values(np.dtype("int64"))
    for ours in (
        lambda: operator(constant(x), constant(y)),
        lambda: operator(constant(x), y),
        lambda: operator(x, constant(y)),
    ):
        assert_numpys(ours, lambda: operator(x, y), sign)


@pytest.mark.parametrize("name", UNARY)
def test_one_array(name: str) -> None:
    for a in DTYPES:
        x = values(a)
        assert_numpys(
            lambda x=x: getattr(pel, name)(x), lambda x=x: getattr(np, name)(x), f"{name}({a})"
        )


@pytest.mark.parametrize("name", REDUCTIONS)
def test_reductions(name: str) -> None:
    for a in DTYPES:
        x = values(a)
        if a.kind == "b" and name.startswith("arg"):
            with pytest.raises(DTypeError, match="truth values"):
                getattr(pel, name)(x)
            continue
        assert_numpys(
            lambda x=x: getattr(pel, name)(x), lambda x=x: getattr(np, name)(x), f"{name}({a})"
        )


def test_choices_and_joins() -> None:
    c = np.array([True, False, True])
    for a in DTYPES:
        for b in DTYPES:
            x, y = values(a), values(b)
            what = f"({a}, {b})"
            assert_numpys(
                lambda x=x, y=y: pel.where(c, x, y), lambda x=x, y=y: np.where(c, x, y), what
            )
            assert_numpys(
                lambda x=x, y=y: pel.concatenate([x, y]),
                lambda x=x, y=y: np.concatenate([x, y]),
                what,
            )


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int32"])
def test_a_number_that_a_dtype_cannot_hold_is_refused(dtype: str) -> None:
    x = constant(values(np.dtype(dtype)))
    for number in (-300 if dtype.startswith("u") else -(2**40), 2**40, -(2**70)):
        with pytest.raises(PellucidError):
            x + number
