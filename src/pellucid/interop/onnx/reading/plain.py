"""A graph as plain data, which a file of ours can hold, and back."""

from __future__ import annotations

import base64
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import FileError, GraphError
from pellucid.interop.onnx.reading.graph import READERS, Graph, Step, check_order
from pellucid.interop.onnx.reading.node import DTYPES, Node

__all__ = ["plain", "restored"]


def plain(graph: Graph, weights: Collection[str]) -> dict[str, Any]:
    """Write a graph as texts, numbers and lists; of `weights` there is the kind alone.

    Examples
    --------
    >>> graph = Graph((), ("x",), ("x",), {"w": np.ones(2), "axes": np.array([1])})
    >>> written = plain(graph, {"w"})
    >>> written["arrays"][0]
    ['w', 'float64', [2], None]
    >>> again = restored(written)
    >>> again.arrays["axes"], again.absent
    (array([1]), frozenset({'w'}))
    """
    arrays = [[name, *_written(array, name in weights)] for name, array in graph.arrays.items()]
    steps = [
        [
            *[step.node.kind, step.node.name, step.node.opset, step.node.outputs],
            {name: _setting(value) for name, value in step.node.attributes.items()},
            *[list(step.inputs), list(step.outputs)],
        ]
        for step in graph.steps
    ]
    ends = {"inputs": list(graph.inputs), "outputs": list(graph.outputs)}
    return {**ends, "steps": steps, "arrays": arrays}


def _setting(value: Any) -> Any:
    return {"array": _written(value)} if isinstance(value, np.ndarray) else value


def _written(array: NDArray[Any], is_weight: bool = False) -> list[Any]:
    little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    values = None if is_weight else base64.b64encode(little.tobytes()).decode()
    return [array.dtype.name, list(array.shape), values]


def restored(written: Mapping[str, Any]) -> Graph:
    """Make the graph that :func:`plain` wrote; of weights, which are elsewhere, the kind alone.

    Raises
    ------
    FileError : for what is no graph
    GraphError : naming an operator that is not known
    """
    steps = tuple(_step(*one) for one in written["steps"])
    arrays = {name: _array(*one) for name, *one in written["arrays"]}
    inputs, outputs = tuple(written["inputs"]), tuple(written["outputs"])
    check_order(steps, [*inputs, *arrays], outputs, "the graph")
    absent = frozenset(name for name, *_, values in written["arrays"] if values is None)
    return Graph(steps, inputs, outputs, arrays, absent)


def _step(
    kind: str, name: str, opset: int, number: int, settings: Mapping[str, Any],
    inputs: Sequence[str], outputs: Sequence[str],
) -> Step:  # fmt: skip
    if kind not in READERS:
        raise GraphError(f"the graph has an operator that is not known here: {kind}", where=name)
    attributes = {key: _attribute(value) for key, value in settings.items()}
    return Step(Node(kind, name, attributes, opset, number), tuple(inputs), tuple(outputs))


def _attribute(value: Any) -> Any:
    if isinstance(value, Mapping):
        return _array(*value["array"])
    return tuple(value) if isinstance(value, list) else value


def _array(name: str, shape: Sequence[int], values: str | None) -> NDArray[Any]:
    if name not in DTYPES.values():
        raise FileError(f"an array of the graph has the dtype {name}, which is not known here")
    dtype = np.dtype(name)
    if values is None:
        return np.broadcast_to(np.zeros((), dtype), shape)
    found = np.frombuffer(base64.b64decode(values), dtype.newbyteorder("<"))
    return found.astype(dtype, copy=False).reshape(shape)
