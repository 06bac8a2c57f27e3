"""A program as machine code, called with arrays."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Iterable, Sequence
from contextlib import nullcontext, suppress
from functools import partial
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from pellucid.compile import Program
from pellucid.compile.access import extents
from pellucid.compile.memory import ALIGNMENT
from pellucid.engines.base import Executable, Quick
from pellucid.engines.native.calling import Caller, Slot, address, quick
from pellucid.engines.native.jit import Compiled
from pellucid.engines.native.module import STEP, constants, first_rows
from pellucid.engines.native.team import Pace, reserved, run_together
from pellucid.errors import DataError, EngineError
from pellucid.graph.op import Spec

__all__ = ["NativeExecutable", "address", "aligned_memory", "fitting"]

Array = NDArray[Any]
SHORT = 50e-6  # seconds that other threads may be kept waiting
LONG = 1e-3  # seconds for which threads are worth being started
_Step = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 4)  # the interpreter may work on meanwhile


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


def check_fault(faults: Sequence[tuple[str, str]], fault: int) -> None:
    """Raise what a check has found."""
    if fault > 0:
        message, label = faults[fault - 1]
        raise DataError(message, where=label, mend="check the labels or indices")


@final
class NativeExecutable(Executable):
    """A program as machine code.

    A program that is found to be short is called through a built-in function of its own, which
    keeps the interpreter waiting; others let it work on. A measurement decides, as it knows the
    machine and what else it does.

    Parameters
    ----------
    caller : makes that function; without one all programs let the interpreter work on

    Attributes
    ----------
    program : what it computes
    together : whether several threads have something to do
    workspace : how many bytes a call by one thread needs
    step : the address of its function
    pace : how quick so many threads are, as runs have measured it
    """

    def __init__(self, program: Program, compiled: Compiled, caller: Caller | None = None) -> None:
        self.program = program
        self._compiled = compiled  # the code lives as long as this
        self.together: bool = compiled.notes["together"]
        self.workspace = self.memory(1)
        self.step = compiled.address(STEP)
        self.pace = Pace()
        self._call = _Step(self.step)
        self._spare: list[tuple[Array, int]] = []  # memory that no call is using
        self._kept = constants(program)  # the code reads them where they are
        self._constants = [address(array) for array in self._kept]
        self._inputs = [self._plain(number) for number in program.inputs]
        self._state = [self._plain(number) for number in program.state]
        self._outputs = [self._plain(number) for number in program.outputs]
        self._changed = [place for place, _ in program.updates]
        self._caller = caller
        self._takes_long = False  # so that threads are worth being started for a single call

    def __call__(self, inputs: Sequence[Array], state: Sequence[Array]) -> list[Array]:
        """Give the outputs, then the new value of each update, as arrays of their own."""
        given = [
            fitting(array, spec, name).view(spec.dtype)
            for array, spec, name in zip(inputs, self._inputs, self.program.names, strict=True)
        ]
        held = [
            fitting(array, spec, "the state").view(spec.dtype)
            for array, spec in zip(state, self._state, strict=True)
        ]
        found = None if self.quick is None else self.quick(given, held)
        if found is not None:
            return found
        for place in self._changed:
            held[place] = held[place].copy()
        outputs = [np.empty(extents(shape), dtype) for shape, dtype in self._outputs]
        self._run([*map(address, given)], held, [*map(address, outputs)])
        return [*outputs, *[held[place] for place in self._changed]]

    def _run(self, inputs: list[int], state: list[Array], outputs: list[int]) -> None:
        table = self.table(inputs, state, outputs)
        start = time.perf_counter()
        with reserved() if self._takes_long else nullcontext(1) as count:
            fault = self._run_by(count, address(table))
        took = time.perf_counter() - start
        if took < SHORT and self.quick is None and self._caller is not None:
            self._open(self._caller)
        self._takes_long = self._takes_long or (self.together and took > LONG)
        self.check(fault)

    def _run_by(self, threads: int, table: int) -> int:
        """Run it by so many threads, and give the fault."""
        memory = self._unused(self.memory(threads))
        fault = ctypes.c_int64(0)
        given = table, memory[1], ctypes.addressof(fault)
        run_together(threads, lambda row: self._call(*given, row))
        self._spare.append(memory)
        return fault.value

    def _unused(self, size: int) -> tuple[Array, int]:
        """Give memory that no call is using, which is got where none is left that is large enough.

        What is too small is given up: it was for fewer threads.
        """
        with suppress(IndexError):
            while True:
                array, first = self._spare.pop()
                if len(array) >= size + ALIGNMENT:
                    return array, first
        return aligned_memory(size)

    def _open(self, caller: Caller) -> None:
        """Make the quick ways, which have a table and memory of their own."""
        first = first_rows(self.program)
        table = np.zeros(first["output"] + len(self._outputs), np.uint64)
        table[first["constant"] : first["output"]] = self._constants
        memory, workspace = aligned_memory(self.workspace)

        def way(changed: Sequence[int], holders: int) -> Quick | None:
            state = [Slot(first["state"] + k, spec) for k, spec in enumerate(self._state)]
            for k in () if changed else self._changed:
                state[k] = state[k]._replace(holders=holders)
            inputs = [Slot(first["input"] + k, spec) for k, spec in enumerate(self._inputs)]
            outputs = [Slot(first["output"] + k, spec) for k, spec in enumerate(self._outputs)]
            slots = [*inputs, *state, *outputs]
            needed = memory, self._kept, self._compiled
            function = caller.function(self.step, slots, table, workspace, *needed)
            check = partial(check_fault, self._compiled.notes["faults"])
            return function and quick(function, self._outputs, changed, check)

        self.quick = self.in_place = way(self._changed, 0)
        if self._changed:
            holders = caller.holders
            self.in_place = None if holders is None else way((), holders)

    def memory(self, threads: int) -> int:
        """Count the bytes that a call by so many threads needs."""
        notes = self._compiled.notes
        found: int = notes["workspace"] + threads * notes["scratch"]
        return found

    def spec(self, number: int) -> Spec:
        """Give the spec of a line."""
        return self.program.instructions[number].spec

    def _plain(self, number: int) -> Spec:
        """Give the spec of a line, with the very dtype that NumPy gives to arrays."""
        shape, dtype = self.spec(number)
        return Spec(extents(shape), np.dtype(dtype.name))

    def table(self, inputs: Iterable[int], state: Iterable[Array], outputs: Iterable[int]) -> Array:
        """Make the table of pointers that the code is given."""
        return np.array([*inputs, *map(address, state), *self._constants, *outputs], np.uint64)

    def check(self, fault: int) -> None:
        """Raise what a check has found."""
        check_fault(self._compiled.notes["faults"], fault)
