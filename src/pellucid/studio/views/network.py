"""The network: what each unit says all over the plane, or to one picture, and the weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.studio.session import Session
from pellucid.studio.stages import Stage, layer_outputs
from pellucid.studio.views.view import View, number, plane_of, single

__all__ = ["network"]

MOST_INPUTS = 32
MOST_SIDE = 64  # pixels of a feature map


def network(session: Session, options: Mapping[str, Any]) -> View:
    """Show each unit as a map, and what joins the units."""
    resolution = number(options, "resolution", 40, 2, 200)
    header: dict[str, Any] = {"resolution": resolution, "layers": [], "features": []}
    arrays: dict[str, NDArray[Any]] = {}
    if session.source.image is None:
        maps = _over_plane(session, resolution, header, arrays)
    else:
        maps = _of_picture(session, arrays)
    silent = session.silent
    for k, (stage, values) in enumerate(zip(session.stages, maps, strict=True)):
        low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)
        header["layers"].append(
            {"path": stage.path, "units": stage.shown, "low": low, "high": high,
             "silent": sorted(silent.get(stage.path, ()))}
        )  # fmt: skip
        arrays[f"maps/{k}"] = single(values)
        _weights(session, k, arrays)
    return View(header, arrays)


def _over_plane(
    session: Session, resolution: int, header: dict[str, Any], arrays: dict[str, NDArray[Any]]
) -> list[NDArray[Any]]:
    plane = plane_of(session, resolution)
    titles, centre, scale = session.columns
    header |= {"x": plane.x, "y": plane.y, "features": list(titles[:MOST_INPUTS])}
    found, output = layer_outputs(session.network, session.stages, plane.X)
    square = (resolution, resolution)
    shown = (plane.X * scale + centre)[:, :MOST_INPUTS]
    arrays["input"] = single(shown.T.reshape(-1, *square))
    arrays["output"] = single(output.reshape(resolution**2, -1).T.reshape(-1, *square))
    return [
        values[:, stage.shown].T.reshape(-1, *square)
        for stage, values in zip(session.stages, found, strict=True)
    ]


def _of_picture(session: Session, arrays: dict[str, NDArray[Any]]) -> list[NDArray[Any]]:
    picture = session.looked_at()
    found, output = layer_outputs(session.network, session.stages, picture)
    arrays["input"] = single(picture[0])
    arrays["output"] = single(output.reshape(-1, 1, 1))
    maps = []
    for stage, values in zip(session.stages, found, strict=True):
        own = values[0][stage.shown]
        apart = -(-max(own.shape[1:], default=1) // MOST_SIDE)
        maps.append(own[:, ::apart, ::apart] if own.ndim == 3 else own.reshape(-1, 1, 1))
    return maps


def _weights(session: Session, k: int, arrays: dict[str, NDArray[Any]]) -> None:
    """Add the weights of a layer from the units drawn before to those drawn here."""
    stage = session.stages[k]
    weight, bias = stage.weight.numpy()[stage.shown], stage.bias
    if weight.ndim == 4:
        arrays[f"kernels/{k}"] = single(weight[:, :MOST_INPUTS])
        weight = np.abs(weight).max(axis=(2, 3)) * np.sign(weight.sum(axis=(2, 3)))
    elif k and len(session.stages[k - 1].shape) == 3:
        weight = _by_channel(weight, session.stages[k - 1])
    arrays[f"weights/{k}"] = single(weight[:, :MOST_INPUTS])
    if bias is not None:
        arrays[f"biases/{k}"] = single(bias.numpy()[stage.shown])


def _by_channel(weight: NDArray[Any], before: Stage) -> NDArray[Any]:
    """Sum up what a unit takes from each feature map, which a flat row holds one after another."""
    channels = before.shape[0]
    if weight.shape[1] % channels:
        return weight
    return weight.reshape(len(weight), channels, -1).mean(axis=2)
