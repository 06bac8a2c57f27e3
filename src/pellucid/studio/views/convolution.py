"""A convolution: the window at one place, its products and their sum, and all that it makes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import named
from pellucid.errors import DataError
from pellucid.shapes import per_axis
from pellucid.studio.session import Session
from pellucid.studio.stages import Stage, called
from pellucid.studio.views.substituted import product, said, term
from pellucid.studio.views.view import View, number, single

__all__ = ["convolution"]

MOST_TERMS = 9


def convolution(session: Session, options: Mapping[str, Any]) -> View:
    """Show a layer that convolves at one place of one feature map."""
    stages = {one.path: one for one in session.stages if len(one.weight.shape) == 4}
    if not stages:
        raise DataError("the network has no convolution", mend="choose pictures, such as digits")
    path = options.get("layer")
    stage = named(path, "convolution", stages) if path else next(iter(stages.values()))
    x, z = called(session.network, stage, session.looked_at())
    channel = number(options, "channel", 0, 0, z.shape[0] - 1)
    places = options.get("place") or (0, 0)
    place = tuple(int(np.clip(int(one), 0, extent - 1))
                  for one, extent in zip(places, z.shape[1:], strict=True))  # fmt: skip
    return _shown(stage, x, z, channel, place)


def _shown(
    stage: Stage, x: NDArray[Any], z: NDArray[Any], channel: int, place: tuple[int, ...]
) -> View:
    given = stage.module.arguments
    weight = stage.weight.numpy()
    extents = weight.shape[2:]
    stride, spread = (per_axis(given.get(k, 1), 2, "conv", k) for k in ("stride", "dilation"))
    padding = _padding(given.get("padding", 0), extents, spread)
    window = _window(x, weight.shape[1:], place, (stride, spread, padding))
    kernel = weight[channel]
    groups = x.shape[0] // kernel.shape[0]
    if groups > 1:  # each group of maps sees a part of the input alone
        first = channel * groups // len(weight) * kernel.shape[0]
        window = window[first : first + kernel.shape[0]]
    products = window * kernel
    bias = 0.0 if stage.bias is None else float(stage.bias.numpy()[channel])
    header = {
        "layer": stage.path, "channel": channel, "place": list(place), "kernel": list(extents),
        "stride": list(stride), "padding": list(padding), "input": list(x.shape),
        "output": list(z.shape), "bias": bias, "sum": float(products.sum() + bias),
        "value": float(z[(channel, *place)]),
        "substituted": _sum(window, kernel, bias, stage.activation, float(z[(channel, *place)])),
    }  # fmt: skip
    return View(header, {
        "input": single(x), "kernel": single(kernel), "product": single(products),
        "map": single(z[channel]), "maps": single(z), "kernels": single(weight[:, 0]),
    })  # fmt: skip


def _padding(given: Any, extents: tuple[int, ...], spread: Any) -> tuple[int, ...]:
    if given == "same":
        return tuple((k - 1) * d // 2 for k, d in zip(extents, spread, strict=True))
    return (0, 0) if given == "valid" else per_axis(given, 2, "conv", "padding", low=0)


def _window(
    x: NDArray[Any], shape: tuple[int, ...], place: tuple[int, ...], how: tuple[Any, Any, Any]
) -> NDArray[Any]:
    """Give the part of the padded input that lies under the kernel."""
    stride, spread, padding = how
    wide = np.pad(x, [(0, 0), *((p, p + k) for p, k in zip(padding, shape[1:], strict=True))])
    cut = [
        slice(at * s, at * s + (k - 1) * d + 1, d)
        for at, s, d, k in zip(place, stride, spread, shape[1:], strict=True)
    ]
    found: NDArray[Any] = wide[(slice(None), *cut)]
    return found


def _sum(
    window: NDArray[Any], kernel: NDArray[Any], bias: float, activation: str | None, value: float
) -> str:
    total = float((window * kernel).sum() + bias)
    text = f"{product(window.ravel(), kernel.ravel(), MOST_TERMS)} + {term(bias)} = {said(total)}"
    return text if activation is None else f"{text}, and {activation} of it is {said(value)}"
