"""Classes: points coloured by class, and what was taken for what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.errors import ArgumentError
from pellucid.lazy import load
from pellucid.plot.arrays import Classes, encode, points, same_length
from pellucid.plot.style import (
    AXIS,
    CLASSES,
    INK,
    MANY,
    MARKERS,
    MUTED,
    axes_or_new,
    colour_bar,
    headed,
    legend,
    readable_on,
    rising,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["confusion_matrix", "scatter_classes"]

_MOST_NUMBERED = 20  # with more classes the numbers no longer fit their cells


def confusion_matrix(
    truth: ArrayLike,
    predicted: ArrayLike,
    names: Sequence[str] | None = None,
    normalise: Literal["rows"] | None = "rows",
    *,
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw how often class i (row) was called class j (column); the accuracy is in the title.

    Parameters
    ----------
    truth, predicted : labels (n,), whole numbers or words
    names : class names in the order of their numbers; else the labels that occur
    normalise : ``"rows"`` for shares of the true class, from 0 to 1 (a class without examples is a
        row of zeros); None for counts

    Raises
    ------
    ShapeError, LabelError : labels that do not fit each other or `names`

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = confusion_matrix([0, 0, 1, 1], [0, 1, 1, 1], ax=Figure().subplots())
    >>> [cell.get_text() for cell in ax.texts], ax.get_title(loc="left")
    (['0.50', '0.50', '0', '1.00'], 'accuracy 0.750')
    """
    if normalise not in ("rows", None):
        raise ArgumentError(
            "unknown way to normalise",
            where="normalise",
            got=repr(normalise),
            wanted='"rows" or None',
            mend='write normalise="rows" for shares, normalise=None for counts',
        )
    classes = encode(names, truth=truth, predicted=predicted)
    true, said = classes.codes
    same_length(truth=true, predicted=said)
    share = normalise == "rows"
    matrix = load("sklearn.metrics").confusion_matrix(
        true, said, labels=range(len(classes.names)), normalize="true" if share else None
    )
    size = float(np.clip(1.8 + 0.33 * len(matrix), 3.2, 7.0))
    ax = axes_or_new(ax, (size + 0.5, size))
    shown = ax.imshow(matrix, cmap=rising(), vmin=0, vmax=1 if share else max(1, matrix.max()))
    if len(matrix) <= _MOST_NUMBERED:
        _write_cells(ax, matrix, shown)
    _name_cells(ax, classes.names)
    colour_bar(ax, shown, "share of the true class" if share else "examples")
    accuracy = f"accuracy {np.mean(true == said):.3f}"
    return headed(ax, f"{title}: {accuracy}" if title else accuracy, x="predicted", y="true")


def scatter_classes(
    X: ArrayLike,
    y: ArrayLike,
    *,
    predicted: ArrayLike | None = None,
    names: Sequence[str] | None = None,
    features: Sequence[str] | None = None,
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw points in the colour and shape of their class.

    Parameters
    ----------
    X : points (n, 2), or (n, 3) for a picture in space
    y : classes (n,)
    predicted : predicted classes (n,), drawn as a large pale disc behind each point: a disc of
        another colour than its point is a mistake, and the heading counts them
    names, features : names of the classes and of the axes

    Raises
    ------
    ShapeError, LabelError, DataError : data that do not fit

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = scatter_classes([[0, 0], [1, 1]], ["no", "yes"], ax=Figure().subplots())
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['no', 'yes']
    """
    places = points(X, dimensions=(2, 3))
    check_features(features, places.shape[1])
    said = {} if predicted is None else {"predicted": predicted}
    classes = encode(names, y=y, **said)
    same_length(X=places, y=classes.codes[0], **dict(zip(said, classes.codes[1:], strict=True)))
    ax = axes_or_new(ax, (4.5, 3.6), projection="3d" if places.shape[1] == 3 else "rectilinear")
    if places.shape[1] == 3 and ax.name != "3d":
        raise ArgumentError(
            "points in space need axes in space",
            where="ax",
            got=f"{ax.name} axes for X of shape {places.shape}",
            mend='make them with figure.add_subplot(projection="3d"), or pass X[:, :2]',
        )
    aside = ""
    if predicted is not None:
        _discs(ax, places, classes.codes[1])
        wrong = int(np.sum(classes.codes[0] != classes.codes[1]))
        aside = f"{wrong} of {len(places)} wrong"
    draw_points(ax, places, Classes(classes.names, classes.codes[:1]), size=18)
    return name_axes(ax, features, places.shape[1], title, aside)


def draw_points(ax: Axes, places: NDArray[np.float64], classes: Classes, size: float) -> None:
    """Draw the points of each class that occurs, with a legend."""
    (codes,) = classes.codes
    occurring = np.unique(codes)
    handles = []
    for k in occurring:
        marker, area = list(MARKERS.items())[k % len(MARKERS)]
        look: dict[str, Any] = {"s": size * area, "marker": marker, "edgecolors": "white"}
        look |= {"linewidths": 0.6, "zorder": 3, "rasterized": len(places) > MANY}
        handles.append(ax.scatter(*places[codes == k].T, color=CLASSES[k % len(CLASSES)], **look))
    outside = {"loc": "upper left", "bbox_to_anchor": (1.0, 1.02)} if len(occurring) > 5 else {}
    legend(ax, [classes.names[k] for k in occurring], handles, handletextpad=0.2, **outside)


def check_features(features: Sequence[str] | None, dimensions: int) -> None:
    """Refuse names that are not one for each axis."""
    if features is not None and len(features) != dimensions:
        raise ArgumentError(
            "the names of the features do not fit the axes",
            where="features",
            got=f"{len(features)} names",
            wanted=f"{dimensions} names",
            mend="name the features that X holds, in order",
        )


def name_axes(
    ax: Axes, features: Sequence[str] | None, dimensions: int, title: str | None, aside: str = ""
) -> Axes:
    """Write the feature names, or x₁, x₂, … at the axes."""
    given = features is not None
    x, y, *z = (
        map(str, features) if features is not None else ("$x_1$", "$x_2$", "$x_3$")[:dimensions]
    )
    for name in z:
        space: Any = ax
        space.set_zlabel(name, fontsize="small", color=MUTED, parse_math=not given)
        space.set_box_aspect(None, zoom=0.85)  # else the names are cut off
    return headed(ax, title, x=x, y=y, aside=aside, names=given)


def _discs(ax: Axes, places: NDArray[np.float64], codes: NDArray[np.intp]) -> None:
    colours = [CLASSES[k % len(CLASSES)] for k in codes]
    look: dict[str, Any] = {"s": 150, "alpha": 0.3, "linewidths": 0, "gid": "predicted"}
    ax.scatter(*places.T, color=colours, **look)


def _write_cells(ax: Axes, matrix: NDArray[np.float64], shown: object) -> None:
    size = 8 if len(matrix) <= 10 else 6
    for (i, j), value in np.ndenumerate(matrix):
        text = f"{value:.2f}" if matrix.dtype.kind == "f" and value else f"{value:.0f}"
        colour = readable_on(shown.to_rgba(value)) if value else AXIS  # type: ignore[attr-defined]
        ax.text(j, i, text, ha="center", va="center", fontsize=size, color=colour)


def _name_cells(ax: Axes, names: Sequence[str]) -> None:
    ax.grid(False)
    ax.spines[:].set_visible(False)
    ticks = range(len(names))
    steep = max(map(len, names)) > 3
    ax.set_xticks(
        ticks,
        names,
        rotation=40 if steep else 0,
        ha="right" if steep else "center",
        parse_math=False,
        color=INK,
    )
    ax.set_yticks(ticks, names, parse_math=False, color=INK)
    if steep:
        for label in ax.get_xticklabels():
            label.set_rotation_mode("anchor")
    ax.tick_params(length=0)
