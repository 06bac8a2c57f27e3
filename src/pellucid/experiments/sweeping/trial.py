"""A run of a sweep: it goes on to a budget, at a seat that it leaves to the next one."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple, final

import numpy as np
from numpy.typing import NDArray

from pellucid.compile import Plan, Record, Run, RunState
from pellucid.engines import Engine
from pellucid.experiments.sweeping.study import Outcome, Place
from pellucid.train import FitOptions, History, Training
from pellucid.train.between_epochs import host_rules
from pellucid.train.running import Fit, finish

if TYPE_CHECKING:
    from pellucid.experiments.sweeping.setting import Setting

__all__ = ["Seat", "Stretch", "Trial"]

Arrays = Sequence[NDArray[np.generic]]


class Stretch(NamedTuple):
    """The steps of one call of the engine.

    Attributes
    ----------
    trained : how many of them are steps of training
    epoch : the last one
    parts : phase by phase, where the steps of that epoch are
    """

    plan: Plan
    trained: int
    epoch: int
    parts: tuple[tuple[int, slice], ...]

    @classmethod
    def of(cls, plan: Plan) -> Stretch:
        """Count the steps, and find those of the last epoch."""
        trained = int(plan.counts[plan.column("phase") == 0].sum())
        last, parts = plan[-1].epoch, []
        for number in np.flatnonzero(plan.column("epoch") == last).tolist():
            end, segment = int(plan.ends[number]), plan[number]
            parts.append((segment.phase, slice(end - segment.steps, end)))
        return cls(plan, trained, last, tuple(parts))


@final
class Seat:
    """Memory for one run after the other: what an engine has prepared for it is prepared once.

    Attributes
    ----------
    fit : whose rows and programs they are, with numbers of its own
    state, data : those of the run that sits there
    """

    def __init__(self, fit: Fit, arrays: Arrays) -> None:
        self.fit = replace(fit, hyper={name: one.copy() for name, one in fit.hyper.items()})
        self.state, self.data = RunState([array.copy() for array in arrays]), self.fit.data

    def begin(self, arrays: Arrays, numbers: Arrays) -> None:
        """Let a run begin, with these weights and numbers."""
        self.state.restore(RunState(list(arrays)))
        for mine, given in zip(self.data.hyper, numbers, strict=True):
            np.copyto(mine, given)


@final
class Trial:
    """A run under way: it can go on to a budget, and later to a larger one."""

    def __init__(
        self, setting: Setting, place: Place, options: FitOptions, seat: Seat, run: Run,
        leave: Callable[[Seat], None],
    ) -> None:  # fmt: skip
        self.place, self._seat, self._leave = place, seat, leave
        self._setting, self._options, self._run = setting, options, run
        self._fit, self._state = seat.fit, seat.state
        self._names = seat.fit.record.objective.names
        self._steps, self._is_broken = 0, False
        self._epoch, self._sums = 0, dict[int, NDArray[np.float64]]()  # of its phases
        assert options.optimizer is not None
        self._rules = host_rules(seat.fit, seat.state, options.optimizer, options.stopping)
        self._history: History | None = None
        if self._rules or run.stop is not None:
            self._history = History(self._names)

    @property
    def network(self) -> str:
        """The network as text."""
        return self._setting.text

    @property
    def total(self) -> int:
        """The whole budget: epochs, or steps where batches are drawn."""
        return self._run.train.draws or self._run.epochs

    def leave(self) -> None:
        """Make room for the next run; this one is over."""
        self._leave(self._seat)

    # --- going on ------------------------------------------------------------------------------

    def advance(self, engine: Engine, budget: int, seconds: float) -> None:
        """Go on for about some seconds, or up to a budget."""
        state, start = self._state, time.perf_counter()
        stretch = self._setting.stretch(self._run, state, self._end(budget), seconds)
        values = engine.steps(self._run, state, self._seat.data, stretch.plan)
        state.move_past(self._run, stretch.plan, values)
        self._setting.pace = len(values) / max(time.perf_counter() - start, 1e-9)
        self._take(stretch, values, engine)

    def _end(self, budget: int) -> tuple[float, float]:
        """Tell how many steps there are at most, and the last epoch, of a single call."""
        if self._run.train.draws:
            return math.inf if budget >= self.total else budget - self._state.step, 0
        return math.inf, budget - 1 if self._history is None else self._state.epoch

    def is_at(self, budget: int) -> bool:
        """Whether the run has come so far, has ended, or has broken."""
        state = self._state
        done = state.step if self._run.train.draws and not state.epoch else state.epoch
        return self._is_broken or state.is_done(self._run) or done >= budget

    def _take(self, stretch: Stretch, values: NDArray[np.float64], engine: Engine) -> None:
        """Add up the last epoch; where a rule looks at all, keep the history."""
        self._steps += stretch.trained
        if not np.isfinite(values[:, 0]).all():
            self._is_broken = True
        elif self._history is None:
            self._add_up(stretch, values)
        elif self._history.add(self._run, Record(stretch.plan, values)) and self._rules:
            self._stop_between(self._history, engine)

    def _add_up(self, stretch: Stretch, values: NDArray[np.float64]) -> None:
        """Add step by step, as a history does."""
        if stretch.epoch != self._epoch:
            self._epoch, self._sums = stretch.epoch, {}
        for phase, steps in stretch.parts:
            so_far = self._sums.get(phase, np.zeros(values.shape[1]))
            self._sums[phase] = np.vstack([so_far, values[steps]]).cumsum(axis=0)[-1]

    def _stop_between(self, history: History, engine: Engine) -> None:
        """Do what is done at an epoch's end: measure, stop, change the rate."""
        for name, value in self._setting.measured_whole(self._fit, self._state, engine).items():
            history.put(name, value)
        training = Training(self._setting.network, history, self._run.epochs, self._steps)
        for rule in self._rules:
            rule.on_progress(training)

    # --- what has come of it -------------------------------------------------------------------

    def outcome(self, engine: Engine, budget: int, seconds: float) -> Outcome:
        """Say what has come of it so far."""
        values = {} if self._is_broken else self._values(engine)
        floats = [array.ravel() for array in self._state.arrays if array.dtype.kind == "f"]
        if self._is_broken or not np.isfinite(np.concatenate(floats)).all():
            self._is_broken = True
            return Outcome(self.place, budget, "diverged", self._steps, seconds, {})
        return Outcome(self.place, budget, "done", self._steps, seconds, values)

    def _values(self, engine: Engine) -> dict[str, float]:
        """Measure, and end as a fit does: with the best weights, or with averages of them."""
        state, ended = self._state, self._state.is_done(self._run)
        if ended:
            rule = self._options.stopping
            if rule is not None and rule.restore_best:
                state.restore_best()
        values = self._latest(ended=ended)
        if not ended and self._run.train.draws and self._fit.held_out is not None:
            values |= self._validated(engine)
        if not (ended and self._rules):  # which look at it after each epoch
            values |= self._setting.measured_whole(self._fit, state, engine)
        if ended:
            assert self._options.optimizer is not None
            finish(self._options.optimizer, self._fit.programs, state, self._steps)
        return values

    def _latest(self, *, ended: bool) -> dict[str, float]:
        """Give loss and metrics of the last epoch; of the best, where early stopping went back."""
        if self._history is not None:
            rule, best = self._options.stopping, self._state.watch.best_epoch
            back = ended and rule is not None and rule.restore_best and best >= 0
            at = best if back else -1
            found = {name: column[at] for name, column in self._history.items()}
            return found or self._history.latest()
        values = dict[str, float]()
        for phase, sums in self._sums.items():
            pairs = zip(self._names, sums[::2], sums[1::2], strict=True)
            values |= {"val_" * phase + name: float(total / n) for name, total, n in pairs}
        return values

    def _validated(self, engine: Engine) -> dict[str, float]:
        """Measure the present weights on the rows held out, before the run comes to that."""
        state = RunState(self._state.arrays, phase=1)
        sums = engine.advance(self._run, state, self._seat.data).values.cumsum(axis=0)[-1]
        pairs = zip(self._names, sums[::2], sums[1::2], strict=True)
        return {f"val_{name}": float(total / weight) for name, total, weight in pairs}
