"""A node of an ONNX graph as its reader sees it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import Frozen
from pellucid.errors import GraphError
from pellucid.graph import Tensor

__all__ = ["DTYPES", "Node", "Reader", "known"]

DTYPES = {
    1: "float32", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64",
    9: "bool", 10: "float16", 11: "float64", 12: "uint32", 13: "uint64",
}  # fmt: skip

Reader = Callable[..., Any]


class Node(Frozen):
    """One node: its settings, not its operands.

    Attributes
    ----------
    kind : the name of the operator
    name : of its first result
    attributes : settings, as numbers, texts, tuples and arrays
    opset : the version of the operators that the graph is written in
    outputs : how many results are wanted
    """

    kind: str
    name: str
    attributes: Mapping[str, Any]
    opset: int
    outputs: int = 1

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def get(self, name: str, default: Any = None) -> Any:
        """Give a setting."""
        return self.attributes.get(name, default)

    def refused(self, what: str) -> GraphError:
        """Say what is not known about this operator."""
        return GraphError(
            f"{self.kind}: {what}", where=self.name, mend="export the network without it"
        )


def known(node: Node, x: Tensor, what: str) -> NDArray[Any]:
    """Give the numbers of a tensor that decides a shape, which must not depend on the input."""
    if x.value is None:
        raise GraphError(
            f"{node.kind}: the {what} are computed from the input, and are not known yet",
            where=node.name,
            mend="call the network on arrays, or export it with fixed shapes but for the rows",
        )
    return np.asarray(x.value)
