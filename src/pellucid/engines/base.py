"""What every engine offers: to run a program once, and to advance a run by many steps."""

from __future__ import annotations

import math
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.compile import Data, Program, Records, Run, RunState, Segment, segments

__all__ = ["Engine", "Executable"]

LONGEST_CALL = 0.05  # seconds: how long an engine may keep Python waiting


class Executable(ABC):
    """A program made ready to run: arrays in, arrays out."""

    @abstractmethod
    def __call__(
        self, inputs: Sequence[NDArray[Any]], state: Sequence[NDArray[Any]]
    ) -> list[NDArray[Any]]:
        """Give the outputs, then the new value of each update, as arrays of their own.

        `inputs` and `state` have the shapes and dtypes of the program and are not written to.
        """


class Engine(ABC):
    """Turns programs into something that runs.

    Engines differ in speed only: each computes what the reference engine computes, or refuses by
    name, with an EngineError.
    """

    name: str

    @abstractmethod
    def compile(self, program: Program) -> Executable:
        """Make a concrete program ready to run."""

    @abstractmethod
    def steps(
        self, run: Run, state: RunState, data: Data, plan: Sequence[Segment]
    ) -> list[NDArray[np.float64]]:
        """Work off `plan`, changing ``state.arrays``; give one row of scalars for each step."""

    def advance(
        self,
        run: Run,
        state: RunState,
        data: Data,
        seconds: float = math.inf,
        *,
        steps: float = math.inf,
        epochs: float = math.inf,
    ) -> Records:
        """Do the next steps of a run until it ends, or about `seconds` have gone, or so many steps.

        At least one step is done. How often this is called, and with which limits, changes no bit.
        """
        records = Records()
        start = now = time.perf_counter()
        last_epoch = state.epoch + epochs - 1
        while not state.is_done(run) and steps > 0 and state.epoch <= last_epoch:
            left = start + seconds - now
            if records.parts and left <= 0:
                break
            limit = min(steps, max(1, int(state.pace * min(left, LONGEST_CALL))))
            last = state.epoch if run.stop is not None else last_epoch
            plan = list(segments(run, state, limit, last))
            values = self.steps(run, state, data, plan)
            for segment, rows in zip(plan, values, strict=True):
                state.move_past(run, segment, rows)
                records.parts.append((segment, rows))
            before, now = now, time.perf_counter()
            done = sum(segment.count for segment in plan)
            steps -= done
            state.pace = min(done / max(now - before, 1e-9), 4 * state.pace + 16)
        return records
