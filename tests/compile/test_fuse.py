"""Holds: what is quick is computed again, what is slow is computed once and kept in memory."""

from __future__ import annotations

import pytest

import pellucid as pel
from pellucid.compile import Program, optimised, trace
from pellucid.compile.fuse import LEAST, Kernel, fused


def kernels_with(program: Program, name: str) -> list[Kernel]:
    """Give the kernels that compute an operation, each for itself."""
    return [
        kernel
        for kernel in fused(program).kernels
        if any(program.instructions[k].op.name == name for k in (*kernel.results, *kernel.inlined))
    ]


@pytest.mark.parametrize(("name", "rows", "times"), [
    ("exp", LEAST, 1), ("exp", 4, 1), ("multiply", LEAST, 3), ("multiply", 4, 1),
])  # fmt: skip
def test_only_what_is_large_and_quick_is_computed_again(name: str, rows: int, times: int) -> None:
    x = pel.placeholder((rows, 3), "float32", name="x")
    used = pel.exp(x) if name == "exp" else x * 3.0
    totals = [used.sum(), used.max(), pel.sqrt(used.max(1))]
    program = optimised(trace([x], totals)[0])
    assert len(kernels_with(program, name)) == times


def test_a_product_of_two_large_arrays_is_kept() -> None:
    x, y = (pel.placeholder((LEAST, 3), "float32", name=name) for name in "xy")
    used = x * y
    program = optimised(trace([x, y], [used.sum(), used.max()])[0])
    assert len(kernels_with(program, "multiply")) == 1
