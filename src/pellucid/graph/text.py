"""Graphs as text: one line a node, each after its inputs."""

from __future__ import annotations

from collections.abc import Iterable

from pellucid.graph.tensor import CONSTANT, Tensor
from pellucid.graph.variable import READ
from pellucid.graph.walk import topological

__all__ = ["listing"]


def listing(outputs: Iterable[Tensor]) -> str:
    """Write the graph of `outputs` line by line: number, operation, operands, shape and dtype.

    Examples
    --------
    >>> import pellucid as pel
    >>> x = pel.placeholder((None, 2), name="x")
    >>> print(listing([pel.exp(x).sum()]))
    %0 = placeholder 'x'  float32[?,2]
    %1 = exp %0  float32[?,2]
    %2 = sum %1 axes=(0, 1) keepdims=False  float32[]
    """
    numbers: dict[int, str] = {}
    lines = []
    for node in topological(outputs):
        number = numbers[id(node)] = f"%{len(numbers)}"
        parts = [node.op.name, *(numbers[id(x)] for x in node.inputs)]
        if node.name:
            parts.append(repr(node.name))
        elif node.op is CONSTANT and node.value is not None and node.value.size == 1:
            parts.append(str(node.value.item()))
        elif node.op is not READ and node.op is not CONSTANT:
            parts += [f"{key}={value}" for key, value in node.attrs.items()]
        lines.append(f"{number} = {' '.join(parts)}  {node.spec}")
    return "\n".join(lines)
