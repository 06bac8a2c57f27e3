"""Predicted numbers against true ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.lazy import load
from pellucid.plot.arrays import column, same_length
from pellucid.plot.style import ACCENT, MANY, MUTED, axes_or_new, headed, short

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["predicted_against_true", "residuals"]

Floats = NDArray[np.float64]


def predicted_against_true(
    truth: ArrayLike, predicted: ArrayLike, *, ax: Axes | None = None, title: str | None = None
) -> Axes:
    """Draw each prediction over its true value; on the line they are equal.

    R² = 1 − Σ(y−ŷ)² / Σ(y−ȳ)² (scikit-learn's `r2_score`) is written beside the title when the true
    values differ.

    Raises
    ------
    ShapeError : not one value for each example, or different lengths
    DataError : values that are not finite

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = predicted_against_true([1, 2, 3], [1, 2, 3], ax=Figure().subplots())
    >>> ax.get_title(loc="right")
    'R² 1.000'
    """
    true, said = _pair(truth, predicted)
    ax = axes_or_new(ax, (3.8, 3.6))
    both = np.concatenate([true, said])
    room = 0.05 * (np.ptp(both) or 1.0)
    ends = (both.min() - room, both.max() + room)
    ax.plot(ends, ends, color=MUTED, linewidth=0.9, linestyle="--")
    _dots(ax, true, said)
    ax.set(xlim=ends, ylim=ends, aspect="equal")
    aside = ""
    if np.ptp(true) > 0:
        aside = f"R² {load('sklearn.metrics').r2_score(true, said):.3f}".replace("-", "−")
    return headed(ax, title, x="true", y="predicted", aside=aside)


def residuals(
    truth: ArrayLike, predicted: ArrayLike, *, ax: Axes | None = None, title: str | None = None
) -> Axes:
    """Draw what is left, true − predicted, over the prediction.

    A pattern is something the model missed. Mean and standard deviation are beside the title.

    Raises
    ------
    ShapeError : not one value for each example, or different lengths
    DataError : values that are not finite

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = residuals([1, 2], [0.5, 2.5], ax=Figure().subplots())
    >>> ax.collections[0].get_offsets().tolist()
    [[0.5, 0.5], [2.5, -0.5]]
    """
    true, said = _pair(truth, predicted)
    left = true - said
    ax = axes_or_new(ax, (4.2, 2.9))
    ax.axhline(0, color=MUTED, linewidth=0.9, linestyle="--")
    _dots(ax, said, left)
    mean = left.mean() if abs(left.mean()) > 1e-6 * left.std() else 0.0  # else it is rounding
    aside = f"mean {short(mean)}, deviation {short(left.std())}"
    return headed(ax, title, x="predicted", y="true − predicted", aside=aside)


def _pair(truth: ArrayLike, predicted: ArrayLike) -> tuple[Floats, Floats]:
    true, said = column(truth, "truth"), column(predicted, "predicted")
    same_length(truth=true, predicted=said)
    return true, said


def _dots(ax: Axes, x: Floats, y: Floats) -> None:
    ax.scatter(x, y, s=14, color=ACCENT, alpha=0.6, linewidths=0, rasterized=len(x) > MANY)
