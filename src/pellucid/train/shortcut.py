"""The short way to an answer: of a few rows in one array, through one input to one head.

All that does not depend on the rows has been found when such rows were answered before. Whatever
is not as it was then takes the long way, where it is checked, and refused by name.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any, final

import numpy as np
from numpy.typing import NDArray

from pellucid.engines import Engine
from pellucid.engines.function import Function
from pellucid.train.forward import CHUNK, Compute, compiled

if TYPE_CHECKING:
    from pellucid.models import Network

__all__ = ["Shortcut", "keep_shortcut", "shortcut"]

Array = NDArray[Any]
ALONE = 8192  # elements up to which BLAS keeps to one thread


@final
class Shortcut:
    """Answers rows like those that were answered before.

    Parameters
    ----------
    example : rows as the function takes them
    finish : makes the answer of the head's output
    """

    def __init__(
        self, network: Network, function: Function, example: Array, finish: Callable[[Array], Any]
    ) -> None:
        variables = network.variables().values()
        self._weight = next((v for v in variables if v.dtype.kind == "f"), None)
        self._record = network._record
        prepared = () if self._record is None else self._record.preparations
        self._preparation = prepared[0] if prepared else None
        self._function, self._finish = function, finish
        self._dtype, self._row = example.dtype, example.shape[1:]

    def __call__(self, network: Network, X: Any) -> Any:
        """Give the answer, or ``None`` where the long way is to be taken."""
        if (
            type(X) is not np.ndarray
            or X.ndim < 2
            or not 0 < len(X) <= CHUNK
            or not self.is_current(network)
        ):
            return None
        x = self._plain(X) if self._preparation is None else self._prepared(X)
        return None if x is None else self._finish(self._function(x)[0])

    def is_current(self, network: Network) -> bool:
        """Tell whether the network was neither fitted nor converted since."""
        weight = self._weight
        return (
            network._record is self._record and weight is not None and weight.dtype is self._dtype
        )

    def _plain(self, X: Array) -> Array | None:
        """Give rows in the dtype of the network, if they are numbers, and finite."""
        if X.shape[1:] != self._row:
            return None
        if X.dtype is not self._dtype:
            if X.dtype.kind not in "biuf":
                return None
            with np.errstate(over="ignore", invalid="ignore"):
                X = X.astype(self._dtype, order="C")
        return X if _is_finite(X) else None

    def _prepared(self, X: Array) -> Array | None:
        assert self._preparation is not None
        x = self._preparation.apply(X, dtype=self._dtype, name="X").array
        return x if x.shape[1:] == self._row else None


def _is_finite(X: Array) -> bool:
    """Tell, by the sum of squares where that is quickest; it may overflow, and then says no."""
    return math.isfinite(np.vdot(X, X)) if X.size <= ALONE else bool(np.isfinite(X).all())


def shortcut(network: Network, key: Hashable, X: Any) -> Any:
    """Answer rows the short way, if it is known and they can take it; else give ``None``."""
    known = network._functions.find(key)
    return None if known is None else known(network, X)


def keep_shortcut(
    network: Network,
    key: Hashable,
    question: tuple[Hashable, Compute],
    inputs: Sequence[Array],
    engine: Engine,
    finish: Callable[[Array], Any],
) -> None:
    """Remember the short way for rows that the long way has answered.

    Parameters
    ----------
    question : what was computed, and its key
    finish : makes the answer of the only head's output
    """
    known = network._functions.find(key)
    if len(inputs) == 1 and (known is None or not known.is_current(network)):
        function = compiled(network, *question, inputs, engine)
        network._functions.keep(key, Shortcut(network, function, inputs[0], finish))
