"""The process of one side: ``python -m benchmarks.worker MODULE CLASS FOLDER``.

It makes the side, does the task once, and then does what it reads, a word a line: ``numbers``,
``run``, or ``memory``. Each answer is a line of JSON.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.task import Side, Task
from benchmarks.workload import Way

ENOUGH = 0.1  # seconds of work for one answer, unless a single run takes longer
MOST = 20  # runs for one answer


def numbers(kind: type[Side], short: Task) -> list[float]:
    """Do a short task twice, so that going back to the start is tested too; give the losses."""
    if not kind.computes:
        return []
    side = kind(short)
    side.restart()
    side.run()
    side.restart()
    found: list[float] = np.array(side.run(), float).tolist()
    return found


def timed(side: Side) -> float:
    """Time one run from the starting weights."""
    side.restart()
    start = time.perf_counter()
    side.run()
    return time.perf_counter() - start


def timed_often(side: Side) -> list[float]:
    """Time runs until they are long enough together."""
    found: list[float] = []
    while not found or (sum(found) < ENOUGH and len(found) < MOST):
        found.append(timed(side))
    return found


def main(way: Way, folder: Path) -> None:
    """Serve until the end of the input."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a library prints goes elsewhere

    def say(value: Any) -> None:
        print(json.dumps(value), file=answers, flush=True)

    kind = way.side()
    side = kind(Task.load(folder / "task.npz"))
    say(timed(side))
    does: dict[str, Callable[[], Any]] = {
        "numbers": lambda: numbers(kind, Task.load(folder / "short.npz")),
        "run": lambda: timed_often(side),
        "memory": side.peak_memory,
    }
    for line in sys.stdin:
        say(does[line.strip()]())


if __name__ == "__main__":
    main(Way(sys.argv[1], sys.argv[2]), Path(sys.argv[3]))
