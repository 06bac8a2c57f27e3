"""Loss and metrics over the steps, and the timeline with what happened on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from pellucid.studio.session import Session
from pellucid.studio.views.view import View, number, single

__all__ = ["curves", "timeline"]


def curves(session: Session, options: Mapping[str, Any]) -> View:
    """Show loss and metrics at the ends of epochs, of both parts."""
    points = number(options, "points", 400, 2, 4000)
    steps, values = session.legs.curves.sampled(points)
    loss = values.pop("loss", np.empty(0))  # of a first epoch under way there is none
    arrays: dict[str, Any] = {"step": steps.astype(np.uint32), "loss": single(loss)}
    held = values.pop("val_loss", None)
    if held is not None:
        arrays |= {"validation_step": arrays["step"], "validation_loss": single(held)}
    for name, column in values.items():
        own = name.removeprefix("val_")
        arrays[f"{'metric' if own == name else 'validation_metric'}/{own}"] = single(column)
    metrics = [name for name in values if not name.startswith("val_")]
    return View({"metrics": metrics, "events": _events(session)}, arrays)


def timeline(session: Session, _: Mapping[str, Any]) -> View:
    """Show how far the recorded training reaches."""
    legs = session.legs
    return View({"last": legs.last, "remembered": len(legs.remembered), "events": _events(session)})


def _events(session: Session) -> list[dict[str, Any]]:
    return [one._asdict() for one in session.legs.marks]
