"""How a minimiser moved: on a curve, on contours, step by step; and signals that are smoothed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import cycle
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.errors import ArgumentError, DataError, ShapeError
from pellucid.lazy import load
from pellucid.plot.arrays import Classes, call, column, encode, finite, numbers, points, same_length
from pellucid.plot.classes import check_features, draw_points, name_axes
from pellucid.plot.style import (
    ACCENT,
    AXIS,
    CONTRAST,
    CURVES,
    INK,
    LINES,
    MANY,
    MUTED,
    axes_or_new,
    headed,
    legend,
    short,
    whole_ticks,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "descent_contours",
    "descent_curve",
    "descent_values",
    "separating_lines",
    "smoothed",
    "taylor_models",
]

Floats = NDArray[np.float64]
Function = Callable[[Floats], ArrayLike]
Interval = tuple[float, float]


def descent_curve(
    function: Function,
    path: ArrayLike,
    *,
    models: Mapping[str, Function] | None = None,
    led: ArrayLike = (),
    bounds: Interval | None = None,
    name: str = "x",
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw a function of one number with the points that a minimiser visited, first to last.

    Parameters
    ----------
    function : takes an array (m,), returns (m,)
    path : the points x₀, x₁, …, shape (n,)
    models : local models of the function, dashed, by the names that the legend shows
    led : the point that each model led to, marked on it
    bounds : the x that are shown; else the path and a quarter of its width on each side
    name : what the number is called

    Raises
    ------
    DataError : points or values that are not finite
    ArgumentError : bounds that do not rise

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = descent_curve(np.square, [2.0, 1.0, 0.5], ax=Figure().subplots())
    >>> ax.lines[1].get_ydata().tolist()
    [4.0, 1.0, 0.25]
    """
    steps = column(path, "path")
    low, high = _interval(steps, bounds)
    x = np.linspace(low, high, 401)
    values, heights = call(function, x, "function"), call(function, steps, "function")
    ax = axes_or_new(ax, (4.5, 3.2))
    (curve,) = ax.plot(x, values, color=ACCENT, linewidth=1.8)
    ax.plot(steps, heights, color=CONTRAST, linewidth=0.8, alpha=0.6, gid="path")
    (dots,) = ax.plot(steps, heights, "o", color=CONTRAST, markersize=4, alpha=0.7, zorder=3)
    ends = _ends(ax, np.column_stack([steps, heights]), CONTRAST)
    drawn: dict[str, Any] = {"f": curve}
    for (label, model), line in zip((models or {}).items(), cycle(LINES[1:]), strict=False):
        (drawn[label],) = ax.plot(
            x, call(model, x, label), color=INK, linestyle=line, linewidth=1.2
        )
    promised = zip(numbers(led, "led"), (models or {}).items(), strict=False)
    for end, (label, model) in promised:
        height = call(model, np.array([end]), label)
        ax.plot([end], height, "D", color=INK, markerfacecolor="white", markersize=5, zorder=4)
    _frame(ax, low, high, np.concatenate([values, heights]))
    legend(ax, [*drawn, "steps", "last"], [*drawn.values(), dots, ends])
    return headed(ax, title, x=name, y=f"f({name})")


def descent_contours(
    function: Function,
    paths: Mapping[str, ArrayLike],
    *,
    models: Sequence[Function] = (),
    through: ArrayLike = (),
    bounds: tuple[Interval, Interval] | None = None,
    names: Sequence[str] = ("x", "y"),
    resolution: int = 80,
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw the contours of a function of two numbers, and paths over them: ring first, star last.

    The levels are chosen so that equal areas lie between them, whatever the function's scale.

    Parameters
    ----------
    function : takes points (m, 2), returns (m,)
    paths : points (n, 2) in their order, by the names that the legend shows
    models, through : local models, and a point for each, through which its level line is drawn
    bounds : ((left, right), (low, high)); else the paths and a quarter more
    names : of the two numbers
    resolution : grid points along each axis

    Raises
    ------
    ShapeError : points that are not pairs
    DataError : points that are not finite, or no value that is
    ArgumentError : bounds that do not rise

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> bowl = lambda p: (p**2).sum(axis=1)
    >>> ax = descent_contours(bowl, {"steps": [[1, 1], [0.5, 0.5]]}, ax=Figure().subplots())
    >>> ax.lines[0].get_xdata().tolist()
    [1.0, 0.5]
    """
    tracks = {name: points(path) for name, path in paths.items()}
    if not tracks:
        raise DataError("there is no path to draw", where="paths", mend="give {'steps': points}")
    x, y = _axes_of(np.concatenate(list(tracks.values())), bounds, resolution)
    height = _surface(function, x, y, "function")
    levels = _levels(height)
    ax = axes_or_new(ax, (4.6, 3.7))
    ax.grid(False)
    if len(levels) > 1:
        _valley(ax, x, y, height, levels)
    for model, place in zip(models, numbers(through, "through").reshape(-1, 2), strict=True):
        level = call(model, place[None], "model")
        surface = _surface(model, x, y, "model")
        ax.contour(x, y, surface, levels=level, colors=INK, linewidths=1.0, linestyles="dashed")
    looks = zip(tracks.items(), cycle(CURVES), cycle(LINES), strict=False)
    drawn = [_track(ax, name, track, colour, line) for (name, track), colour, line in looks]
    if len(tracks) > 1:
        legend(ax, list(tracks), drawn)
    ax.set(xlim=x[[0, -1]], ylim=y[[0, -1]])
    return headed(ax, title, x=names[0], y=names[1], names=True)


def descent_values(
    values: Mapping[str, ArrayLike],
    *,
    least: float | None = None,
    label: str = "value",
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw values against the step, one line for each path.

    Parameters
    ----------
    values : f(x₀), f(x₁), …, by the names that the legend shows
    least : the least value of the function: what lies above it is drawn on a logarithmic scale
    label : what the values are

    Raises
    ------
    DataError : no path, an empty one, or values that are not finite

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = descent_values({"plain": [3, 2, 1]}, least=1, ax=Figure().subplots())
    >>> ax.get_ylabel(), ax.lines[0].get_ydata()[:2].tolist()
    ('value − 1', [2.0, 1.0])
    """
    columns = {name: column(v, name) for name, v in values.items()}
    if not columns:
        raise DataError("there is no path to draw", where="values", mend="give {'f': values}")
    ax = axes_or_new(ax, (4.5, 2.9))
    drawn = []
    for (_, y), colour, line in zip(columns.items(), cycle(CURVES), cycle(LINES), strict=False):
        shown = y if least is None else np.where(y > least, y - least, np.nan)
        look = {"marker": "o" if len(y) <= 30 else "", "markersize": 3, "linewidth": 1.5}
        drawn += ax.plot(
            shown,
            color=colour,
            linestyle=line,
            rasterized=len(y) > MANY,
            **look,  # type: ignore[arg-type]
        )
    if len(columns) > 1:
        legend(ax, list(columns), drawn)
    if least is not None:
        ax.set_yscale("log")
        label = (
            f"{label} − {short(least)}"
            if least > 0
            else f"{label} + {short(-least)}"
            if least
            else label
        )
    whole_ticks(ax.xaxis)
    return headed(ax, title, x="step", y=label)


def taylor_models(
    function: Function,
    centres: ArrayLike,
    models: Sequence[Function],
    *,
    half_width: float = 0.1,
    interval: Interval | None = None,
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw a function, and a local model around each of some points; overlaps are darker.

    Parameters
    ----------
    function : takes an array (m,), returns (m,)
    centres : the points, shape (n,)
    models : one for each, as `descent.taylor` makes them
    half_width : each is drawn from centre − half_width to centre + half_width
    interval : the x that are shown; else around the centres

    Raises
    ------
    ShapeError : not one model for each point
    ArgumentError : an interval that does not rise, a half-width that is not positive

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = taylor_models(np.square, [1.0], [lambda x: 2 * x - 1], ax=Figure().subplots())
    >>> ax.lines[1].get_xdata()[[0, -1]].round(6).tolist()
    [0.9, 1.1]
    """
    places = column(centres, "centres")
    same_length("give one model for each centre", centres=places, models=np.arange(len(models)))
    if not half_width > 0:
        raise ArgumentError(
            "the models have no width", where="half_width", got=str(half_width), wanted="> 0",
            mend="write half_width=0.1",
        )  # fmt: skip
    low, high = _interval(np.concatenate([places - half_width, places + half_width]), interval)
    x = np.linspace(low, high, 401)
    values = call(function, x, "function")
    ax = axes_or_new(ax, (4.5, 3.2))
    (curve,) = ax.plot(x, values, color=ACCENT, linewidth=1.2)
    piece: dict[str, Any] = {"color": CONTRAST, "linewidth": 4.5, "alpha": 0.35}
    piece["solid_capstyle"] = "butt"  # so that only what overlaps is darker
    pieces = []
    for centre, model in zip(places, models, strict=True):
        near = np.linspace(centre - half_width, centre + half_width, 61)
        pieces += ax.plot(near, call(model, near, "model"), **piece)
    heights = call(function, places, "function")
    dots = ax.scatter(places, heights, s=14, color=INK, zorder=3)
    _frame(ax, low, high, values)
    legend(ax, ["f", "models", "centres"], [curve, pieces[0], dots])
    return headed(ax, title, x="x")


def smoothed(
    signal: ArrayLike,
    versions: Mapping[str, ArrayLike],
    *,
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw a signal, pale, and smoothed versions of it.

    Parameters
    ----------
    signal : shape (n,)
    versions : of the same length, by the names that the legend shows

    Raises
    ------
    ShapeError : a version of another length

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = smoothed([0, 4, 0], {"mean": [1, 2, 1]}, ax=Figure().subplots())
    >>> len(ax.lines)
    2
    """
    x = column(signal, "signal")
    columns = {name: column(v, name) for name, v in versions.items()}
    same_length("smooth the same signal", signal=x, **columns)
    ax = axes_or_new(ax, (4.8, 2.9))
    drawn = ax.plot(x, color="#a9adb0", linewidth=1.0, rasterized=len(x) > MANY)
    for (_, y), colour, line in zip(columns.items(), cycle(CURVES), cycle(LINES), strict=False):
        drawn += ax.plot(y, color=colour, linestyle=line, linewidth=1.7, rasterized=len(y) > MANY)
    legend(ax, ["signal", *columns], drawn)
    whole_ticks(ax.xaxis)
    return headed(ax, title, x="step")


def separating_lines(
    X: ArrayLike,
    y: ArrayLike,
    weights: ArrayLike,
    *,
    names: Sequence[str] | None = None,
    features: Sequence[str] | None = None,
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw points of two classes and the lines w₁x₁ + w₂x₂ + b = 0, the last one bold.

    Parameters
    ----------
    X, y : points (n, 2) and their classes
    weights : (k, 3), rows (w₁, w₂, b) in the order in which they were found
    names, features : of the classes and of the axes

    Raises
    ------
    ShapeError : points that are not pairs, or weights that are not (k, 3)

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = separating_lines([[0, 1], [1, 0]], [1, -1], [[-1, 1, 0]], ax=Figure().subplots())
    >>> len(ax.lines)
    1
    """
    check_features(features, 2)
    places, classes = points(X), encode(names, y=y)
    same_length(X=places, y=classes.codes[0])
    lines = finite(numbers(weights, "weights"), "weights")
    if lines.ndim != 2 or lines.shape[1] != 3:
        raise ShapeError(
            "these weights are no lines", where="weights", got=f"shape {lines.shape}",
            wanted="(k, 3): two weights and a bias", mend="choose two features",
        )  # fmt: skip
    across, upward = (_interval(places[:, k], None, 0.08) for k in range(2))
    ax = axes_or_new(ax, (4.2, 3.6))
    draw_points(ax, places, Classes(classes.names, classes.codes), size=20)
    kept = lines[np.abs(lines[:, :2]).max(axis=1) > 0]
    for age, (a, b, c) in zip(np.linspace(0, 1, len(kept)), kept, strict=True):
        last = age == 1 or len(kept) == 1
        foot = -c * np.array([a, b]) / (a * a + b * b)
        look: dict[str, Any] = {"color": INK, "linewidth": 1.8} if last else {
            "color": MUTED, "linewidth": 0.7, "alpha": 0.1 + 0.5 * age**2,
        }  # fmt: skip
        ax.axline(foot, foot + np.array([-b, a]), zorder=1.5, **look)
    ax.set(xlim=across, ylim=upward)
    return name_axes(ax, features, 2, title)


# --- pieces ----------------------------------------------------------------------------------


def _interval(values: Floats, given: Interval | None, margin: float = 0.25) -> Interval:
    if given is None:
        low, high = float(values.min()), float(values.max())
        room = margin * ((high - low) or max(1.0, abs(low)))
        return low - room, high + room
    low, high = map(float, given)
    if not low < high:
        raise ArgumentError(
            "the bounds leave no room", where="bounds", got=str(given), wanted="left < right",
            mend="write for example (0, 3)",
        )  # fmt: skip
    return low, high


def _frame(ax: Axes, low: float, high: float, values: Floats) -> None:
    """Show all of the curve, however far its models run off."""
    bottom, top = float(values.min()), float(values.max())
    room = 0.08 * ((top - bottom) or 1.0)
    ax.set(xlim=(low, high), ylim=(bottom - room, top + room))


def _ends(ax: Axes, track: Floats, colour: str) -> Any:
    """A ring at the first point and a star at the last."""
    ax.plot(*track[0], "o", color=colour, markerfacecolor="white", markersize=7, zorder=4)
    return ax.plot(
        *track[-1], "*", color=colour, markeredgecolor="white", markersize=13, zorder=5,
        linestyle="none",
    )[0]  # fmt: skip


def _track(ax: Axes, name: str, track: Floats, colour: str, line: Any) -> Any:
    small = len(track) <= 60
    (drawn,) = ax.plot(
        *track.T, color=colour, linestyle=line, linewidth=1.3, marker="o" if small else "",
        markersize=3, zorder=3, rasterized=len(track) > MANY, gid=name,
    )  # fmt: skip
    _ends(ax, track, colour)
    return drawn


def _axes_of(
    places: Floats, bounds: tuple[Interval, Interval] | None, resolution: int
) -> tuple[Floats, Floats]:
    """Choose the grid lines across and upward."""
    across, upward = (
        np.linspace(*_interval(places[:, k], None if bounds is None else bounds[k]), resolution)
        for k in range(2)
    )
    return across, upward


def _surface(function: Function, x: Floats, y: Floats, name: str) -> Floats:
    """Compute a function at all points of the grid, shape (len(y), len(x))."""
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    return call(function, grid, name).reshape(len(y), len(x))


def _levels(height: Floats) -> Floats:
    """Choose levels with equal areas between them."""
    seen = height[np.isfinite(height)]
    if not seen.size:
        raise DataError(
            "the function is not finite anywhere here", where="function",
            mend="give bounds within which it is defined",
        )  # fmt: skip
    return np.unique(np.quantile(seen, np.linspace(0, 1, 17)))


def _valley(ax: Axes, x: Floats, y: Floats, height: Floats, levels: Floats) -> None:
    """Fill the bands between the levels, the lowest darkest, and draw their lines."""
    colours = load("matplotlib.colors")
    ramp = colours.LinearSegmentedColormap.from_list("valley", ["#8fb3d6", "#f6f7f7"])
    norm = colours.BoundaryNorm(levels, ramp.N)
    ax.contourf(x, y, height, levels=levels, cmap=ramp, norm=norm)
    ax.contour(x, y, height, levels=levels[1:-1], colors=AXIS, linewidths=0.5)
