"""A network some of whose units say nothing: their outputs count as 0, in training too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import final

import numpy as np

from pellucid.graph import Tensor
from pellucid.graph.tensor import constant
from pellucid.layers.module import Module
from pellucid.models import Network

__all__ = ["silenced", "units_silent_in"]


def silenced(
    network: Network,
    layers: Sequence[Module],
    units: Mapping[str, Sequence[int]],
    ends: Mapping[str, int],
) -> Network:
    """Give a network of the same layers and weights, with units of some layers kept silent.

    Parameters
    ----------
    layers : those of `network`, in order
    units : for a layer by its path, the numbers of its units or channels
    ends : for a layer by its path, the place of the layer that gives its values
    """
    masks = {ends[path]: _Mask(path, tuple(sorted(set(own)))) for path, own in units.items()}
    twin = _Silenced(layers, masks)
    twin._record = network._record
    twin._set("_built", network.built)
    twin._set("_input_specs", network.input_specs)
    twin._set("_seed", network._seed)
    twin.name_parts()
    return twin


def units_silent_in(network: Network) -> dict[str, set[int]]:
    """Tell which units of a network are kept silent, by the path of their layer."""
    masks = network.masks.values() if isinstance(network, _Silenced) else ()
    return {mask.of: set(mask.units) for mask in masks}


@final
class _Mask(Module):
    """Multiplies some units, or channels, by zero."""

    def __init__(self, of: str, units: tuple[int, ...]) -> None:
        self.of, self.units = of, units

    def forward(self, x: Tensor) -> Tensor:
        """Give x without them."""
        kept = np.ones((x.shape[1] or 0, *[1] * (x.ndim - 2)), x.dtype)
        kept[[unit for unit in self.units if unit < len(kept)]] = 0
        return x * constant(kept)


@final
class _Silenced(Network):
    """Layers one after another under their own names, with masks between them."""

    def __init__(self, layers: Sequence[Module], masks: Mapping[int, _Mask]) -> None:
        self.layers = tuple(layers)
        self.masks = dict(masks)

    def children(self) -> Iterator[tuple[str, Module]]:
        """List the layers under their numbers, as Sequential does, then the masks."""
        yield from ((str(k), layer) for k, layer in enumerate(self.layers))
        yield from ((f"silent{k}", mask) for k, mask in self.masks.items())

    def forward(self, x: Tensor) -> Tensor:
        """Pass the input through all."""
        for k, layer in enumerate(self.layers):
            x = layer(x)
            if k in self.masks:
                x = self.masks[k](x)
        return x
