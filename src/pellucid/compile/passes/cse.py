"""Compute the same thing once: common subexpressions."""

from __future__ import annotations

from typing import Any

from pellucid.compile.program import Instruction, Program, Rule, rebuilt
from pellucid.graph.tensor import PLACEHOLDER
from pellucid.graph.variable import READ

__all__ = ["common", "sharing"]


def common(program: Program) -> Program:
    """Let lines with the same operation, operands and settings share one result."""
    return rebuilt(program, sharing())


def sharing() -> Rule:
    """Give the rule for one walk through a program; it has to be the last one."""
    seen: dict[tuple[Any, ...], int] = {}

    def shared(lines: list[Instruction], line: Instruction) -> int | Instruction:
        if line.op is PLACEHOLDER or line.op is READ:
            return line
        settings = line.attrs and repr(line.attrs)  # 0.0 is not −0.0, though they are equal
        content = None if line.value is None else line.value.tobytes()
        found = seen.setdefault((line.op, line.inputs, settings, line.spec, content), len(lines))
        return found if found < len(lines) else line

    return shared
