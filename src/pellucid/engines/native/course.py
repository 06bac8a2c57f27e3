"""A run on the native engine: how its segments are worked off, in one call for a whole plan."""

from __future__ import annotations

import ctypes
import itertools
import operator
import time
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, NamedTuple, final
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import Frozen
from pellucid.compile import Data, Phase, Plan, Program, Run, RunState
from pellucid.compile.memory import ALIGNMENT
from pellucid.compile.run import Sampling
from pellucid.engines.native.driver import DRIVE, POINTERS, Kind
from pellucid.engines.native.executable import NativeExecutable, address, aligned_memory, fitting
from pellucid.engines.native.jit import Compiled
from pellucid.engines.native.module import first_rows
from pellucid.engines.native.team import reserved, run_together
from pellucid.errors import EngineError
from pellucid.graph.op import Spec
from pellucid.shapes import size

__all__ = ["Course", "Driver"]

Array = NDArray[Any]
Compile = Callable[[Program], NativeExecutable]
WIDEST = 8  # bytes of a scalar
ROW = 4  # bytes of the number of a row
_Drive = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 7)  # the interpreter may work on meanwhile


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


class _Table(NamedTuple):
    """A plan as the driver takes it, and the kinds of segments in it."""

    rows: NDArray[np.int64]
    legs: list[int]


@final
class Course:
    """What is known of a run before it runs: its kinds of segments, and the driver."""

    def __init__(
        self, run: Run, data: Data, compile_program: Compile, driver: Callable[..., Driver]
    ) -> None:
        self._compile = compile_program
        self._validate, self._sampling = run.validate, run.sampling
        self._legs: list[_Leg] = []
        self._number = np.zeros((len(run.phases), 2), np.int64)  # by phase and being the tail
        self._columns = run.columns
        self._executables: dict[int, NativeExecutable] = {}
        self._calls: WeakKeyDictionary[RunState, dict[int, _Call]] = WeakKeyDictionary()
        self._tables: WeakKeyDictionary[Plan, _Table] = WeakKeyDictionary()
        for number, phase in enumerate(run.phases):
            for is_tail, program in ((False, phase.program), (True, phase.tail)):
                if program is not None:
                    self._number[number, int(is_tail)] = len(self._legs)
                    sampling: Sampling = "sequential" if number else run.sampling
                    kind = _kind(program, phase, is_tail, sampling, len(data.arrays[number]))
                    self._legs.append(_Leg(kind, program, number))
        self._driver = driver(tuple(leg.kind for leg in self._legs))

    def serves(self, run: Run) -> bool:
        """Whether a run with the same training differs from its own in its key alone."""
        return run.validate is self._validate and run.sampling == self._sampling

    def steps(self, run: Run, state: RunState, data: Data, plan: Plan) -> NDArray[np.float64]:
        """Work off a plan; see ``NativeEngine.steps``."""
        used = {leg: self._executable(leg) for leg in self._table(plan).legs}
        longest = max(used.values(), key=operator.attrgetter("together"))
        pace = longest.pace
        with reserved() if longest.together else nullcontext(1) as count:
            calls = {leg: self._call(leg, one, state, data, count) for leg, one in used.items()}
            parts = []
            for first, last, threads in pace.shares(plan.steps, count):
                start, part = time.perf_counter(), plan.part(first, last)
                parts.append(self._together(threads, calls, part, run.key))
                pace.note(threads, last - first, time.perf_counter() - start)
            return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _together(
        self, count: int, calls: dict[int, _Call], plan: Plan, words: tuple[int, int]
    ) -> NDArray[np.float64]:
        """Work off a plan with so many threads."""
        pointers = np.zeros((len(self._legs), len(POINTERS)), np.uint64)
        for leg, call in calls.items():
            pointers[leg] = call.pointers
        records, length = np.empty((plan.steps, self._columns)), np.array(len(plan))
        fault, key = np.zeros(2, np.int64), np.array(words, np.uint32)
        arrays: list[Array] = [self._table(plan).rows, length, pointers, key, records, fault]
        given = [address(array) for array in arrays]
        run_together(count, lambda row: self._driver.call(*given, row))
        if fault[0]:
            calls[int(fault[1])].executable.check(int(fault[0]))
        return records

    def _table(self, plan: Plan) -> _Table:
        """Give a plan as the driver takes it; many runs follow the same one."""
        known = self._tables.get(plan)
        if known is None:
            legs = self._number[plan.column("phase"), plan.column("is_tail")]
            places = (plan.ends - plan.counts) * self._columns
            columns = legs, plan.column("epoch"), plan.column("first"), plan.counts, places
            rows = np.stack(columns, axis=1)  # as in COLUMNS
            used = np.flatnonzero(np.bincount(legs)).tolist()
            known = self._tables[plan] = _Table(rows, used)
        return known

    def _executable(self, leg: int) -> NativeExecutable:
        """Give the program of a kind of segment, made ready when it is first met."""
        if leg not in self._executables:
            self._executables[leg] = self._compile(self._legs[leg].program)
        return self._executables[leg]

    def _call(
        self, leg: int, executable: NativeExecutable, state: RunState, data: Data, count: int
    ) -> _Call:
        """Give what a kind of segment needs, as it was for the plan before if nothing changed."""
        known = self._calls.setdefault(state, {})
        if leg not in known or not known[leg].serves(state, data, count):
            known[leg] = _Call(self._legs[leg], executable, state, data, count)
        return known[leg]


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
    """The arrays of one kind of segment, for plans of one state, and the pointers to them."""

    def __init__(
        self, leg: _Leg, executable: NativeExecutable, state: RunState, data: Data, count: int
    ) -> None:
        self.executable = executable
        self._given = list(state.arrays), data, count
        kind, program = leg.kind, executable.program
        specs = [executable.spec(number) for number in program.inputs]
        arrays, hyper = data.arrays[leg.phase], data.hyper if leg.phase == 0 else ()
        self._data = [
            fitting(array[: kind.rows], Spec((kind.rows, *spec.shape[1:]), spec.dtype), name)
            for array, spec, name in zip(arrays, specs, program.names, strict=False)
        ]
        self._hyper = [
            fitting(array, spec, "a hyper-parameter")
            for array, spec in zip(hyper, specs[len(arrays) :], strict=True)
        ]
        held = [
            _writable(array, executable.spec(number))
            for array, number in zip(state.arrays, program.state, strict=True)
        ]
        gathered = [0 if kind.sampling == "sequential" else kind.size * n for n in kind.row_bytes]
        outputs = [WIDEST] * len(kind.outputs)
        sizes = [
            *gathered,
            *outputs,
            ROW * kind.room,
            executable.memory(count),
        ]
        rooms = [-(-size // ALIGNMENT) * ALIGNMENT for size in sizes]
        self._memory, first = aligned_memory(sum(rooms))
        *places, rows, workspace, _ = itertools.accumulate(rooms, initial=first)
        batch, outputs = places[: len(gathered)], places[len(gathered) :]
        self._table = executable.table([*batch, *map(address, self._hyper)], held, outputs)
        self._rows = np.array([*map(address, self._data)], np.uint64)
        table, data_rows = address(self._table), address(self._rows)
        self.pointers = (executable.step, table, workspace, data_rows, rows)  # as in POINTERS

    def serves(self, state: RunState, data: Data, count: int) -> bool:
        """Whether it was made for these very arrays, and for so many threads."""
        arrays, own, threads = self._given
        same = data is own and count == threads and len(arrays) == len(state.arrays)
        return same and all(map(operator.is_, arrays, state.arrays))


def _writable(array: Array, spec: Spec) -> Array:
    """Check an array of the state, which is changed where it is."""
    found = fitting(array, spec, "the state")
    if found is not array or not found.flags.writeable:
        raise EngineError(
            "the state of a run cannot be changed in place", wanted="writable, contiguous arrays",
            mend="copy them: RunState([np.array(a) for a in arrays])",
        )  # fmt: skip
    return found
