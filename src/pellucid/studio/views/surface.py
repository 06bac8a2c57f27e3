"""The plane: which class, or which number, the network tells everywhere, and the rows on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import DataError
from pellucid.studio.session import Session
from pellucid.studio.stages import layer_outputs
from pellucid.studio.views.view import Plane, View, number, plane_of, single

__all__ = ["surface"]

MOST_POINTS = 2000


def surface(session: Session, options: Mapping[str, Any]) -> View:
    """Show the decision, or the curve of a single column."""
    resolution = number(options, "resolution", 100, 2, 400)
    if session.source.image is not None:
        raise DataError("pictures lie in no plane")
    width = len(session.columns[0])
    plane = plane_of(session, resolution)
    rows = plane.X[:resolution] if width == 1 else plane.X
    _, output = layer_outputs(session.network, [], rows)
    header = {"x": plane.x, "y": plane.y, "axes": list(plane.axes), "held": plane.held}
    arrays = _points(session, plane)
    if width == 1:
        along = np.linspace(*plane.x, resolution)
        arrays["curve"] = single(np.column_stack([along, output.reshape(resolution, -1)[:, -1]]))
    elif session.head.answers == "classes":
        square = output.reshape(resolution, resolution, -1)
        arrays["class"] = square.argmax(axis=2).astype(np.uint8)
        arrays["certainty"] = single(square.max(axis=2))
    else:
        arrays["value"] = single(output.reshape(resolution, resolution, -1)[:, :, 0])
    return View(header, arrays)


def _points(session: Session, plane: Plane) -> dict[str, NDArray[Any]]:
    """Give the rows as points: those to train on, then those held out."""
    parts = session.rows("train")[:MOST_POINTS], session.rows("test")[:MOST_POINTS]
    labels = session.labels("train")[:MOST_POINTS], session.labels("test")[:MOST_POINTS]
    _, centre, scale = session.columns
    raw = np.concatenate(parts) * scale + centre
    told = np.concatenate([one if one.ndim == 1 else one[:, 0] for one in labels])
    points = raw[:, list(plane.axes)]
    if raw.shape[1] == 1:
        points = np.column_stack([raw[:, 0], told])
    kind = np.int32 if session.head.coding is not None else np.float32
    part = np.repeat([0, 1], [len(one) for one in parts])
    return {
        "points": single(points), "labels": told.astype(kind), "part": part.astype(np.uint8),
    }  # fmt: skip
