"""Which rows make up the batches of a plan, worked out for all of its steps together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pellucid.compile import Plan, Run
from pellucid.order import ArrayBuilder, drawn_row, permuted_row, round_keys, stream_key

__all__ = ["is_contiguous", "rows_of"]

_ARRAYS = ArrayBuilder()
Rows = NDArray[np.int32]


def is_contiguous(run: Run, phase: int) -> bool:
    """Tell whether the rows of a batch of this phase lie one behind the other."""
    return phase == 1 or run.sampling == "sequential"


def rows_of(run: Run, plan: Plan, width: int) -> Rows:
    """Give the row numbers of each step: one line each, as many as `width` in it."""
    steps = _steps_of(plan)
    first = steps * np.where(plan.phases == 0, run.train.batch_size, _size_of(run))
    places = first[:, None] + np.arange(width)
    drawn = plan.phases == 0
    if not is_contiguous(run, 0) and drawn.any():
        places[drawn] = _drawn(run, plan.epochs[drawn], steps[drawn], places[drawn])
    return places.astype(np.int32)


def _size_of(run: Run) -> int:
    return 0 if run.validate is None else run.validate.batch_size


def _steps_of(plan: Plan) -> NDArray[np.int64]:
    """Give the number of each step within its phase."""
    begins = np.repeat(plan.ends - plan.counts, plan.counts)
    return np.arange(plan.steps) - begins + np.repeat(plan.column("first"), plan.counts)


def _drawn(
    run: Run, epochs: NDArray[np.int64], steps: NDArray[np.int64], places: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Give rows in the order of their epoch, or drawn anew for each step."""
    rows, width = run.train.rows, places.shape[1]
    counters, stream = (epochs, 0) if run.sampling == "shuffled" else (steps, 1)
    key = stream_key(_ARRAYS, run.key, counters.astype(np.uint32)[:, None], stream)
    if run.sampling == "with replacement":
        positions = np.arange(width, dtype=np.uint32)[None]
        return drawn_row(_ARRAYS, positions, key, rows).astype(np.int64)
    asked = np.minimum(places, rows - 1) if stream == 0 else np.arange(width)[None] + 0 * places
    found: NDArray[np.int64] = permuted_row(
        _ARRAYS, asked.astype(np.uint32), round_keys(key), rows
    ).astype(np.int64)
    return found
