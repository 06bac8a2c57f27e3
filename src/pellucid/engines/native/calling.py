"""Machine code as a function of Python: it is given arrays as the objects that they are.

A call through ctypes costs more than a small program takes. So one short piece of machine code,
the same for all programs, is made a built-in function of the interpreter. It sees that each array
is just what the program was compiled for, notes where its elements are, and runs the program.

It never lets the interpreter work on meanwhile, so it is for short programs only. Nobody else can
enter it, so memory is kept for a program and not for a call; and what it has looked at stays so:
an array that only its variable holds may be given new elements where it lies, for all who look at
the variable see them together, and nobody has seen the old ones and kept them.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any, NamedTuple, final

import numpy as np
from numpy.typing import NDArray

from pellucid.compile.access import extents
from pellucid.engines.base import Quick
from pellucid.engines.native.jit import Compiled, Compiler
from pellucid.graph.op import Spec
from pellucid.graph.variable import Variable

__all__ = ["REFUSED", "Caller", "Slot", "address", "is_possible", "quick"]

REFUSED = -1  # what the function gives, having done nothing, if an array is not what it must be
HEAD = object.__basicsize__  # bytes of an object before its own; the last of them name its type
WORD = ctypes.sizeof(ctypes.c_void_p)
BEHAVED = 0x101  # of the flags of an array: its elements are in row-major order, and aligned
FASTCALL = 0x80  # of the flags of a method: it is given a row of objects, and their number


Array = NDArray[Any]


def address(array: Array) -> int:
    """Tell where the elements of an array begin."""
    found: int = array.__array_interface__["data"][0]
    return found


class _Array(ctypes.Structure):
    """The first fields of NumPy's arrays, which every extension module reads where they are."""

    _fields_ = (
        ("before", ctypes.c_byte * (HEAD - WORD)),
        ("type", ctypes.c_void_p),
        ("data", ctypes.c_void_p),
        ("ndim", ctypes.c_int),
        ("shape", ctypes.c_void_p),
        ("strides", ctypes.c_void_p),
        ("base", ctypes.c_void_p),
        ("dtype", ctypes.c_void_p),
        ("flags", ctypes.c_int),
    )


class _Method(ctypes.Structure):
    """What the interpreter knows of a built-in function."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("function", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("text", ctypes.c_char_p),
    )


# What a program's function knows: %self is an array of seven words, and these are they.
TEXT = f"""
%array = type {{ [{_Array.type.offset} x i8], ptr, ptr, i32, ptr, ptr, ptr, ptr, i32 }}
%known = type {{ ptr, ptr, i64, ptr, ptr, ptr, ptr }}

define void @nothing(ptr %table, ptr %workspace, ptr %fault, ptr %team) nounwind {{
  ret void
}}

define ptr @call(ptr %self, ptr %given, i64 %count) nounwind {{
begin:
  %fault = alloca i64
  store i64 0, ptr %fault
  %team = alloca [3 x i64]
  store [3 x i64] [i64 0, i64 0, i64 1], ptr %team
  %memory.at = getelementptr %array, ptr %self, i32 0, i32 2
  %memory = load ptr, ptr %memory.at
  %known = load %known, ptr %memory
  %step = extractvalue %known %known, 0
  %number = extractvalue %known %known, 1
  %wanted = extractvalue %known %known, 2
  %slots = extractvalue %known %known, 3
  %table = extractvalue %known %known, 4
  %workspace = extractvalue %known %known, 5
  %ndarray = extractvalue %known %known, 6
  %enough = icmp eq i64 %count, %wanted
  br i1 %enough, label %arrays, label %refuse

arrays:
  %k = phi i64 [0, %begin], [%k.next, %fits]
  %slot = phi ptr [%slots, %begin], [%slot.next, %fits]
  %left = icmp ult i64 %k, %count
  br i1 %left, label %look, label %run

look:
  %object.at = getelementptr ptr, ptr %given, i64 %k
  %object = load ptr, ptr %object.at
  %type.at = getelementptr %array, ptr %object, i32 0, i32 1
  %type = load ptr, ptr %type.at
  %is.array = icmp eq ptr %type, %ndarray
  br i1 %is.array, label %read, label %refuse

read:
  %found = load %array, ptr %object
  %data = extractvalue %array %found, 2
  %ndim = extractvalue %array %found, 3
  %shape = extractvalue %array %found, 4
  %dtype = extractvalue %array %found, 7
  %flags = extractvalue %array %found, 8
  %flags.kept = and i32 %flags, {BEHAVED}
  %behaved = icmp eq i32 %flags.kept, {BEHAVED}
  %dtype.wanted = load ptr, ptr %slot
  %dtype.same = icmp eq ptr %dtype, %dtype.wanted
  %ndim.at = getelementptr i64, ptr %slot, i64 1
  %ndim.wanted = load i64, ptr %ndim.at
  %ndim.wide = sext i32 %ndim to i64
  %ndim.same = icmp eq i64 %ndim.wide, %ndim.wanted
  %row.at = getelementptr i64, ptr %slot, i64 2
  %row = load i64, ptr %row.at
  %holders.at = getelementptr i64, ptr %slot, i64 3
  %holders.wanted = load i64, ptr %holders.at
  %holders.any = icmp eq i64 %holders.wanted, 0
  %holders = load i32, ptr %object
  %holders.wide = zext i32 %holders to i64
  %holders.same = icmp eq i64 %holders.wide, %holders.wanted
  %base = extractvalue %array %found, 6
  %owner = icmp eq ptr %base, null
  %alone = and i1 %holders.same, %owner
  %free = or i1 %holders.any, %alone
  %extents = getelementptr i64, ptr %slot, i64 4
  %alike = and i1 %dtype.same, %ndim.same
  %usable = and i1 %behaved, %free
  %good = and i1 %alike, %usable
  br i1 %good, label %axes, label %refuse

axes:
  %axis = phi i64 [0, %read], [%axis.next, %extent]
  %axis.left = icmp ult i64 %axis, %ndim.wanted
  br i1 %axis.left, label %extent, label %fits

extent:
  %extent.at = getelementptr i64, ptr %shape, i64 %axis
  %extent.found = load i64, ptr %extent.at
  %extent.wanted.at = getelementptr i64, ptr %extents, i64 %axis
  %extent.wanted = load i64, ptr %extent.wanted.at
  %axis.next = add i64 %axis, 1
  %extent.same = icmp eq i64 %extent.found, %extent.wanted
  br i1 %extent.same, label %axes, label %refuse

fits:
  %place = getelementptr ptr, ptr %table, i64 %row
  store ptr %data, ptr %place
  %k.next = add i64 %k, 1
  %slot.next = getelementptr i64, ptr %extents, i64 %ndim.wanted
  br label %arrays

run:
  call void %step(ptr %table, ptr %workspace, ptr %fault, ptr %team)
  br label %end

refuse:
  store i64 {REFUSED}, ptr %fault
  br label %end

end:
  %told = load i64, ptr %fault
  %result = call ptr %number(i64 %told)
  ret ptr %result
}}
"""


class Slot(NamedTuple):
    """What an array of a call must be.

    Attributes
    ----------
    row : of the table of pointers, which it fills
    holders : how many references there are to it, if that matters; it owns its elements then
    """

    row: int
    spec: Spec
    holders: int = 0


class _Text(NamedTuple):
    """The piece of machine code, as LLVM IR."""

    text: str
    notes: Mapping[str, Any]


@final
class Caller:
    """Makes built-in functions of programs, where that is possible.

    Parameters
    ----------
    compiler : of the code that all of them share, which is made at the first need
    """

    def __init__(self, compiler: Compiler) -> None:
        self._compiler = compiler

    @cached_property
    def _method(self) -> tuple[_Method, Compiled]:
        compiled = self._compiler.compile(TEXT, lambda: _Text(TEXT, {}))
        return _Method(b"step", compiled.address("call"), FASTCALL, None), compiled

    def function(
        self, step: int, slots: Sequence[Slot], table: Array, workspace: int, *needed: Any
    ) -> Callable[..., int] | None:
        """Make a function of arrays, one for each slot, that gives the fault, or `REFUSED`.

        Parameters
        ----------
        step, workspace : the addresses of the program's code, and of memory that is its own
        table : of pointers; rows without a slot are filled already
        needed : what must live as long as the function
        """
        if not is_possible():
            return None
        words = [
            [id(one.dtype), len(one.shape), row, holders, *extents(one.shape)]
            for row, one, holders in slots
        ]
        wanted = np.array([word for slot in words for word in slot], np.int64)
        number = ctypes.cast(ctypes.pythonapi.PyLong_FromLongLong, ctypes.c_void_p).value
        known = [step, number, len(slots), address(wanted), address(table), workspace]
        memory = np.array([*known, id(np.ndarray)], np.uint64)
        method = self._method
        needed = (*needed, method, wanted, table, slots)
        found: Callable[..., int] = _new_function()(ctypes.addressof(method[0]), memory, needed)
        return found

    @cached_property
    def holders(self) -> int | None:
        """How many references there are, at a call, to an array that one variable alone holds.

        The list that the call is given is among them, and what the interpreter adds to it: a call
        like any other finds that out. ``None`` if it does not, as where references are not counted.
        """
        nothing, spec = self._method[1].address("nothing"), Spec((1,), np.dtype(np.float64))
        variable, table = Variable(np.zeros(1), "float64"), np.zeros(2, np.uint64)

        def is_found(count: int, outputs: list[Spec]) -> bool:
            slots = [Slot(0, spec, count), *[Slot(1, one) for one in outputs]]
            function = self.function(nothing, slots, table, 0)
            if function is None:
                return False
            call = quick(function, outputs, [], abs)
            return call([], [v._value for v in [variable]]) is not None

        counts = [k for k in range(2, 9) if is_found(k, []) and is_found(k, [spec])]
        return counts[0] if counts else None


def quick(
    function: Callable[..., int],
    outputs: Sequence[Spec],
    changed: Sequence[int],
    check: Callable[[int], object],
) -> Quick:
    """Make a call of arrays in, arrays out; see ``Executable.quick``.

    Parameters
    ----------
    outputs, changed : what results are, and which places of the state get new values
    check : raises what a fault means; `REFUSED` is none
    """
    kinds = [(extents(shape), dtype) for shape, dtype in outputs]
    empty = np.empty

    def one(inputs: Sequence[Any], state: list[Any]) -> list[Array] | None:
        output = empty(shape, dtype)
        fault = function(*inputs, *state, output)
        if fault:
            check(fault)
            return None
        return [output]

    def several(inputs: Sequence[Any], state: list[Any]) -> list[Array] | None:
        if changed:
            state = [*state]
            for place in changed:
                state[place] = state[place].copy()
        made = [empty(shape, dtype) for shape, dtype in kinds]
        fault = function(*inputs, *state, *made)
        if fault:
            check(fault)
            return None
        return [*made, *[state[place] for place in changed]]

    if changed or len(kinds) != 1:
        return several
    shape, dtype = kinds[0]
    return one


@lru_cache(maxsize=1)
def is_possible() -> bool:
    """Tell whether this is CPython, one thread at a time, and NumPy's arrays are as they were.

    Their layout is part of NumPy's binary interface. A look at one costs nothing.
    """
    takes_turns: bool = getattr(sys, "_is_gil_enabled", lambda: True)()
    if sys.implementation.name != "cpython" or not takes_turns or WORD != 8:
        return False
    if np.ndarray.__basicsize__ < ctypes.sizeof(_Array):
        return False
    sample = np.zeros((2, 3), np.float32)
    seen = _Array.from_address(id(sample))
    known = (id(np.ndarray), address(sample), 2, id(sample.dtype), sample.flags.num)
    if (seen.type, seen.data, seen.ndim, seen.dtype, seen.flags) != known:
        return False
    return tuple((ctypes.c_int64 * 2).from_address(seen.shape)) == sample.shape


@lru_cache(maxsize=1)
def _new_function() -> Callable[..., Any]:
    prototype = ctypes.PYFUNCTYPE(
        ctypes.py_object, ctypes.c_void_p, ctypes.py_object, ctypes.py_object
    )
    return prototype(("PyCFunction_NewEx", ctypes.pythonapi))
