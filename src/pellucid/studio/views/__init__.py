"""What can be looked at: for each view a function from the session to a header and arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pellucid.arguments import named
from pellucid.errors import PellucidError
from pellucid.studio.session import Session
from pellucid.studio.views.convolution import convolution
from pellucid.studio.views.curves import curves, timeline
from pellucid.studio.views.errors import errors
from pellucid.studio.views.flow import flow
from pellucid.studio.views.microscope import microscope
from pellucid.studio.views.network import network
from pellucid.studio.views.race import race
from pellucid.studio.views.surface import surface
from pellucid.studio.views.sweep import sweep
from pellucid.studio.views.view import View

__all__ = ["VIEWS", "View", "seen"]

VIEWS: dict[str, Callable[[Session, Mapping[str, Any]], View]] = {
    "network": network,
    "surface": surface,
    "curves": curves,
    "timeline": timeline,
    "flow": flow,
    "microscope": microscope,
    "errors": errors,
    "convolution": convolution,
    "race": race,
    "sweep": sweep,
}


def seen(session: Session, name: str, options: Mapping[str, Any]) -> View:
    """Compute a view of what the session shows; what cannot be shown says why."""
    view = named(name, "view", VIEWS)
    try:
        found = view(session, options)
    except PellucidError as error:
        return View({"reason": error.what + (f": {error.mend}" if error.mend else "")})
    return View(found.header, {f"{name}/{key}": array for key, array in found.arrays.items()})
