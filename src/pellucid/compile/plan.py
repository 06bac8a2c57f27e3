"""A plan: which steps of a run are done next; and a record: the scalars that they gave.

A plan is a small table. Each row is a *segment*: a stretch of equal steps, such as "epoch 3,
training, whole batches 0 to 38". How a run is cut into plans changes no bit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import Frozen

__all__ = ["Plan", "Record", "Segment"]


class Segment(NamedTuple):
    """So many steps of one phase of one epoch from step `first`, all whole batches or the tail."""

    epoch: int
    phase: int
    first: int
    steps: int
    is_tail: bool


class Plan(Frozen):
    """Segments in their order, as a table of int64 with the fields of :class:`Segment` as columns.

    Examples
    --------
    >>> epoch = Plan(np.array([[0, 0, 0, 4, False], [0, 0, 4, 1, True]]))
    >>> epoch.steps, list(epoch.part(3, 5))[-1]
    (5, Segment(epoch=0, phase=0, first=4, steps=1, is_tail=True))
    >>> epoch.part(3, 5).phases
    array([0, 0])
    """

    table: NDArray[np.int64]

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def __len__(self) -> int:
        return len(self.table)

    def __getitem__(self, number: int) -> Segment:
        epoch, phase, first, steps, is_tail = self.table[number].tolist()
        return Segment(epoch, phase, first, steps, bool(is_tail))

    def __iter__(self) -> Iterator[Segment]:
        return map(self.__getitem__, range(len(self)))

    def column(self, name: str) -> NDArray[np.int64]:
        """Give one field of all segments."""
        found: NDArray[np.int64] = self.table[:, Segment._fields.index(name)]
        return found

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """How many steps each segment has."""
        return self.column("steps")

    @cached_property
    def ends(self) -> NDArray[np.int64]:
        """How many steps there are up to the end of each segment."""
        return np.cumsum(self.counts)

    @property
    def steps(self) -> int:
        """How many steps there are."""
        return int(self.ends[-1]) if len(self) else 0

    @property
    def epochs(self) -> NDArray[np.int64]:
        """The epoch of each step."""
        return np.repeat(self.column("epoch"), self.counts)

    @property
    def phases(self) -> NDArray[np.int64]:
        """The phase of each step."""
        return np.repeat(self.column("phase"), self.counts)

    def repeated(self, first: int, epochs: int) -> Plan:
        """See this as an epoch, and give so many of them from epoch `first` on."""
        many = Plan(self.table[np.newaxis].repeat(epochs, axis=0).reshape(-1, self.table.shape[1]))
        many.column("epoch")[:] = np.arange(first, first + epochs).repeat(len(self))
        return many

    def part(self, start: int, stop: int) -> Plan:
        """Give the steps from `start` up to `stop`, which is the first one left out."""
        if start <= 0 and stop >= self.steps:
            return self
        begins = self.ends - self.counts
        left, right = np.maximum(begins, start), np.minimum(self.ends, stop)
        epoch, phase, first, _, is_tail = self.table.T
        table = np.stack([epoch, phase, first + left - begins, right - left, is_tail], axis=1)
        return Plan(table[left < right])

    @classmethod
    def of(cls, segments: Sequence[Sequence[int]]) -> Plan:
        """Make the table."""
        return cls(np.array(segments, np.int64).reshape(-1, len(Segment._fields)))


class Record(Frozen):
    """The scalars of the steps of a plan, one row for each step, in float64."""

    plan: Plan
    values: NDArray[np.float64]

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    @classmethod
    def joined(cls, parts: Sequence[Record], columns: int) -> Record:
        """Put one behind the other; without any, a record of no step with so many scalars."""
        if not parts:
            return cls(Plan.of([]), np.empty((0, columns)))
        if len(parts) == 1:
            return parts[0]
        table = np.concatenate([one.plan.table for one in parts])
        return cls(Plan(table), np.concatenate([one.values for one in parts]))

    def until(self, step: int) -> Record:
        """Give what was before a step."""
        return Record(self.plan.part(0, step), self.values[:step])
