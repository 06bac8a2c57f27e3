"""What every engine offers: to run a program once, and to advance a run by many steps."""

from __future__ import annotations

import math
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.compile import Data, Plan, Program, Record, Run, RunState, next_steps
from pellucid.engines.explaining import line_by_line
from pellucid.engines.explanation import Explanation

__all__ = ["Arrays", "Engine", "Executable", "Quick"]

LONGEST_CALL = 0.05  # seconds: how long an engine may keep Python waiting


Arrays = list[NDArray[Any]]
Quick = Callable[[Sequence[Any], list[Any]], Arrays | None]


class Executable(ABC):
    """A program made ready to run: arrays in, arrays out.

    Attributes
    ----------
    quick : does the same with less ado, if there is such a way; it is called with anything, and
        does nothing and gives ``None`` unless all are arrays just as the program has them
    in_place : gives the outputs alone, and leaves the new values where the old ones were; it does
        nothing and gives ``None`` also if a variable is not alone in holding what is to change
    """

    quick: Quick | None = None
    in_place: Quick | None = None

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
    def steps(self, run: Run, state: RunState, data: Data, plan: Plan) -> NDArray[np.float64]:
        """Work off `plan`, changing ``state.arrays``; give one row of scalars for each step."""

    def known_pace(self, run: Run) -> float:
        """Say how many steps of a run there may be in a second; 0 if nothing is known of it."""
        return 0.0

    def explain(self, program: Program) -> Explanation:
        """Show what a program becomes; unless an engine says more, each line on its own."""
        return Explanation(self.name, line_by_line(program))

    def steps_at_once(self, state: RunState, left: float, *, begun: bool) -> int:
        """Say how many steps to do until the clock is looked at again; none where time is up.

        Parameters
        ----------
        left : seconds
        begun : whether any were done
        """
        if begun and left <= 0:
            return 0
        return max(1, int(state.pace * min(left, LONGEST_CALL)))

    def advance(
        self,
        run: Run,
        state: RunState,
        data: Data,
        seconds: float = math.inf,
        *,
        steps: float = math.inf,
        epochs: float = math.inf,
    ) -> Record:
        """Do the next steps of a run until it ends, or about `seconds` have gone, or so many steps.

        At least one step is done, if any is left. How often this is called, and with which limits,
        changes no bit.
        """
        parts: list[Record] = []
        start = now = time.perf_counter()
        last_epoch = state.epoch + epochs - 1
        state.pace = state.pace or self.known_pace(run)
        while not state.is_done(run) and steps > 0 and state.epoch <= last_epoch:
            some = self.steps_at_once(state, start + seconds - now, begun=bool(parts))
            if not some:
                break
            limit = min(steps, some)
            last = state.epoch if run.stop is not None else last_epoch
            plan = next_steps(run, state, limit, last)
            values = self.steps(run, state, data, plan)
            state.move_past(run, plan, values)
            parts.append(Record(plan, values))
            before, now = now, time.perf_counter()
            steps -= len(values)
            state.pace = len(values) / max(now - before, 1e-9)
        return Record.joined(parts, run.columns)
