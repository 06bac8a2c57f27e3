"""Many steps of a run as one function that JAX compiles, or as several calls of one step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, final

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import Frozen
from pellucid.compile import Data, Program, Run
from pellucid.engines.rows import is_contiguous
from pellucid.engines.xla.layout import Layout, jax
from pellucid.engines.xla.translating import Traced

__all__ = ["Call", "Leg", "Loop", "legs_of"]

BLOCK = 32  # steps of one call on an accelerator, where the number of steps has to be known
LONGEST, SHORTEST = 1024, 16  # steps of one call on a CPU
NUMBERS = 2**18  # of rows that are handed over for a call, at most


class Leg(Frozen):
    """All steps of one phase with the same program: whole batches, or the tail.

    Attributes
    ----------
    phase : which arrays its rows are in
    size : how many rows a batch has
    contiguous : whether they lie one behind the other
    """

    program: Program
    phase: int
    size: int
    contiguous: bool

    @property
    def key(self) -> tuple[Any, ...]:
        """What tells it from others, also in another run."""
        return self.program.labelled_key, self.phase, self.size, self.contiguous

    def picked(self, array: Any, rows: Any) -> Any:
        """Pick the rows of a batch from all of them."""
        if self.contiguous:
            return jax("lax").dynamic_slice_in_dim(array, rows[0], self.size)
        return array.at[rows[: self.size]].get(mode="promise_in_bounds")


def legs_of(run: Run) -> tuple[list[Leg], NDArray[np.int64]]:
    """List the legs of a run, and the number of each by phase and being the tail."""
    legs: list[Leg] = []
    numbers = np.zeros((len(run.phases), 2), np.int64)
    for number, phase in enumerate(run.phases):
        pairs = ((phase.program, phase.batch_size), (phase.tail, phase.tail_size))
        for is_tail, (program, size) in enumerate(pairs):
            if program is not None:
                numbers[number, is_tail] = len(legs)
                legs.append(Leg(program, number, size, is_contiguous(run, number)))
    return legs, numbers


class Call(NamedTuple):
    """So many steps, from one on, that are one call; and the legs among which they choose."""

    first: int
    steps: int
    legs: tuple[int, ...]


@final
class Loop:
    """The steps of runs that have the same legs.

    Where convolutions run on a CPU, each step is a call, since inside of a loop XLA computes them
    several times slower. Other steps on a CPU are one loop, which goes from phase to phase itself.
    On accelerators a loop would wait for the host wherever it has a choice, so that there blocks of
    steps of one leg are a call; and so between several devices, to which the batches of a block are
    handed over, each its share.
    """

    def __init__(self, legs: Sequence[Leg], layout: Layout, precision: str | None) -> None:
        self.legs, self._layout = tuple(legs), layout
        self.traced = [Traced(leg.program, precision) for leg in legs]
        self.width = max(leg.size for leg in legs)
        self._functions: dict[tuple[int, tuple[int, ...]], Any] = {}
        lines = [line for leg in legs for line in leg.program.instructions]
        on_cpu = layout.kind == "cpu"
        slides = on_cpu and any(line.op.name.startswith("conv") for line in lines)
        self.chooses = on_cpu and not slides and layout.count == 1
        self.length = 1 if slides else BLOCK
        if self.chooses:
            self.length = max(SHORTEST, min(LONGEST, NUMBERS // self.width))

    def calls(self, legs: NDArray[np.int64]) -> Iterator[Call]:
        """Divide steps, of which the leg is given, into calls."""
        if self.chooses:
            every = tuple(range(len(self.legs)))
            for first in range(0, len(legs), self.length):
                yield Call(first, min(self.length, len(legs) - first), every)
            return
        first = 0
        while first < len(legs):
            last = min(first + self.length, len(legs))
            alike = last - first == self.length and len(set(legs[first:last])) == 1
            steps = self.length if alike else 1
            yield Call(first, steps, (int(legs[first]),))
            first += steps

    def advance(
        self, call: Call, state: Any, hyper: Any, legs: Any, rows: Any, data: Data, resident: Any
    ) -> tuple[Any, Any]:
        """Do the steps of a call: the new state, and a line of numbers for each step.

        The lines have the scalars of the step, then its fault.

        Parameters
        ----------
        state : arrays on the device, which are used up
        legs, rows : of each step
        resident : the rows of all phases on the device, where there is one device
        """
        chosen = slice(call.first, call.first + call.steps)
        legs, rows = legs[chosen], rows[chosen]
        if resident is None:
            leg = self.legs[legs[0]]
            arrays = data.arrays[leg.phase]
            resident = [self._layout.shared(array, rows[:, : leg.size]) for array in arrays]
        length = self.length if self.chooses else call.steps
        key = length, call.legs
        if key not in self._functions:
            self._functions[key] = self._compiled(length, call.legs)
        given = _padded(legs, length), _padded(rows, length), np.int32(call.steps)
        return self._functions[key](state, resident, hyper, *given)

    def _compiled(self, length: int, choice: tuple[int, ...]) -> Any:
        lax, xp = jax("lax"), jax("numpy")
        branches = [self._step(number) for number in choice]
        columns = len(self.legs[0].program.outputs) + 1

        def advance(
            state: Any, data: Any, hyper: Any, legs: Any, rows: Any, count: Any
        ) -> tuple[Any, Any]:
            def one(k: Any, so_far: tuple[Any, Any]) -> tuple[Any, Any]:
                given = so_far[0], data, hyper, rows, k
                state, line = (
                    branches[0](*given) if len(branches) == 1
                    else lax.switch(legs[k], branches, *given)
                )  # fmt: skip
                return state, so_far[1].at[k].set(line)

            start = state, xp.zeros((length, columns))
            if length == 1:
                return one(0, start)
            return lax.fori_loop(0, count if self.chooses else length, one, start)

        return jax().jit(advance, donate_argnums=0, out_shardings=self._layout.whole)

    def _step(self, number: int) -> Callable[..., tuple[Any, Any]]:
        """Give one step of a leg: pick the batch, run the program, and keep its updates."""
        leg, traced = self.legs[number], self.traced[number]

        def step(state: Any, data: Any, hyper: Any, rows: Any, k: Any) -> tuple[Any, Any]:
            if self._layout.count > 1:
                batch = [array[k] for array in data]
            else:
                batch = [leg.picked(array, rows[k]) for array in data[leg.phase]]
            results = traced([*batch, *(hyper if leg.phase == 0 else ())], state)
            state = list(state)
            for (place, _), new in zip(leg.program.updates, results.updates, strict=True):
                state[place] = new
            line = [one.astype("float64") for one in (*results.outputs, results.fault)]
            return state, jax("numpy").stack(line)

        return step


def _padded(array: Any, length: int) -> Any:
    """Repeat the last line until there are so many."""
    return np.concatenate([array, np.repeat(array[-1:], length - len(array), axis=0)])
