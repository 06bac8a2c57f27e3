"""Programs for the tests of the native engine, and a look at how they are compiled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from native.bodies import compiler
from pellucid.compile import Program, optimised, trace
from pellucid.compile.memory import Layout, laid_out
from pellucid.compile.schedule import Schedule, scheduled
from pellucid.engines.native.executable import NativeExecutable
from pellucid.engines.native.module import program_text
from pellucid.engines.reference import ReferenceExecutable
from pellucid.graph import Tensor, Variable

Array = NDArray[Any]


def program(
    inputs: Sequence[Tensor],
    outputs: Sequence[Tensor],
    updates: Mapping[Variable, Tensor] | None = None,
) -> Program:
    """Trace a graph, and improve it as every engine has it improved."""
    return optimised(trace(inputs, outputs, updates)[0])


def planned(one: Program) -> tuple[Schedule, Layout]:
    schedule = scheduled(one)
    return schedule, laid_out(one, schedule)


def named(one: Program, numbers: Sequence[int]) -> list[str]:
    """Name the operations of lines."""
    return [one.instructions[number].op.name for number in numbers]


def executable(one: Program, *, inline: bool = True, vector_bytes: int = 0) -> NativeExecutable:
    width = vector_bytes or compiler().vector_bytes
    written = program_text(one, width, inline=inline)
    return NativeExecutable(one, compiler().compile("", lambda: written, keep=False))


def check(one: Program, inputs: Sequence[Array], state: Sequence[Array] = (), **how: Any) -> None:
    """Compare with the reference, and see that nothing given was written to."""
    before = [array.copy() for array in (*inputs, *state)]
    wanted = ReferenceExecutable(one)(inputs, state)
    found = executable(one, **how)(inputs, state)
    for value, known in zip(found, wanted, strict=True):
        near = 1e-5 if known.dtype == np.float32 else 1e-11
        np.testing.assert_allclose(value, known, rtol=near, atol=near, strict=True)
        assert not any(np.shares_memory(value, array) for array in (*inputs, *state))
    for array, copy in zip((*inputs, *state), before, strict=True):
        np.testing.assert_array_equal(array, copy)
