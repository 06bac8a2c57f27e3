"""Points of many dimensions on a plane or in space: embeddings, hidden layers, weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.errors import ArgumentError, ShapeError
from pellucid.plot.arrays import finite, numbers, same_length
from pellucid.plot.classes import name_axes, scatter_classes
from pellucid.plot.style import ACCENT, INK, axes_or_new

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["embedding", "principal"]

Floats = NDArray[np.float64]


def embedding(
    values: ArrayLike,
    y: ArrayLike | None = None,
    *,
    dimensions: Literal[2, 3] = 2,
    names: Sequence[str] | None = None,
    texts: Sequence[str] | None = None,
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw points of any dimension in two or three: along the directions in which they differ most.

    Points that have no more dimensions are drawn as they are. Else the axes are the principal
    components, and say which share of the variance each shows; what is left is not seen.

    Parameters
    ----------
    values : shape (n, d): what a layer gives for n rows, or the vectors of n words
    y, names : classes (n,), and their names
    texts : a text for each point, written beside it
    dimensions : of the picture

    Raises
    ------
    ShapeError : values that are not (n, d) with d ≥ `dimensions`, texts or classes that do not fit
    ArgumentError : other dimensions than 2 and 3

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> values = [[0, 0, 0, 1], [2, 0, 0, 1], [0, 1, 0, 1], [2, 1, 0, 1]]
    >>> ax = embedding(values, [0, 1, 0, 1], ax=Figure().subplots())
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('component 1 (80 %)', 'component 2 (20 %)')
    """
    if dimensions not in (2, 3):
        raise ArgumentError(
            "a picture has two or three dimensions", where="dimensions", got=str(dimensions),
            mend="write dimensions=2",
        )  # fmt: skip
    points = _points(values, dimensions)
    shown, axes = _projected(points, dimensions)
    if y is not None:
        ax = scatter_classes(shown, y, names=names, features=axes, ax=ax, title=title)
    else:
        ax = axes_or_new(ax, (4.5, 3.6), projection="3d" if dimensions == 3 else "rectilinear")
        look: dict[str, Any] = {"s": 18, "edgecolors": "white", "linewidths": 0.6, "zorder": 3}
        ax.scatter(*shown.T, color=ACCENT, **look)
        name_axes(ax, axes, dimensions, title)
    if texts is not None:
        same_length("give one text for each point", values=points, texts=np.asarray(texts))
        _write(ax, shown, texts)
    return ax


def principal(centred: Floats, count: int) -> tuple[Floats, Floats]:
    """Find the directions along which rows lie farthest from 0, and the share of Σ‖row‖² of each.

    A direction points to where the largest of its entries is positive.

    Examples
    --------
    >>> directions, shares = principal(np.array([[3.0, 0.0], [0.0, 1.0], [-3.0, 0.0]]), 1)
    >>> directions.tolist(), shares.round(3).tolist()
    ([[1.0, 0.0]], [0.947])
    """
    _, sizes, directions = np.linalg.svd(centred, full_matrices=False)
    found, share = directions[:count], sizes[:count] ** 2 / (float((sizes**2).sum()) or 1.0)
    if len(found) < count:  # fewer rows than directions: any others will do
        spare = np.linalg.qr(np.vstack([found, np.eye(count, centred.shape[1])]).T)[0].T
        found = np.vstack([found, spare[len(found) : count]])
        share = np.pad(share, (0, count - len(share)))
    largest = found[np.arange(count), abs(found).argmax(axis=1)]
    return found * np.where(largest < 0, -1.0, 1.0)[:, None] + 0.0, share


def _points(values: ArrayLike, dimensions: int) -> Floats:
    points = finite(numbers(values, "values"), "values")
    if points.ndim == 2 and points.shape[1] >= dimensions:
        return points
    mend = "write values.reshape(len(values), -1)"
    if points.ndim == 2:
        mend = "write dimensions=2" if points.shape[1] == 2 else "draw them by plot.histogram"
    raise ShapeError(
        "these points have too few dimensions", where="values", got=f"shape {points.shape}",
        wanted=f"(n, d) with d ≥ {dimensions}", mend=mend,
    )  # fmt: skip


def _projected(points: Floats, dimensions: int) -> tuple[Floats, list[str]]:
    if points.shape[1] == dimensions:
        return points, [f"dimension {k + 1}" for k in range(dimensions)]
    centred = points - points.mean(axis=0)
    directions, shares = principal(centred, dimensions)
    names = [f"component {k + 1} ({100 * share:.0f} %)" for k, share in enumerate(shares)]
    return centred @ directions.T, names


def _write(ax: Axes, places: Floats, texts: Sequence[str]) -> None:
    """Write a text beside each point."""
    ax.margins(x=0.14)
    for place, text in zip(places, texts, strict=True):
        look: dict[str, Any] = {"fontsize": "x-small", "color": INK, "parse_math": False}
        if len(place) == 3:
            space: Any = ax
            space.text(*place, f" {text}", **look)
        else:
            ax.annotate(text, tuple(place), (4, 3), textcoords="offset points", **look)
