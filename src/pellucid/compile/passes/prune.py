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
    old = iter(range(len(program.instructions)))

    def visit(lines: list[Instruction], line: Instruction) -> int:
        if next(old) not in needed:
            return -1
        lines.append(line)
        return len(lines) - 1

    return rebuilt(program, visit)
