"""The order in which a fit meets its rows, so that the peers can meet the same ones.

The comparison of numbers before each timing shows that it is the order of the fit.
"""

from __future__ import annotations

import numpy as np

from benchmarks.task import Array
from pellucid.ops.random import derive_key
from pellucid.order import rows_in_order


def shuffled(seed: int, rows: int, epochs: int) -> Array:
    """Give the rows of each epoch, a line an epoch."""
    return _rows(seed, rows, epochs, rows, stream=0)


def drawn(seed: int, rows: int, steps: int, size: int) -> Array:
    """Give the rows of batches drawn anew at each step, all in one line."""
    return _rows(seed, rows, steps, size, stream=1).reshape(1, -1)


def _rows(seed: int, rows: int, lines: int, length: int, stream: int) -> Array:
    first, second = derive_key(seed, "order")
    numbers = np.arange(lines).reshape(-1, 1)
    return rows_in_order((first, second), numbers, stream, length, rows)
