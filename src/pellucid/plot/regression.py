"""Predicted numbers against true ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.lazy import load
from pellucid.plot.arrays import column, finite, numbers, same_length
from pellucid.plot.style import (
    ACCENT,
    AXIS,
    CONTRAST,
    MANY,
    MUTED,
    axes_or_new,
    few_ticks,
    headed,
    short,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["error_by_feature", "feature_bins", "predicted_against_true", "residuals"]

Floats = NDArray[np.float64]
MOST_WORDS = 8  # categories that have room below an axis; the others are put together


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
    few_ticks(ax.xaxis, ax.yaxis)
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


def error_by_feature(
    values: ArrayLike,
    errors: ArrayLike,
    *,
    label: str = "value",
    unit: str = "error",
    bins: int = 8,
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw the mean size of the error over a feature: where is the model worse than elsewhere?

    Numbers are put into bins of about as many examples each, words by themselves. Each example is a
    pale dot; the dashed line is the mean of all.

    Parameters
    ----------
    values : the feature (n,), numbers or words
    errors : the size of each error (n,), such as ``abs(truth - predicted)``
    label, unit : what the two are

    Raises
    ------
    ShapeError : different lengths
    DataError : errors or numbers that are not finite

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = error_by_feature([1, 2, 3, 4], [0, 0, 1, 1], bins=2, ax=Figure().subplots())
    >>> ax.lines[-1].get_xydata().tolist()
    [[1.5, 0.0], [3.5, 1.0]]
    """
    sizes = column(errors, "errors")
    names, places, codes = feature_bins(values, bins)
    same_length(values=codes, errors=sizes)
    means = np.bincount(codes, sizes, minlength=len(places)) / np.bincount(codes)
    ax = axes_or_new(ax, (3.4, 2.6))
    look: dict[str, Any] = {"s": 10, "color": MUTED, "alpha": 0.3, "linewidths": 0}
    given = places[codes] if names else np.asarray(values, np.float64).reshape(-1)
    ax.scatter(given, sizes, rasterized=len(sizes) > MANY, **look)
    ax.axhline(sizes.mean(), color=AXIS, linewidth=0.9, linestyle="--")
    if names:
        ax.plot(places, means, "_", color=CONTRAST, markersize=22, markeredgewidth=2.4)
        ax.set_xticks(places, names, parse_math=False)
        ax.margins(x=0.12)
    else:
        ax.plot(places, means, color=CONTRAST, linewidth=1.8, marker="o", markersize=4)
    # A few huge errors must not press the rest to the ground.
    ax.set_ylim(0, 1.1 * max(float(np.quantile(sizes, 0.98)), float(means.max())) or 1.0)
    return headed(ax, title, x=label, y=unit, names=True)


def feature_bins(values: ArrayLike, bins: int = 8) -> tuple[list[str], Floats, NDArray[np.intp]]:
    """Put a feature into bins: the names of words, where each bin stands, the bin of each example.

    Examples
    --------
    >>> names, places, codes = feature_bins([1.0, 2.0, 3.0, 4.0], bins=2)
    >>> names, places.tolist(), codes.tolist()
    ([], [1.5, 3.5], [0, 0, 1, 1])
    >>> feature_bins(["b", "a", "b"])[0]
    ['b', 'a']
    """
    array = np.asarray(values).reshape(-1)
    if array.dtype.kind == "U" or any(isinstance(one, str) for one in array.tolist()):
        words, codes, counts = np.unique(array.astype(str), return_inverse=True, return_counts=True)
        order = np.argsort(-counts, kind="stable")
        rank = np.empty(len(words), np.intp)
        rank[order] = np.minimum(np.arange(len(words)), MOST_WORDS - 1)
        names = [str(words[k]) for k in order[:MOST_WORDS]]
        if len(words) > MOST_WORDS:
            names[-1] = "others"
        return names, np.arange(len(names), dtype=np.float64), rank[codes]
    x = finite(numbers(array, "values"), "values")
    borders = np.unique(np.quantile(x, np.linspace(0, 1, max(bins, 1) + 1)[1:-1]))
    codes = np.unique(np.searchsorted(borders, x), return_inverse=True)[1]
    return [], np.bincount(codes, x) / np.bincount(codes), codes


def _pair(truth: ArrayLike, predicted: ArrayLike) -> tuple[Floats, Floats]:
    true, said = column(truth, "truth"), column(predicted, "predicted")
    same_length(truth=true, predicted=said)
    return true, said


def _dots(ax: Axes, x: Floats, y: Floats) -> None:
    ax.scatter(x, y, s=14, color=ACCENT, alpha=0.6, linewidths=0, rasterized=len(x) > MANY)
