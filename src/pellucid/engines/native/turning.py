"""Which matrices lie column by column in memory: those whose rows are shorter than a vector.

The activations of a small layer have many rows of few numbers. Where they lie by columns, what is
done to each row alone (a softmax) is done to a vector of rows at once, and so are products.
"""

from __future__ import annotations

from collections import defaultdict

from pellucid.compile.access import extents
from pellucid.compile.memory import Layout
from pellucid.compile.program import Program
from pellucid.compile.schedule import Schedule
from pellucid.shapes import Shape

__all__ = ["turned_shapes"]


def turned_shapes(
    program: Program, schedule: Schedule, layout: Layout, vector_bytes: int
) -> frozenset[Shape]:
    """Choose shapes of which everything in the workspace lies column by column.

    Nothing of such a shape may be seen by others: be state, an output, or viewed as another shape.
    """
    lines, base = program.instructions, schedule.base
    kinds: dict[Shape, set[str]] = defaultdict(set)
    widths: dict[Shape, int] = defaultdict(int)
    for number, line in enumerate(lines):
        shape = line.spec.shape
        if number in layout.locations:
            kinds[shape].add(layout.locations[number].kind)
        if line.spec.dtype.kind == "f":
            widths[shape] = max(widths[shape], line.spec.dtype.itemsize)
        if base[number] >= 0 and lines[base[number]].spec.shape != shape:
            kinds[lines[base[number]].spec.shape].add("viewed")
    seen = {"state", "output", "viewed"}
    return frozenset(
        shape
        for shape, found in kinds.items()
        if "workspace" in found and not found & seen and _is_narrow(shape, widths, vector_bytes)
    )


def _is_narrow(shape: Shape, widths: dict[Shape, int], vector_bytes: int) -> bool:
    if len(shape) != 2 or not widths[shape]:
        return False
    lanes, (rows, row) = vector_bytes // widths[shape], extents(shape)
    return 1 < row < lanes <= rows
