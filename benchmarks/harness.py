"""Rounds and processes: every side of a workload in a process of its own, timed in turn."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import IO, Any

import numpy as np

from benchmarks.machine import threads
from benchmarks.task import Array, Task, mean_loss
from benchmarks.workload import WAYS, Of, Target, Workload

ROOT = Path(__file__).parents[1]
PAUSE = 0.05  # seconds, in which threads that wait for work go to sleep
TOLERANCES = {"float32": 1e-4, "float64": 1e-9}  # of losses, relative and absolute
OF_A_MEAN = 1e-4  # Keras and scikit-learn add Adam's epsilon at another place


class WorkerError(Exception):
    """A side could not be measured; says why."""


@dataclass(frozen=True, eq=False)
class Worker:
    """The process of one side; its first answer is how long its first run took."""

    process: subprocess.Popen[str]
    errors: IO[str]

    def ask(self, what: str) -> Any:
        """Let it do something, and give its answer."""
        assert self.process.stdin
        with suppress(BrokenPipeError):  # it has ended: why, its errors say
            print(what, file=self.process.stdin, flush=True)
        return self.answer()

    def answer(self) -> Any:
        """Wait for a line."""
        assert self.process.stdout
        line = self.process.stdout.readline()
        if not line:
            self.process.wait()
            self.errors.seek(0)
            raise WorkerError((self.errors.read().strip().splitlines() or ["it ended"])[-1])
        return json.loads(line)


@contextmanager
def started(way: str, folder: Path, operations: int) -> Iterator[Worker]:
    """Start the process of a side whose steps have so many operations, and end it."""
    found = WAYS[way]
    command = [sys.executable, "-m", "benchmarks.worker", found.module, found.name, str(folder)]
    environment = os.environ | threads(operations) | dict(found.environment)
    with ExitStack() as stack:
        if found.fresh_home:
            environment["HOME"] = stack.enter_context(tempfile.TemporaryDirectory())
        errors = stack.enter_context(tempfile.TemporaryFile("w+"))
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True,
            env=environment, cwd=ROOT,
        )  # fmt: skip
        stack.enter_context(process)
        yield Worker(process, errors)


@dataclass
class Measured:
    """What was measured of one side.

    Attributes
    ----------
    first : seconds of the first run of fresh processes, compilation included
    next : seconds of the runs after it
    memory : peak of the process in MiB
    trouble : why nothing is told of it
    """

    first: list[float] = field(default_factory=list)
    next: list[float] = field(default_factory=list)
    memory: float = 0.0
    trouble: str = ""

    def figure(self, of: Of) -> float:
        """Give what ratios are made of."""
        if of == "memory":
            return self.memory
        return median(self.first if of == "first fit" else self.next)


@dataclass
class Result:
    """A workload with what was measured of each side."""

    workload: Workload
    steps: int
    sides: dict[str, Measured]

    def ratio(self, peer: str, of: Of) -> float | None:
        """Tell how many times as much a peer needs as pellucid; nothing if one was not measured."""
        ours, theirs = self.sides[self.workload.ours], self.sides[peer]
        if ours.trouble or theirs.trouble:
            return None
        return theirs.figure(of) / ours.figure(of)

    def verdicts(self) -> list[tuple[Target, float | None]]:
        """Give each target with what was reached."""
        return [(t, self.ratio(t.peer, t.of)) for t in self.workload.all_targets]

    def plain(self) -> dict[str, Any]:
        """Give it as JSON values."""
        verdicts = [{**target._asdict(), "reached": reached} for target, reached in self.verdicts()]
        sides = {way: vars(side) for way, side in self.sides.items()}
        return {
            "name": self.workload.name, "title": self.workload.title, "steps": self.steps,
            "sides": sides, "targets": verdicts,
        }  # fmt: skip


def measure(workload: Workload, rounds: int, share: float = 1.0) -> Result:
    """Compare the numbers of all sides, then time those that agree, in turn, for some rounds."""
    task = workload.recipe.task(share)
    sides = {way: Measured() for way in workload.sides}
    operations = task.operations // task.steps
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        task.save(folder / "task.npz")
        workload.recipe.short().save(folder / "short.npz")
        workers: dict[str, Worker] = {}
        for way, side in sides.items():
            with _noted(side):
                workers[way] = stack.enter_context(started(way, folder, operations))
                side.first.append(workers[way].answer())
                side.memory = workers[way].ask("memory")
        _compare(workload, workers, sides)
        for _ in range(rounds):
            for way, side in _sound(sides):
                time.sleep(PAUSE)
                with _noted(side):
                    side.next += workers[way].ask("run")
        if any(target.of == "first fit" for target in workload.targets):
            _first_fits(sides, folder, operations, rounds - 1)
    return Result(workload, task.steps, sides)


def _first_fits(sides: dict[str, Measured], folder: Path, operations: int, rounds: int) -> None:
    """Time more first fits, each in a process of its own."""
    for _ in range(rounds):
        for way, side in _sound(sides):
            with _noted(side), started(way, folder, operations) as worker:
                side.first.append(worker.answer())


def _compare(workload: Workload, workers: dict[str, Worker], sides: dict[str, Measured]) -> None:
    """Find sides whose losses are not pellucid's: they do something else, and are not timed."""
    found: dict[str, Array] = {}
    for way, side in _sound(sides):
        with _noted(side):
            found[way] = np.array(workers[way].ask("numbers"))
    short = workload.recipe.short()
    ours = found.pop(workload.ours, np.empty(0))
    for way, theirs in found.items():
        if theirs.size and ours.size:
            sides[way].trouble = disagreement(ours, theirs, short)


def disagreement(ours: Array, theirs: Array, short: Task) -> str:
    """Say how two lists of losses differ, or nothing; of some libraries only the mean is known."""
    tolerance = TOLERANCES[short.X.dtype.name]
    if theirs.size == 1:
        tolerance = OF_A_MEAN
        ours = ours if ours.size == 1 else np.array([mean_loss(ours, short)])
    if ours.shape == theirs.shape and np.allclose(theirs, ours, rtol=tolerance, atol=tolerance):
        return ""
    return f"other numbers: {theirs[:3]} … {theirs[-1]}, pellucid {ours[:3]} … {ours[-1]}"


def _sound(sides: dict[str, Measured]) -> list[tuple[str, Measured]]:
    return [(way, side) for way, side in sides.items() if not side.trouble]


@contextmanager
def _noted(side: Measured) -> Iterator[None]:
    """Let trouble with one side be noted, and the others go on."""
    try:
        yield
    except WorkerError as error:
        side.trouble = str(error)
