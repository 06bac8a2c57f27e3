"""What can be seen in the graph of a prediction, before there are any rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.diagnose.finding import Finding
from pellucid.diagnose.kinds import found
from pellucid.graph import Tensor, topological
from pellucid.graph.variable import READ
from pellucid.losses import Loss

__all__ = ["ending", "idle_layers", "is_softmax", "last_operation", "meets_weights_first", "twins"]

LINEAR = {"matmul", "conv"}
VIEWS = {"identity", "reshape", "transpose", "expand_dims", "squeeze", "cast"}
NO_PROBABILITIES = {"relu", "softplus", "tanh"}  # functions that go beyond 0 or 1


def last_operation(prediction: Tensor) -> Tensor:
    """Give the node that made a prediction, less those that only hand it on."""
    while prediction.op.name == "identity":
        (prediction,) = prediction.inputs
    return prediction


def is_softmax(node: Tensor) -> bool:
    """Tell whether a node divides powers by their sum."""
    if node.op.name != "divide":
        return False
    powers, total = node.inputs
    return powers.op.name == "exp" and total.op.name == "sum" and total.inputs[0] is powers


def _weights(node: Tensor) -> Tensor | None:
    """Give the variable that a node hands on, if it does nothing else."""
    while node.op.name in VIEWS:
        (node,) = node.inputs
    return node if node.op is READ else None


def _linear(node: Tensor) -> tuple[Tensor, Tensor] | None:
    """Give rows and weights of a layer that ends, without an activation, in this node."""
    if node.op.name == "add":
        x, bias = node.inputs
        node = node if _weights(bias) is None else x
    if node.op.name not in LINEAR:
        return None
    x, read = node.inputs[0], _weights(node.inputs[1])
    return None if read is None or _weights(x) is not None else (x, read)


# --- the last operation --------------------------------------------------------------------


def ending(prediction: Tensor, loss: Loss, where: str = "") -> Iterator[Finding]:
    """Hold the last operation against what the loss takes."""
    last = last_operation(prediction)
    squashed = "softmax" if is_softmax(last) else "sigmoid" * (last.op.name == "sigmoid")
    if squashed == "softmax" and prediction.shape[-1] == 1:
        yield found("PEL103", "the last layer has 1 unit", where)
    elif squashed and loss.takes == "logits":
        yield found(
            "PEL101", f"the network ends in {squashed}, and {loss.name} applies its own", where
        )
    elif loss.takes in ("probabilities", "log-probabilities"):
        made_by = "a linear layer" if _linear(last) is not None else last.op.name
        if made_by in {"a linear layer", *NO_PROBABILITIES}:
            evidence = f"the network ends in {made_by}, and {loss.name} takes {loss.takes}"
            yield found("PEL102", evidence, where)


# --- layers that follow each other ---------------------------------------------------------


def idle_layers(prediction: Tensor) -> Iterator[Finding]:
    """Find linear layers with nothing between; a narrow one in the middle has a meaning."""
    for node in topological([prediction]):
        second = _linear(node) if node.op.name in LINEAR else None
        if second is None:
            continue
        inner = _handed_on(second[0])
        first = None if inner is None else _linear(inner)
        if first is None:
            continue
        before, after = first[1], second[1]
        widths = [_extent(before, 1), _extent(before, 0), _extent(after, 0)]
        if widths[1] >= min(widths[0], widths[2]):
            names = f"{before.attrs['variable'].name} and {after.attrs['variable'].name}"
            evidence = f"{widths[0]} → {widths[1]} → {widths[2]} numbers, by {names}"
            yield found("PEL104", evidence, _layer(after))


def _handed_on(node: Tensor) -> Tensor | None:
    """Go back over what changes no number; a layer that is random in training is something."""
    while node.op.name in VIEWS:
        if node.call is not None and "key" in vars(node.call.module):
            return None
        (node,) = node.inputs
    return node


def _extent(read: Tensor, axis: int) -> int:
    """Count the outputs (axis 0) or the numbers (all others) that weights stand for."""
    first, *others = (extent or 0 for extent in read.shape)
    return first if axis == 0 else int(np.prod(others))


def _layer(read: Tensor) -> str:
    name = str(read.attrs["variable"].name)
    return f"layer {name.rpartition('.')[0] or name}"


def meets_weights_first(x: Tensor, prediction: Tensor) -> bool:
    """Tell whether an input is multiplied by weights before anything else is done to it."""
    known = {id(x)}
    for node in topological([prediction]):
        if not any(id(one) in known for one in node.inputs):
            continue
        if node.op.name in VIEWS:
            known.add(id(node))
        elif node.op.name in LINEAR:
            return True
    return False


# --- weights -------------------------------------------------------------------------------


def twins(weights: Mapping[str, NDArray[Any]]) -> Iterator[Finding]:
    """Find layers whose units begin alike, and are alike to the layer after them.

    Parameters
    ----------
    weights : of layers in their order, (outputs, inputs, …)
    """
    layers = list(weights.items())
    for (name, first), (_, second) in pairwise(layers):
        units = len(first)
        follows = units > 1 and second.shape[1] == units
        if follows and _all_alike(first) and _all_alike(np.moveaxis(second, 1, 0)):
            evidence = f"{units} units have the same {first[0].size} weights"
            yield found("PEL105", evidence, f"layer {name.rpartition('.')[0]}")


def _all_alike(rows: NDArray[Any]) -> bool:
    return bool((rows[0] == rows[1]).all() and (rows == rows[0]).all())
