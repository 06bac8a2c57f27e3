"""Where everything lies: the memory of a program's kernels, planned once and used again.

Results of kernels lie in the arrays of outputs, in the state itself where that is safe, or in one
workspace, in which memory is used again as soon as nothing reads it any more.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from pellucid.compile.program import Instruction, Program
from pellucid.compile.schedule import Schedule
from pellucid.graph.op import Leaf
from pellucid.shapes import size

__all__ = ["ALIGNMENT", "Layout", "Lifetime", "Location", "laid_out", "packed", "size_in_bytes"]

ALIGNMENT = 64  # bytes: a line of the cache, and the widest vector


class Location(NamedTuple):
    """A place in memory: an array by its number among its kind, or an offset in the workspace."""

    kind: Literal["input", "state", "constant", "output", "workspace"]
    number: int


class Copy(NamedTuple):
    """So many bytes from one place to another."""

    source: Location
    target: Location
    size: int


class Lifetime(NamedTuple):
    """That so many bytes are needed from one moment to another, both included."""

    first: int
    last: int
    size: int


class Layout(NamedTuple):
    """The memory of a program.

    Attributes
    ----------
    locations : where the lines lie that are in memory
    workspace : how many bytes the workspace has
    copies : what is copied after the last kernel, in this order
    early : how many kernels run before the state may be written to
    """

    locations: dict[int, Location]
    workspace: int
    copies: tuple[Copy, ...]
    early: int


def size_in_bytes(line: Instruction) -> int:
    """Count the bytes of a result; a truth value takes one."""
    return (size(line.spec.shape) or 0) * line.spec.dtype.itemsize


def laid_out(program: Program, schedule: Schedule) -> Layout:
    """Plan the memory of a program whose kernels are in order.

    New values are written to the state at once where nothing reads the old ones afterwards, and
    where no check can fail any more; the others are copied at the end, all together.
    """
    layout = _Plan(program, schedule)
    layout.place_leaves()
    layout.place_outputs()
    layout.place_updates()
    return layout.finished()


def packed(lifetimes: Sequence[Lifetime]) -> tuple[list[int], int]:
    """Give each an offset, so that no two that live at once overlap; and the bytes in all.

    >>> packed([Lifetime(0, 1, 100), Lifetime(1, 2, 50), Lifetime(2, 3, 100)])
    ([0, 128, 0], 192)
    """
    offsets, total = [0] * len(lifetimes), 0
    placed: list[tuple[int, int, Lifetime]] = []  # offset, end, when
    for k in sorted(range(len(lifetimes)), key=lambda k: -lifetimes[k].size):  # the largest first
        one = lifetimes[k]
        room = -(-one.size // ALIGNMENT) * ALIGNMENT
        offset = 0
        for start, end, other in placed:
            if one.last < other.first or other.last < one.first:
                continue
            if offset + room <= start:
                break
            offset = max(offset, end)
        offsets[k] = offset
        insort(placed, (offset, offset + room, one))
        total = max(total, offset + room)
    return offsets, total


class _Plan:
    """The layout while it is being made."""

    def __init__(self, program: Program, schedule: Schedule) -> None:
        self.program, self.schedule = program, schedule
        self.locations: dict[int, Location] = {}
        self.copies: list[tuple[int, Location]] = []  # line, target
        self.commits: list[tuple[int, Location]] = []
        self.made = {b: k for k, kernel in enumerate(schedule.kernels) for b in kernel.results}
        self.readers: dict[int, list[tuple[int, bool]]] = {}
        for k, kernel in enumerate(schedule.kernels):
            for b, aligned in kernel.reads.items():
                self.readers.setdefault(b, []).append((k, aligned))

    def place_leaves(self) -> None:
        """Inputs, state and constants lie where they are given."""
        for k, number in enumerate(self.program.inputs):
            self.locations[number] = Location("input", k)
        for k, number in enumerate(self.program.state):
            self.locations[number] = Location("state", k)
        constants = (
            k for k, line in enumerate(self.program.instructions) if line.value is not None
        )
        for k, number in enumerate(constants):
            self.locations[number] = Location("constant", k)

    def place_outputs(self) -> None:
        """A result is written to its output; one that is elsewhere already is copied there."""
        for k, number in enumerate(self.program.outputs):
            b, output = self.schedule.base[number], Location("output", k)
            if b in self.locations:
                self.copies.append((b, output))
            else:
                self.locations[b] = output

    def place_updates(self) -> None:
        """A new value is written to the state if that is safe, else copied there at the end."""
        kernels = self.schedule.kernels
        safe = not any(kernel.may_fail for kernel in kernels[self.schedule.early :])
        needed = {b for b, _ in self.copies}
        needed |= {self.schedule.base[number] for _, number in self.program.updates}
        for place, number in self.program.updates:
            b, target = self.schedule.base[number], Location("state", place)
            old = self.program.state[place]
            free = b not in self.locations and self.made.get(b, -1) >= self.schedule.early
            if safe and free and old not in needed and self._is_read_before(old, self.made[b]):
                self.locations[b] = target
            else:
                self.commits.append((b, target))

    def _is_read_before(self, old: int, kernel: int) -> bool:
        """Tell whether the old value is read earlier only, or just where it is overwritten."""
        readers = self.readers.get(old, ())
        return all(k < kernel or (k == kernel and aligned) for k, aligned in readers)

    def finished(self) -> Layout:
        """Give what is left a place in the workspace."""
        last = len(self.schedule.kernels)
        kept = {b for b, _ in (*self.copies, *self.commits)}
        ends = {
            b: last if b in kept else max((k for k, _ in self.readers.get(b, ())), default=made)
            for b, made in self.made.items()
            if b not in self.locations
        }
        turns = self._turns(ends)
        lifetimes = [
            Lifetime(self.made[turn[0]], ends[turn[-1]], self._bytes(turn[0])) for turn in turns
        ]
        moved = [b for b, _ in self.commits if self._is_state(b)]
        lifetimes += [Lifetime(last, last, self._bytes(b)) for b in moved]
        offsets, workspace = packed(lifetimes)
        places = [Location("workspace", offset) for offset in offsets]
        for turn, place in zip(turns, places, strict=False):
            self.locations.update(dict.fromkeys(turn, place))
        refuge = dict(zip(moved, places[len(turns) :], strict=True))
        copies = [self._copy(b, target) for b, target in self.copies]
        copies += [self._copy(b, target) for b, target in refuge.items()]
        copies += [self._copy(b, target, refuge.get(b)) for b, target in self.commits]
        return Layout(self.locations, workspace, tuple(copies), self.schedule.early)

    def _turns(self, ends: Mapping[int, int]) -> list[list[int]]:
        """Group the lines that lie at one place in turn: a result replaces what it read last."""
        turns: dict[int, list[int]] = {}  # by the last of them
        for b in ends:
            k = self.made[b]
            old = (
                a
                for a, aligned in self.schedule.kernels[k].reads.items()
                if aligned and a in turns and ends[a] == k and self._are_alike(a, b)
            )
            turns[b] = [*turns.pop(next(old, -1), []), b]
        return list(turns.values())

    def _are_alike(self, a: int, b: int) -> bool:
        one, other = (self.program.instructions[k].spec for k in (a, b))
        return one.shape == other.shape and one.dtype.itemsize == other.dtype.itemsize

    def _is_state(self, b: int) -> bool:
        return isinstance(self.program.instructions[b].op.body, Leaf) and b in self.program.state

    def _copy(self, b: int, target: Location, source: Location | None = None) -> Copy:
        return Copy(source or self.locations[b], target, self._bytes(b))

    def _bytes(self, b: int) -> int:
        return size_in_bytes(self.program.instructions[b])
