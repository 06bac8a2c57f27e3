"""Holds: a lab that trains for long, looked at and gone back in, needs no more memory for it.

The long form takes an hour and tells what it measured:
``pytest tests/studio/test_endurance.py --full -n 0 -s``.
"""

from __future__ import annotations

import itertools
import os
import statistics
import sys
import time
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.studio.browser.looking import RunningLab

from studio.talking import Page

VIEWS = {
    "network": {"resolution": 40}, "surface": {"resolution": 60}, "curves": {}, "timeline": {},
    "flow": {}, "microscope": {"layer": None}, "errors": {"part": "test", "limit": 60},
}  # fmt: skip


class Length(NamedTuple):
    """How long it is trained, and how it is measured: times in seconds, growth in megabytes."""

    warm: float
    lasts: float
    speed: float
    apart: float
    growth: float


# In so short a time the recording is not yet full: what it still may take is less than this.
SHORT = Length(warm=8.0, lasts=12.0, speed=10_000, apart=0.5, growth=4.0)
LONG = Length(warm=600.0, lasts=3000.0, speed=2_000, apart=10.0, growth=1.0)


def memory(pid: int) -> float:
    """Give the megabytes that a process has."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


class Visitor:
    """Looks at everything, goes back and forth, and has a second page that comes and goes."""

    def __init__(self, address: str) -> None:
        self.address, self.page, self.frames = address, Page(address), 0
        self.page.hello()
        self.doings = itertools.cycle([self._back, self._present, self._next, self._second])

    def train(self, speed: float) -> None:
        self.page.ask("set", setting={"data": {"name": "moons"}, "hidden": [8, 8]})
        self.page.ask("speed", value=speed)
        self.page.ask("subscribe", views=VIEWS, fps=10)
        self.page.ask("play")

    def watch(self, seconds: float) -> None:
        """Take frames for a while, and do the next thing."""
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            self.page.frame()
        next(self.doings)()
        self.frames += len(self.page.frames)
        self.step = self.page.frames[-1].header["last"]
        self.page.frames.clear()
        self.page.events.clear()

    def _back(self) -> None:
        self.page.ask("seek", step=self.page.frames[-1].header["last"] // 3)

    def _present(self) -> None:
        self.page.ask("play")

    def _next(self) -> None:
        self.page.ask("example", index=self.frames % 50, part="train")

    def _second(self) -> None:
        other = Page(self.address)
        other.hello()
        other.ask("subscribe", views={"network": {"resolution": 10}}, fps=10)
        other.frame()
        other.close()


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_memory_does_not_grow(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    length = LONG if request.config.getoption("--full") else SHORT
    lab = RunningLab(folder=tmp_path)
    visitor = Visitor(lab.address)
    processes = {"server": lab.process.pid, "worker": lab.worker()}
    found: dict[str, list[float]] = {name: [] for name in processes}
    visitor.train(length.speed)
    begin = time.perf_counter()
    while (passed := time.perf_counter() - begin) < length.warm + length.lasts:
        visitor.watch(length.apart)
        if passed > length.warm:
            for name, pid in processes.items():
                found[name].append(memory(pid))
            if length is LONG:
                told = ", ".join(f"{name} {values[-1]:.1f} MB" for name, values in found.items())
                print(f"{passed / 60:.1f} min, step {visitor.step:,}: {told}", flush=True)
    visitor.page.close()
    lab.end()
    for name, values in found.items():
        part = len(values) // 3
        early, late = statistics.median(values[:part]), statistics.median(values[-part:])
        print(f"{name}: {early:.1f} MB early, {late:.1f} MB late, at most {max(values):.1f} MB")
        assert late - early < length.growth, name
    print(f"{visitor.step:,} steps, {visitor.frames:,} frames")
