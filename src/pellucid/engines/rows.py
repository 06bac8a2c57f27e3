"""Which rows make up the batch of a step: the same on every engine."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.compile import Run, Segment
from pellucid.order import ArrayBuilder, drawn_row, rows_in_order, stream_key

__all__ = ["batch_rows"]

_ARRAYS = ArrayBuilder()


def batch_rows(run: Run, segment: Segment, step: int) -> NDArray[Any] | slice:
    """Give the row numbers of one step, or a slice when they are consecutive."""
    phase = run.phases[segment.phase]
    size = phase.tail_size if segment.is_tail else phase.batch_size
    start = step * phase.batch_size
    if segment.phase == 1 or run.sampling == "sequential":
        return slice(start, start + size)
    if run.sampling == "shuffled":
        return _epoch_order(run.key, segment.epoch, phase.rows)[start : start + size]
    if run.sampling == "with replacement":
        key = stream_key(_ARRAYS, run.key, np.uint32(step), 1)
        positions = np.arange(size, dtype=np.uint32)
        return drawn_row(_ARRAYS, positions, key, phase.rows).astype(np.int64)
    return rows_in_order(run.key, step, 1, size, phase.rows)


@lru_cache(maxsize=8)
def _epoch_order(key: tuple[int, int], epoch: int, rows: int) -> NDArray[np.int64]:
    return rows_in_order(key, epoch, 0, rows, rows)
