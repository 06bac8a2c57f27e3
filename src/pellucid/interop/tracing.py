"""The forward pass of a network as a graph: from rows as ``predict`` takes them to its output."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from pellucid.data import Preparation
from pellucid.errors import ArgumentTypeError, GraphError
from pellucid.graph import Spec, Tensor, constant, placeholder, symbolic
from pellucid.models import Network
from pellucid.ops import cast, reshape
from pellucid.train import FitRecord, heads_of

__all__ = ["Forward", "check_network", "forward_graph", "scales"]


class Forward(NamedTuple):
    """A graph from inputs to outputs, in evaluation mode.

    Attributes
    ----------
    inputs : placeholders, with the rows in front
    outputs : by name: "output" where there is one
    columns : of each input, the names of its columns, as far as they have any
    labels : of each output, the classes that its columns stand for, if they do
    """

    inputs: tuple[Tensor, ...]
    outputs: dict[str, Tensor]
    columns: tuple[tuple[str, ...], ...]
    labels: tuple[tuple[str, ...], ...]


def check_network(network: Any) -> Network:
    """Refuse what is no network, and one whose shapes are not known yet."""
    if not isinstance(network, Network):
        raise ArgumentTypeError(
            "a network is exported", got=type(network).__name__,
            mend="give a model: nn.Sequential([…]), or pel.load(path)",
        )  # fmt: skip
    if not _specs(network):
        raise GraphError(
            "the network has not met any data, so that its shapes are not known",
            mend="fit it first, or call it once: model(X[:1])",
        )
    return network


def _specs(network: Network) -> tuple[Spec, ...]:
    inputs: tuple[Tensor, ...] = getattr(network, "inputs", ())
    return network.input_specs or tuple(x.spec for x in inputs)


def forward_graph(network: Network, *, all_floating: bool = False) -> Forward:
    """Trace what ``predict`` computes, the scaling of inputs and of predictions included.

    The inputs are numbers: of a column of texts, a 1 or 0 for each category, and days since
    1970-01-01 for dates.

    Parameters
    ----------
    all_floating : let all inputs be float32, also where the network takes whole numbers

    Examples
    --------
    >>> from pellucid import nn
    >>> model = nn.Sequential([nn.Linear(1)])
    >>> _ = model([[1.0, 2.0]])
    >>> forward_graph(model).inputs[0].shape
    (None, 2)
    """
    specs, record = _specs(check_network(network)), network._record
    prepared = record.preparations if record is not None else ()
    preparations = prepared or (None,) * len(specs)
    names = network.input_names or ()
    inputs, ready, columns = [], [], []
    for k, (spec, preparation) in enumerate(zip(specs, preparations, strict=True)):
        name = names[k] if len(names) == len(specs) else f"x{k}" if len(specs) > 1 else "x"
        dtype = np.dtype("float32") if all_floating else spec.dtype
        shape = spec.shape[1:]
        known = scales(preparation)
        if known is not None and preparation is not None:
            shape = preparation.shape or (len(known[0]),)
        x = placeholder((None, *shape), dtype, name=name)
        inputs.append(x)
        with symbolic():
            scaled = x if known is None else _scaled(x, *known, bool(shape[1:]))
            formed = _in_form(scaled, spec)
            ready.append(formed if spec.dtype.kind == "f" else cast(formed, spec.dtype))
        columns.append(() if preparation is None else preparation.feature_names)
    with symbolic():
        outputs = heads_of(network(*ready))
        finished = {name: _unscaled(y, record, name) for name, y in outputs.items()}
    labels = tuple(_labels(record, name) for name in finished)
    return Forward(tuple(inputs), finished, tuple(columns), labels)


def _labels(record: FitRecord | None, name: str) -> tuple[str, ...]:
    head = None if record is None else record.heads.get(name)
    return () if head is None or head.coding is None else tuple(map(str, head.coding.classes))


def _in_form(x: Tensor, spec: Spec) -> Tensor:
    """Give pictures the axis of channels that the network saw."""
    if x.ndim == len(spec.shape):
        return x
    return reshape(x, [-1, *(extent or 0 for extent in spec.shape[1:])])


def scales(preparation: Preparation | None) -> tuple[Any, Any] | None:
    """Give centre and scale of each column, or channel of pictures; of categories, 0 and 1."""
    if preparation is None:
        return None
    pairs: list[tuple[float, float]] = []
    for rule in preparation.rules:
        pair = getattr(rule, "centre", 0.0), getattr(rule, "scale", 1.0)
        pairs += [pair] if preparation.shape else [pair] * len(rule.titles)
    centre, scale = zip(*pairs, strict=True)
    return np.array(centre), np.array(scale)


def _scaled(x: Tensor, centre: Any, scale: Any, pictures: bool) -> Tensor:
    """Subtract the centre and divide by the scale, of each column or channel."""
    shape = (-1, *[1] * (x.ndim - 2)) if pictures and x.ndim > 3 else (-1,)
    if (centre == 0).all() and (scale == 1).all():
        return x
    middle, width = (
        constant(numbers.reshape(shape).astype(x.dtype), name=f"{x.name}.{what}")
        for numbers, what in ((centre, "centre"), (scale, "scale"))
    )
    return (x - middle) / width


def _unscaled(y: Tensor, record: FitRecord | None, name: str) -> Tensor:
    head = None if record is None else record.heads.get(name)
    if head is None or head.scaling is None:
        return y
    scaling = head.scaling
    width, middle = (
        constant(np.array(numbers, y.dtype), name=f"{name}.{what}")
        for numbers, what in ((scaling.scale, "scale"), (scaling.centre, "centre"))
    )
    return y * width + middle
