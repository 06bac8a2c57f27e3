"""Rewrite lines by rules that change no value, not-a-numbers and signed zeros included.

A sum alone may be rounded otherwise: in which order it is taken is never promised.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from pellucid.compile.program import Instruction, Program, rebuilt
from pellucid.graph.op import Spec
from pellucid.shapes import reduced, size

__all__ = ["simplified", "simplifying"]

ROW = 16  # elements, from which on a row is folded by itself
Lines = list[Instruction]
Rule = Callable[[Lines, Instruction], "int | Instruction | None"]


def simplified(program: Program) -> Program:
    """Apply the rule of each line's operation until none applies."""
    return rebuilt(program, simplifying)


def simplifying(lines: Lines, line: Instruction) -> int | Instruction:
    """Apply the rule of an operation, and that of the operation which it gives, and so on."""
    found: int | Instruction | None = line
    while isinstance(found, Instruction):
        line = found
        rule = RULES.get(line.op.name)
        found = None if rule is None else rule(lines, line)
    return line if found is None else found


def _first(lines: Lines, line: Instruction) -> int:
    return line.inputs[0]


def _is(lines: Lines, number: int, value: float) -> bool:
    constant = lines[number].value
    if constant is None or not (constant == value).all():
        return False
    return not np.signbit(constant).any()  # x − (−0.0) is not x when x is −0.0


def _neutral(value: float, *, left: bool) -> Rule:
    """The neutral element on the right, or on either side, leaves the other operand."""

    def rule(lines: Lines, line: Instruction) -> int | None:
        for here, other in ((1, 0), (0, 1)) if left else ((1, 0),):
            if _is(lines, line.inputs[here], value) and lines[line.inputs[other]].spec == line.spec:
                return line.inputs[other]
        return None

    return rule


def _same_spec(lines: Lines, line: Instruction) -> int | None:
    """A view that changes nothing."""
    return line.inputs[0] if lines[line.inputs[0]].spec == line.spec else None


def _undone_by(name: str) -> Rule:
    """An operation and its inverse, with the same settings, leave nothing to do."""

    def rule(lines: Lines, line: Instruction) -> int | None:
        inner = lines[line.inputs[0]]
        undoes = inner.op.name == name and inner.attrs == line.attrs
        return inner.inputs[0] if undoes else None

    return rule


def _reshape(lines: Lines, line: Instruction) -> int | Instruction | None:
    """Of two reshapes in a row the last one counts."""
    same = _same_spec(lines, line)
    inner = lines[line.inputs[0]]
    if same is None and inner.op.name in ("reshape", "reshape_like"):
        return replace(line, inputs=(inner.inputs[0], *line.inputs[1:]))
    return same


def _transpose(lines: Lines, line: Instruction) -> int | Instruction | None:
    inner = lines[line.inputs[0]]
    outer_axes: tuple[int, ...] = dict(line.attrs)["axes"]
    if outer_axes == tuple(range(len(outer_axes))):
        return line.inputs[0]
    if inner.op.name != "transpose":
        return None
    inner_axes = dict(inner.attrs)["axes"]
    both = tuple(inner_axes[axis] for axis in outer_axes)
    return replace(line, inputs=inner.inputs, attrs=(("axes", both),))


def _rows_first(lines: Lines, line: Instruction) -> Instruction | None:
    """Fold what lies in rows, and then their results: memory is walked through in its order."""
    (operand,), axes = line.inputs, dict(line.attrs)["axes"]
    shape = lines[operand].spec.shape
    first = next((k for k in reversed(range(len(shape))) if k not in axes), -1) + 1
    row = tuple(range(first, len(shape)))
    if row == axes or (size(shape[first:]) or 0) < ROW:
        return None
    spec = Spec(reduced(shape, row, True), line.spec.dtype)
    lines.append(replace(line, attrs=(("axes", row), ("keepdims", True)), spec=spec))
    return replace(line, inputs=(len(lines) - 1,))


RULES: dict[str, Rule] = {
    "identity": _first,
    "stop_gradient": _first,
    "cast": _same_spec,
    "broadcast_to": _same_spec,
    "broadcast_like": _same_spec,
    "multiply": _neutral(1.0, left=True),
    "divide": _neutral(1.0, left=False),
    "subtract": _neutral(0.0, left=False),
    "negative": _undone_by("negative"),
    "squeeze": _undone_by("expand_dims"),
    "expand_dims": _undone_by("squeeze"),
    "reshape": _reshape,
    "reshape_like": _reshape,
    "transpose": _transpose,
    "sum": _rows_first,
    "max": _rows_first,
    "min": _rows_first,
}
