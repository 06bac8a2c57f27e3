"""What the layers of a trained network hold, and what they make of an image: for its report."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid import nn
from pellucid.layers import Observation, observed

__all__ = ["feature_maps", "kernels"]


def kernels(network: nn.Network) -> dict[str, NDArray[Any]]:
    """Give the kernels of every convolution, (filters, channels, h, w), by the layer's name."""
    found = {}
    for path, module in network.modules().items():
        weight = vars(module).get("weight")
        if weight is not None and len(weight.shape) == 4:
            found[_name(path, module)] = weight.numpy()
    return found


def feature_maps(network: nn.Network, image: Any) -> dict[str, NDArray[Any]]:
    """Give what every layer makes of one image (1, c, h, w), by the layer's name.

    Layers that only hand on what they are given are left out.
    """
    found: dict[str, NDArray[Any]] = {}
    last: list[NDArray[Any]] = []

    def see(one: Observation) -> None:
        array = one.outputs[0].numpy()[0]
        same = last and np.array_equal(array.reshape(-1), last[0].reshape(-1))
        if not isinstance(one.module, nn.Network) and array.ndim in (1, 3) and not same:
            found[_name(one.module.path, one.module)] = array
        last[:] = [array]

    record = network._record
    preparation = record.preparations[0] if record is not None and record.preparations else None
    given = image if preparation is None else preparation.apply(image).array
    with observed(see):
        network(given)
    return found


def _name(path: str, module: nn.Module) -> str:
    return f"{path} {type(module).__name__}"
