"""The race: its ways on one surface of the loss, and the loss of each over the steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.studio.racing import RACERS, Race, Runner
from pellucid.studio.session import Session
from pellucid.studio.views.view import View, is_far, single

__all__ = ["race"]


def race(session: Session, _: Mapping[str, Any]) -> View:
    """Show who can race, and the last race as far as it has come."""
    header: dict[str, Any] = {
        "state": "none",
        "offered": [{"name": k, "title": v.title, "rate": v.rate} for k, v in RACERS.items()],
    }
    now = session.race
    if now is None:
        return View(header)
    header |= {
        "state": now.job.state, "start": now.wish.start, "epochs": now.wish.epochs,
        "first": now.first, "steps": now.steps,
        "error": None if now.job.error is None else now.job.error.what,
        "racers": [_told(now, one) for one in now.runners],
    }  # fmt: skip
    arrays: dict[str, NDArray[Any]] = {"step": np.array(now.stops, np.uint32)}
    for k, one in enumerate(now.runners):
        for name in ("loss", "test"):
            column = [losses[name] for losses in one.losses if name in losses]
            arrays[f"{name}/{k}"] = single(np.array(column))
    if now.plane is not None:
        header |= _plane(now)
        arrays["surface"] = single(now.surface)
        for k, one in enumerate(now.runners):
            found = now.plane.places.get(one.racer.title)
            if found is not None:
                arrays[f"path/{k}"] = single(found)
    return View(header, arrays)


def _told(now: Race, one: Runner) -> dict[str, Any]:
    last = one.losses[-1] if one.losses else {}
    return {
        "title": one.racer.title, "optimizer": one.racer.optimizer,
        "learning_rate": one.racer.learning_rate, "steps": one.live.step,
        "loss": last.get("loss"), "test": last.get("test"), "broken": one.broken or None,
        "beneath": now.beneath.get(one.racer.title),
    }  # fmt: skip


def _plane(now: Race) -> dict[str, Any]:
    assert now.plane is not None
    x, y = now.plane.bounds()
    return {
        "shares": now.plane.shares.tolist(), "x": x, "y": y,
        "measured": now.measured / len(now.surface), "logarithmic": is_far(now.surface),
    }  # fmt: skip
