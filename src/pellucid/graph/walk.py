"""Walks over the graph, iterative: a chain of a hundred thousand operations is no problem."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter

from pellucid.graph.tensor import Tensor, Whole
from pellucid.graph.variable import READ, Variable

__all__ = ["declared_updates", "given_to", "topological", "variables"]


def topological(
    outputs: Iterable[Tensor],
    *,
    into: Callable[[Tensor], bool] | None = None,
    neighbours: Callable[[Tensor], Sequence[Tensor]] = attrgetter("inputs"),
) -> list[Tensor]:
    """List the nodes that `outputs` depend on, every node after its inputs.

    Parameters
    ----------
    into : tells whether to go on from a node to its inputs; always, if left out
    neighbours : gives what counts as the inputs of a node

    Examples
    --------
    >>> import pellucid as pel
    >>> x = pel.placeholder((), name="x")
    >>> [node.op.name for node in topological([x * x + x])]
    ['placeholder', 'multiply', 'add']
    """
    order: list[Tensor] = []
    seen: set[int] = set()
    stack: list[Tensor | None] = [*reversed([*outputs])]
    while stack:
        node = stack.pop()
        if node is None:  # all inputs of the one below are in order
            order.append(stack.pop())  # type: ignore[arg-type]
        elif (key := id(node)) not in seen:
            seen.add(key)
            inputs = neighbours(node)
            if inputs and (into is None or into(node)):
                stack += (node, None, *inputs[::-1])
            else:
                order.append(node)
    return order


def given_to(node: Tensor) -> tuple[Tensor, ...]:
    """Give the inputs of a node, and of a composite's result those of the composite."""
    made_of = node.made_of
    return made_of.operands if type(made_of) is Whole else made_of


def variables(outputs: Iterable[Tensor]) -> list[Variable]:
    """List the variables that are read in the graph of `outputs`, each once, in order of use."""
    reads = [node.attrs["variable"] for node in topological(outputs) if node.op is READ]
    return list(dict.fromkeys(reads))


def declared_updates(outputs: Iterable[Tensor]) -> dict[Variable, Tensor]:
    """Collect the updates that are declared with nodes in the graph of `outputs`."""
    updates: dict[Variable, Tensor] = {}
    for node in topological(outputs):
        updates.update(node.updates)
    return updates
