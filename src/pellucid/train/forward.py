"""A network as a compiled function of rows, in evaluation mode, some rows at a time."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pellucid.engines.function import Function, function
from pellucid.graph import Tensor, placeholder, symbolic

if TYPE_CHECKING:
    from pellucid.models import Network

__all__ = ["forward", "link_of", "summed"]

CHUNK = 256  # rows that are computed together


def forward(
    network: Network, key: Hashable, compute: Callable[..., Tensor], *inputs: NDArray[Any]
) -> NDArray[Any]:
    """Compute something of each row; `key` names it, so that it is compiled once.

    Parameters
    ----------
    compute : gives a tensor, a row for each row, from the symbols of the inputs
    """
    parts = _chunks(network, key, lambda *x: [compute(*x)], inputs)
    return np.concatenate([part for (part,) in parts]) if len(parts) > 1 else parts[0][0]


def summed(
    network: Network,
    key: Hashable,
    compute: Callable[[Tensor, Tensor], list[Tensor]],
    arrays: Sequence[NDArray[Any]],
) -> NDArray[np.float64]:
    """Compute scalars of inputs and targets, and add them up in float64 over all rows."""
    parts = _chunks(network, key, compute, arrays)
    return np.sum(np.asarray(parts, np.float64), axis=0)


def _chunks(
    network: Network,
    key: Hashable,
    compute: Callable[..., list[Tensor]],
    arrays: Sequence[NDArray[Any]],
) -> list[list[Any]]:
    kinds = tuple((array.shape[1:], array.dtype) for array in arrays)

    def made() -> Function:
        rows = [placeholder((None, *shape), dtype) for shape, dtype in kinds]
        with symbolic():
            return function(rows, compute(*rows))

    ask = network._functions.get((key, kinds), made)
    starts = range(0, len(arrays[0]), CHUNK)
    return [ask(*[array[k : k + CHUNK] for array in arrays]) for k in starts]


def link_of(
    network: Network, link: Callable[[Tensor], Tensor] | None
) -> Callable[[Tensor], Tensor]:
    """Give the network followed by what makes probabilities of its output, if anything does."""
    return lambda x: network(x) if link is None else link(network(x))
