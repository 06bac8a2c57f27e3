"""The loop around the engine: advance, record, call back; find what was the first not finite."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from pellucid.compile import Data, Record, Run, RunState, next_steps
from pellucid.engines import Engine
from pellucid.engines.reference import ReferenceExecutable
from pellucid.engines.rows import batch_rows
from pellucid.errors import NonFiniteError
from pellucid.graph import Variable
from pellucid.graph.op import Leaf
from pellucid.train.callbacks import Callback, Training
from pellucid.train.history import History
from pellucid.train.keeping import Keeper

__all__ = ["Interrupt", "Slices", "Window", "train"]

BETWEEN_CALLS = 0.1  # seconds from one callback of granularity "time" to the next
BETWEEN_COPIES = 1.0  # seconds from one copy of the state to the next


class Interrupt:
    """Whether Ctrl-C was pressed since; a second one interrupts at once."""

    def __init__(self) -> None:
        self.pressed = False

    @contextlib.contextmanager
    def watched(self) -> Iterator[Interrupt]:
        """Take over Ctrl-C inside, in the main thread: the step under way is finished first."""
        if threading.current_thread() is not threading.main_thread():
            yield self
            return
        before = signal.signal(signal.SIGINT, self._press)
        try:
            yield self
        finally:
            signal.signal(signal.SIGINT, before or signal.SIG_DFL)

    def _press(self, *_: Any) -> None:
        if self.pressed:
            raise KeyboardInterrupt
        self.pressed = True


@final
class Window:
    """The arrays of a run as values of the model's variables, for whoever looks from outside.

    At the beginning they are equal.
    """

    def __init__(self, variables: Sequence[Variable], arrays: Sequence[NDArray[Any]]) -> None:
        self._variables, self._arrays = variables, arrays
        self._shown = [variable.numpy() for variable in variables]

    def show(self) -> None:
        """Give the variables the present values."""
        self._shown = [np.array(array) for array in self._arrays]
        for variable, array in zip(self._variables, self._shown, strict=True):
            variable.adopt(array)

    def take(self) -> bool:
        """Take over what was assigned to a variable since, and tell whether anything was."""
        changed = False
        for variable, shown, array in zip(self._variables, self._shown, self._arrays, strict=True):
            if variable.numpy() is not shown:
                np.copyto(array, variable.numpy())
                changed = True
        return changed


def train(
    engine: Engine,
    run: Run,
    state: RunState,
    data: Data,
    training: Training,
    callbacks: Sequence[Callback],
    window: Window,
    keepers: Sequence[Keeper] = (),
) -> None:
    """Advance `run` to its end, recording into ``training.history``.

    Parameters
    ----------
    window : shows the present arrays to callbacks that look at the model
    keepers : look at the run between steps

    Raises
    ------
    NonFiniteError : when a loss or a weight is not finite; the state is that before the step that
        broke it
    """
    grains = {one.granularity for one in callbacks} | {one.granularity for one in keepers}
    limits = {"steps": 1.0} if "step" in grains else {"epochs": 1.0} if "epoch" in grains else {}
    start = time.perf_counter()
    slices = Slices(engine, run, state, data, training.history)
    for keeper in keepers:
        keeper.begin(training, state)
    with Interrupt().watched() as interrupt:
        while not state.is_done(run) and not training.stop_reason:
            completed = slices.advance(BETWEEN_CALLS, **limits)
            training.seconds = time.perf_counter() - start
            touched = _call(callbacks, training, window, completed)
            for keeper in keepers:
                keeper.see(training, state, touched=touched)
            slices.keep(touched=touched)
            if interrupt.pressed:
                training.stop("interrupted")
    if state.stopped:
        training.stop("no longer improving")
    for keeper in keepers:
        keeper.end(training, state)


@final
class Slices:
    """A run taken some steps at a time: each slice is recorded, and its numbers are looked at."""

    def __init__(
        self, engine: Engine, run: Run, state: RunState, data: Data, history: History
    ) -> None:
        self._engine, self._run, self._state, self._data = engine, run, state, data
        self._history = history
        self._kept, self._copied = state.copy(), time.perf_counter()

    def advance(self, seconds: float, **limits: float) -> bool:
        """Do some steps, and tell whether an epoch was completed.

        Raises
        ------
        NonFiniteError : when a loss or a weight is not finite; the state is that before the step
            that broke it
        """
        run, state = self._run, self._state
        record = self._advanced(seconds, limits)
        finite, broken = _finite_part(record)
        completed = self._history.add(run, finite)
        looked = (self._is_due or state.is_done(run)) and not _is_finite(state)
        if broken is not None or looked:
            at = broken or (state.epoch, state.phase, state.step)
            raise _located(self._engine, run, state, self._data, self._kept, at)
        return completed

    @property
    def _is_due(self) -> bool:
        return time.perf_counter() - self._copied > BETWEEN_COPIES

    def keep(self, *, touched: bool) -> None:
        """Copy the state now and then, and when it was changed: a replay must not begin before."""
        if (touched or self._is_due) and not self._state.is_done(self._run):
            self._kept.restore(self._state)
            self._copied = time.perf_counter()

    def _advanced(self, seconds: float, limits: dict[str, float]) -> Record:
        """Advance; a step that is broken off half-way is undone, to the copy that was kept last."""
        try:
            return self._engine.advance(self._run, self._state, self._data, seconds, **limits)
        except BaseException:
            self._state.restore(self._kept)
            raise


def _call(
    callbacks: Sequence[Callback], training: Training, window: Window, completed: bool
) -> bool:
    """Call those whose time has come; tell whether they changed weights or numbers of the run."""
    due = [one for one in callbacks if one.granularity != "epoch" or completed]
    looking = any(one.looks_at_model for one in due)
    if looking:
        window.show()
    for one in due:
        one.on_progress(training)
    changed = window.take() if looking else False
    touched, training.touched = training.touched, False
    return changed or touched


def _is_finite(state: RunState) -> bool:
    return all(np.isfinite(array).all() for array in state.arrays if array.dtype.kind == "f")


Place = tuple[int, int, int]

LOWER = "lower the learning rate, or scale the inputs"
MENDS = {
    "log": "take the logarithm of positive numbers alone: end the network with a sigmoid or "
    "softmax, or write pel.clip(x, 1e-7); or lower the learning rate"
}  # by the operation


def _finite_part(record: Record) -> tuple[Record, Place | None]:
    """Give the steps before the first one with a loss that is not finite, and its place, if any."""
    finite = np.isfinite(record.values[:, 0])
    if finite.all():
        return record, None
    step = int(finite.argmin())
    (broken,) = record.plan.part(step, step + 1)
    return record.until(step), (broken.epoch, broken.phase, broken.first)


def _located(
    engine: Engine, run: Run, state: RunState, data: Data, kept: RunState, at: Place
) -> NonFiniteError:
    """Replay from the kept copy to the broken step, and look at every operation of it."""
    state.restore(kept)
    before = state.copy()
    while (state.epoch, state.phase, state.step) != at and _is_finite(state):
        before.restore(state)
        engine.advance(run, state, data, steps=1)
    if not _is_finite(state):
        state.restore(before)  # the update of the step before is what broke
    label = _first_non_finite(run, state, data)
    step = f"step {state.step + 1:,}" if run.train.draws else f"batch {state.step + 1:,}"
    place = step if run.train.draws else f"epoch {state.epoch + 1:,}, {step}"
    name = "training" if state.phase == 0 else "validation"
    return NonFiniteError(
        f"{name} met a number that is not finite, first in {label}",
        where=place,
        mend=f"{MENDS.get(label.rpartition('.')[2], LOWER)}; "
        "training ended with the weights of the step before",
    )


def _first_non_finite(run: Run, state: RunState, data: Data) -> str:
    """Compute the next step operation by operation; name the first result that is not finite."""
    (step,) = next_steps(run, state, 1)
    phase = run.phases[step.phase]
    program = phase.tail if step.is_tail else phase.program
    assert program is not None
    rows = batch_rows(run, step, step.first)
    inputs = [array[rows] for array in data.arrays[step.phase]]
    inputs += list(data.hyper) if step.phase == 0 else []
    values = ReferenceExecutable(program, keep_all=True).values(inputs, state.arrays)
    for k, (line, value) in enumerate(zip(program.instructions, values, strict=True)):
        is_given = isinstance(line.op.body, Leaf) and k not in program.state
        if is_given or value is None or value.dtype.kind != "f":
            continue
        if not np.isfinite(value).all():
            return line.label or line.op.name
    return "the loss"
