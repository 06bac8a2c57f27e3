"""Values of generated code: a dtype, and the name under which LLVM knows it."""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, Any

import numpy as np

from pellucid.errors import EngineError

if TYPE_CHECKING:
    from pellucid.engines.native.builder import NativeBuilder

__all__ = ["DTYPES", "Value", "literal", "memory_type", "register_type", "vector_of"]

DType = np.dtype[Any]

DTYPES = {
    np.dtype(name): kind
    for name, kind in (
        ("bool", "i1"), ("int8", "i8"), ("int16", "i16"), ("int32", "i32"), ("int64", "i64"),
        ("uint8", "i8"), ("uint16", "i16"), ("uint32", "i32"), ("uint64", "i64"),
        ("float32", "float"), ("float64", "double"),
    )
}  # fmt: skip


def register_type(dtype: DType) -> str:
    """Give LLVM's type of a value.

    Raises
    ------
    EngineError : for a dtype of which no machine code is made
    """
    found = DTYPES.get(dtype)
    if found is None:
        known = ", ".join(known.name for known in DTYPES)
        raise EngineError(
            f"the native engine has no {dtype.name}", wanted=known,
            mend='write engine="reference", or dtype="float32"',
        )  # fmt: skip
    return found


def memory_type(dtype: DType) -> str:
    """Give LLVM's type of an element of an array, in which a truth value takes a byte."""
    return "i8" if dtype.kind == "b" else register_type(dtype)


def vector_of(kind: str, lanes: int) -> str:
    """Give the type of several numbers side by side, or of one."""
    return kind if lanes == 1 else f"<{lanes} x {kind}>"


def literal(number: Any, dtype: DType) -> str:
    """Write a number down as LLVM does: floating ones as the bits of a double."""
    if dtype.kind == "f":
        return "0x" + struct.pack(">d", _rounded(float(number), dtype.itemsize)).hex().upper()
    if dtype.kind == "b":
        return "true" if number else "false"
    limits = np.iinfo(dtype)
    if not limits.min <= int(number) <= limits.max:
        raise EngineError(f"{number} does not fit into {dtype.name}")
    return str(int(number))


def _rounded(number: float, size: int) -> float:
    """Round to so many bytes; what is too large becomes infinite."""
    if size == 8:
        return number
    try:
        (found,) = struct.unpack("f", struct.pack("f", number))
    except OverflowError:
        return math.copysign(math.inf, number)
    return float(found)


class Value:
    """A number in a register, or several side by side; operators mean what NumPy means by them.

    Attributes
    ----------
    builder : what writes the instructions
    dtype, name : NumPy's dtype, and LLVM's name, or the literal
    lanes : how many numbers it is
    known : the number, if it is known now
    """

    __slots__ = ("builder", "dtype", "known", "lanes", "name")
    __array_ufunc__ = None
    __hash__ = object.__hash__

    def __init__(
        self,
        builder: NativeBuilder,
        dtype: DType,
        name: str,
        lanes: int = 1,
        known: float | None = None,
    ) -> None:
        self.builder = builder
        self.dtype = dtype
        self.name = name
        self.lanes = lanes
        self.known = known

    @property
    def type(self) -> str:
        """The type of the register."""
        return vector_of(register_type(self.dtype), self.lanes)

    @property
    def typed(self) -> str:
        """The type and the name, as an operand is written."""
        return f"{self.type} {self.name}"

    def __add__(self, other: Any) -> Value:
        return self.builder.binary("add", self, other)

    def __radd__(self, other: Any) -> Value:
        return self.builder.binary("add", other, self)

    def __sub__(self, other: Any) -> Value:
        return self.builder.binary("subtract", self, other)

    def __rsub__(self, other: Any) -> Value:
        return self.builder.binary("subtract", other, self)

    def __mul__(self, other: Any) -> Value:
        return self.builder.binary("multiply", self, other)

    def __rmul__(self, other: Any) -> Value:
        return self.builder.binary("multiply", other, self)

    def __truediv__(self, other: Any) -> Value:
        return self.builder.binary("divide", self, other)

    def __rtruediv__(self, other: Any) -> Value:
        return self.builder.binary("divide", other, self)

    def __floordiv__(self, other: Any) -> Value:
        return self.builder.binary("floor_divide", self, other)

    def __rfloordiv__(self, other: Any) -> Value:
        return self.builder.binary("floor_divide", other, self)

    def __mod__(self, other: Any) -> Value:
        return self.builder.binary("remainder", self, other)

    def __rmod__(self, other: Any) -> Value:
        return self.builder.binary("remainder", other, self)

    def __pow__(self, other: Any) -> Value:
        return self.builder.binary("power", self, other)

    def __rpow__(self, other: Any) -> Value:
        return self.builder.binary("power", other, self)

    def __and__(self, other: Any) -> Value:
        return self.builder.binary("and", self, other)

    def __rand__(self, other: Any) -> Value:
        return self.builder.binary("and", other, self)

    def __or__(self, other: Any) -> Value:
        return self.builder.binary("or", self, other)

    def __ror__(self, other: Any) -> Value:
        return self.builder.binary("or", other, self)

    def __xor__(self, other: Any) -> Value:
        return self.builder.binary("xor", self, other)

    def __rxor__(self, other: Any) -> Value:
        return self.builder.binary("xor", other, self)

    def __lshift__(self, other: Any) -> Value:
        return self.builder.binary("left_shift", self, other)

    def __rlshift__(self, other: Any) -> Value:
        return self.builder.binary("left_shift", other, self)

    def __rshift__(self, other: Any) -> Value:
        return self.builder.binary("right_shift", self, other)

    def __rrshift__(self, other: Any) -> Value:
        return self.builder.binary("right_shift", other, self)

    def __lt__(self, other: Any) -> Value:
        return self.builder.binary("less", self, other)

    def __le__(self, other: Any) -> Value:
        return self.builder.binary("less_equal", self, other)

    def __gt__(self, other: Any) -> Value:
        return self.builder.binary("greater", self, other)

    def __ge__(self, other: Any) -> Value:
        return self.builder.binary("greater_equal", self, other)

    def __eq__(self, other: object) -> Value:  # type: ignore[override]
        return self.builder.binary("equal", self, other)

    def __ne__(self, other: object) -> Value:  # type: ignore[override]
        return self.builder.binary("not_equal", self, other)

    def __neg__(self) -> Value:
        return self.builder.negative(self)

    def __invert__(self) -> Value:
        return self.builder.invert(self)

    def __bool__(self) -> bool:
        raise EngineError("a value that is computed later is asked whether it is true")

    def __repr__(self) -> str:
        return f"{self.dtype.name} {self.name}"
