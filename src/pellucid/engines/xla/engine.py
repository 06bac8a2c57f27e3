"""The XLA engine: programs become functions that JAX compiles for the device at hand."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from typing import Any, final
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import one_of, whole_number
from pellucid.compile import Data, Plan, Program, Run, RunState
from pellucid.engines.base import Engine, Executable
from pellucid.engines.xla.course import Course
from pellucid.engines.xla.layout import DEVICES, Layout, jax
from pellucid.engines.xla.loop import Leg, Loop
from pellucid.engines.xla.translating import Traced
from pellucid.recent import Recent

__all__ = ["XLA", "XLAExecutable"]

KEPT = 64  # compiled programs, and as many loops; those used longest ago go first
PRECISIONS = ("bfloat16",)
LONGEST_STAY = 1.0  # seconds for which weights stay on an accelerator
TOGETHER = 128  # steps that the processes of a group do between two looks at the clock

Array = NDArray[Any]


@final
class XLAExecutable(Executable):
    """A program as a function that JAX has compiled."""

    def __init__(self, program: Program, layout: Layout, precision: str | None) -> None:
        self._traced = Traced(program, precision)
        self._layout = layout
        self._call = jax().jit(self._traced)

    def __call__(self, inputs: Sequence[Array], state: Sequence[Array]) -> list[Array]:
        """Give the outputs, then the new value of each update, as arrays of their own."""
        with self._layout.used():
            results = self._call(list(inputs), list(state))
            self._traced.check(int(results.fault))
            return [np.array(value) for value in (*results.outputs, *results.updates)]


@final
class XLA(Engine):
    """XLA through JAX: for GPUs and TPUs, and for training on several devices.

    Parameters
    ----------
    device : "auto" is a TPU or GPU where there is one, and else the CPU; or "cpu", "gpu", "tpu"
    precision : "bfloat16" rounds the factors of products, which accelerators multiply many times
        faster; weights, sums and all else stay as they are
    devices : over how many the rows of each batch are shared; by default one, and of a group of
        processes all

    Raises
    ------
    MissingPackageError : when JAX is not installed
    EngineError : when there is no such device, or not as many

    Examples
    --------
    >>> import pellucid as pel
    >>> x = pel.placeholder((3,), name="x")
    >>> engine = pel.XLA("cpu")
    >>> pel.function([x], pel.exp(x).sum(), engine=engine)([0.0, 0.0, 0.0])
    np.float32(3.0)
    """

    name = "xla"

    def __init__(
        self, device: str = "auto", *, precision: str | None = None, devices: int | None = None
    ) -> None:
        self.device = one_of(device, "device", DEVICES)
        self.precision = None if precision is None else one_of(precision, "precision", PRECISIONS)
        self.devices = None if devices is None else whole_number(devices, "devices", at_least=1)
        self._layout = Layout(self.device, self.devices)
        self._first = Layout(self.device, 1)  # where a program is called once
        self._programs: Recent[XLAExecutable] = Recent(KEPT)
        self._loops: Recent[Loop] = Recent(KEPT)
        self._lock = threading.Lock()
        self._courses: WeakKeyDictionary[Run, Course] = WeakKeyDictionary()

    def compile(self, program: Program) -> XLAExecutable:
        """Make a concrete program ready to run, or give what was made of an equal one."""
        return self._programs.get(
            program.labelled_key, lambda: XLAExecutable(program, self._first, self.precision)
        )

    def steps_at_once(self, state: RunState, left: float, *, begun: bool) -> int:
        """Say how many steps to do; processes of a group do as many, however quick each is.

        Between two looks at the clock weights go to an accelerator and back: not too often.
        """
        if self._layout.processes > 1:
            return 0 if begun and left < math.inf else TOGETHER
        if self._layout.kind == "cpu" or left <= 0:
            return super().steps_at_once(state, left, begun=begun)
        return max(1, int(state.pace * min(left, LONGEST_STAY)))

    def steps(self, run: Run, state: RunState, data: Data, plan: Plan) -> NDArray[np.float64]:
        """Work off `plan`, changing ``state.arrays``; give one row of scalars for each step.

        Raises
        ------
        DataError : when a check fails, as of a label; the state is that before the plan
        """
        with self._lock:
            course = self._courses.get(run)
            if course is None:
                course = self._courses[run] = Course(run, self._layout, self._loop)
        return course.steps(run, state, data, plan)

    def _loop(self, legs: Sequence[Leg]) -> Loop:
        key = tuple(leg.key for leg in legs)
        return self._loops.get(key, lambda: Loop(legs, self._layout, self.precision))

    def __repr__(self) -> str:
        given = [f"device={self.device!r}"]
        given += [f"precision={self.precision!r}"] * (self.precision is not None)
        given += [f"devices={self.devices}"] * (self.devices is not None)
        return f"XLA({', '.join(given)})"
