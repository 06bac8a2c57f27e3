"""Gradient flow: what reaches each layer, how far a step moves it, and which units are stuck."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.studio.session import Session
from pellucid.studio.views.view import View, single
from pellucid.train.watching import Signals, signals

__all__ = ["flow"]

NEAR = 0.01  # of the range of a squashing function, from its ends
MOSTLY = 0.9  # of the rows


def flow(session: Session, _: Mapping[str, Any]) -> View:
    """Show the gradient's size, the size of the next update beside that of the weights, units."""
    begun = session.legs.present.live.begun
    seen = signals(session.network, session.record.objective, begun.rows)
    names = [variable.name for variable in begun.programs.variables[: begun.programs.own]]
    now = dict(zip(names, session.legs.arrays(), strict=False))
    then = dict(zip(names, session.legs.arrays_after(), strict=False))
    told = []
    for stage in session.stages:
        name = stage.weight.name
        size, step = (float(np.linalg.norm(x)) for x in (now[name], then[name] - now[name]))
        dead, saturated = _stuck(seen, stage.path)
        told.append(
            {
                "path": stage.path, "gradient": seen.gradients.get(name),
                "ratio": step / size if size else None,
                "dead": dead, "saturated": saturated, "units": stage.shape[0],
            }
        )  # fmt: skip
    columns = {
        name: single(np.array([np.nan if one[name] is None else one[name] for one in told]))
        for name in ("gradient", "ratio")
    }
    return View({"layers": told, "findings": session.state()["findings"]}, columns)


def _stuck(seen: Signals, path: str) -> tuple[int, int]:
    """Count the units that are zero for all rows, and those at the ends of their range for most."""
    dead = saturated = 0
    for layer, kind, values in seen.activations:
        if layer.removeprefix("layer ") != path:
            continue
        others = tuple(axis for axis in range(values.ndim) if axis != 1)
        if kind == "relu":
            dead += int((~(values != 0).any(axis=others)).sum())
        else:
            saturated += int((_at_ends(values, kind).mean(axis=others) > MOSTLY).sum())
    return dead, saturated


def _at_ends(values: NDArray[Any], kind: str) -> NDArray[np.bool_]:
    low = 0.0 if kind == "sigmoid" else -1.0
    near = NEAR * (1.0 - low) / 2
    return (values < low + near) | (values > 1.0 - near)
