"""Compute at once what depends on constants alone; what depends on a variable is never folded."""

from __future__ import annotations

import math

import numpy as np

from pellucid.compile.program import Instruction, Program, rebuilt
from pellucid.graph.tensor import CONSTANT
from pellucid.shapes import size

__all__ = ["folded", "folding"]

LARGEST = 4096  # elements: a larger constant is cheaper to compute than to carry


def folded(program: Program) -> Program:
    """Replace small results of constants, and element counts of known shapes, by constants."""
    return rebuilt(program, folding)


def folding(lines: list[Instruction], line: Instruction) -> Instruction:
    """Compute a line if it can be."""
    constant = all([lines[k].value is not None for k in line.inputs]) and bool(line.inputs)
    if line.op.name == "count":
        constant = all(lines[line.inputs[0]].spec.shape[a] is not None for a in _axes(line))
    count = size(line.spec.shape) if constant else None
    return line if count is None or count > LARGEST else _computed(lines, line)


def _axes(line: Instruction) -> tuple[int, ...]:
    axes: tuple[int, ...] = dict(line.attrs)["axes"]
    return axes


def _computed(lines: list[Instruction], line: Instruction) -> Instruction:
    if line.op.name == "count":
        shape = lines[line.inputs[0]].spec.shape
        value = np.asarray(math.prod(shape[axis] or 0 for axis in _axes(line)), np.int64)
    else:
        with np.errstate(all="ignore"):
            arrays = [lines[k].value for k in line.inputs]
            value = np.array(line.op.array(np, *arrays, **dict(line.attrs)))
    return Instruction(CONSTANT, (), (), line.spec, line.label, value)
