"""The array operations of a graph that was built once, done again with other arrays."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from operator import itemgetter
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from pellucid.graph.tensor import CONSTANT, Tensor, Whole
from pellucid.graph.variable import READ
from pellucid.graph.walk import given_to, topological

__all__ = ["Replay", "structure"]

Tensors = Sequence[Tensor]
LARGEST = 1 << 16  # elements of what is computed once and kept


@final
class Replay:
    """What computes `results` from the values of `given`, one array operation after another.

    It keeps no tensor. Variables are read anew at each call. What depends on constants alone is not
    computed again, and what would be computed twice, also among the given, is computed once.

    Parameters
    ----------
    given : tensors whose values are told at each call
    results : tensors that depend on these, on variables and on constants alone
    same : those of the given whose value is told but never changes

    Examples
    --------
    >>> import pellucid as pel
    >>> x = pel.placeholder((2,))
    >>> square = Replay([x], [x * x])
    >>> square([pel.tensor([2.0, 3.0]).numpy()])
    [array([4., 9.], dtype=float32)]
    """

    def __init__(self, given: Tensors, results: Tensors, same: Tensors = ()) -> None:
        place = {id(node): k for k, node in enumerate(given)}
        known: dict[Hashable, int] = {
            (node.signature, *[place[id(x)] for x in node.inputs]): place[id(node)]
            for node in given
            if node.inputs and all(id(x) in place for x in node.inputs)
        }
        fixed = {place[id(node)] for node in same}
        for node in given:
            if node.inputs and all(place.get(id(x)) in fixed for x in node.inputs):
                fixed.add(place[id(node)])
        self._values: list[Any] = [None] * len(given)
        self._lines: list[tuple[int, Callable[..., Any], Callable[[Any], Any]]] = []
        for node in topological(results, into=lambda node: id(node) not in place):
            if id(node) in place:
                continue
            places = [place[id(x)] for x in node.inputs]
            key = id(node.value) if node.op is CONSTANT else (node.signature, *places)
            place[id(node)] = where = known.setdefault(key, len(self._values))
            if where < len(self._values):
                continue
            small = node.value is not None and (node.value.size <= LARGEST or not places)
            if small and node.op is not READ and fixed.issuperset(places):
                fixed.add(where)
                self._values.append(node.value)
            else:
                self._values.append(None)
                self._lines.append((where, node.signature.array, _picked(places)))
        self._results = [place[id(node)] for node in results]

    def __call__(self, arrays: Sequence[NDArray[Any] | None]) -> list[NDArray[Any]]:
        """Compute the results; `arrays` are the values of the given, of the same specs as then."""
        values = self._values.copy()
        values[: len(arrays)] = arrays
        with np.errstate(all="ignore"):
            for where, array, operands in self._lines:
                values[where] = np.asarray(array(*operands(values)))
        results = [values[k] for k in self._results]
        for result in results:
            result.setflags(write=False)
        return results


def _picked(places: Sequence[int]) -> Callable[[Any], Any]:
    """Make what picks the values at `places`, always as a sequence."""
    if len(places) > 1:
        return itemgetter(*places)
    return itemgetter(slice(places[0], places[0] + 1) if places else slice(0))


def structure(order: Sequence[Tensor]) -> Hashable:
    """Tell what decides the gradients of a graph, beside its values.

    That is the signature of each node, or the recipe of a composite, and where its inputs stand in
    `order`; of a leaf, whether a gradient is left with it, or with a variable that was read before.

    Examples
    --------
    >>> import pellucid as pel
    >>> def graph(x, y):
    ...     return structure(topological([x * y + x]))
    >>> x, y = pel.tensor(1.0), pel.tensor(2.0)
    >>> graph(x, y) == graph(y, x), graph(x, y) == graph(x, x)
    (True, False)
    """
    found: list[Any] = []
    place: dict[int, int] = {}
    for k, node in enumerate(order):
        place[id(node)] = k
        if inputs := given_to(node):
            made_of = node.made_of
            found.append(made_of.recipe if type(made_of) is Whole else node.signature)
            found += map(place.__getitem__, map(id, inputs))
        else:
            leaf = node.attrs["variable"] if node.op is READ else node
            found.append(place.setdefault(id(leaf), k) if node.requires_grad else None)
    return tuple(found)
