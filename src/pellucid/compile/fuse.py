"""Which lines of a program are computed together: the cut of a program into kernels.

A *kernel* is one loop. It writes the results of some lines to memory, computes other lines on the
way without ever writing them (they are *inlined*), and reads what earlier kernels wrote. A line is
inlined when that computes none of its elements twice; what only moves elements is always inlined,
and so is what is quicker to compute once more than to write and to read.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pellucid.compile.access import Load, Needs, needs
from pellucid.compile.program import Instruction, Program
from pellucid.graph.op import Contract, Elementwise, Leaf, Move, Reduce, Scatter
from pellucid.shapes import size

__all__ = ["QUICK", "Fusion", "Kernel", "fused", "has_own_loop", "viewed"]

VIEWS = {"reshape", "reshape_like", "expand_dims", "squeeze"}  # the same elements in the same order
DEEPEST = 24  # lines inlined one into the other: bounds recursion when code is made
MOST_PLACES = 4  # different places of one loop at which a line is followed
QUICK = {
    "add", "cast", "equal", "greater", "greater_equal", "less", "less_equal", "maximum", "minimum",
    "multiply", "negative", "not_equal", "relu", "subtract", "where",
}  # fmt: skip
MOST_STEPS = 8  # quick operations, one after the other, that are computed once more
MOST_TIMES = 16  # how often they are
LEAST = 4096  # elements; what is smaller stays near the processor
SMALL = 1 / 4  # of the elements of a result: an operand that costs nothing to read

Tag = tuple[Any, ...]
MANY: Tag = ("many",)  # read many times, by a sum of products, with constant steps through memory
FIXED: Tag = ("fixed",)  # likewise, and has to be in memory


class Kernel(NamedTuple):
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


class Fusion(NamedTuple):
    """A program cut into kernels of one result each.

    Attributes
    ----------
    kernels : each after those whose results it reads
    base : for each line the line whose memory holds its elements, in the same order; −1 if none
    """

    kernels: tuple[Kernel, ...]
    base: tuple[int, ...]


def fused(program: Program, *, inline: bool = True) -> Fusion:
    """Cut a concrete program into kernels; without `inline`, each line is one of its own."""
    found = [_needs(program, line) for line in program.instructions]
    written = _written(program, found, inline, [math.inf] * len(found))
    steps = _steps(program, found, written)
    if inline and any(_is_quick(program, number, steps) for number in written):
        written = _written(program, found, inline, steps)
    base = _bases(program, written)
    computed = [k for k in sorted(written) if not isinstance(program.instructions[k].op.body, Leaf)]
    return Fusion(tuple(_kernel(program, found, base, number) for number in computed), base)


def has_own_loop(program: Program, number: int) -> bool:
    """Tell whether a line is not computed element by element, so that it joins no other."""
    return isinstance(program.instructions[number].op.body, (Contract, Scatter))


def _needs(program: Program, line: Instruction) -> Needs:
    if isinstance(line.op.body, Leaf):
        return Needs((), (), may_fail=False)
    operands = tuple(program.instructions[k].spec for k in line.inputs)
    return needs(line.op, line.attrs, line.spec, operands)


def viewed(program: Program, number: int) -> int:
    """Go back through views that keep the order of the elements."""
    while program.instructions[number].op.name in VIEWS:
        number = program.instructions[number].inputs[0]
    return number


# --- what is written to memory -------------------------------------------------------------


def _written(
    program: Program, found: Sequence[Needs], inline: bool, steps: Sequence[float]
) -> set[int]:
    """Choose the lines that are written; leaves count as written.

    Lines are looked at after all that use them. For each, `visits` holds at which places of which
    loops it is computed if it is inlined, and how many elements that makes.
    """
    written: set[int] = set()
    wanted = {viewed(program, number) for number in program.results}
    visits: dict[int, dict[Tag, float]] = {number: {} for number in wanted}
    wanted = wanted | _folded_rows(program)
    depth: dict[int, int] = defaultdict(int)
    for number in reversed(range(len(program.instructions))):
        line, seen = program.instructions[number], visits.pop(number, None)
        if seen is None:
            continue
        if isinstance(line.op.body, Leaf):
            written.add(number)
            continue
        alone = not inline and line.op.name not in VIEWS
        if (
            alone
            or number in wanted
            or depth[number] > DEEPEST
            or (_is_kept(program, number, found, seen) and not _again(program, number, seen, steps))
        ):
            written.add(number)
            seen = {(number,): math.prod(found[number].loop)}
            depth[number] = 0
        for load in found[number].loads:
            source = line.inputs[load.operand]
            places = visits.setdefault(source, {})
            _visit(places, load, line, seen, size(program.instructions[source].spec.shape) or 0)
            depth[source] = max(depth[source], depth[number] + 1)
    return written


def _steps(program: Program, found: Sequence[Needs], written: set[int]) -> list[float]:
    """Count for each line the quick operations that make it of one array in memory of its size.

    In memory are leaves, products, and of those that are `written` what is not made so. What only
    repeats the elements of a small array is as small as that.
    """
    lines, steps, sizes = program.instructions, list[float](), list[int]()
    for number, (line, needed) in enumerate(zip(lines, found, strict=True)):
        own = size(line.spec.shape) or 0
        large = {k for k in line.inputs if sizes[k] > SMALL * own}
        moved = isinstance(line.op.body, Move) and all(
            load.key is not None and not load.guarded for load in needed.loads
        )
        count = math.inf
        if len(large) == 1 and (moved or line.op.name in QUICK):
            count = steps[large.pop()] + (not moved)
        elif not line.inputs or has_own_loop(program, number):
            count = 0
        steps.append(0 if count == math.inf and number in written else count)
        repeats = isinstance(line.op.body, Move) and number not in written
        sizes.append(min(own, sizes[line.inputs[0]]) if repeats else own)
    return steps


def _is_quick(program: Program, number: int, steps: Sequence[float]) -> bool:
    """Tell whether a large line is made by few quick operations of what is in memory."""
    line = program.instructions[number]
    large = (size(line.spec.shape) or 0) >= LEAST
    return large and isinstance(line.op.body, Elementwise) and 0 < steps[number] <= MOST_STEPS


def _again(
    program: Program, number: int, seen: Mapping[Tag, float], steps: Sequence[float]
) -> bool:
    """Tell whether a line is better computed where it is used, although that is more than once."""
    if MANY in seen or FIXED in seen or not _is_quick(program, number, steps):
        return False
    own = size(program.instructions[number].spec.shape) or 0
    return sum(seen.values()) <= MOST_TIMES * own


def _folded_rows(program: Program) -> set[int]:
    """Find the results of folds that are folded once more: each is made while its row is near."""
    lines = program.instructions
    return {
        line.inputs[0]
        for line in lines
        if isinstance(line.op.body, Reduce) and isinstance(lines[line.inputs[0]].op.body, Reduce)
    }


def _is_kept(
    program: Program, number: int, found: Sequence[Needs], seen: Mapping[Tag, float]
) -> bool:
    """Tell whether a line is better written to memory than computed where it is used."""
    line = program.instructions[number]
    body = line.op.body
    if isinstance(body, Move):
        strided = all(load.key is not None and not load.guarded for load in found[number].loads)
        return line.op.name not in VIEWS and (FIXED in seen or (MANY in seen and not strided))
    return has_own_loop(program, number) or sum(seen.values()) > (size(line.spec.shape) or 0)


def _visit(
    places: dict[Tag, float], load: Load, line: Instruction, seen: Mapping[Tag, float], most: int
) -> None:
    """Note that the loops in `seen` read this operand of `line`, which has `most` elements."""
    if isinstance(line.op.body, Contract):
        seen = {MANY: math.inf}
    elif FIXED in seen or (MANY in seen and load.key is None):
        seen = {FIXED: math.inf}
    for tag, count in seen.items():
        same = (load.aligned and load.times == 1) or tag in (MANY, FIXED)
        shared = load.key is not None and load.times == 1
        here = tag if same else (tag, load.key, None if shared else line)
        times = count * load.times
        places[here] = min(times, most) if load.guarded else times
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
