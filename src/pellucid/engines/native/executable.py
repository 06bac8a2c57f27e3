"""A program as machine code, called with arrays."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from pellucid.compile import Program
from pellucid.engines.base import Executable
from pellucid.engines.native.jit import Compiled
from pellucid.engines.native.module import STEP, ProgramText
from pellucid.errors import DataError, EngineError
from pellucid.graph.op import Spec

__all__ = ["NativeExecutable", "address", "fitting", "workspace"]

ALIGNMENT = 64  # bytes: a line of the cache

Array = NDArray[Any]
_Step = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 3)


def address(array: Array) -> int:
    """Tell where an array lies."""
    found: int = array.__array_interface__["data"][0]
    return found


def workspace(size: int) -> tuple[Array, int]:
    """Make memory, and give the first address in it that begins a line of the cache."""
    memory = np.empty(size + ALIGNMENT, np.uint8)
    return memory, -(-address(memory) // ALIGNMENT) * ALIGNMENT


def fitting(array: Any, spec: Spec, what: str) -> Array:
    """Check what machine code relies on, and bring the elements into their order."""
    found = np.asarray(array, order="C")
    if found.dtype != spec.dtype or found.shape != spec.shape:
        raise EngineError(
            f"{what} is not what the program was compiled for", wanted=str(spec),
            got=str(Spec(found.shape, found.dtype)), mend="convert it, or compile a program for it",
        )  # fmt: skip
    return found


@final
class NativeExecutable(Executable):
    """A program as machine code.

    Attributes
    ----------
    program : what it computes
    text : its code as LLVM IR, and what belongs to it
    step : the address of its function
    """

    def __init__(self, program: Program, text: ProgramText, compiled: Compiled) -> None:
        self.program, self.text = program, text
        self.step = compiled.address(STEP)
        self._compiled = compiled  # the code lives as long as this
        self._call = _Step(self.step)
        self._spare: list[tuple[Array, int]] = []  # workspaces that no call is using

    def __call__(self, inputs: Sequence[Array], state: Sequence[Array]) -> list[Array]:
        """Give the outputs, then the new value of each update, as arrays of their own."""
        program = self.program
        given = self._checked(program.inputs, inputs, program.names or ["an input"] * len(inputs))
        held = self._checked(program.state, state, ["the state"] * len(state))
        for place, _ in program.updates:
            held[place] = held[place].copy()
        specs = [self.spec(number) for number in program.outputs]
        outputs = [np.empty(spec.shape, spec.dtype) for spec in specs]  # type: ignore[type-var]
        table = self.table([*map(address, given)], held, [*map(address, outputs)])
        memory = self._spare.pop() if self._spare else workspace(self.text.workspace)
        fault = ctypes.c_int64(0)
        self._call(address(table), memory[1], ctypes.addressof(fault))
        self._spare.append(memory)
        self.check(fault.value)
        return [*outputs, *(held[place] for place, _ in program.updates)]

    def spec(self, number: int) -> Spec:
        """Give the spec of a line."""
        return self.program.instructions[number].spec

    def _checked(
        self, numbers: Sequence[int], arrays: Sequence[Array], names: Sequence[str]
    ) -> list[Array]:
        triples = zip(numbers, arrays, names, strict=True)
        return [fitting(array, self.spec(number), name) for number, array, name in triples]

    def table(self, inputs: Sequence[int], state: Sequence[Array], outputs: Sequence[int]) -> Array:
        """Make the table of pointers that the code is given."""
        own = [*map(address, state), *map(address, self.text.constants)]
        return np.array([*inputs, *own, *outputs], np.uint64)

    def check(self, fault: int) -> None:
        """Raise what a check has found."""
        if fault:
            message, label = self.text.faults[fault - 1]
            raise DataError(message, where=label, mend="check the labels or indices")
