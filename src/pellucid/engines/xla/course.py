"""A run on the XLA engine, with its rows on the device, and its weights while a plan is done."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from pellucid.compile import Data, Plan, Run, RunState
from pellucid.engines.rows import rows_of
from pellucid.engines.xla.layout import Layout, jax
from pellucid.engines.xla.loop import Leg, Loop, legs_of

__all__ = ["Course"]

Array = NDArray[Any]


@final
class Course:
    """What is known of a run, and what lies on the device for it."""

    def __init__(self, run: Run, layout: Layout, loop: Callable[[Sequence[Leg]], Loop]) -> None:
        layout.check(run.train.batch_size)
        with layout.used():
            layout.check_agreed(run.key)
        legs, self._number = legs_of(run)
        self._layout, self._loop = layout, loop(legs)
        self._given: list[Array] = []
        self._data: Any = None

    def steps(self, run: Run, state: RunState, data: Data, plan: Plan) -> NDArray[np.float64]:
        """Work off a plan; see ``XLA.steps``."""
        legs = self._number[plan.phases, np.repeat(plan.column("is_tail"), plan.counts)]
        rows, lines = rows_of(run, plan, self._loop.width), []
        with self._layout.used():
            resident = self._resident(data) if self._layout.count == 1 else None
            once = self._loop.chooses
            hyper = self._layout.given(list(data.hyper), once=once)
            arrays = self._layout.given(state.arrays, once=once)
            given = hyper, legs.astype(np.int32), rows, data, resident
            for call in self._loop.calls(legs):
                arrays, found = self._loop.advance(call, arrays, *given)
                lines.append((found, call.steps))
            values = np.concatenate([np.asarray(found)[:steps] for found, steps in lines])
            self._check(legs, values)
            for array, new in zip(state.arrays, arrays, strict=True):
                np.copyto(array, np.asarray(new))
        return values[:, :-1]

    def _check(self, legs: NDArray[np.int64], values: NDArray[np.float64]) -> None:
        broken = np.flatnonzero(values[:, -1])
        if len(broken):
            first = broken[0]
            self._loop.traced[legs[first]].check(int(values[first, -1]))

    def _resident(self, data: Data) -> Any:
        """Give the rows of all phases on the device, where they stay while they are the same."""
        given = [array for arrays in data.arrays for array in arrays]
        same = len(given) == len(self._given) and all(map(operator.is_, given, self._given))
        if self._data is None or not same:
            self._given = given
            self._data = jax().device_put([list(arrays) for arrays in data.arrays])
        return self._data
