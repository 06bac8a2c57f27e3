"""A run on the native engine: how its segments are worked off, in one call for a whole plan."""

from __future__ import annotations

import ctypes
import itertools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, final

import numpy as np
from numpy.typing import NDArray

from pellucid.compile import Data, Phase, Program, Run, RunState, Segment
from pellucid.engines.native.driver import COLUMNS, DRIVE, Kind
from pellucid.engines.native.executable import NativeExecutable, address, fitting, workspace
from pellucid.engines.native.jit import Compiled
from pellucid.errors import EngineError
from pellucid.graph.op import Spec

if TYPE_CHECKING:
    from pellucid.engines.native.engine import NativeEngine

__all__ = ["Course", "Driver"]

Array = NDArray[Any]
_Drive = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, *[ctypes.c_void_p] * 4)
WIDEST = 8  # bytes of a scalar


@final
class Driver:
    """The code that works off plans; while it runs, the interpreter is free to do other work."""

    def __init__(self, compiled: Compiled) -> None:
        self._compiled = compiled  # the code lives as long as this
        self.call = _Drive(compiled.address(DRIVE))


@final
class Course:
    """What is known of a run before it runs: its kinds of segments, and the driver."""

    def __init__(self, engine: NativeEngine, run: Run, data: Data) -> None:
        self._engine, self._key = engine, np.array(run.key, np.uint32)
        self._phases = run.phases
        self._kinds: dict[tuple[int, bool], int] = {}
        self._programs: list[Program] = []
        described: list[Kind] = []
        for number, phase in enumerate(run.phases):
            for is_tail, program in ((False, phase.program), (True, phase.tail)):
                if program is not None:
                    self._kinds[number, is_tail] = len(described)
                    self._programs.append(program)
                    sampling = "sequential" if number else run.sampling
                    size = phase.tail_size if is_tail else phase.batch_size
                    batches = len(data.arrays[number])
                    described.append(_kind(program, phase, size, sampling, batches))
        self._described = tuple(described)
        self._driver = engine.driver(self._described)

    def steps(
        self, state: RunState, data: Data, plan: Sequence[Segment]
    ) -> list[NDArray[np.float64]]:
        """Work off a plan; see ``NativeEngine.steps``."""
        kinds = [self._kinds[segment.phase, segment.is_tail] for segment in plan]
        widths = [len(self._described[kind].outputs) for kind in kinds]
        sizes = [one.count * width for one, width in zip(plan, widths, strict=True)]
        starts = [0, *np.cumsum(sizes, dtype=np.int64).tolist()]
        rows = [
            (kind, segment.epoch, segment.first, segment.count, start)
            for kind, segment, start in zip(kinds, plan, starts, strict=False)
        ]
        table = np.array(rows, np.int64).reshape(len(rows), len(COLUMNS))
        calls = {kind: _Call(self, kind, state, data) for kind in dict.fromkeys(kinds)}
        pointers = np.zeros((len(self._described), 4), np.uint64)
        for kind, call in calls.items():
            pointers[kind] = call.pointers
        records = np.empty(starts[-1])
        fault = np.zeros(2, np.int64)
        self._driver.call(
            address(table), len(rows), *[address(a) for a in (pointers, self._key, records, fault)]
        )
        if fault[0]:
            calls[int(fault[1])].executable.check(int(fault[0]))
        parts = [records[a:b] for a, b in itertools.pairwise(starts)]
        return [part.reshape(-1, width) for part, width in zip(parts, widths, strict=True)]

    def phase(self, kind: int) -> int:
        """Tell which phase a kind of segment belongs to."""
        return next(phase for (phase, _), k in self._kinds.items() if k == kind)

    def kind(self, kind: int) -> tuple[Kind, NativeExecutable, int, int]:
        """Give what is known of a kind: itself, its program, its phase and that one's rows."""
        phase = self.phase(kind)
        executable = self._engine.compile(self._programs[kind])
        return self._described[kind], executable, phase, self._phases[phase].rows


def _bytes(spec: Spec) -> int:
    return math.prod(n or 0 for n in spec.shape) * spec.dtype.itemsize


def _kind(program: Program, phase: Phase, size: int, sampling: Any, batches: int) -> Kind:
    lines = program.instructions
    constants = sum(line.value is not None for line in lines)
    return Kind(
        sampling=sampling,
        rows=phase.rows,
        stride=phase.batch_size,
        size=size,
        row_bytes=tuple(_bytes(lines[k].spec) // size for k in program.inputs[:batches]),
        outputs=tuple(lines[k].spec.dtype for k in program.outputs),
        first_output=len(program.inputs) + len(program.state) + constants,
    )


class _Call:
    """The arrays of one kind of segment during one call, and the pointers to them."""

    def __init__(self, course: Course, kind: int, state: RunState, data: Data) -> None:
        described, self.executable, phase, rows = course.kind(kind)
        program = self.executable.program
        arrays = data.arrays[phase]
        specs = [self.executable.spec(number) for number in program.inputs]
        batches, others = specs[: len(arrays)], specs[len(arrays) :]
        hyper = data.hyper if phase == 0 else ()
        self._data = [
            fitting(array[:rows], Spec((rows, *spec.shape[1:]), spec.dtype), name)
            for array, spec, name in zip(arrays, batches, program.names, strict=False)
        ]
        self._hyper = [
            fitting(array, spec, "a hyper-parameter")
            for array, spec in zip(hyper, others, strict=True)
        ]
        held = [
            _writable(array, self.executable.spec(number))
            for array, number in zip(state.arrays, program.state, strict=True)
        ]
        gathered = [0 if described.sampling == "sequential" else _bytes(spec) for spec in batches]
        sizes = [*gathered, *[WIDEST] * len(program.outputs), self.executable.text.workspace]
        self._memory, first = workspace(sum(map(_whole_lines, sizes)))
        places = np.cumsum([first, *map(_whole_lines, sizes)]).tolist()[:-1]
        inputs = [*places[: len(batches)], *map(address, self._hyper)]
        self._table = self.executable.table(inputs, held, places[len(batches) : -1])
        self._pointers = np.array([address(array) for array in self._data], np.uint64)
        self.pointers = (
            self.executable.step, address(self._table), places[-1], address(self._pointers)
        )  # fmt: skip


def _whole_lines(size: int) -> int:
    return -(-size // 64) * 64


def _writable(array: Array, spec: Spec) -> Array:
    """Check an array of the state, which is changed where it is."""
    found = fitting(array, spec, "the state")
    if found is not array or not found.flags.writeable:
        raise EngineError(
            "the state of a run cannot be changed in place", wanted="writable, contiguous arrays",
            mend="copy them: RunState([np.array(a) for a in arrays])",
        )  # fmt: skip
    return found
