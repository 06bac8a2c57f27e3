"""In which order kernels run, and which of them are one loop.

Kernels that loop over the same extents become one, unless one reads what the other has not written
yet. So does a matrix product with the quick operations on each of its elements. Kernels that only
make new values of the state come last, when nothing reads the old ones any more.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from pellucid.compile.fuse import QUICK, Fusion, Kernel, fused, has_own_loop, viewed
from pellucid.compile.program import Program
from pellucid.shapes import Shape

__all__ = ["Schedule", "scheduled"]

LARGEST = 64  # lines of one kernel: bounds the registers that it needs


class Schedule(NamedTuple):
    """The kernels of a program in an order in which they can run.

    Attributes
    ----------
    kernels : the kernels
    base : for each line the line whose memory holds its elements, in the same order; −1 if none
    early : how many kernels come before those that only make new values of the state
    """

    kernels: tuple[Kernel, ...]
    base: tuple[int, ...]
    early: int


def scheduled(program: Program, *, inline: bool = True) -> Schedule:
    """Cut a concrete program into kernels and put them into an order.

    Without `inline`, each line is a kernel of its own.
    """
    order = _Order(program, fused(program, inline=inline), join=inline)
    groups = order.groups()
    kernels = tuple(order.joined(group) for group in groups)
    kept = {number for kernel in kernels for number in kernel.results}
    base = tuple(b if b in kept or order.is_leaf(b) else -1 for b in order.base)
    return Schedule(kernels, base, sum(not order.late[group[0]] for group in groups))


class _Order:
    """The kernels, by number, and what stands between them."""

    def __init__(self, program: Program, fusion: Fusion, *, join: bool) -> None:
        self.program, self.kernels, self.base = program, fusion.kernels, fusion.base
        self.join = join
        self.wanted = {viewed(program, number) for number in program.results}
        self.makes = {kernel.results[0]: k for k, kernel in enumerate(self.kernels)}
        sources = [[self.makes[b] for b in one.reads if b in self.makes] for one in self.kernels]
        self.readers: list[list[int]] = [[] for _ in self.kernels]
        for k, several in enumerate(sources):
            for source in several:
                self.readers[source].append(k)
        self.late = self._late()
        self.waiting = [len(several) for several in sources]
        self.done: set[int] = set()
        self.ready: list[tuple[bool, int]] = []
        self.alike: dict[tuple[bool, Shape | None], list[int]] = defaultdict(list)

    def is_leaf(self, number: int) -> bool:
        """Tell whether a line lies in memory without being made by a kernel."""
        return number >= 0 and number not in self.makes

    def _late(self) -> list[bool]:
        """Find what makes new values, and what is computed along with them, in their loops."""
        outputs = {self.base[number] for number in self.program.outputs}
        new = {self.base[number] for _, number in self.program.updates} - outputs
        late = [False] * len(self.kernels)
        for k in reversed(range(len(self.kernels))):
            number, readers, loop = self.kernels[k].results[0], self.readers[k], self._loop(k)
            along = number in new or (
                bool(readers)
                and loop is not None
                and number not in self.wanted
                and all(self._loop(r) == loop and self.kernels[r].reads[number] for r in readers)
            )
            late[k] = along and all(late[r] for r in readers)
        return late

    def _loop(self, k: int) -> Shape | None:
        """Give the extents that a kernel loops over; ``None`` for a loop of its own."""
        number = self.kernels[k].results[0]
        own = has_own_loop(self.program, number)
        return None if own else self.program.instructions[number].spec.shape

    # --- the order ---

    def groups(self) -> list[list[int]]:
        """Take the earliest kernel that is ready, then all that can join it, and so on."""
        for k, count in enumerate(self.waiting):
            if not count:
                self._is_ready(k)
        groups = []
        while self.ready:
            _, first = heapq.heappop(self.ready)
            if first not in self.done:
                groups.append(self._group(first))
        return groups

    def _is_ready(self, k: int) -> None:
        heapq.heappush(self.ready, (self.late[k], k))
        heapq.heappush(self.alike[self.late[k], self._loop(k)], k)

    def _group(self, first: int) -> list[int]:
        """Take a kernel, and those that loop alike, also those that it makes ready."""
        group: list[int] = []
        self._take(first, group)
        if self.join and self._is_product(first):
            return self._finished(group)
        loop = self._loop(first)
        alike = self.alike[self.late[first], loop] if self.join and loop is not None else []
        apart = []
        while alike:
            k = heapq.heappop(alike)
            if k not in self.done:
                if self._joins(k, group):
                    self._take(k, group)
                else:
                    apart.append(k)
        for k in apart:
            heapq.heappush(alike, k)
        return group

    def _is_product(self, k: int) -> bool:
        return self.program.instructions[self.kernels[k].results[0]].op.name == "matmul"

    def _finished(self, group: list[int]) -> list[int]:
        """Take what is done to each element of a product, then what is done to that, and so on."""
        first = group[0]
        shape = self.program.instructions[self.kernels[first].results[0]].spec.shape
        waiting = [*self.readers[first]]
        while waiting:
            k = waiting.pop(0)
            is_ready = k not in self.done and not self.waiting[k] and not self.late[k]
            if is_ready and self._loop(k) == shape and self._is_quick(k) and self._joins(k, group):
                self._take(k, group)
                waiting += self.readers[k]
        return group

    def _is_quick(self, k: int) -> bool:
        """Tell whether a kernel is so short that it may stand behind each vector of a product."""
        lines, kernel = self.program.instructions, self.kernels[k]
        return all(lines[number].op.name in QUICK for number in (*kernel.results, *kernel.inlined))

    def _take(self, k: int, group: list[int]) -> None:
        group.append(k)
        self.done.add(k)
        for reader in self.readers[k]:
            self.waiting[reader] -= 1
            if not self.waiting[reader]:
                self._is_ready(reader)

    def _joins(self, k: int, group: Sequence[int]) -> bool:
        """Tell whether a kernel reads of the group's results only what is just being computed."""
        results = {self.kernels[one].results[0] for one in group}
        lines = sum(1 + len(self.kernels[one].inlined) for one in (k, *group))
        reads = self.kernels[k].reads.items()
        return lines <= LARGEST and all(aligned for b, aligned in reads if b in results)

    # --- joining ---

    def joined(self, group: Sequence[int]) -> Kernel:
        """Make one kernel; what is used nowhere else need not be written."""
        members = [self.kernels[k] for k in group]
        results = [kernel.results[0] for kernel in members]
        inside = {self.kernels[k].results[0] for k in group if self._is_inside(k, group)}
        reads: dict[int, bool] = {}
        several = self._is_product(group[0])  # elements at once, and some of them twice
        for kernel in members:
            for b, aligned in kernel.reads.items():
                if b not in results:
                    reads[b] = reads.get(b, True) and aligned and not several
        return Kernel(
            results=tuple(number for number in results if number not in inside),
            inlined=frozenset(inside.union(*[kernel.inlined for kernel in members])),
            reads=reads,
            may_fail=any(kernel.may_fail for kernel in members),
        )

    def _is_inside(self, k: int, group: Sequence[int]) -> bool:
        readers = self.readers[k]
        unwanted = self.kernels[k].results[0] not in self.wanted
        return unwanted and bool(readers) and set(readers) <= set(group)
