"""Leave out what no result depends on; inputs and state keep their places."""

from __future__ import annotations

from pellucid.compile.program import Instruction, Program, rebuilt

__all__ = ["pruned"]


def pruned(program: Program) -> Program:
    """Drop every line that no output and no update needs."""
    needed = {*program.results, *program.inputs, *program.state}
    for number in reversed(range(len(program.instructions))):
        if number in needed:
            needed.update(program.instructions[number].inputs)
    if len(needed) == len(program.instructions):
        return program
    old = iter(range(len(program.instructions)))

    def pruning(lines: list[Instruction], line: Instruction) -> int | Instruction:
        return line if next(old) in needed else -1

    return rebuilt(program, pruning)
