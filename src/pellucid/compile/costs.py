"""What a kernel costs: the arithmetic that it does, and the bytes of memory that it touches.

Counted from the operations, not measured; the counts are the same for every engine and machine.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from pellucid.arguments import Frozen
from pellucid.compile.access import Needs, needs
from pellucid.compile.fuse import Kernel
from pellucid.compile.memory import size_in_bytes
from pellucid.compile.program import Instruction, Program
from pellucid.graph.op import Contract, Elementwise, Leaf, Move, Random, Scatter, Spec
from pellucid.shapes import size

__all__ = ["Cost", "cost", "line_needs"]


class Cost(Frozen):
    """What a kernel costs, or several together.

    One floating operation is counted for each element of an elementwise result, whichever function
    it is; for each element that a reduction or a sum takes in; and two for each product of a sum of
    products. Integers, truth values and what only moves are free.

    Attributes
    ----------
    flops : the floating operations
    read, written : bytes of memory, each counted once however often it is come back to

    Examples
    --------
    >>> Cost(6, 8, 4) + Cost(6, 8, 4), Cost(6, 8, 4).intensity
    (Cost(flops=12, read=16, written=8), 0.5)
    """

    flops: int = 0
    read: int = 0
    written: int = 0

    @property
    def moved(self) -> int:
        """The bytes read and written."""
        return self.read + self.written

    @property
    def intensity(self) -> float:
        """The arithmetic intensity: flops for each byte moved."""
        return self.flops / self.moved if self.moved else 0.0

    def __add__(self, other: Cost) -> Cost:
        both = zip(self.arguments.values(), other.arguments.values(), strict=True)
        return Cost(*[mine + theirs for mine, theirs in both])


def line_needs(program: Program, line: Instruction) -> Needs:
    """Ask what one turn of a line's loop takes."""
    operands = tuple(program.instructions[k].spec for k in line.inputs)
    return needs(line.op, line.attrs, line.spec, operands)


def cost(program: Program, kernel: Kernel, base: Sequence[int]) -> Cost:
    """Count what one kernel of a schedule costs.

    Parameters
    ----------
    base : for each line the line whose memory holds its elements

    Examples
    --------
    >>> import pellucid as pel
    >>> from pellucid.compile import trace
    >>> from pellucid.compile.schedule import scheduled
    >>> x, y = pel.placeholder((2, 3)), pel.placeholder((3, 5))
    >>> program, _ = trace([x, y], [x @ y])
    >>> schedule = scheduled(program)
    >>> cost(program, schedule.kernels[0], schedule.base)
    Cost(flops=60, read=84, written=40)
    """
    touched = _touched(program, kernel, base)
    lines = program.instructions
    computed = {*kernel.results, *kernel.inlined}
    return Cost(
        flops=sum(_flops(program, lines[k], touched[k]) for k in computed),
        read=sum(
            touched[k] * lines[k].spec.dtype.itemsize
            for k in kernel.reads
            if k not in computed and not lines[k].is_literal
        ),
        written=sum(size_in_bytes(lines[k]) for k in kernel.results),
    )


def _touched(program: Program, kernel: Kernel, base: Sequence[int]) -> Counter[int]:
    """Count the different elements of each line that a kernel computes or reads."""
    lines = program.instructions
    computed = {*kernel.results, *kernel.inlined}
    found = Counter({number: size(lines[number].spec.shape) or 0 for number in kernel.results})
    for number in sorted(computed, reverse=True):
        line = lines[number]
        turns = min(found[number], size(line.spec.shape) or 0)
        asked = line_needs(program, line)
        if isinstance(line.op.body, Scatter):
            turns = math.prod(asked.loop)  # over what it adds
        for load in asked.loads:
            source = line.inputs[load.operand]
            found[source if source in computed else base[source]] += turns * load.times
    return Counter({k: min(n, size(lines[k].spec.shape) or 0) for k, n in found.items() if k >= 0})


def _flops(program: Program, line: Instruction, count: int) -> int:
    """Count the floating operations that so many elements of a line take."""
    specs = [line.spec, *[program.instructions[k].spec for k in line.inputs]]
    body = line.op.body
    if isinstance(body, (Leaf, Move, Random)) or all(spec.dtype.kind != "f" for spec in specs):
        return 0
    if isinstance(body, Elementwise):
        return count
    if isinstance(body, Scatter):
        return size(specs[-1].shape) or 0
    loads = line_needs(program, line).loads
    if isinstance(body, Contract):
        return 2 * _products(line, specs, count * max((load.times for load in loads), default=0))
    taken = [
        min(count * load.times, size(specs[1 + load.operand].shape) or 0)
        for load in loads
        if load.times > 1
    ]
    return max(taken, default=0)


def _products(line: Instruction, specs: Sequence[Spec], most: int) -> int:
    """Count the products; of a convolution's gradient, only those that the convolution had."""
    if line.op.name != "conv_input":
        return most
    _, results, weights, _ = specs
    return (size(results.shape) or 0) * math.prod(n or 0 for n in weights.shape[1:])
