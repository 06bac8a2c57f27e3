"""The loop around the engine: advance, record, call back; and find where a loss became non-finite."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from pellucid.compile import Data, Records, Run, RunState, segments
from pellucid.engines import Engine
from pellucid.engines.reference import ReferenceExecutable
from pellucid.engines.rows import batch_rows
from pellucid.errors import NonFiniteError
from pellucid.graph.op import Leaf
from pellucid.train.callbacks import Callback, Training

__all__ = ["Interrupt", "train"]

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
            signal.signal(signal.SIGINT, before)

    def _press(self, *_: Any) -> None:
        if self.pressed:
            raise KeyboardInterrupt
        self.pressed = True


def train(
    engine: Engine,
    run: Run,
    state: RunState,
    data: Data,
    training: Training,
    callbacks: Sequence[Callback],
    show: Callable[[], None],
) -> None:
    """Advance `run` to its end, recording into ``training.history``.

    Parameters
    ----------
    show : puts the present arrays into the model's variables; called before each callback

    Raises
    ------
    NonFiniteError : when a loss is not finite; the state is that before the step that broke it
    """
    grains = {one.granularity for one in callbacks}
    limits = {"steps": 1.0} if "step" in grains else {"epochs": 1.0} if "epoch" in grains else {}
    start = copied = time.perf_counter()
    kept = state.copy()
    with Interrupt().watched() as interrupt:
        while not state.is_done(run) and not training.stop_reason:
            records = engine.advance(run, state, data, BETWEEN_CALLS, **limits)
            now = time.perf_counter()
            training.seconds = now - start
            broken = _first_broken(records)
            if broken is not None:
                raise _located(engine, run, state, data, kept, records, broken)
            completed = training.history.add(run, records)
            if now - copied > BETWEEN_COPIES:
                kept, copied = state.copy(), now
            due = [one for one in callbacks if one.granularity != "epoch" or completed]
            if due:
                show()
            for one in due:
                one.on_progress(training)
            if interrupt.pressed:
                training.stop("interrupted")
    if state.stopped:
        training.stop("no longer improving")


def _first_broken(records: Records) -> int | None:
    """Count the steps before the first one with a loss that is not finite, if there is one."""
    before = 0
    for segment, rows in records.parts:
        bad = ~np.isfinite(rows[:, 0])
        if bad.any():
            return before + int(np.argmax(bad))
        before += segment.count
    return None


def _located(
    engine: Engine,
    run: Run,
    state: RunState,
    data: Data,
    kept: RunState,
    records: Records,
    broken: int,
) -> NonFiniteError:
    """Replay from the kept copy to the broken step, and look at every operation of it."""
    at = _place(records, broken)
    state.restore(kept)
    before = state.copy()
    while (state.epoch, state.phase, state.step) != at:
        before.restore(state)
        engine.advance(run, state, data, steps=1)
    if not all(np.isfinite(a).all() for a in state.arrays if a.dtype.kind == "f"):
        state.restore(before)  # the update of the step before is what broke
    label = _first_non_finite(run, state, data)
    phase = "training" if state.phase == 0 else "validation"
    return NonFiniteError(
        f"a number stopped being finite in {phase}: first in {label}",
        where=f"epoch {state.epoch + 1}, batch {state.step + 1}",
        mend="lower the learning rate, or scale the inputs; the last finite weights are kept",
    )


def _place(records: Records, number: int) -> tuple[int, int, int]:
    for segment, _ in records.parts:
        if number < segment.count:
            return segment.epoch, segment.phase, segment.first + number
        number -= segment.count
    raise AssertionError(number)


def _first_non_finite(run: Run, state: RunState, data: Data) -> str:
    """Compute the next step operation by operation; name the first result that is not finite."""
    from_here = next(segments(run, state))
    phase = run.phases[from_here.phase]
    program = phase.tail if from_here.is_tail else phase.program
    assert program is not None
    rows = batch_rows(run, from_here, from_here.first)
    inputs = [array[rows] for array in data.arrays[from_here.phase]]
    inputs += list(data.hyper) if from_here.phase == 0 else []
    values = ReferenceExecutable(program, keep_all=True).values(inputs, state.arrays)
    for line, value in zip(program.instructions, values, strict=True):
        if isinstance(line.op.body, Leaf) or value is None or value.dtype.kind != "f":
            continue
        if not np.isfinite(value).all():
            return line.label or line.op.name
    return "the loss"
