"""A run: everything about a training that an engine needs, as plain data.

A run is cut into *segments*: stretches of equal steps, such as "epoch 3, training, whole batches 0
to 38". :func:`segments` lists them from where a run stands; an engine works them off in order. How
they are cut changes no bit.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import Frozen
from pellucid.compile.program import Program

__all__ = ["Data", "Phase", "Run", "RunState", "Segment", "segments"]

Sampling = Literal["shuffled", "sequential", "drawn", "with replacement"]


class Phase(Frozen):
    """Going once through rows, in batches: by `program`, and `tail` for another last batch.

    When batches are drawn anew for each step, `draws` says how many; there is no tail then.

    The inputs of the programs are the batch of each data array; of a training program, then the
    hyper-parameters. The outputs are scalars, numerator and weight in turn, of the loss and of each
    metric; an epoch's value is the sum of the numerators over the sum of the weights.
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

    @property
    def phases(self) -> tuple[Phase, ...]:
        """Training, then validation if there is one."""
        return (self.train,) if self.validate is None else (self.train, self.validate)


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

    def is_done(self, run: Run) -> bool:
        """Whether nothing is left to do."""
        return self.stopped or self.epoch >= run.epochs

    def move_past(self, run: Run, segment: Segment, rows: NDArray[np.float64]) -> None:
        """Stand behind a segment that has been worked off, giving the scalars of its steps."""
        if run.stop is not None and segment.phase == run.stop.phase:
            self.watch.see(rows, run.stop)
        self.epoch, self.phase = segment.epoch, segment.phase
        self.step = segment.first + segment.count
        if self.step >= run.phases[self.phase].steps:
            self.step = 0
            self.phase += 1
            if self.phase >= len(run.phases):
                if run.stop is not None:
                    self.stopped = self.watch.judge(self, run.stop)
                self.epoch, self.phase = self.epoch + 1, 0


@dataclass(eq=False)
class Watch:
    """What an early-stop rule remembers: this epoch's sums, and the best epoch with its arrays."""

    total: float = 0.0
    weight: float = 0.0
    best: float = math.inf
    best_epoch: int = -1
    best_arrays: list[NDArray[Any]] = field(default_factory=list)

    def see(self, rows: NDArray[np.float64], rule: StopRule) -> None:
        """Add the steps of a segment."""
        self.total += float(rows[:, rule.column].sum())
        self.weight += float(rows[:, rule.weight].sum())

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


@dataclass(frozen=True, slots=True)
class Segment:
    """`count` steps of one phase of one epoch from step `first`, all whole batches or the tail."""

    epoch: int
    phase: int
    first: int
    count: int
    is_tail: bool


def segments(
    run: Run, state: RunState, limit: float = math.inf, last_epoch: float = math.inf
) -> Iterator[Segment]:
    """List what is to be done next, at most `limit` steps of it, up to the end of `last_epoch`."""
    epoch, phase, step = state.epoch, state.phase, state.step
    while epoch < min(run.epochs, last_epoch + 1) and limit > 0:
        now = run.phases[phase]
        if step < now.whole:
            count = int(min(now.whole - step, limit))
            yield Segment(epoch, phase, step, count, False)
        else:
            count = now.steps - step
            if count:
                yield Segment(epoch, phase, step, count, True)
        limit -= count
        step += count
        if step >= now.steps:
            phase, step = phase + 1, 0
            if phase >= len(run.phases):
                epoch, phase = epoch + 1, 0


@dataclass(eq=False)
class Records:
    """The scalars of the steps just done: for each segment an array (steps, outputs) in float64."""

    parts: list[tuple[Segment, NDArray[np.float64]]] = field(default_factory=list)

    @property
    def steps(self) -> int:
        """The number of training steps among them."""
        return sum(segment.count for segment, _ in self.parts if segment.phase == 0)
