"""The native engine: programs become machine code, and a plan of many steps is one call of it."""

from __future__ import annotations

import threading
from typing import final
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from pellucid.compile import Data, Phase, Plan, Program, Run, RunState
from pellucid.engines.base import Engine
from pellucid.engines.explanation import Explanation
from pellucid.engines.native.calling import Caller
from pellucid.engines.native.course import Course, Driver
from pellucid.engines.native.driver import Kind, driver_text
from pellucid.engines.native.executable import NativeExecutable
from pellucid.engines.native.jit import Compiler
from pellucid.engines.native.listing import explanation
from pellucid.engines.native.module import program_text
from pellucid.graph.op import Op
from pellucid.recent import Recent

__all__ = ["NativeEngine"]

KEPT = 64  # compiled programs, and as many drivers; those used longest ago go first


@final
class NativeEngine(Engine):
    """LLVM's machine code: whole runs of steps without a return to Python.

    Parameters
    ----------
    vector_bytes : how wide vectors are, 16, 32 or 64; as wide as the CPU's by default
    cpu : for which CPU code is made, as LLVM names it; for the one at hand by default

    Raises
    ------
    MissingPackageError : when llvmlite cannot be imported
    """

    name = "native"

    def __init__(self, vector_bytes: int | None = None, *, cpu: str | None = None) -> None:
        self._compiler = Compiler(cpu=cpu)
        self._caller = Caller(self._compiler)
        self._vector_bytes = vector_bytes or self._compiler.vector_bytes
        self._programs: Recent[NativeExecutable] = Recent(KEPT)
        self._drivers: Recent[Driver] = Recent(KEPT)
        self._lock = threading.Lock()
        self._courses: WeakKeyDictionary[Phase, Course] = WeakKeyDictionary()

    def compile(self, program: Program) -> NativeExecutable:
        """Make a concrete program ready to run, or give what was made of an equal one.

        Raises
        ------
        EngineError : for a dtype of which no machine code is made
        """
        key = self._key(program)
        return self._programs.get(key, lambda: self._compiled(program, key))

    def known_pace(self, run: Run) -> float:
        """Say how many steps of a run there may be in a second, by earlier runs of its program."""
        known = self._programs.find(self._key(run.train.program))
        return 0.0 if known is None else known.pace.steps_a_second

    def explain(self, program: Program) -> Explanation:
        """Show what a program becomes: its kernels, their memory, and on request their code.

        Raises
        ------
        EngineError : for a dtype of which no machine code is made
        """
        return explanation(program, self._vector_bytes, self._compiler)

    def _key(self, program: Program) -> str:
        return f"{self._vector_bytes} {program.labelled_key}"

    def _compiled(self, program: Program, key: str) -> NativeExecutable:
        ours = all(_is_ours(line.op) for line in program.instructions)
        compiled = self._compiler.compile(
            key, lambda: program_text(program, self._vector_bytes), keep=ours
        )
        return NativeExecutable(program, compiled, self._caller)

    def _driver(self, kinds: tuple[Kind, ...]) -> Driver:
        """Make the code that works off plans of these kinds of segments."""
        return self._drivers.get(
            kinds, lambda: Driver(self._compiler.compile(repr(kinds), lambda: driver_text(kinds)))
        )

    def steps(self, run: Run, state: RunState, data: Data, plan: Plan) -> NDArray[np.float64]:
        """Work off `plan` in one call, changing ``state.arrays``; give the scalars of each step.

        Raises
        ------
        DataError : when a check fails, as of a label; the state is that of the step before
        """
        with self._lock:
            course = self._courses.get(run.train)
            if course is None or not course.serves(run):
                course = Course(run, data, self.compile, self._driver)
                self._courses[run.train] = course
        return course.steps(run, state, data, plan)


def _is_ours(op: Op) -> bool:
    """Tell whether an operation is pellucid's own: of others the code may change at any time."""
    return str(getattr(op.array, "__module__", "")).startswith("pellucid.")
