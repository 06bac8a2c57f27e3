"""A run on the native engine: how its segments are worked off, in one call for a whole plan."""

from __future__ import annotations

import ctypes
import itertools
from collections.abc import Callable, Sequence
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import Frozen
from pellucid.compile import Data, Phase, Program, Run, RunState, Segment
from pellucid.compile.memory import ALIGNMENT
from pellucid.compile.run import Sampling
from pellucid.engines.native.driver import COLUMNS, DRIVE, POINTERS, Kind
from pellucid.engines.native.executable import NativeExecutable, address, aligned_memory, fitting
from pellucid.engines.native.jit import Compiled
from pellucid.engines.native.module import first_rows
from pellucid.errors import EngineError
from pellucid.graph.op import Spec
from pellucid.shapes import size

__all__ = ["Course", "Driver"]

Array = NDArray[Any]
Compile = Callable[[Program], NativeExecutable]
WIDEST = 8  # bytes of a scalar
ROW = 4  # bytes of the number of a row
_Drive = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 6)  # the interpreter may work on meanwhile


@final
class Driver:
    """The code that works off plans."""

    def __init__(self, compiled: Compiled) -> None:
        self._compiled = compiled  # the code lives as long as this
        self.call = _Drive(compiled.address(DRIVE))


class _Leg(Frozen):
    """A kind of segment with its program, and the phase it belongs to."""

    kind: Kind
    program: Program
    phase: int


@final
class Course:
    """What is known of a run before it runs: its kinds of segments, and the driver."""

    def __init__(
        self, run: Run, data: Data, compile_program: Compile, driver: Callable[..., Driver]
    ) -> None:
        self._compile = compile_program
        self._key = np.array(run.key, np.uint32)
        self._legs: list[_Leg] = []
        self._number: dict[tuple[int, bool], int] = {}
        for number, phase in enumerate(run.phases):
            for is_tail, program in ((False, phase.program), (True, phase.tail)):
                if program is not None:
                    self._number[number, is_tail] = len(self._legs)
                    sampling: Sampling = "sequential" if number else run.sampling
                    kind = _kind(program, phase, is_tail, sampling, len(data.arrays[number]))
                    self._legs.append(_Leg(kind, program, number))
        self._driver = driver(tuple(leg.kind for leg in self._legs))

    def steps(
        self, state: RunState, data: Data, plan: Sequence[Segment]
    ) -> list[NDArray[np.float64]]:
        """Work off a plan; see ``NativeEngine.steps``."""
        legs = [self._number[segment.phase, segment.is_tail] for segment in plan]
        calls = {leg: self._call(self._legs[leg], state, data) for leg in set(legs)}
        pointers = np.zeros((len(self._legs), len(POINTERS)), np.uint64)
        for leg, call in calls.items():
            pointers[leg] = call.pointers
        widths = [len(self._legs[leg].kind.outputs) for leg in legs]
        sizes = [segment.count * width for segment, width in zip(plan, widths, strict=True)]
        starts = list(itertools.accumulate(sizes, initial=0))
        rows = [
            (leg, segment.epoch, segment.first, segment.count, start)
            for leg, segment, start in zip(legs, plan, starts, strict=False)
        ]
        table = np.array(rows, np.int64).reshape(len(plan), len(COLUMNS))
        count, records, fault = np.array(len(plan)), np.empty(starts[-1]), np.zeros(2, np.int64)
        arrays: list[Array] = [table, count, pointers, self._key, records, fault]
        self._driver.call(*map(address, arrays))
        if fault[0]:
            calls[int(fault[1])].executable.check(int(fault[0]))
        parts = [records[first:last] for first, last in itertools.pairwise(starts)]
        return [part.reshape(-1, width) for part, width in zip(parts, widths, strict=True)]

    def _call(self, leg: _Leg, state: RunState, data: Data) -> _Call:
        hyper = data.hyper if leg.phase == 0 else ()
        return _Call(
            leg.kind, self._compile(leg.program), state.arrays, data.arrays[leg.phase], hyper
        )


def _bytes(spec: Spec) -> int:
    return (size(spec.shape) or 0) * spec.dtype.itemsize


def _kind(program: Program, phase: Phase, is_tail: bool, sampling: Sampling, batches: int) -> Kind:
    lines = program.instructions
    rows = phase.tail_size if is_tail else phase.batch_size
    return Kind(
        sampling=sampling,
        rows=phase.rows,
        stride=phase.batch_size,
        size=rows,
        row_bytes=tuple(_bytes(lines[k].spec) // rows for k in program.inputs[:batches]),
        outputs=tuple(lines[k].spec.dtype for k in program.outputs),
        first_output=first_rows(program)["output"],
    )


class _Call:
    """The arrays of one kind of segment during one call, and the pointers to them."""

    def __init__(
        self,
        kind: Kind,
        executable: NativeExecutable,
        state: Sequence[Array],
        data: Sequence[Array],
        hyper: Sequence[Array],
    ) -> None:
        self.executable = executable
        program = executable.program
        specs = [executable.spec(number) for number in program.inputs]
        self._data = [
            fitting(array[: kind.rows], Spec((kind.rows, *spec.shape[1:]), spec.dtype), name)
            for array, spec, name in zip(data, specs, program.names, strict=False)
        ]
        self._hyper = [
            fitting(array, spec, "a hyper-parameter")
            for array, spec in zip(hyper, specs[len(data) :], strict=True)
        ]
        held = [
            _writable(array, executable.spec(number))
            for array, number in zip(state, program.state, strict=True)
        ]
        gathered = [0 if kind.sampling == "sequential" else kind.size * n for n in kind.row_bytes]
        outputs = [WIDEST] * len(kind.outputs)
        sizes = [*gathered, *outputs, ROW * kind.size, executable.workspace]
        rooms = [-(-size // ALIGNMENT) * ALIGNMENT for size in sizes]
        self._memory, first = aligned_memory(sum(rooms))
        *places, rows, workspace, _ = itertools.accumulate(rooms, initial=first)
        batch, outputs = places[: len(gathered)], places[len(gathered) :]
        self._table = executable.table([*batch, *map(address, self._hyper)], held, outputs)
        self._rows = np.array([*map(address, self._data)], np.uint64)
        table, data_rows = address(self._table), address(self._rows)
        self.pointers = (executable.step, table, workspace, data_rows, rows)  # as in POINTERS


def _writable(array: Array, spec: Spec) -> Array:
    """Check an array of the state, which is changed where it is."""
    found = fitting(array, spec, "the state")
    if found is not array or not found.flags.writeable:
        raise EngineError(
            "the state of a run cannot be changed in place", wanted="writable, contiguous arrays",
            mend="copy them: RunState([np.array(a) for a in arrays])",
        )  # fmt: skip
    return found
