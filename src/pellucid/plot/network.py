"""A network as circles and lines, drawn with its real weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.errors import ShapeError
from pellucid.lazy import load
from pellucid.plot.arrays import at_least_one, column, finite, numbers
from pellucid.plot.style import (
    ACCENT,
    CONTRAST,
    INK,
    MUTED,
    axes_or_new,
    diverging,
    headed,
    legend,
    readable_on,
    short,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["network_diagram"]

Floats = NDArray[np.float64]

WIDEST, THINNEST = 3.6, 0.3  # points, of the largest weight and of nought
DASH = (0, (3.0, 1.3))
FEW = 12  # so many weights between two layers have room to be written
RADIUS = 0.29  # of a unit, where the next one is 1 away


def network_diagram(
    weights: Sequence[ArrayLike],
    *,
    units: Sequence[ArrayLike] | None = None,
    inputs: Sequence[str] | None = None,
    outputs: Sequence[str] | None = None,
    most: int = 10,
    numbers_shown: bool | None = None,
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw a dense network: a circle for each unit, a line for each weight.

    A line is as wide as its weight is large; above zero it is blue and whole, below orange and
    dashed. Of a layer with many units the first and the last are drawn, and how many there are.

    Parameters
    ----------
    weights : for each layer its matrix, shape (units, units before), in order
    units : for each layer, the inputs first, what its units say for one row: this colours them,
        and is written into them
    inputs, outputs : names of the columns that go in, and of what comes out
    most : as many units of a layer are drawn
    numbers_shown : write the weights on their lines; by default where they are few

    Raises
    ------
    ShapeError : matrices that do not follow upon each other, and names or units that do not fit
    DataError : weights that are not finite

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = network_diagram([[[1.0, -2.0], [0.5, 0.0]], [[1.5, -1.0]]], ax=Figure().subplots())
    >>> ax.get_title(loc="right"), len(ax.patches)
    ('widest line: 2', 5)
    """
    at_least_one("most", most)
    chain = _chain(weights)
    extents = [chain[0].shape[1], *map(len, chain)]
    said = None if units is None else _units(units, extents)
    ends = {
        0: _names(inputs, "inputs", extents[0]),
        len(chain): _names(outputs, "outputs", extents[-1]),
    }
    shown = [_shown(extent, most) for extent in extents]
    places = _placed(shown)
    ax = _prepared(ax, np.concatenate(places), min(6.2, 1.5 * len(extents)))
    largest = max(float(abs(one).max()) for one in chain)
    is_written = max(one.size for one in chain) <= FEW if numbers_shown is None else numbers_shown
    for k, matrix in enumerate(chain):
        part, between = matrix[np.ix_(shown[k + 1], shown[k])], (places[k], places[k + 1])
        _lines(ax, part, *between, largest)
        if is_written:
            _written(ax, part, *between)
    for k, here in enumerate(places):
        _layer(ax, here, shown[k], extents[k], None if said is None else said[k])
        _name(ax, here, shown[k], ends.get(k), at_left=k == 0)
    return headed(ax, title, aside=f"widest line: {short(largest)}")


def _prepared(ax: Axes | None, places: Floats, inches: float) -> Axes:
    """Give axes with room for all units, in which a circle is round, and say what lines mean."""
    (left, low), (right, high) = places.min(axis=0) - (0.5, 0.8), places.max(axis=0) + 0.5
    ax = axes_or_new(ax, (inches, min(0.5 + inches * (high - low) / (right - left), 6.0)))
    ax.set_axis_off()
    ax.set_aspect("equal")
    ax.set(xlim=(left, right), ylim=(low, high))
    signs = [ax.plot([], [], color=ACCENT)[0], ax.plot([], [], color=CONTRAST, linestyle=DASH)[0]]
    below = {"loc": "upper center", "bbox_to_anchor": (0.5, 0.0), "ncols": 2}
    legend(ax, ["above zero", "below zero"], signs, **below)
    return ax


def _chain(weights: Sequence[ArrayLike]) -> list[Floats]:
    chain = [
        finite(numbers(one, f"weights[{k}]"), f"weights[{k}]") for k, one in enumerate(weights)
    ]
    for k, matrix in enumerate(chain):
        before = len(chain[k - 1]) if k else None
        if matrix.ndim != 2 or before not in (None, matrix.shape[1]):
            raise ShapeError(
                "these weights are no chain of dense layers", where=f"weights[{k}]",
                got=f"shape {matrix.shape}",
                wanted="(units, units before)" + (f", here (…, {before})" if k else ""),
                mend="give the matrices of Linear layers in their order",
            )  # fmt: skip
    if not chain:
        raise ShapeError("there is no layer to draw", where="weights", mend="give [W1, W2]")
    return chain


def _units(units: Sequence[ArrayLike], extents: Sequence[int]) -> list[Floats]:
    rows = [column(np.ravel(np.asarray(one)), f"units[{k}]") for k, one in enumerate(units)]
    if [len(one) for one in rows] != list(extents):
        raise ShapeError(
            "the units do not fit the layers", where="units",
            got=f"{[len(one) for one in rows]}", wanted=f"{list(extents)}",
            mend="give one row of the input, and of what each layer makes of it",
        )  # fmt: skip
    return rows


def _names(names: Sequence[str] | None, what: str, count: int) -> list[str] | None:
    if names is not None and len(names) != count:
        raise ShapeError(
            f"the names of the {what} do not fit", where=what, got=f"{len(names)} names",
            wanted=f"{count}", mend="give a name for each",
        )  # fmt: skip
    return None if names is None else list(map(str, names))


def _shown(extent: int, most: int) -> NDArray[np.intp]:
    """Choose the units that are drawn: all, or the first and the last."""
    if extent <= most:
        return np.arange(extent)
    last = most // 2
    return np.concatenate([np.arange(most - last), np.arange(extent - last, extent)])


def _placed(shown: Sequence[NDArray[np.intp]]) -> list[Floats]:
    """Find where units stand: one below the other about the middle, a gap for those left out."""
    apart = max(2.2, 0.55 * max(map(len, shown)))
    found = []
    for k, units in enumerate(shown):
        y = -np.cumsum(np.concatenate([[0], np.where(np.diff(units) > 1, 1.6, 1.0)]))
        found.append(np.column_stack([np.full(len(y), k * apart), y - (y[0] + y[-1]) / 2]))
    return found


def _lines(ax: Axes, matrix: Floats, sources: Floats, ends: Floats, largest: float) -> None:
    """Draw the weights between two layers, those of small size below the others."""
    rows, columns = np.unravel_index(np.argsort(abs(matrix), axis=None), matrix.shape)
    sizes = matrix[rows, columns]
    shares = abs(sizes) / (largest or 1.0)
    paths = np.stack([sources[columns], ends[rows]], axis=1)
    for mask, colour, line in ((sizes >= 0, ACCENT, "-"), (sizes < 0, CONTRAST, DASH)):
        if mask.any():
            look: dict[str, Any] = {
                "colors": colour,
                "linestyles": [line],
                "zorder": 1,
                "gid": "weights",
            }
            look["linewidths"] = THINNEST + (WIDEST - THINNEST) * shares[mask]
            look["alpha"] = 0.25 + 0.7 * shares[mask]
            ax.add_collection(load("matplotlib.collections").LineCollection(paths[mask], **look))


def _written(ax: Axes, matrix: Floats, sources: Floats, ends: Floats) -> None:
    """Write weights on their lines, by the larger layer, where lines are farthest apart."""
    fan = len(sources) > len(ends)
    for (row, place), weight in np.ndenumerate(matrix):
        turn, of = (row, len(ends)) if fan else (place, len(sources))
        near = 0.28 + 0.22 * turn / max(of - 1, 1)
        at = sources[place] + (near if fan else 1 - near) * (ends[row] - sources[place])
        colour = ACCENT if weight >= 0 else CONTRAST
        veil = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}
        _text(ax, at, short(float(weight)), color=colour, zorder=2, bbox=veil)


def _layer(
    ax: Axes, places: Floats, shown: NDArray[np.intp], extent: int, said: Floats | None
) -> None:
    """Draw the units of a layer, with what they say, and how many are left out."""
    circle = load("matplotlib.patches").Circle
    limit = 1.0 if said is None else float(abs(said).max()) or 1.0
    for place, unit in zip(places, shown, strict=True):
        fill: Any = "white" if said is None else diverging()(0.5 + 0.5 * said[unit] / limit)
        ax.add_patch(circle(tuple(place), RADIUS, facecolor=fill, edgecolor=INK, zorder=3))
        if said is not None:
            text = _brief(float(said[unit]))
            _text(ax, place, text, color=readable_on(fill))
    if len(shown) < extent:
        gap = int(np.argmax(np.diff(shown) > 1))
        middle = places[gap : gap + 2].mean(axis=0)
        _text(ax, middle, "⋮", color=MUTED, fontsize="medium")
        _text(ax, places[-1] - (0, 0.6), f"{extent} units", color=MUTED)


def _text(ax: Axes, at: Floats, text: str, **look: Any) -> None:
    """Write small, in the middle of a place."""
    x, y = map(float, at)
    small: dict[str, Any] = {"ha": "center", "va": "center", "zorder": 4, "fontsize": "x-small"}
    ax.text(x, y, text, **(small | look))


def _brief(value: float) -> str:
    """Write so few digits that they fit into a circle."""
    digits = 2 if abs(value) < 0.995 else 1 if abs(value) < 9.95 else 0
    return f"{value:.{digits}f}".replace("-", "−")


def _name(
    ax: Axes, places: Floats, shown: NDArray[np.intp], names: list[str] | None, at_left: bool
) -> None:
    """Write names beside the units of the first or the last layer."""
    look: dict[str, Any] = {"ha": "right" if at_left else "left", "va": "center", "color": INK}
    beside = -RADIUS - 0.12 if at_left else RADIUS + 0.12
    for (x, y), unit in zip(places, shown, strict=True):
        if names is not None:
            ax.text(x + beside, y, names[unit], fontsize="small", parse_math=False, **look)
