"""The loss as a landscape: over one number, over two, and the way that a training took."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import cycle
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.errors import ArgumentError, DataError, ShapeError
from pellucid.plot.arrays import call, column, finite, numbers, same_length
from pellucid.plot.descent import descent_contours
from pellucid.plot.projection import principal
from pellucid.plot.style import (
    CONTRAST,
    CURVES,
    LINES,
    axes_or_new,
    colour_bar,
    headed,
    legend,
    rising,
    short,
    titled,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Flattened", "flattened", "loss_curves", "loss_path", "loss_surface"]

Floats = NDArray[np.float64]
AT_ONCE = 10_000_000  # numbers that the loss is given
Plane = Literal["principal"] | tuple[int, int] | ArrayLike


def loss_curves(
    places: ArrayLike,
    losses: Mapping[str, ArrayLike],
    *,
    name: str = "parameter",
    label: str = "loss",
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw losses over one number, a parameter or a cut-off, with a star at the least of each.

    Parameters
    ----------
    places : where they were measured, shape (n,)
    losses : as many values for each curve, by the names that the legend shows
    name, label : of the number, and of the losses

    Raises
    ------
    ShapeError : not one loss for each place
    DataError : no curve, or losses that are not finite

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = loss_curves([5, 6, 7], {"cost": [9, 4, 6]}, name="cut-off", ax=Figure().subplots())
    >>> ax.get_title(loc="right")
    'least: 4 at 6'
    """
    x = column(places, "places")
    columns = {key: column(values, key) for key, values in losses.items()}
    if not columns:
        raise DataError("there is no curve to draw", where="losses", mend='give {"loss": values}')
    same_length("measure each loss at each place", places=x, **columns)
    order = np.argsort(x, kind="stable")
    ax = axes_or_new(ax, (4.5, 2.9))
    drawn = []
    for y, colour, line in zip(columns.values(), cycle(CURVES), cycle(LINES), strict=False):
        look: dict[str, Any] = {"marker": "o" if len(x) <= 30 else "", "markersize": 3.5}
        drawn += ax.plot(x[order], y[order], color=colour, linestyle=line, linewidth=1.6, **look)
        _star(ax, x[int(np.argmin(y))], float(y.min()), colour)
    said = [f"{short(float(y.min()))} at {short(x[int(np.argmin(y))])}" for y in columns.values()]
    if len(columns) > 1:
        legend(ax, [f"{key}, least: {one}" for key, one in zip(columns, said, strict=True)], drawn)
    aside = f"least: {said[0]}" if len(columns) == 1 else ""
    return headed(ax, title, x=name, y=label, aside=aside, names=True)


def loss_surface(
    across: ArrayLike,
    upward: ArrayLike,
    losses: ArrayLike,
    *,
    names: Sequence[str] = ("x", "y"),
    label: str = "loss",
    most: float | None = None,
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw losses over two numbers as a field, a square for each pair, with a star at the least.

    What was measured is shown, and nothing between: a loss of cut-offs is a staircase.

    Parameters
    ----------
    across, upward : the values of the two numbers, shapes (m,) and (n,), rising
    losses : shape (n, m), a row for each of `upward`
    names, label : of the two numbers, and of the losses
    most : from here on all losses have one colour; the colour bar says so

    Raises
    ------
    ShapeError : losses of another shape
    ArgumentError : numbers that do not rise
    DataError : losses that are not finite

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = loss_surface([5, 6], [1, 2, 3], [[9, 8], [7, 2], [5, 5]], ax=Figure().subplots())
    >>> ax.get_title(loc="right")
    'least: 2 at (6, 2)'
    """
    x, y = _rising(across, "across"), _rising(upward, "upward")
    heights = finite(numbers(losses, "losses"), "losses")
    if heights.shape != (len(y), len(x)):
        raise ShapeError(
            "the losses do not fit the two numbers", where="losses", got=f"shape {heights.shape}",
            wanted=f"({len(y)}, {len(x)}): a row for each of upward",
            mend="write losses.T if they run the other way",
        )  # fmt: skip
    ax = axes_or_new(ax, (4.8, 3.6))
    ax.grid(False)
    shown = heights if most is None else np.minimum(heights, most)
    field = ax.pcolormesh(x, y, shown, cmap=rising(), shading="nearest", rasterized=True)
    row, place = np.unravel_index(heights.argmin(), heights.shape)
    _star(ax, x[place], y[row], CONTRAST, size=15)
    colour_bar(
        ax, field, label if most is None else f"{label}, {short(most)} and above in one colour"
    )
    said = f"least: {short(heights.min())} at ({short(x[place])}, {short(y[row])})"
    return headed(ax, title, x=names[0], y=names[1], aside=said, names=True)


def loss_path(
    loss: Callable[[Floats], ArrayLike],
    path: ArrayLike | Mapping[str, ArrayLike],
    *,
    plane: Plane = "principal",
    resolution: int = 40,
    margin: float = 0.25,
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw the way of an optimizer through many weights, on a plane, with the loss on that plane.

    The plane goes through the last point. Its axes are the two principal directions of the way to
    there, or directions that are given; the heading says how much of the way lies in it, as the
    share of Σ‖wₖ − w_last‖². What is left stands off the plane: a small share means that the losses
    under the path are not those that the optimizer met.

    Several ways, by name, are drawn on one plane: through their mean, so that the share is that of
    the variance of all their points.

    Parameters
    ----------
    loss : takes weights (m, p), returns (m,)
    path : weights (n, p) in their order; or several such, by the names that the legend shows
    plane : "principal"; or two places among the p weights; or two directions, shape (2, p)
    resolution : points along each axis at which the loss is measured
    margin : the share of the way's width that is shown around it

    Raises
    ------
    ShapeError : a path that is not (n, p), directions that are not (2, p)
    ArgumentError : directions that span no plane, and a path that does not move
    DataError : weights that are not finite

    Source: Li et al., Visualizing the Loss Landscape of Neural Nets, 2018, section 7.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> bowl = lambda w: (w**2).sum(axis=1)
    >>> path = [[2.0, 0.0, 1.0], [1.0, 0.5, 0.5], [0.0, 0.0, 0.0]]
    >>> ax = loss_path(bowl, path, resolution=9, ax=Figure().subplots())
    >>> ax.get_title(loc="right")
    '100 % of the way seen'
    """
    several = isinstance(path, Mapping)
    seen = flattened(path if isinstance(path, Mapping) else {"way": path}, plane)
    ax = axes_or_new(ax, (5.2, 3.8))
    pairs = zip(seen.names, seen.shares, strict=True)
    said = [f"{name} ({round(100 * share, 1):g} %)" for name, share in pairs]
    look: dict[str, Any] = {"bounds": seen.bounds(margin), "names": said, "resolution": resolution}
    descent_contours(_on_plane(loss, seen), seen.places, ax=ax, **look)
    filled: Any = next(one for one in ax.collections if one.get_array() is not None)
    colour_bar(ax, filled, "loss on the plane", filled.levels[1::4].tolist())
    what = "variance" if several else "way"
    return titled(ax, title, f"{round(100 * seen.shares.sum(), 1):g} % of the {what} seen")


class Flattened(NamedTuple):
    """Ways through many weights as they are seen on a plane.

    Attributes
    ----------
    centre : weights (p,) that the plane goes through
    directions : (2, p), at right angles and of length 1
    places : the points of each way on the plane, (n, 2), by name
    shares : of Σ‖w − centre‖² over all points, what each direction shows
    names : what the directions are called
    """

    centre: Floats
    directions: Floats
    places: dict[str, Floats]
    shares: Floats
    names: list[str]

    def lifted(self, places: Floats) -> Floats:
        """Give the weights (m, p) at places (m, 2) of the plane."""
        found: Floats = self.centre + places @ self.directions
        return found

    def bounds(self, margin: float = 0.25) -> tuple[tuple[float, float], tuple[float, float]]:
        """Choose what is shown along both axes, with a margin around the ways."""
        flat = np.concatenate(list(self.places.values()))
        return _around(flat[:, 0], flat, margin), _around(flat[:, 1], flat, margin)


def flattened(ways: Mapping[str, ArrayLike], plane: Plane = "principal") -> Flattened:
    """Find the plane that shows most of some ways, or take a given one, and look at them on it.

    It goes through the end of a single way, and through the mean of several. See
    :func:`loss_path` for what it raises.

    Examples
    --------
    >>> seen = flattened({"a": [[0.0, 0.0, 0.0], [4.0, 0.0, 0.0]], "b": [[2.0, 1.0, 0.0]] * 2})
    >>> seen.places["a"].round(3).tolist(), seen.shares.round(3).tolist()
    ([[-2.0, -0.5], [2.0, -0.5]], [0.889, 0.111])
    """
    found = {name: _way(way) for name, way in ways.items()}
    points = np.concatenate(_alike(found))
    centre = points[-1] if len(found) == 1 else points.mean(axis=0)
    moved = points - centre
    if not moved.any():
        raise ArgumentError("the path does not move", where="path", mend="give other steps")
    axes, names = _plane(plane, moved)
    shares = ((moved @ axes.T) ** 2).sum(axis=0) / (moved**2).sum()
    places = {name: (way - centre) @ axes.T for name, way in found.items()}
    return Flattened(centre, axes, places, shares, names)


# --- pieces ----------------------------------------------------------------------------------


def _on_plane(loss: Callable[[Floats], ArrayLike], seen: Flattened) -> Callable[[Floats], Floats]:
    def on_plane(places: Floats) -> Floats:  # a few at a time: weights may be many
        count = min(len(places), 1 + places.size * len(seen.centre) // AT_ONCE)
        parts = np.array_split(places, count)
        return np.concatenate([call(loss, seen.lifted(part), "loss") for part in parts])

    return on_plane


def _way(path: ArrayLike) -> Floats:
    way = finite(numbers(path, "path"), "path")
    if way.ndim != 2 or way.shape[1] < 2 or len(way) < 2:
        raise ShapeError(
            "this is no way through several weights", where="path", got=f"shape {way.shape}",
            wanted="(steps, weights), at least two of each",
            mend="stack flat weights: np.stack([w.reshape(-1) for w in …])",
        )  # fmt: skip
    return way


def _alike(ways: Mapping[str, Floats]) -> list[Floats]:
    widths = {name: way.shape[1] for name, way in ways.items()}
    if len(set(widths.values())) != 1:
        raise ShapeError(
            "these ways are not through the same weights", where="path",
            got=", ".join(f"{name}: {width}" for name, width in widths.items()) or "none",
            wanted="as many weights in each", mend="give ways of one network",
        )  # fmt: skip
    return list(ways.values())


def _star(ax: Axes, x: float, y: float, colour: str, size: float = 13) -> None:
    look: dict[str, Any] = {"markersize": size, "markeredgecolor": "white", "linestyle": "none"}
    ax.plot([x], [y], "*", color=colour, zorder=5, gid="least", **look)


def _rising(values: ArrayLike, name: str) -> Floats:
    array = column(values, name)
    if len(array) < 2 or not (np.diff(array) > 0).all():
        raise ArgumentError(
            f"{name} does not rise", where=name, got=f"{len(array)} values",
            wanted="at least two, each greater than the one before", mend="write np.arange(5, 15)",
        )  # fmt: skip
    return array


def _plane(plane: Plane, moved: Floats) -> tuple[Floats, list[str]]:
    """Find two directions at right angles, of length 1, and what they are called."""
    count = moved.shape[1]
    if isinstance(plane, str):
        if plane != "principal":
            raise ArgumentError(
                "unknown plane", where="plane", got=repr(plane),
                wanted='"principal", two places, or two directions', mend='write plane="principal"',
            )  # fmt: skip
        return principal(moved, 2)[0], ["direction 1", "direction 2"]
    given = numbers(plane, "plane")
    if given.shape == (2,):
        first, second = (int(one) for one in given)
        if not (0 <= first < count and 0 <= second < count and first != second):
            raise ArgumentError(
                "these are no two weights", where="plane", got=f"({first}, {second})",
                wanted=f"two different places from 0 to {count - 1}", mend="write plane=(0, 1)",
            )  # fmt: skip
        return np.eye(count)[[first, second]], [f"weight {first}", f"weight {second}"]
    if given.shape != (2, count):
        raise ShapeError(
            "these directions do not fit the weights", where="plane", got=f"shape {given.shape}",
            wanted=f"(2, {count})", mend="give two directions as long as the weights",
        )  # fmt: skip
    square, triangle = np.linalg.qr(given.T)
    if abs(np.diag(triangle)).min() <= 1e-12 * abs(triangle).max():
        raise ArgumentError(
            "these directions span no plane", where="plane", got="two that are parallel",
            mend="give two that point elsewhere",
        )  # fmt: skip
    signs = np.sign(np.diag(triangle))
    return (square * signs).T, ["direction 1", "direction 2, at right angles"]


def _around(values: Floats, flat: Floats, margin: float) -> tuple[float, float]:
    """Choose what is shown along an axis: never a sliver where the way hardly moves."""
    low, high = float(values.min()), float(values.max())
    room = max(margin * (high - low), 0.1 * float(np.ptp(flat, axis=0).max()))
    return low - room, high + room
