"""Turn products rather than their results: (A B)ᵀ = Bᵀ Aᵀ.

The transpose of an operand costs nothing, because a product can walk through it either way; that
of a result is a walk across the rows of a matrix that has just been written.
"""

from __future__ import annotations

from collections import Counter

from pellucid.compile.program import Instruction, Program, rebuilt
from pellucid.graph.op import OPS, Spec

__all__ = ["turned"]


def turned(program: Program) -> Program:
    """Replace each transpose of a matrix product that has no other use."""
    uses = Counter(k for line in program.instructions for k in line.inputs)
    uses.update(program.results)
    old = iter(program.instructions)

    def turning(lines: list[Instruction], line: Instruction) -> Instruction:
        before = next(old)
        if line.op.name == "transpose" and uses[before.inputs[0]] == 1:
            product = lines[line.inputs[0]]
            rank = len(line.spec.shape)
            swap = (*range(rank - 2), rank - 1, rank - 2)
            if product.op.name == "matmul" and dict(line.attrs)["axes"] == swap:
                swapped = [_transposed(lines, k) for k in reversed(product.inputs)]
                return product.changed(tuple(swapped), line.spec)
        return line

    return rebuilt(program, turning)


def _transposed(lines: list[Instruction], number: int) -> int:
    line = lines[number]
    *batch, m, n = line.spec.shape
    rank = len(line.spec.shape)
    axes = (*range(rank - 2), rank - 1, rank - 2)
    spec = Spec((*batch, n, m), line.spec.dtype)
    lines.append(Instruction(OPS["transpose"], (number,), (("axes", axes),), spec, line.label))
    return len(lines) - 1
