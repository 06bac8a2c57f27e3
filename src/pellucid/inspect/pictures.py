"""A trace as pictures: its layers, their gradients, the network of one row, its feature maps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from numpy.typing import NDArray

from pellucid import plot
from pellucid.errors import ArgumentError
from pellucid.inspect.quantity import Quantity

__all__ = ["Layer", "distributions", "gradients", "layers_of", "maps", "network"]


class Layer(NamedTuple):
    """A layer with a matrix or kernels: what it has, and what came out of it.

    Attributes
    ----------
    path : its dotted path
    weight, gradient : its weights, and their gradient, if there was a loss
    output : what its activation gave, or what it computed where there is none
    """

    path: str
    weight: Quantity
    gradient: Quantity | None
    output: Quantity | None


def layers_of(quantities: Sequence[Quantity]) -> list[Layer]:
    """List the layers that have weights of two or more dimensions, in order."""
    gradients = {one.path: one for one in quantities if one.kind == "gradient"}
    found: list[Layer] = []
    for one in quantities:
        if one.kind == "weight" and one.value.ndim >= 2:
            path = one.path.rpartition(".")[0] or one.path
            found.append(Layer(path, one, gradients.get(one.path), None))
        elif one.kind == "value" and found:
            last = found[-1]
            if last.output is None or (one.name[0] == "A" and last.output.name[0] != "A"):
                found[-1] = last._replace(output=one)
    if not found:
        raise ArgumentError(
            "no layer of this trace has a matrix or kernels",
            wanted="a network with Linear or convolutional layers",
            mend="look at trace.names: each quantity has a .value to draw",
        )
    return found


def distributions(layers: Sequence[Layer], figure: Any, title: str | None) -> Any:
    """Draw outputs, weights and gradients of each layer."""
    table: dict[str, dict[str, NDArray[Any]]] = {}
    for one in layers:
        kinds = {
            "output": one.output,
            "weights": one.weight,
            "gradient of the weights": one.gradient,
        }
        table[one.path] = {kind: q.value for kind, q in kinds.items() if q is not None}
    return plot.layer_histograms(table, figure=figure, title=title)


def gradients(layers: Sequence[Layer], ax: Any, title: str | None) -> Any:
    """Draw the size of the gradient of the weights of each layer."""
    known = {one.path: one.gradient.value for one in layers if one.gradient is not None}
    if not known:
        raise ArgumentError(
            "this trace has no gradients: it is of a forward pass alone",
            mend="give targets: model.trace(X, y)",
        )
    return plot.gradient_flow(known, ax=ax, title=title)


def network(
    quantities: Sequence[Quantity], layers: Sequence[Layer], row: int | None, ax: Any, look: Any
) -> Any:
    """Draw the network of dense layers, with what its units said of one row."""
    said = None
    if row is not None:
        outputs = [one.output for one in layers]
        probabilities = [one for one in quantities if one.kind == "probability"]
        if probabilities and outputs[-1] is not None:
            same = probabilities[0].shape == outputs[-1].shape
            outputs[-1] = probabilities[0] if same else outputs[-1]
        said = [one.value[row] for one in (quantities[0], *outputs) if one is not None]
    return plot.network_diagram([one.weight.value for one in layers], units=said, ax=ax, **look)


def maps(quantities: Sequence[Quantity], row: int, figure: Any) -> Any:
    """Draw what each convolution, activation and pooling made of one image."""
    found = {
        one.name: one.value[row]
        for one in quantities
        if one.value.ndim == 4 and one.kind in ("input", "value")
    }
    if not found:
        raise ArgumentError(
            "this trace has no feature maps", wanted="a network that takes images (N, C, H, W)",
            mend="draw trace.plot() instead",
        )  # fmt: skip
    return plot.feature_maps(found, figure=figure)
