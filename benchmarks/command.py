"""The command line, as a whole process."""

from __future__ import annotations

from benchmarks.task import Task
from benchmarks.workload import Recipe, Target, Workload


class Nothing(Recipe):
    """A process makes its own task."""

    def task(self, share: float = 1.0) -> Task:
        """Give an empty task of one step."""
        return Task()

    def short(self) -> Task:
        """Give the same."""
        return Task()


WORKLOADS = (
    Workload(
        "command", "pellucid train digits, the whole process, beside imports alone", Nothing(),
        "pellucid train digits", ("imports of the peers",),
        (Target("imports of the peers", 1 / 1.6),), "run",
    ),
)  # fmt: skip
