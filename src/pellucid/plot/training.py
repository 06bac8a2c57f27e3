"""How a training went: the loss and the metrics of every epoch, the loss of every step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.errors import ArgumentError, DataError
from pellucid.plot.arrays import numbers, same_length
from pellucid.plot.style import (
    ACCENT,
    CONTRAST,
    INK,
    MANY,
    MUTED,
    WIDEST,
    axes_or_new,
    figure_or_new,
    headed,
    legend,
    plain_ticks,
    whole_ticks,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["best_epoch", "by_metric", "curves", "step_losses"]

Floats = NDArray[np.float64]
Columns = TypeVar("Columns", bound=ArrayLike)


def curves(
    history: Mapping[str, Sequence[float]],
    *,
    best: int | None = None,
    unit: str = "epoch",
    figure: Figure | None = None,
    title: str | None = None,
) -> Figure:
    """Draw every metric over the epochs, on axes of its own, training and validation together.

    Parameters
    ----------
    history : a column for each metric, one value an epoch; ``val_x`` is drawn with ``x``; nan
        leaves a gap
    best : the epoch to mark, counted from 1; else that of the least ``val_loss``, or ``loss``
        without validation
    unit : what a column has a value for, such as "step"
    figure : where to draw; else a new pyplot figure
    title : written above all axes

    Raises
    ------
    DataError : no column, an empty one, or values that are not numbers
    ShapeError : columns of different length
    ArgumentError : `best` is not one of the epochs

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> history = {"loss": [0.9, 0.5], "val_loss": [1.0, 0.7], "accuracy": [0.6, 0.8]}
    >>> drawn = curves(history, figure=Figure())
    >>> [ax.get_title(loc="left") for ax in drawn.axes]
    ['loss', 'accuracy']
    """
    values = {name: numbers(column, name).reshape(-1) for name, column in history.items()}
    if not values or not all(map(len, values.values())):
        raise DataError(
            "there is no epoch to draw",
            where="history",
            got=f"{len(values)} columns",
            mend="train for at least one epoch, then pass its columns",
        )
    same_length("give one value an epoch, nan where there is none", **values)
    best = best_epoch(values) if best is None else _epoch(best, values)
    metrics = by_metric(values)
    wide = min(len(metrics), 2)
    rows = -(-len(metrics) // wide)
    figure = figure_or_new(figure, (WIDEST if wide == 2 else 4.2, 2.6 * rows))
    if title:
        figure.suptitle(title, fontsize="medium", color=INK, x=0.01, ha="left")
    for place, (name, pair) in enumerate(metrics.items(), start=1):
        ax = axes_or_new(figure.add_subplot(rows, wide, place), (0, 0))
        _metric(ax, name, list(pair.values()), best, unit, with_names=place == 1)
    return figure


def best_epoch(history: Mapping[str, ArrayLike]) -> int | None:
    """The epoch, from 1, of the least ``val_loss``, or ``loss``; None where neither has a number.

    Examples
    --------
    >>> best_epoch({"loss": [3, 2, 1], "val_loss": [3, 1, 2]})
    2
    """
    losses = numbers(history.get("val_loss", history.get("loss", [])), "loss")
    return None if np.isnan(losses).all() else int(np.nanargmin(losses)) + 1


def by_metric(history: Mapping[str, Columns]) -> dict[str, dict[str, Columns]]:
    """The columns of each metric: its own, and that of its validation if there is one.

    Examples
    --------
    >>> by_metric({"loss": [1], "rate": [2], "val_loss": [3]})
    {'loss': {'loss': [1], 'val_loss': [3]}, 'rate': {'rate': [2]}}
    """
    return {
        name: {key: history[key] for key in (name, f"val_{name}") if key in history}
        for name in history
        if not (name.startswith("val_") and name[4:] in history)
    }


def step_losses(
    values: ArrayLike,
    *,
    window: int | None = None,
    ax: Axes | None = None,
    title: str | None = "loss of every step",
) -> Axes:
    """Draw the loss of every step, pale, and its moving mean over it.

    Parameters
    ----------
    values : one loss a step
    window : steps in the mean, m̄ᵢ = (1/window) Σ over the steps around i; else a fiftieth of all

    Raises
    ------
    DataError : no step
    ArgumentError : a window outside 1..steps

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = step_losses([3.0, 1.0, 2.0, 0.0], window=2, ax=Figure().subplots())
    >>> [line.get_ydata().tolist() for line in ax.lines]
    [[3.0, 1.0, 2.0, 0.0], [2.0, 1.5, 1.0]]
    """
    losses = numbers(values, "values").reshape(-1)
    if not len(losses):
        raise DataError(
            "there is no step to draw", where="values", mend="train for at least one step"
        )
    window = max(1, len(losses) // 50) if window is None else window
    if not 1 <= window <= len(losses):
        raise ArgumentError(
            "the window of the mean does not fit",
            where="window",
            got=str(window),
            wanted=f"1 to {len(losses)} steps",
            mend=f"write window={max(1, len(losses) // 50)}",
        )
    ax = axes_or_new(ax, (4.5, 2.9))
    steps = np.arange(1, len(losses) + 1)
    mean = np.convolve(losses, np.full(window, 1 / window), mode="valid")
    pale = ax.plot(steps, losses, color="#a9c1da", linewidth=0.6, rasterized=len(losses) > MANY)
    bold = ax.plot(steps[: len(mean)] + (window - 1) / 2, mean, color=ACCENT, linewidth=1.6)
    if window > 1:
        legend(ax, ["one step", f"mean of {window} steps"], pale + bold, loc="upper right")
    whole_ticks(ax.xaxis)
    return headed(ax, title, x="step", y="loss")


def _metric(
    ax: Axes,
    name: str,
    columns: Sequence[Floats],
    best: int | None,
    unit: str,
    with_names: bool,
) -> None:
    """Draw a metric's column, and its validation if there are two."""
    epochs = np.arange(1, len(columns[0]) + 1)
    look: dict[str, Any] = {"linewidth": 1.6, "rasterized": len(epochs) > MANY}
    look |= {"marker": "o" if len(epochs) <= 20 else "", "markersize": 3.5}
    styles: list[dict[str, Any]] = [
        {"color": ACCENT},
        {"color": CONTRAST, "linestyle": (0, (4, 1.5))},
    ]
    drawn = [
        ax.plot(epochs, column, **look, **style)[0]
        for column, style in zip(columns, styles, strict=False)
    ]
    if with_names and len(columns) == 2:
        legend(ax, ["training", "validation"], drawn)
    aside = ""
    if best is not None:
        value = columns[-1][best - 1]
        ax.axvline(best, color=MUTED, linewidth=0.8, linestyle=":")
        ax.plot([best], [value], "o", color=INK, markersize=4.5, zorder=3, gid="best")
        aside = f"{value:.4g} at {unit} {best}"
    whole_ticks(ax.xaxis)
    if len(epochs) == 1:
        ax.set_xlim(0.5, 1.5)
    plain_ticks(ax.yaxis)
    headed(ax, name.replace("$", r"\$"), x=unit, aside=aside)


def _epoch(best: int, values: Mapping[str, Floats]) -> int:
    epochs = len(next(iter(values.values())))
    if not 1 <= best <= epochs:
        raise ArgumentError(
            "there is no such epoch",
            where="best",
            got=str(best),
            wanted=f"1 to {epochs}",
            mend="count epochs from 1",
        )
    return best
