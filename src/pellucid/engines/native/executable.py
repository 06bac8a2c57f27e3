"""A program as machine code, called with arrays."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Sequence
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from pellucid.compile import Program
from pellucid.compile.access import extents
from pellucid.compile.memory import ALIGNMENT
from pellucid.engines.base import Executable
from pellucid.engines.native.jit import Compiled
from pellucid.engines.native.module import STEP, constants
from pellucid.errors import DataError, EngineError
from pellucid.graph.op import Spec

__all__ = ["NativeExecutable", "address", "aligned_memory", "fitting"]

Array = NDArray[Any]
_Step = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 3)  # the interpreter may work on meanwhile


def address(array: Array) -> int:
    """Tell where the elements of an array begin."""
    found: int = array.__array_interface__["data"][0]
    return found


def aligned_memory(size: int) -> tuple[Array, int]:
    """Get memory, and its first address that begins a line of the cache."""
    memory = np.empty(size + ALIGNMENT, np.uint8)
    return memory, -(-address(memory) // ALIGNMENT) * ALIGNMENT


def fitting(array: Any, spec: Spec, what: str) -> Array:
    """Bring the elements of an array into row-major order; check what machine code relies on."""
    found = np.asarray(array, order="C")
    if found.dtype != spec.dtype or found.shape != spec.shape:
        raise EngineError(
            f"{what}: an array that the program was not compiled for", wanted=str(spec),
            got=str(Spec(found.shape, found.dtype)), mend="convert it, or compile a program for it",
        )  # fmt: skip
    return found


@final
class NativeExecutable(Executable):
    """A program as machine code.

    Attributes
    ----------
    program : what it computes
    workspace : how many bytes a call needs
    step : the address of its function
    """

    def __init__(self, program: Program, compiled: Compiled) -> None:
        self.program = program
        self.workspace: int = compiled.notes["workspace"]
        self.step = compiled.address(STEP)
        self._compiled = compiled  # the code lives as long as this
        self._call = _Step(self.step)
        self._spare: list[tuple[Array, int]] = []  # memory that no call is using
        self._kept = constants(program)  # the code reads them where they are
        self._constants = [address(array) for array in self._kept]

    def __call__(self, inputs: Sequence[Array], state: Sequence[Array]) -> list[Array]:
        """Give the outputs, then the new value of each update, as arrays of their own."""
        program = self.program
        given = [
            fitting(array, self.spec(number), name)
            for number, array, name in zip(program.inputs, inputs, program.names, strict=True)
        ]
        held = [
            fitting(array, self.spec(number), "the state")
            for number, array in zip(program.state, state, strict=True)
        ]
        for place, _ in program.updates:
            held[place] = held[place].copy()
        specs = [self.spec(number) for number in program.outputs]
        outputs = [np.empty(extents(spec.shape), spec.dtype) for spec in specs]
        self._run([*map(address, given)], held, [*map(address, outputs)])
        return [*outputs, *(held[place] for place, _ in program.updates)]

    def _run(self, inputs: list[int], state: list[Array], outputs: list[int]) -> None:
        table = self.table(inputs, state, outputs)
        try:
            memory = self._spare.pop()
        except IndexError:
            memory = aligned_memory(self.workspace)
        fault = ctypes.c_int64(0)
        self._call(address(table), memory[1], ctypes.addressof(fault))
        self._spare.append(memory)
        self.check(fault.value)

    def spec(self, number: int) -> Spec:
        """Give the spec of a line."""
        return self.program.instructions[number].spec

    def table(self, inputs: Iterable[int], state: Iterable[Array], outputs: Iterable[int]) -> Array:
        """Make the table of pointers that the code is given."""
        return np.array([*inputs, *map(address, state), *self._constants, *outputs], np.uint64)

    def check(self, fault: int) -> None:
        """Raise what a check has found."""
        if fault:
            message, label = self._compiled.notes["faults"][fault - 1]
            raise DataError(message, where=label, mend="check the labels or indices")
