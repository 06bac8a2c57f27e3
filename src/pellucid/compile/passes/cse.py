"""Compute the same thing once: common subexpressions."""

from __future__ import annotations

from typing import Any

from pellucid.compile.program import Instruction, Program, rebuilt
from pellucid.graph.tensor import PLACEHOLDER
from pellucid.graph.variable import READ

__all__ = ["common"]


def common(program: Program) -> Program:
    """Let lines with the same operation, operands and settings share one result."""
    seen: dict[tuple[Any, ...], int] = {}

    def visit(lines: list[Instruction], line: Instruction) -> int:
        if line.op is not PLACEHOLDER and line.op is not READ:
            found = seen.setdefault(line.signature, len(lines))
            if found < len(lines):
                return found
        lines.append(line)
        return len(lines) - 1

    return rebuilt(program, visit)
