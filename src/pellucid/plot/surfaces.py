"""A model's answers over the plane of two features, with the data on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.errors import ArgumentError, DataError, ShapeError
from pellucid.plot.arrays import Classes, call, encode, finite, same_length
from pellucid.plot.classes import draw_points, name_axes
from pellucid.plot.cuts import Pair, cut_of
from pellucid.plot.style import INK, axes_or_new, colour_bar, diverging, tints

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.contour import ContourSet

__all__ = ["decision_boundary", "probability_surface"]

Floats = NDArray[np.float64]
Bounds = tuple[tuple[float, float], tuple[float, float]]


def probability_surface(
    predict: Callable[[Floats], ArrayLike],
    X: ArrayLike,
    y: ArrayLike,
    *,
    scores: bool = False,
    bounds: Bounds | None = None,
    margin: float = 0.1,
    resolution: int = 150,
    levels: int | Sequence[float] = 20,
    names: Sequence[str] | None = None,
    features: Sequence[str] | None = None,
    pair: Pair | None = None,
    label: str | None = None,
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw the probability of class 1 over the plane, the line where it is ½, and the data.

    Parameters
    ----------
    predict : rows (m, d) to the probability of class 1, (m,) or (m, 1), or of both, (m, 2)
    X, y : the data: rows (n, d) and classes (n,)
    scores : `predict` gives scores of any size, 0 between the classes, instead of probabilities
    bounds : ((left, right), (low, high)); else the range of X and `margin` of it on each side
    resolution : grid points along each axis
    levels : how many bands, or the values between them
    names, features : names of the classes and of the d features
    pair : the two features that are shown, by place or by name, where there are more: all others
        are held at their median, so that the picture is a cut through the model at one place
    label : written at the colour bar; else "probability of class 1", or of that class's name

    Raises
    ------
    ShapeError : not one answer for each point, or more than two classes
    DataError : answers that are not finite, or not probabilities without `scores`

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = Figure().subplots()
    >>> _ = probability_surface(lambda p: p[:, 0], [[0, 0], [1, 1]], [0, 1], margin=0, ax=ax)
    >>> ax.figure.axes[1].get_ylabel()
    'probability of class 1'
    """
    cut = cut_of(X, features, pair)
    places, classes = _data(cut.places, y, names)
    horizontal, vertical = _grid(places, bounds, margin, resolution)
    values = _class_one(predict, cut.rows(_plane(horizontal, vertical)), scores)
    height = values.reshape(resolution, resolution)
    ax = axes_or_new(ax, (4.8, 3.6))
    filled = _bands(ax, horizontal, vertical, height, scores, levels)
    draw_points(ax, places, classes, size=20)
    _fit(ax, horizontal, vertical)
    colour_bar(ax, filled, label or _label(classes.names, scores))
    return name_axes(ax, cut.features, 2, title, cut.aside)


def decision_boundary(
    predict_classes: Callable[[Floats], ArrayLike],
    X: ArrayLike,
    y: ArrayLike,
    *,
    bounds: Bounds | None = None,
    margin: float = 0.1,
    resolution: int = 300,
    names: Sequence[str] | None = None,
    features: Sequence[str] | None = None,
    pair: Pair | None = None,
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw the areas that a classifier gives to each class, their borders, and the data.

    Parameters
    ----------
    predict_classes : takes rows (m, d), returns their classes (m,), labelled as `y` is
    X, y : the data: rows (n, d) and classes (n,)
    bounds, margin, resolution, names, features, pair : as for `probability_surface`

    Raises
    ------
    ShapeError, LabelError : answers that are not one class for each point

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = Figure().subplots()
    >>> _ = decision_boundary(lambda p: p[:, 0] > 0, [[-1, 0], [1, 0]], [0, 1], ax=ax)
    >>> np.unique(ax.collections[0].get_array()).tolist()
    [0, 1]
    """
    cut = cut_of(X, features, pair)
    places, _ = _data(cut.places, y, names)
    horizontal, vertical = _grid(places, bounds, margin, resolution)
    grid = cut.rows(_plane(horizontal, vertical))
    classes = encode(names, y=y, predict_classes=predict_classes(grid))
    truth, answers = classes.codes
    same_length(points=grid, predict_classes=answers)
    ax = axes_or_new(ax, (4.5, 3.6))
    areas = answers.reshape(resolution, resolution)
    _areas(ax, horizontal, vertical, areas, len(classes.names))
    draw_points(ax, places, Classes(classes.names, (truth,)), size=20)
    _fit(ax, horizontal, vertical)
    return name_axes(ax, cut.features, 2, title, cut.aside)


def _data(places: Floats, y: ArrayLike, names: Sequence[str] | None) -> tuple[Floats, Classes]:
    classes = encode(names, y=y)
    same_length(X=places, y=classes.codes[0])
    return places, classes


def _grid(
    places: Floats, bounds: Bounds | None, margin: float, resolution: int
) -> tuple[Floats, Floats]:
    if resolution < 2:
        raise ArgumentError(
            "the grid is too coarse",
            where="resolution",
            got=str(resolution),
            wanted="at least 2",
            mend="write resolution=150",
        )
    if bounds is None:
        low, high = places.min(axis=0), places.max(axis=0)
        room = margin * np.where(high > low, high - low, 1.0)
        low, high = low - room, high + room
    else:
        low, high = np.asarray(bounds, dtype=np.float64).reshape(2, 2).T
    if not (low < high).all():
        raise ArgumentError(
            "the bounds leave no area",
            where="bounds" if bounds is not None else "margin",
            got=str(bounds if bounds is not None else margin),
            wanted="((left, right), (lower, upper)), each pair rising",
            mend="write for example bounds=((-2, 2), (-2, 2))",
        )
    return np.linspace(low[0], high[0], resolution), np.linspace(low[1], high[1], resolution)


def _plane(horizontal: Floats, vertical: Floats) -> Floats:
    """All points of the grid as rows, x running fastest."""
    return np.stack(np.meshgrid(horizontal, vertical), axis=-1).reshape(-1, 2)


def _class_one(predict: Callable[[Floats], ArrayLike], grid: Floats, scores: bool) -> Floats:
    values = finite(call(predict, grid, "predict"), "predict")
    if values.ndim > 2 or (values.ndim == 2 and values.shape[1] > 2):
        raise ShapeError(
            "a surface shows one class",
            where="predict",
            got=f"shape {values.shape} for {len(grid)} points",
            wanted=f"({len(grid)},), ({len(grid)}, 1) or ({len(grid)}, 2)",
            mend="pick one, lambda p: predict(p)[:, 2], or draw all with decision_boundary",
        )
    columns = values.reshape(len(grid), -1)
    values = columns[:, -1]
    if scores and columns.shape[1] == 2:
        values = values - columns[:, 0]  # the higher score wins: the border is where they are equal
    if not scores and (values.min() < -1e-6 or values.max() > 1 + 1e-6):
        raise DataError(
            "these are not probabilities",
            where="predict",
            got=f"values from {values.min():.4g} to {values.max():.4g}",
            wanted="values between 0 and 1",
            mend="apply the sigmoid (predict_proba does), or pass scores=True",
        )
    return values if scores else values.clip(0, 1)


def _bands(
    ax: Axes, x: Floats, y: Floats, height: Floats, scores: bool, levels: int | Sequence[float]
) -> ContourSet:
    """Filled bands on a scale with the border in the middle, and the border as a line."""
    limit = float(abs(height).max()) or 1.0
    low, border, high = (-limit, 0.0, limit) if scores else (0.0, 0.5, 1.0)
    bands = np.linspace(low, high, levels + 1) if isinstance(levels, int) else np.asarray(levels)
    ax.grid(False)
    drawn = ax.contourf(x, y, height, levels=bands, cmap=diverging(), vmin=low, vmax=high)
    if height.min() < border < height.max():
        ax.contour(x, y, height, levels=[border], colors=INK, linewidths=1.0)
    return drawn


def _areas(ax: Axes, x: Floats, y: Floats, areas: NDArray[np.intp], count: int) -> None:
    """A pale picture of `count` classes with a line around each."""
    ax.grid(False)
    paint: dict[str, Any] = {"shading": "nearest", "rasterized": True, "cmap": tints(count)}
    ax.pcolormesh(x, y, areas, vmin=-0.5, vmax=count - 0.5, **paint)
    for k in np.unique(areas)[:-1]:
        ax.contour(x, y, areas == k, levels=[0.5], colors=INK, linewidths=0.9)


def _label(names: Sequence[str], scores: bool) -> str:
    one = names[1] if len(names) > 1 else "1"
    return f"{'score' if scores else 'probability'} of {f'class {one}' if one.isdecimal() else one}"


def _fit(ax: Axes, horizontal: Floats, vertical: Floats) -> None:
    ax.set_xlim(horizontal[0], horizontal[-1])
    ax.set_ylim(vertical[0], vertical[-1])
