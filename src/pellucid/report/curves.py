"""How the training went: a picture for each metric, and the same numbers as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.etree.ElementTree import Element

import numpy as np

from pellucid.plot.training import best_epoch, by_metric, curves
from pellucid.report.elements import element, folded, number, plain_table, section
from pellucid.report.figures import figure, picture
from pellucid.report.record import Report

__all__ = ["training"]

ROWS = 20  # of the table: more epochs are thinned out


def training(report: Report) -> Element | None:
    """The curves of loss and metrics, the best epoch marked."""
    history = {name: values for name, values in report.history.items() if len(values)}
    if not history:
        return None
    best = best_epoch(history) if report.best is None else report.best
    pictures = []
    for name, pair in by_metric(history).items():
        ends = [f"{key} from {number(v[0])} to {number(v[-1])}" for key, v in pair.items()]
        drawn = curves(pair, best=best, figure=figure())
        pictures.append(picture(drawn, f"{len(pair[name])} epochs: {', '.join(ends)}"))
    grid = element("div", *pictures, class_="wide")
    return section("Training", grid, folded("The same as a table", _table(history, best)))


def _table(history: Mapping[str, Sequence[float]], best: int | None) -> Element:
    count = len(next(iter(history.values())))
    shown = set(np.linspace(1, count, min(count, ROWS)).round().astype(int).tolist())
    shown |= set() if best is None else {best}
    rows = [
        (
            f"{epoch} (best)" if epoch == best else str(epoch),
            *(number(values[epoch - 1]) for values in history.values()),
        )
        for epoch in sorted(shown)
    ]
    said = f"{len(shown)} of {count:,} epochs" if len(shown) < count else "Every epoch"
    return plain_table(said, ("epoch", *history), rows)
