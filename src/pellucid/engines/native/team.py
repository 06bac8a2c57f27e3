"""Threads that run one program together: how many there are, and how they begin and end.

The members of a team enter the same code, each with a row of words: the address of the number that
all of them count up where they meet, which of them it is, how many there are, and two in which it
keeps how far it is with a loop that all do together. How many there are changes no bit of a result.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import whole_number

__all__ = [
    "ALONE", "APART", "Pace", "core_count", "reserved", "run_together", "team_rows", "thread_limit",
]  # fmt: skip

QUOTA = Path("/sys/fs/cgroup/cpu.max")  # of a container, on Linux: microseconds in each so many
AGAIN = 8  # after so many plans the other number of threads is tried, for so small a part of one
TELLING = 1e-3  # seconds that say something about speed
WORD = 8  # bytes
APART = 128  # bytes between what different threads write: two lines of the cache

_limit: ContextVar[int | None] = ContextVar("thread_limit", default=None)
_lock = threading.Lock()
_busy = 0  # members of all teams at this moment


@contextlib.contextmanager
def thread_limit(count: int) -> Iterator[None]:
    """Run programs with at most `count` threads inside; without it, with as many as cores are free.

    The results are the same bits for every count. Small programs run on one thread anyway.

    Raises
    ------
    ArgumentError : for less than one thread

    Examples
    --------
    >>> import pellucid as pel
    >>> with pel.thread_limit(1):
    ...     pass  # model.fit(X, y)
    """
    before = _limit.set(whole_number(count, "count", at_least=1))
    try:
        yield
    finally:
        _limit.reset(before)


def core_count() -> int:
    """Count the cores that this process may use: those it is bound to, and its container's share.

    >>> core_count() >= 1
    True
    """
    bound = getattr(os, "sched_getaffinity", None)
    found = len(bound(0)) if bound else os.cpu_count() or 1
    try:
        most, period = QUOTA.read_text("ascii").split()
        return max(1, min(found, -(-int(most) // int(period))))
    except (OSError, ValueError):  # no container, or no limit
        return found


@contextlib.contextmanager
def reserved() -> Iterator[int]:
    """Say how many threads to use, and count them as busy meanwhile.

    Where several programs run at once, the later ones get the cores that are left, at least one.
    """
    global _busy
    with _lock:
        count = _limit.get() or max(1, core_count() - _busy)
        _busy += count
    try:
        yield count
    finally:
        with _lock:
            _busy -= count


@final
class Pace:
    """Whether all free threads are quicker for a program than one alone, as it was of late.

    Where somebody else takes a core away meanwhile, threads that meet often wait for each other.
    A limit that was set is kept to.
    """

    def __init__(self) -> None:
        self._seconds: dict[int, float] = {}  # a step, by the number of threads
        self._turn = 0

    def shares(self, steps: int, count: int) -> list[tuple[int, int, int]]:
        """Cut so many steps into parts, (first, end, threads).

        A part is for the number of threads that seems slower, or of which nothing is known yet.
        """
        if count == 1 or _limit.get() is not None:
            return [(0, steps, count)]
        known = {
            threads: self._seconds[threads] for threads in (count, 1) if threads in self._seconds
        }
        best = min(known, key=known.__getitem__, default=count)
        other = 1 if best == count else count
        self._turn += 1
        cut = steps // AGAIN if other not in known or self._turn % AGAIN == 0 else 0
        return [(0, cut, other), (cut, steps, best)] if cut else [(0, steps, best)]

    @property
    def steps_a_second(self) -> float:
        """How many there were of late, by as many threads as were quickest; 0 if none is known."""
        return 1 / min(self._seconds.values()) if self._seconds else 0.0

    def note(self, threads: int, steps: int, seconds: float) -> None:
        """Take in how long so many steps took."""
        if seconds >= TELLING:
            before = self._seconds.get(threads, seconds / steps)
            self._seconds[threads] = (before + seconds / steps) / 2


def team_rows(count: int) -> tuple[NDArray[np.uint64], list[int]]:
    """Make what the members of a team are given; and the address of each one's row."""
    words = APART // WORD
    table = np.zeros((count + 1) * words, np.uint64)  # the first line holds the common number
    first: int = table.__array_interface__["data"][0]
    for me in range(count):
        table[(me + 1) * words :][:3] = first, me, count
    return table, [first + (me + 1) * APART for me in range(count)]


_alone = team_rows(1)
ALONE = _alone[1][0]  # the row of one who works alone


def run_together(count: int, work: Callable[[int], Any]) -> None:
    """Call `work` in `count` threads at once, each with the address of its row.

    Where the system gives no more threads, one does it all.
    """
    if count == 1:
        work(ALONE)
        return
    go, table = threading.Event(), team_rows(count)
    called: list[int] = []  # the rows of those who shall work, once that is known

    def member(row: int) -> None:
        go.wait()
        if row in called:
            work(row)

    threads = [threading.Thread(target=member, args=(row,), daemon=True) for row in table[1]]
    started = []
    try:
        for thread in threads:
            thread.start()
            started.append(thread)
        called += table[1]
    except RuntimeError:
        work(ALONE)
    finally:
        go.set()
        _join(started)


def _join(threads: list[threading.Thread]) -> None:
    """Wait for all, also when interrupted: they work on memory that must outlive them."""
    interrupted = None
    for thread in threads:
        while thread.is_alive():
            try:
                thread.join()
            except KeyboardInterrupt as error:
                interrupted = error
    if interrupted is not None:
        raise interrupted
