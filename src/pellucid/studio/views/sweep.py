"""The sweep: the median of the runs of each cell, how far they differ, and every run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.studio.session import Session
from pellucid.studio.sweeping import SWEPT, Sweeping, offered
from pellucid.studio.views.view import View, is_far, single

__all__ = ["sweep"]


def sweep(session: Session, _: Mapping[str, Any]) -> View:
    """Show what can be swept, and the last sweep as far as it has come."""
    names = offered(session.setting)
    header: dict[str, Any] = {
        "state": "none",
        "offered": [{"name": k, "title": SWEPT[k].title, "values": SWEPT[k].usual} for k in names],
    }
    now = session.sweep
    if now is None:
        return View(header)
    medians = _grid(now, "median")
    header |= {
        "state": now.job.state, "by": now.by, "seeds": now.seeds, "epochs": now.wish.epochs,
        "axes": [
            {"name": one.name, "title": SWEPT[one.name].title, "values": one.values}
            for one in now.wish.axes
        ],
        "done": len(now.cells), "total": now.wish.cells, "seconds": now.seconds,
        "best": now.best, "opened": now.opened, "logarithmic": is_far(medians),
        "greater_is_better": now.greater_is_better,
        "error": None if now.job.error is None else now.job.error.what,
        "middle": [now.middle(k) if k in now.cells else None for k in range(now.wish.cells)],
    }  # fmt: skip
    arrays = {name: single(_grid(now, name)) for name in ("low", "high")}
    return View(header, {"median": single(medians), **arrays, "runs": _runs(now)})


def _runs(now: Sweeping) -> NDArray[np.float64]:
    """Give of each run its cell, seed, steps, loss and what is compared; NaN where it diverged."""
    parts = "loss", now.by
    rows = [
        [one.cell, one.seed, one.steps, *(one.values.get(name, np.nan) for name in parts)]
        for one in list(now.runs)
    ]
    return np.array(rows, np.float64).reshape(-1, 5)


def _grid(now: Sweeping, name: str) -> NDArray[np.float64]:
    """Arrange a number of the cells: a row for each value down, NaN where there is none yet."""
    cells = dict(now.cells)
    values = [getattr(cells[k], name) if k in cells else np.nan for k in range(now.wish.cells)]
    return np.array(values, np.float64).reshape(-1, len(now.wish.axes[0].values))
