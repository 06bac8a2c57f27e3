"""A run: everything about a training that an engine needs, as plain data.

:func:`next_steps` says from where a run stands what is to be done; an engine works off that plan.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import Frozen
from pellucid.compile.plan import Plan, Segment
from pellucid.compile.program import Program
from pellucid.errors import EngineError

__all__ = ["Data", "Phase", "Run", "RunState", "StopRule", "next_steps"]

Sampling = Literal["shuffled", "sequential", "drawn", "with replacement"]


class Phase(Frozen):
    """Going once through rows, in batches: by `program`, and `tail` for another last batch.

    When batches are drawn anew for each step, `draws` says how many; there is no tail then.

    The inputs of the programs are the batch of each data array; of a training program, then the
    hyper-parameters. The outputs are scalars, numerator and weight in turn, of the loss and of each
    metric, as many in each phase; an epoch's value is the sum of the numerators over the sum of the
    weights.
    """

    program: Program
    tail: Program | None
    rows: int
    batch_size: int
    tail_size: int = 0
    draws: int = 0

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    @property
    def whole(self) -> int:
        """The number of whole batches."""
        return self.draws or (self.rows - self.tail_size) // self.batch_size

    @property
    def steps(self) -> int:
        """The number of batches."""
        return self.whole + (self.tail_size > 0)


class StopRule(Frozen):
    """Stop when a quantity has not improved by more than `min_delta` for `patience` epochs.

    The quantity is the sum of the scalar in `column` over that in `weight`, over the steps of one
    phase of an epoch; `sign` is 1 when less is better, −1 when more is.
    """

    phase: int
    column: int
    weight: int
    sign: Literal[-1, 1]
    patience: int
    min_delta: float = 0.0


class Run(Frozen):
    """What is to be done: the programs, how often, in which order, and when to stop.

    Attributes
    ----------
    train, validate : the two phases of an epoch; validation may be absent
    epochs : how many; a run by steps has one epoch of that many steps
    key : two words that decide the order of the rows
    sampling : rows shuffled anew each epoch, as they are, or drawn anew for each step
    stop : the early-stop rule, if any
    """

    train: Phase
    validate: Phase | None
    epochs: int
    key: tuple[int, int]
    sampling: Sampling = "shuffled"
    stop: StopRule | None = None

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def __post_init__(self) -> None:
        programs = [one for phase in self.phases for one in (phase.program, phase.tail) if one]
        widths = [len(program.outputs) for program in programs]
        if len(set(widths)) > 1:
            raise EngineError(
                "the programs of a run give different numbers of scalars", got=str(widths),
                wanted="numerator and weight of the same quantities from each",
                mend="give the programs of training and validation the same outputs",
            )  # fmt: skip

    @property
    def phases(self) -> tuple[Phase, ...]:
        """Training, then validation if there is one."""
        return (self.train,) if self.validate is None else (self.train, self.validate)

    @property
    def columns(self) -> int:
        """How many scalars a step gives."""
        return len(self.train.program.outputs)

    @cached_property
    def epoch(self) -> Plan:
        """The steps of the first epoch."""
        segments = []
        for number, phase in enumerate(self.phases):
            if phase.whole:
                segments.append(Segment(0, number, 0, phase.whole, False))
            if phase.tail_size:
                segments.append(Segment(0, number, phase.whole, 1, True))
        return Plan.of(segments)

    def ends_epoch(self, segment: Segment) -> bool:
        """Whether an epoch is over behind a segment."""
        last = len(self.phases) - 1
        done = segment.first + segment.steps
        return segment.phase == last and done == self.phases[last].steps


class Data(Frozen):
    """The rows, for each phase one array for each data input, and the hyper-parameters."""

    arrays: tuple[tuple[NDArray[Any], ...], ...]
    hyper: tuple[NDArray[Any], ...] = ()

    __eq__ = object.__eq__
    __hash__ = object.__hash__


@dataclass(eq=False)
class RunState:
    """Where a run stands, and the arrays of its variables; engines change both.

    Attributes
    ----------
    arrays : one for each variable, writable, owned by the run
    epoch, phase, step : the next step to be done: in which epoch, training (0) or validation (1)
    watch : what the early-stop rule has seen, if there is one
    stopped : whether the rule has ended the run
    pace : steps a second, as measured; it decides how much is done at a time and changes no bit
    """

    arrays: list[NDArray[Any]]
    epoch: int = 0
    phase: int = 0
    step: int = 0
    watch: Watch = field(default_factory=lambda: Watch())
    stopped: bool = False
    pace: float = 0.0

    def copy(self) -> RunState:
        """Copy the arrays and the place."""
        return replace(self, arrays=[a.copy() for a in self.arrays], watch=replace(self.watch))

    def restore(self, other: RunState) -> None:
        """Go back to a copy, keeping the arrays where they are."""
        for mine, theirs in zip(self.arrays, other.arrays, strict=True):
            np.copyto(mine, theirs)
        self.epoch, self.phase, self.step = other.epoch, other.phase, other.step
        self.watch, self.stopped = replace(other.watch), other.stopped

    def restore_best(self) -> None:
        """Go back to the arrays of the best epoch, if an early-stop rule has kept them."""
        if self.watch.best_arrays:
            for mine, best in zip(self.arrays, self.watch.best_arrays, strict=True):
                np.copyto(mine, best)

    def is_done(self, run: Run) -> bool:
        """Whether nothing is left to do."""
        return self.stopped or self.epoch >= run.epochs

    def move_past(self, run: Run, plan: Plan, values: NDArray[np.float64]) -> None:
        """Stand behind a plan that has been worked off, giving the scalars of its steps."""
        if run.stop is not None:
            self.watch.see(values[plan.phases == run.stop.phase], run.stop)
        last = plan[-1]
        self.epoch, self.phase, self.step = last.epoch, last.phase, last.first + last.steps
        if run.ends_epoch(last):
            self.stopped = run.stop is not None and self.watch.judge(self, run.stop)
            self.epoch, self.phase, self.step = self.epoch + 1, 0, 0
        elif self.step == run.phases[self.phase].steps:
            self.phase, self.step = self.phase + 1, 0


@dataclass(eq=False)
class Watch:
    """What an early-stop rule remembers: this epoch's sums, and the best epoch with its arrays."""

    total: float = 0.0
    weight: float = 0.0
    best: float = math.inf
    best_epoch: int = -1
    best_arrays: list[NDArray[Any]] = field(default_factory=list)

    def see(self, values: NDArray[np.float64], rule: StopRule) -> None:
        """Add the scalars of steps of the phase that is watched, in their order."""
        columns = values[:, rule.column], values[:, rule.weight]
        sums = zip((self.total, self.weight), columns, strict=True)
        self.total, self.weight = (float(np.append(one, more).cumsum()[-1]) for one, more in sums)

    def judge(self, state: RunState, rule: StopRule) -> bool:
        """At an epoch's end, keep the arrays if it is the best, and tell whether to stop."""
        value = rule.sign * self.total / self.weight
        self.total = self.weight = 0.0
        return self.compare(value, state.epoch, state.arrays, rule.patience, rule.min_delta)

    def compare(
        self,
        value: float,
        epoch: int,
        arrays: list[NDArray[Any]],
        patience: int,
        min_delta: float = 0.0,
    ) -> bool:
        """Take in the value of an epoch, less being better; tell whether to stop."""
        if value < self.best - min_delta:
            self.best, self.best_epoch = value, epoch
            self.best_arrays = [array.copy() for array in arrays]
        return epoch - self.best_epoch >= patience


def next_steps(
    run: Run, state: RunState, limit: float = math.inf, last_epoch: float = math.inf
) -> Plan:
    """Plan what is to be done next, at most `limit` steps of it, up to the end of `last_epoch`.

    Where there is a rule that may stop the run, no plan should go beyond an epoch.
    """
    epoch = run.epoch
    epochs = int(min(run.epochs, last_epoch + 1)) - state.epoch
    begin = state.step + state.phase * run.train.steps
    end = int(min(begin + limit, epochs * epoch.steps))
    return epoch.repeated(state.epoch, -(-end // max(epoch.steps, 1))).part(begin, end)
