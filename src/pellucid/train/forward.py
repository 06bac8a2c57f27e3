"""A network as a compiled function of rows, in evaluation mode, some rows at a time."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pellucid.engines import Engine, choose, earlier
from pellucid.engines.function import Function, function
from pellucid.graph import Tensor, placeholder, symbolic

if TYPE_CHECKING:
    from pellucid.models import Network

__all__ = ["CHUNK", "Compute", "compiled", "engine_for", "forward", "summed"]

CHUNK = 256  # rows that are computed together

Compute = Callable[..., Sequence[Tensor]]


def engine_for(network: Network, wish: str | Engine | None = None) -> Engine:
    """Give the engine that was asked for, or else the one that the last fit used."""
    record = network._record
    if wish is None and record is not None:
        wish = earlier(record.history.engine)
    return choose(wish)


def forward(
    network: Network,
    key: Hashable,
    compute: Compute,
    inputs: Sequence[NDArray[Any]],
    *,
    engine: Engine,
    batch_size: int = CHUNK,
) -> list[NDArray[Any]]:
    """Compute something of each row; `key` names it, so that it is compiled once.

    Parameters
    ----------
    compute : gives tensors, with a row for each row, from the symbols of the inputs
    """
    parts = _chunks(network, key, compute, inputs, engine, batch_size)
    return [np.concatenate(part) if len(part) > 1 else part[0] for part in zip(*parts, strict=True)]


def summed(
    network: Network,
    key: Hashable,
    compute: Compute,
    arrays: Sequence[NDArray[Any]],
    engine: Engine,
) -> NDArray[np.float64]:
    """Compute scalars of inputs and targets, and add them up in float64 over all rows."""
    parts = _chunks(network, key, compute, arrays, engine, CHUNK)
    return np.sum(np.asarray(parts, np.float64), axis=0)


def _chunks(
    network: Network,
    key: Hashable,
    compute: Compute,
    arrays: Sequence[NDArray[Any]],
    engine: Engine,
    size: int,
) -> list[list[Any]]:
    ask = compiled(network, key, compute, arrays, engine)
    starts = range(0, len(arrays[0]), size)
    return [ask(*[array[k : k + size] for array in arrays]) for k in starts]


def compiled(
    network: Network,
    key: Hashable,
    compute: Compute,
    arrays: Sequence[NDArray[Any]],
    engine: Engine,
) -> Function:
    """Give the function that computes this of such arrays, a list of arrays."""
    kinds = tuple((array.shape[1:], array.dtype) for array in arrays)

    def made() -> Function:
        rows = [placeholder((None, *shape), dtype, name=f"array {k}")
                for k, (shape, dtype) in enumerate(kinds)]  # fmt: skip
        with symbolic():
            return function(rows, list(compute(*rows)), engine=engine)

    found: Function = network._functions.get((key, kinds, engine), made)
    return found
