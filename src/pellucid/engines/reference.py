"""The reference engine: each operation's own meaning over NumPy, one after another.

It is the definition: every other engine is tested against it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from pellucid.compile import Data, Plan, Program, Run, RunState, Segment
from pellucid.engines.base import Engine, Executable
from pellucid.engines.rows import batches
from pellucid.graph.op import Leaf

__all__ = ["ReferenceEngine", "ReferenceExecutable"]


@final
class ReferenceExecutable(Executable):
    """Runs the instructions in order; a result is let go after its last use unless all are kept."""

    def __init__(self, program: Program, *, keep_all: bool = False) -> None:
        self.program = program
        last = {k: number for number, line in enumerate(program.instructions) for k in line.inputs}
        keep = set(range(len(program.instructions)) if keep_all else program.results)
        self._release = [
            [k for k in set(line.inputs) if last[k] == number and k not in keep]
            for number, line in enumerate(program.instructions)
        ]

    def values(
        self, inputs: Sequence[NDArray[Any]], state: Sequence[NDArray[Any]]
    ) -> list[NDArray[Any] | None]:
        """Compute; what is not a result, and was let go, is ``None``."""
        program = self.program
        values: list[Any] = [line.value for line in program.instructions]
        for number, array in zip(program.inputs, inputs, strict=True):
            values[number] = array
        for number, array in zip(program.state, state, strict=True):
            values[number] = array
        with np.errstate(all="ignore"):
            for number, line in enumerate(program.instructions):
                if isinstance(line.op.body, Leaf):
                    continue
                operands = [values[k] for k in line.inputs]
                values[number] = np.asarray(line.op.array(np, *operands, **dict(line.attrs)))
                for k in self._release[number]:
                    values[k] = None
        return values

    def __call__(
        self, inputs: Sequence[NDArray[Any]], state: Sequence[NDArray[Any]]
    ) -> list[NDArray[Any]]:
        """Give the outputs, then the new value of each update, as arrays of their own."""
        values = self.values(inputs, state)
        return [np.array(values[number]) for number in self.program.results]


@final
class ReferenceEngine(Engine):
    """NumPy, operation by operation: slow, and right by definition."""

    name = "reference"

    def compile(self, program: Program) -> ReferenceExecutable:
        """Make a concrete program ready to run."""
        return _executable(program)

    def steps(self, run: Run, state: RunState, data: Data, plan: Plan) -> NDArray[np.float64]:
        """Work off `plan`, changing ``state.arrays``; give one row of scalars for each step."""
        steps = [self._step(run, state, data, *batch) for batch in batches(run, plan)]
        return np.array(steps, np.float64).reshape(-1, run.columns)

    def _step(
        self,
        run: Run,
        state: RunState,
        data: Data,
        segment: Segment,
        rows: NDArray[Any] | slice,
    ) -> list[float]:
        phase = run.phases[segment.phase]
        program = phase.tail if segment.is_tail else phase.program
        assert program is not None
        batch = [array[rows] for array in data.arrays[segment.phase]]
        hyper = data.hyper if segment.phase == 0 else ()
        results = self.compile(program)([*batch, *hyper], state.arrays)
        outputs = len(program.outputs)
        for (place, _), value in zip(program.updates, results[outputs:], strict=True):
            np.copyto(state.arrays[place], value)
        return [float(value) for value in results[:outputs]]


@lru_cache(maxsize=64)
def _executable(program: Program) -> ReferenceExecutable:
    return ReferenceExecutable(program)
