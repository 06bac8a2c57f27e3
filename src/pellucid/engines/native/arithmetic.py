"""What NumPy means by its binary operators, in LLVM's instructions.

Nothing here traps or is undefined, whatever the operands: an integer divided by zero gives 0, a
shift by more bits than there are gives what is left of the number.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from pellucid.engines.native.mathematics import power
from pellucid.engines.native.value import Value
from pellucid.errors import EngineError

if TYPE_CHECKING:
    from pellucid.engines.native.builder import NativeBuilder

__all__ = ["BINARY", "floating"]

BOOL = np.dtype(bool)
FLAGS = "contract"  # a product and a sum may become one instruction, rounded once

Rule = Callable[["NativeBuilder", Value, Value], Value]


def floating(value: Value) -> bool:
    """Tell whether a value is floating."""
    return value.dtype.kind == "f"


def _instruction(integer: str, real: str, truth: str = "") -> Rule:
    """Make the rule of what is one instruction, by kind of the operands."""

    def rule(b: NativeBuilder, x: Value, y: Value) -> Value:
        kind = x.dtype.kind
        name = {"f": real and f"{real} {FLAGS}", "b": truth}.get(kind, integer)
        if not name:
            raise EngineError(f"this operator has no meaning for {x.dtype}")
        return b.made(x.dtype, x.lanes, f"{name} {x.typed}, {y.name}")

    return rule


def _comparison(signed: str, unsigned: str, real: str) -> Rule:
    def rule(b: NativeBuilder, x: Value, y: Value) -> Value:
        how = f"fcmp {real}" if floating(x) else f"icmp {signed if _signed(x) else unsigned}"
        return b.made(BOOL, x.lanes, f"{how} {x.typed}, {y.name}")

    return rule


def _signed(value: Value) -> bool:
    return value.dtype.kind == "i"


def _bits(value: Value) -> int:
    return 8 * value.dtype.itemsize


# --- division ------------------------------------------------------------------------------


def _truncated(b: NativeBuilder, x: Value, y: Value) -> tuple[Value, Value]:
    """Divide integers towards zero, by 1 where that would trap; give the remainder too."""
    kind = "s" if _signed(x) else "u"
    if y.known is None or y.known in (0, -1):
        traps = y == 0
        if _signed(x):
            traps = traps | ((x == int(np.iinfo(x.dtype).min)) & (y == -1))
        y = b.where(traps, b.constant(1, y.dtype), y)
    return (
        b.made(x.dtype, x.lanes, f"{kind}div {x.typed}, {y.name}"),
        b.made(x.dtype, x.lanes, f"{kind}rem {x.typed}, {y.name}"),
    )


def _differs_in_sign(b: NativeBuilder, rest: Value, y: Value) -> Value:
    return (rest != 0) & ((rest < 0) != (y < 0))


def _floor_divide(b: NativeBuilder, x: Value, y: Value) -> Value:
    if floating(x):
        return _floating_floor_divide(b, x, y)
    quotient, rest = _truncated(b, x, y)
    if _signed(x):
        quotient = quotient - b.astype(_differs_in_sign(b, rest, y), x.dtype)
    return quotient if y.known else b.where(y == 0, 0, quotient)


def _remainder(b: NativeBuilder, x: Value, y: Value) -> Value:
    if floating(x):
        return _floating_remainder(b, x, y)
    _, rest = _truncated(b, x, y)
    if _signed(x):
        rest = b.where(_differs_in_sign(b, rest, y), rest + y, rest)
    return rest if y.known else b.where(y == 0, 0, rest)


def _floating_remainder(b: NativeBuilder, x: Value, y: Value) -> Value:
    rest = b.made(x.dtype, x.lanes, f"frem {x.typed}, {y.name}")
    signed = b.where((rest < 0) != (y < 0), rest + y, rest)
    return b.where(rest != 0, signed, b.copysign(b.constant(0, x.dtype), y))


def _floating_floor_divide(b: NativeBuilder, x: Value, y: Value) -> Value:
    """Divide exactly what is left without the remainder, as NumPy does, and round to a whole."""
    rest = b.made(x.dtype, x.lanes, f"frem {x.typed}, {y.name}")
    quotient = (x - rest) / y
    quotient = b.where(_differs_in_sign(b, rest, y), quotient - 1, quotient)
    whole = b.floor(quotient)
    whole = b.where(quotient - whole > 0.5, whole + 1, whole)
    whole = b.where(quotient != 0, whole, b.copysign(b.constant(0, x.dtype), x / y))
    return b.where(y == 0, x / y, whole)


# --- powers and shifts ---------------------------------------------------------------------


def _power(b: NativeBuilder, x: Value, y: Value) -> Value:
    if floating(x):
        return power(b, x, y)
    if _signed(y):
        b.require(y >= 0, "power: a whole number raised to a negative power")

    def turn(k: Value, a: tuple[Value, Value]) -> tuple[Value, Value]:
        result, square = a
        odd = ((y >> b.astype(k, y.dtype)) & 1) == 1
        return b.where(odd, result * square, result), square * square

    result: Value = b.fold(_bits(y) - _signed(y), (b.constant(1, x.dtype), x), turn)[0]
    return result


def _shift(b: NativeBuilder, name: str, x: Value, y: Value, beyond: Value) -> Value:
    shifted = b.made(x.dtype, x.lanes, f"{name} {x.typed}, {y.name}")
    if y.known is not None and 0 <= y.known < _bits(x):
        return shifted
    bits = b.spread(b.constant(_bits(x), y.dtype), y.lanes)
    inside = b.made(BOOL, x.lanes, f"icmp ult {y.typed}, {bits.name}")
    return b.where(inside, shifted, beyond)  # a poisoned shift is not chosen


def _left_shift(b: NativeBuilder, x: Value, y: Value) -> Value:
    return _shift(b, "shl", x, y, b.constant(0, x.dtype))


def _right_shift(b: NativeBuilder, x: Value, y: Value) -> Value:
    if not _signed(x):
        return _shift(b, "lshr", x, y, b.constant(0, x.dtype))
    return _shift(b, "ashr", x, y, b.where(x < 0, -1, b.constant(0, x.dtype)))


BINARY: dict[str, Rule] = {
    "add": _instruction("add", "fadd", "or"),
    "subtract": _instruction("sub", "fsub"),
    "multiply": _instruction("mul", "fmul", "and"),
    "divide": _instruction("", "fdiv"),
    "floor_divide": _floor_divide,
    "remainder": _remainder,
    "power": _power,
    "and": _instruction("and", "", "and"),
    "or": _instruction("or", "", "or"),
    "xor": _instruction("xor", "", "xor"),
    "left_shift": _left_shift,
    "right_shift": _right_shift,
    "less": _comparison("slt", "ult", "olt"),
    "less_equal": _comparison("sle", "ule", "ole"),
    "greater": _comparison("sgt", "ugt", "ogt"),
    "greater_equal": _comparison("sge", "uge", "oge"),
    "equal": _comparison("eq", "eq", "oeq"),
    "not_equal": _comparison("ne", "ne", "une"),
}
