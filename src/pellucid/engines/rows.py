"""Which rows make up the batches of a plan: the same on every engine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.compile import Plan, Run, Segment
from pellucid.order import ArrayBuilder, drawn_row, permuted_row, round_keys, stream_key

__all__ = ["batch_rows", "batches", "is_contiguous", "rows_of"]

_ARRAYS = ArrayBuilder()


def is_contiguous(run: Run, phase: int) -> bool:
    """Tell whether the rows of a batch of this phase lie one behind the other."""
    return phase == 1 or run.sampling == "sequential"


def batch_rows(run: Run, segment: Segment, step: int) -> NDArray[Any] | slice:
    """Give the row numbers of one step, or a slice when they are consecutive."""
    one = Plan.of([segment._replace(first=step, steps=1)])
    return next(batches(run, one))[1]


def batches(run: Run, plan: Plan) -> Iterator[tuple[Segment, NDArray[Any] | slice]]:
    """Give, for each step of a plan, its segment and its rows."""
    sizes = [(phase.batch_size, phase.tail_size) for phase in run.phases]
    lines = iter(rows_of(run, plan, max(map(max, sizes))))
    for segment in plan:
        size = sizes[segment.phase][segment.is_tail]
        for _ in range(segment.steps):
            rows = next(lines)[:size]
            first = int(rows[0])
            consecutive = is_contiguous(run, segment.phase)
            yield segment, slice(first, first + size) if consecutive else rows


def rows_of(run: Run, plan: Plan, width: int) -> NDArray[np.int32]:
    """Give the row numbers of all steps: one line each, as many as `width` in it."""
    steps = _steps_of(plan)
    sizes = np.array([phase.batch_size for phase in run.phases])
    places = (steps * sizes[plan.phases])[:, None] + np.arange(width)
    drawn = plan.phases == 0
    if not is_contiguous(run, 0) and drawn.any():
        places[drawn] = _drawn(run, plan.epochs[drawn], steps[drawn], places[drawn])
    return places.astype(np.int32)


def _steps_of(plan: Plan) -> NDArray[np.int64]:
    """Give the number of each step within its phase."""
    begins = np.repeat(plan.ends - plan.counts, plan.counts)
    return np.arange(plan.steps) - begins + np.repeat(plan.column("first"), plan.counts)


def _drawn(
    run: Run, epochs: NDArray[np.int64], steps: NDArray[np.int64], places: NDArray[np.int64]
) -> NDArray[np.uint32]:
    """Give rows in the order of their epoch, or drawn anew for each step."""
    rows, count = run.train.rows, np.arange(places.shape[1])
    counters, stream = (epochs, 0) if run.sampling == "shuffled" else (steps, 1)
    key = stream_key(_ARRAYS, run.key, counters.astype(np.uint32)[:, None], stream)
    if run.sampling == "with replacement":
        drawn: NDArray[np.uint32] = drawn_row(_ARRAYS, count.astype(np.uint32)[None], key, rows)
        return drawn
    asked = places if stream == 0 else np.broadcast_to(count, places.shape)
    asked = np.minimum(asked, rows - 1).astype(np.uint32)
    found: NDArray[np.uint32] = permuted_row(_ARRAYS, asked, round_keys(key), rows)
    return found
