"""Which lines of a program are computed together: the cut of a program into kernels.

A *kernel* is one loop. It writes the results of some lines to memory, computes other lines on the
way without ever writing them (they are *inlined*), and reads what earlier kernels wrote. A line is
inlined when that computes none of its elements twice; what only moves elements is always inlined.
"""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pellucid.compile.access import Load, Needs, needs
from pellucid.compile.program import Instruction, Program
from pellucid.graph.op import Contract, Leaf, Move, Scatter
from pellucid.shapes import Shape

__all__ = ["Fusion", "Kernel", "fused", "has_own_loop"]

VIEWS = {"reshape", "reshape_like", "expand_dims", "squeeze"}  # the same elements in the same order
DEEPEST = 24  # lines inlined one into the other: bounds recursion when code is made
LARGEST = 64  # lines of one kernel: bounds the registers that it needs
MOST_PLACES = 4  # different places of one loop at which a line is followed

Tag = tuple[Any, ...]
MANY: Tag = ("many",)  # read many times, by a sum of products, with constant steps through memory
FIXED: Tag = ("fixed",)  # likewise, and has to be in memory


@dataclass(frozen=True)
class Kernel:
    """Lines that are computed in one loop.

    Attributes
    ----------
    results : the lines whose values are written to memory
    inlined : the lines computed on the way
    reads : the lines whose memory is read; true where each is read only at the element that is
        being written, so that the two may share their memory
    may_fail : whether it checks something that depends on data
    """

    results: tuple[int, ...]
    inlined: frozenset[int]
    reads: Mapping[int, bool]
    may_fail: bool


@dataclass(frozen=True)
class Fusion:
    """A program cut into kernels.

    Attributes
    ----------
    kernels : in an order in which they can be run
    base : for each line the line whose memory holds its elements, in the same order; −1 if none
    early : how many kernels come before those that only make new values of the state
    """

    kernels: tuple[Kernel, ...]
    base: tuple[int, ...]
    early: int


def fused(program: Program, *, inline: bool = True) -> Fusion:
    """Cut a concrete program into kernels; without `inline`, each line is one of its own."""
    found = [_needs(program, line) for line in program.instructions]
    wanted = {_viewed(program, number) for number in program.results}
    written = _written(program, found, wanted, inline)
    base = _bases(program, written)
    kernels = [
        _kernel(program, found, base, number)
        for number in sorted(written)
        if not isinstance(program.instructions[number].op.body, Leaf)
    ]
    return _Order(program, kernels, base, wanted, join=inline).fusion()


def has_own_loop(program: Program, number: int) -> bool:
    """Tell whether a line is not computed element by element, so that it joins no other."""
    return isinstance(program.instructions[number].op.body, (Contract, Scatter))


def _size(line: Instruction) -> int:
    return math.prod(n or 0 for n in line.spec.shape)


def _needs(program: Program, line: Instruction) -> Needs:
    if isinstance(line.op.body, Leaf):
        return Needs((), (), may_fail=False)
    operands = tuple(program.instructions[k].spec for k in line.inputs)
    return needs(line.op, line.attrs, line.spec, operands)


def _viewed(program: Program, number: int) -> int:
    """Go back through views that keep the order of the elements."""
    while program.instructions[number].op.name in VIEWS:
        number = program.instructions[number].inputs[0]
    return number


# --- what is written to memory -------------------------------------------------------------


def _written(program: Program, found: Sequence[Needs], wanted: set[int], inline: bool) -> set[int]:
    """Choose the lines that are written; leaves count as written.

    Lines are looked at after all that use them. For each, `visits` holds at which places of which
    loops it is computed if it is inlined, and how many elements that makes.
    """
    written: set[int] = set()
    visits: dict[int, dict[Tag, float]] = {number: {} for number in wanted}
    depth: dict[int, int] = defaultdict(int)
    for number in reversed(range(len(program.instructions))):
        line, seen = program.instructions[number], visits.pop(number, None)
        if seen is None:
            continue
        if isinstance(line.op.body, Leaf):
            written.add(number)
            continue
        view = line.op.name in VIEWS
        alone = not inline and not view
        alone |= depth[number] > DEEPEST
        if number in wanted or alone or _is_kept(program, number, found, seen):
            written.add(number)
            seen = {(number,): math.prod(n or 0 for n in found[number].loop)}
            depth[number] = 0
        for load in found[number].loads:
            source = line.inputs[load.operand]
            places = visits.setdefault(source, {})
            _visit(places, load, line, seen, _size(program.instructions[source]))
            if not view:
                depth[source] = max(depth[source], depth[number] + 1)
    return written


def _is_kept(
    program: Program, number: int, found: Sequence[Needs], seen: Mapping[Tag, float]
) -> bool:
    """Tell whether a line is better written to memory than computed where it is used."""
    line = program.instructions[number]
    body = line.op.body
    if isinstance(body, Move):
        strided = all(load.key is not None and not load.guarded for load in found[number].loads)
        return line.op.name not in VIEWS and (FIXED in seen or (MANY in seen and not strided))
    return has_own_loop(program, number) or sum(seen.values()) > _size(line)


def _visit(
    places: dict[Tag, float], load: Load, line: Instruction, seen: Mapping[Tag, float], size: int
) -> None:
    """Note that the loops in `seen` read this operand of `line`."""
    if isinstance(line.op.body, Contract):
        seen = {MANY: math.inf}
    elif FIXED in seen or (MANY in seen and load.key is None):
        seen = {FIXED: math.inf}
    for tag, count in seen.items():
        same = (load.aligned and load.times == 1) or tag in (MANY, FIXED)
        shared = load.key is not None and load.times == 1
        here = tag if same else (tag, load.key, None if shared else line)
        times = count * load.times
        places[here] = min(times, size) if load.guarded else times
    if len(places) > MOST_PLACES:
        total = sum(places.values())
        kept = {tag: count for tag, count in places.items() if tag in (MANY, FIXED)}
        places.clear()
        places.update({("several",): total, **kept})


def _bases(program: Program, written: set[int]) -> tuple[int, ...]:
    base: list[int] = []
    for number, line in enumerate(program.instructions):
        if number in written:
            base.append(number)
        else:
            base.append(base[line.inputs[0]] if line.op.name in VIEWS else -1)
    return tuple(base)


def _kernel(program: Program, found: Sequence[Needs], base: Sequence[int], number: int) -> Kernel:
    """Follow the operands of a line to what is in memory."""
    inlined: set[int] = set()
    reads: dict[int, bool] = {}
    stack = [(number, not has_own_loop(program, number))]
    seen = set(stack)
    while stack:
        here, aligned = stack.pop()
        for load in found[here].loads:
            source = program.instructions[here].inputs[load.operand]
            one = (source, aligned and load.aligned)
            if base[source] >= 0:
                reads[base[source]] = reads.get(base[source], True) and one[1]
            elif one not in seen:
                seen.add(one)
                stack.append(one)
                inlined.add(source)
    fails = any(found[k].may_fail for k in (number, *inlined))
    return Kernel((number,), frozenset(inlined), reads, fails)


# --- the order of the kernels --------------------------------------------------------------


class _Order:
    """Puts kernels into an order, and joins those that loop over the same extents.

    Kernels that only make new values of the state come last, when nothing reads the old ones
    any more.
    """

    def __init__(
        self,
        program: Program,
        kernels: Sequence[Kernel],
        base: tuple[int, ...],
        wanted: set[int],
        *,
        join: bool,
    ) -> None:
        self.program, self.kernels, self.base, self.wanted = program, kernels, base, wanted
        self.join = join
        makes = {kernel.results[0]: k for k, kernel in enumerate(kernels)}
        self.sources = [[makes[b] for b in kernel.reads if b in makes] for kernel in kernels]
        self.readers: list[list[int]] = [[] for _ in kernels]
        for k, sources in enumerate(self.sources):
            for source in sources:
                self.readers[source].append(k)
        self.late = self._late()

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

    def fusion(self) -> Fusion:
        """Schedule: always the earliest kernel that is ready, then all that can join it."""
        self.waiting = [len(sources) for sources in self.sources]
        self.ready: list[tuple[bool, int]] = []
        self.alike: dict[Any, list[int]] = defaultdict(list)
        for k, count in enumerate(self.waiting):
            if not count:
                self._is_ready(k)
        done: set[int] = set()
        groups = []
        while self.ready:
            _, first = heapq.heappop(self.ready)
            if first not in done:
                groups.append(self._group(first, done))
        early = sum(not self.late[group[0]] for group in groups)
        kernels = tuple(map(self._joined, groups))
        kept = {number for kernel in kernels for number in kernel.results}
        inside = {kernel.results[0] for kernel in self.kernels} - kept
        return Fusion(kernels, tuple(-1 if b in inside else b for b in self.base), early)

    def _is_ready(self, k: int) -> None:
        heapq.heappush(self.ready, (self.late[k], k))
        heapq.heappush(self.alike[self._loop(k), self.late[k]], k)

    def _group(self, first: int, done: set[int]) -> list[int]:
        """Take a kernel, and those that loop alike, also those that it makes ready."""
        group: list[int] = []
        apart: list[int] = []
        alike = self.alike[self._loop(first), self.late[first]] if self.join else []
        k = first
        while True:
            if k not in done and (not group or self._joins(k, group)):
                group.append(k)
                done.add(k)
                for reader in self.readers[k]:
                    self.waiting[reader] -= 1
                    if not self.waiting[reader]:
                        self._is_ready(reader)
            elif k not in done:
                apart.append(k)
            if not alike:
                break
            k = heapq.heappop(alike)
        for k in apart:
            heapq.heappush(alike, k)
        return group

    def _joins(self, k: int, group: list[int]) -> bool:
        kernel, results = self.kernels[k], {self.kernels[g].results[0] for g in group}
        lines = sum(1 + len(self.kernels[one].inlined) for one in (k, *group))
        return (
            self._loop(k) is not None
            and lines <= LARGEST
            and all(aligned for b, aligned in kernel.reads.items() if b in results)
        )

    def _loop(self, k: int) -> Shape | None:
        """Give the extents that a kernel loops over; ``None`` for a loop of its own."""
        number = self.kernels[k].results[0]
        own = has_own_loop(self.program, number)
        return None if own else self.program.instructions[number].spec.shape

    def _joined(self, group: list[int]) -> Kernel:
        """Make one kernel; what is used nowhere else need not be written."""
        members = [self.kernels[k] for k in group]
        inside = {
            self.kernels[k].results[0]
            for k in group
            if self.kernels[k].results[0] not in self.wanted
            and self.readers[k]
            and set(self.readers[k]) <= set(group)
        }
        results = [kernel.results[0] for kernel in members]
        reads: dict[int, bool] = {}
        for kernel in members:
            for b, aligned in kernel.reads.items():
                if b not in results:
                    reads[b] = reads.get(b, True) and aligned
        return replace(
            members[0],
            results=tuple(number for number in results if number not in inside),
            inlined=frozenset(inside.union(*[kernel.inlined for kernel in members])),
            reads=reads,
            may_fail=any(kernel.may_fail for kernel in members),
        )
