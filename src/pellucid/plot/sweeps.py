"""What a sweep over parameters has found: medians over runs, and how far the runs differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import ShapeError
from pellucid.lazy import load
from pellucid.plot.style import (
    ACCENT,
    CONTRAST,
    INK,
    MUTED,
    axes_or_new,
    headed,
    legend,
    readable_on,
    rising,
    short,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["sweep_curve", "sweep_heatmap"]

Scores = Sequence[float]
FAR = 30.0  # between the least and the greatest: from here on colours and axes are logarithmic


def sweep_heatmap(
    scores: Sequence[Sequence[Scores]],
    across: Sequence[Any],
    down: Sequence[Any],
    *,
    names: tuple[str, str],
    score: str,
    greater_is_better: bool = False,
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw the median of the runs in each cell, with half of their interquartile range below it.

    The darker a cell, the better; the best has a frame.

    Parameters
    ----------
    scores : for each row, for each column, the scores of the runs; none, or infinite ones where
        runs have diverged
    across, down : the values of the columns and of the rows
    names : what these are
    score : what the scores are

    Raises
    ------
    ShapeError : other numbers of cells than of values

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = sweep_heatmap([[[0.2, 0.4], [0.1]]], [0.1, 0.01], [8], names=("rate", "units"),
    ...                    score="loss", ax=Figure().subplots())
    >>> [text.get_text() for text in ax.texts]
    ['0.3\\n±0.05', '0.1']
    """
    if [len(row) for row in scores] != [len(across)] * len(down):
        raise ShapeError(
            "the scores do not fit the values", where="scores",
            got=f"rows of {[len(row) for row in scores]}",
            wanted=f"{len(down)} rows of {len(across)} cells", mend="give scores[row][column]",
        )  # fmt: skip
    medians = np.array([[_median(cell) for cell in row] for row in scores])
    ax = axes_or_new(ax, (1.6 + 0.62 * len(across), 1.3 + 0.42 * len(down)))
    ax.grid(False)
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.tick_params(length=0)
    shades: Any = rising() if greater_is_better else rising().reversed()
    norm = _norm(medians)
    ax.imshow(medians, cmap=shades, norm=norm, aspect="auto")
    for (i, j), value in np.ndenumerate(medians):
        known = np.isfinite(value)
        colour = readable_on(shades(norm(value))) if known else MUTED
        text = _cell(value, scores[i][j])
        ax.text(j, i, text, ha="center", va="center", fontsize=7, color=colour)
    _frame_best(ax, medians, greater_is_better)
    _name(ax.set_xticks, across, rotation=40 if len(across) > 6 else 0)
    _name(ax.set_yticks, down)
    aside = f"median {score} ± half the interquartile range"
    return headed(ax, title, x=names[0], y=names[1], aside=aside, names=True)


def sweep_curve(
    values: Sequence[Any],
    scores: Sequence[Scores],
    *,
    name: str,
    score: str,
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw the scores of all runs over one parameter, with their medians joined.

    Parameters
    ----------
    values : of the parameter; numbers are drawn to scale, everything else side by side
    scores : of the runs, for each value; infinite ones are left out
    name, score : what both are

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = sweep_curve([0.01, 0.1, 1.0], [[0.5, 0.6], [0.2], [0.7]], name="rate", score="loss",
    ...                  ax=Figure().subplots())
    >>> ax.get_xscale(), ax.lines[-1].get_ydata().tolist()
    ('log', [0.55, 0.2, 0.7])
    """
    ax = axes_or_new(ax, (4.5, 2.9))
    numeric = all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in values)
    places = np.array(values if numeric else range(len(values)), np.float64)
    order = np.argsort(places)
    medians = np.array([_median(one) for one in scores])
    for place, several in zip(places, scores, strict=True):
        shown = [one for one in several if np.isfinite(one)]
        dots = ax.plot([place] * len(shown), shown, "o", color=MUTED, markersize=2.5, alpha=0.5)
    medians[~np.isfinite(medians)] = np.nan
    look = "-o" if numeric else "o"  # between names there is nothing
    line = ax.plot(places[order], medians[order], look, color=ACCENT, markersize=4, linewidth=1.6)
    if not numeric:
        _name(ax.set_xticks, values)
        ax.margins(x=0.12)
    elif len(places) > 1 and places.min() > 0 and places.max() / places.min() > FAR:
        ax.set_xscale("log")
        _plain_ticks(ax.xaxis)
    found = np.array([one for several in scores for one in several if np.isfinite(one)])
    if found.size and found.min() > 0 and found.max() / found.min() > FAR:
        ax.set_yscale("log")
        _plain_ticks(ax.yaxis)
    legend(ax, ["one run", "median"], [dots[0], line[0]])
    return headed(ax, title, x=name, y=score, names=True)


def _median(scores: Scores) -> float:
    return float(np.median(scores)) if len(scores) else np.nan


def _norm(medians: NDArray[np.float64]) -> Any:
    """Spread colours over the finite medians, evenly or by their logarithms."""
    known = medians[np.isfinite(medians)]
    colours = load("matplotlib.colors")
    if not known.size:
        return colours.Normalize(0, 1)
    low, high = float(known.min()), float(known.max())
    is_far = low > 0 and high / low > FAR
    return (colours.LogNorm if is_far else colours.Normalize)(low, high)


def _cell(median: float, scores: Scores) -> str:
    if not len(scores):
        return "–"
    if not np.isfinite(median):
        return "diverged"
    finite = [one for one in scores if np.isfinite(one)]
    low, high = np.quantile(finite, [0.25, 0.75])
    text = short(median) if abs(median) >= 1e-3 or not median else f"{median:.1e}".replace("-", "−")
    spread = short(float(f"{(high - low) / 2:.2g}"))
    return f"{text}\n±{spread}" if len(finite) > 1 else text


def _frame_best(ax: Axes, medians: NDArray[np.float64], greater_is_better: bool) -> None:
    known = np.where(np.isfinite(medians), -medians if greater_is_better else medians, np.inf)
    if np.isfinite(known).any():
        i, j = np.unravel_index(int(known.argmin()), known.shape)
        corner, size = (float(j) - 0.5, float(i) - 0.5), 1.0
        rectangle = load("matplotlib.patches").Rectangle
        ax.add_patch(rectangle(corner, size, size, fill=False, edgecolor=CONTRAST, linewidth=1.8,
                               clip_on=False))  # fmt: skip


def _plain_ticks(axis: Any) -> None:
    """Write 0.001 and not a power of ten, at powers of ten alone."""
    ticker = load("matplotlib.ticker")
    axis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(ticker.NullFormatter())


def _name(set_ticks: Any, values: Sequence[Any], rotation: float = 0) -> None:
    texts = [f"{one:.4g}" if isinstance(one, float) else str(one) for one in values]
    ha = {"rotation": rotation, "ha": "right", "rotation_mode": "anchor"} if rotation else {}
    set_ticks(range(len(texts)), texts, parse_math=False, color=INK, **ha)
