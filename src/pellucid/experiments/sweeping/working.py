"""The runs of a sweep, on all cores: threads that take one run after the other."""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import final

from pellucid.engines import Engine
from pellucid.engines.native.team import reserved, thread_limit
from pellucid.experiments.sweeping.study import Outcome
from pellucid.experiments.sweeping.trial import Trial
from pellucid.train.loop import Interrupt

__all__ = ["work"]

Prepare = Callable[[], Trial]
Report = Callable[[Trial, Outcome], None]
Tell = Callable[[], None]

SLICE = 0.1  # seconds: how long a thread works before it asks whether to end
BETWEEN_LOOKS = 0.05  # seconds


def work(
    runs: Sequence[Prepare], budget: int | None, engine: Engine, report: Report, tell: Tell
) -> bool:
    """Bring all runs to a budget, each in one thread; tell whether none was left undone.

    Parameters
    ----------
    runs : each gives its trial when it is asked for
    budget : of epochs or steps; all by default
    report : takes a trial that has come there and its outcome; one thread at a time calls it
    tell : is called in this thread from time to time
    """
    with reserved() as count, Interrupt().watched() as interrupt:
        crew = _Crew(runs, budget, engine, report, interrupt)
        members = [
            threading.Thread(target=contextvars.copy_context().run, args=(crew.member,))
            for _ in range(min(count, len(runs)))
        ]
        for member in members:
            member.start()
        try:
            for member in members:
                while member.is_alive():
                    member.join(BETWEEN_LOOKS)
                    tell()
        finally:
            crew.ends = True
            for member in members:
                member.join()
    if crew.error is not None:
        raise crew.error
    return not interrupt.pressed


@final
class _Crew:
    """What the threads share."""

    def __init__(
        self, runs: Sequence[Prepare], budget: int | None, engine: Engine, report: Report,
        interrupt: Interrupt,
    ) -> None:  # fmt: skip
        self._left: Iterator[Prepare] = iter(runs)
        self._budget, self._engine, self._report = budget, engine, report
        self._interrupt, self._lock = interrupt, threading.Lock()
        self.ends = False
        self.error: BaseException | None = None

    def member(self) -> None:
        """Work off runs until none is left, somebody wants an end, or one has failed."""
        try:
            with thread_limit(1):
                while (prepare := self._next()) is not None:
                    self._do(prepare())
        except BaseException as error:
            with self._lock:
                self.error = self.error or error
            self.ends = True

    def _next(self) -> Prepare | None:
        with self._lock:
            return None if self._is_over else next(self._left, None)

    @property
    def _is_over(self) -> bool:
        return self.ends or self._interrupt.pressed

    def _do(self, trial: Trial) -> None:
        start = time.perf_counter()
        budget = self._budget or trial.total
        while not trial.is_at(budget):
            if self._is_over:
                return
            trial.advance(self._engine, budget, SLICE)
        outcome = trial.outcome(self._engine, budget, time.perf_counter() - start)
        with self._lock:
            self._report(trial, outcome)
