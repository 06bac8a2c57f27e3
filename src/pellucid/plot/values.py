"""Plain values: functions, distributions and one number for each feature."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.errors import ArgumentError, ShapeError
from pellucid.plot.arrays import call, column, finite, numbers
from pellucid.plot.style import (
    ACCENT,
    AXIS,
    CONTRAST,
    CURVES,
    INK,
    LINES,
    MUTED,
    axes_or_new,
    headed,
    legend,
    short,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["activation_curve", "feature_bars", "histogram"]

Floats = NDArray[np.float64]
Function = Callable[[Floats], ArrayLike]

_COLOURS = (ACCENT, CONTRAST, *CURVES[2:])


def activation_curve(
    function: Function,
    derivative: Function | None = None,
    interval: tuple[float, float] = (-5.0, 5.0),
    *,
    label: str | None = None,
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw an activation f(x) and its derivative f′(x); a jump is a gap, not a steep line.

    Parameters
    ----------
    function, derivative : take an array (m,), return (m,)
    interval : the x that are shown
    label : what the function is called in the legend; else f, and f2, … on axes that have one

    Raises
    ------
    ArgumentError : an interval that does not rise
    ShapeError : a function that does not answer once for each x

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = activation_curve(np.tanh, lambda x: 1 - np.tanh(x) ** 2, ax=Figure().subplots())
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['f(x)', "f'(x)"]
    """
    low, high = _rising(interval)
    # An even number: 0, where many have their kink, lies between two points.
    x = np.linspace(low, high, 600)
    f = _curve(function, x, "function")
    slope = None if derivative is None else _curve(derivative, x, "derivative")
    ax = axes_or_new(ax, (3.6, 2.6))
    before = _drawn(ax)
    count = sum(line.get_gid() == "f" for line in before)
    if not before:
        ax.axhline(0, color=AXIS, linewidth=0.8)
        ax.axvline(0, color=AXIS, linewidth=0.8)
    of = label or ("f" if not count else f"f{count + 1}")
    colours = [_COLOURS[(len(before) + k) % len(_COLOURS)] for k in range(2)]
    look: dict[str, Any] = {"color": colours[0], "linestyle": LINES[count % len(LINES)]}
    ax.plot(x, f, linewidth=1.8, gid="f", label=f"{of}(x)", **look)
    if slope is not None:
        look = {"color": colours[1], "linestyle": (0, (4, 1.5))}
        ax.plot(x, slope, linewidth=1.8, gid="slope", label=f"{of}'(x)", **look)
    legend(ax, [str(line.get_label()) for line in _drawn(ax)], _drawn(ax))
    ax.set_xlim(low, high)
    return headed(ax, title, x="x")


def histogram(
    values: ArrayLike,
    mark: float | None = None,
    *,
    bins: int = 30,
    interval: tuple[float, float] | None = None,
    label: str = "value",
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw how often values occur.

    Parameters
    ----------
    values : numbers of any shape
    mark : where to draw a dashed line; the heading says how many values lie above it
    bins, interval : how many bars of equal width, over which range; the heading says how many
        values lie outside
    label : what the values are

    Raises
    ------
    DataError : no value, or values that are not finite
    ArgumentError : fewer than one bin, or an interval that does not rise

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = histogram([0.1, 0.2, 0.9], 0.5, interval=(0, 1), ax=Figure().subplots())
    >>> ax.get_title(loc="right")
    '1 of 3 above 0.5'
    """
    array = finite(numbers(values, "values"), "values").reshape(-1)
    if bins < 1:
        raise ArgumentError(
            "a histogram needs bars",
            where="bins",
            got=str(bins),
            wanted="at least 1",
            mend="write bins=30",
        )
    ends = None if interval is None else _rising(interval)
    ax = axes_or_new(ax, (4.2, 2.8))
    ax.grid(False, axis="x")
    ax.hist(array, bins=bins, range=ends, color=ACCENT, edgecolor="white", linewidth=0.4)
    said = []
    if mark is not None:
        ax.axvline(mark, color=CONTRAST, linewidth=1.4, linestyle="--", gid="mark")
        said.append(f"{int((array > mark).sum())} of {len(array)} above {short(mark)}")
    if ends is not None:
        ax.set_xlim(ends)
        outside = int(((array < ends[0]) | (array > ends[1])).sum())
        said += [f"{outside} outside"] * (outside > 0)
    return headed(ax, title, x=label, y="count", aside=", ".join(said), names=True)


def feature_bars(
    names: Sequence[str],
    values: ArrayLike,
    *,
    limit: int = 20,
    label: str = "value",
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw one bar for each feature, the largest on top: blue above zero, orange below.

    Parameters
    ----------
    names, values : n names and n numbers
    limit : at most so many bars, those of the largest size; the heading says how many there are
    label : what the values are

    Raises
    ------
    ShapeError : names and values that differ in number
    ArgumentError : a limit below 1

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = feature_bars(["width", "height"], [0.2, -1.5], ax=Figure().subplots())
    >>> [tick.get_text() for tick in ax.get_yticklabels()]
    ['height', 'width']
    """
    sizes = column(values, "values")
    if len(names) != len(sizes):
        raise ShapeError(
            "names and values differ in number",
            where="names",
            got=f"{len(names)} names for {len(sizes)} values",
            mend="give one name for each value",
        )
    if limit < 1:
        raise ArgumentError(
            "there must be a bar",
            where="limit",
            got=str(limit),
            wanted="at least 1",
            mend="write limit=20",
        )
    shown = np.argsort(-abs(sizes), kind="stable")[:limit]
    ax = axes_or_new(ax, (4.5, 0.8 + 0.24 * len(shown)))
    ax.grid(False, axis="y")
    rows = np.arange(len(shown))
    bars = ax.barh(
        rows, sizes[shown], height=0.7, color=[ACCENT if v >= 0 else CONTRAST for v in sizes[shown]]
    )
    ax.bar_label(bars, [short(v) for v in sizes[shown]], padding=3, fontsize="small", color=MUTED)
    ax.axvline(0, color=AXIS, linewidth=0.8)
    ax.set_yticks(rows, [str(names[k]) for k in shown], parse_math=False, color=INK)
    ax.tick_params(axis="y", length=0)
    ax.invert_yaxis()
    ax.margins(x=0.15)
    aside = f"the largest {len(shown)} of {len(sizes)}" if len(shown) < len(sizes) else ""
    return headed(ax, title, x=label, aside=aside, names=True)


def _drawn(ax: Axes) -> list[Any]:
    """Find the curves that stand on axes already."""
    return [line for line in ax.lines if line.get_gid() in ("f", "slope")]


def _rising(interval: tuple[float, float]) -> tuple[float, float]:
    low, high = interval
    if not low < high:
        raise ArgumentError(
            "the interval does not rise",
            where="interval",
            got=str(interval),
            wanted="(low, high) with low < high",
            mend="write for example interval=(-5, 5)",
        )
    return low, high


def _curve(function: Function, x: Floats, name: str) -> Floats:
    """The values of a function with a gap at each jump."""
    y = call(function, x, name).reshape(-1)
    if y.shape != x.shape:
        raise ShapeError(
            f"{name} does not answer once for each x",
            where=name,
            got=f"{y.size} values for {x.size}",
            mend="draw one output at a time",
        )
    steps = abs(np.diff(y))
    jumps = np.flatnonzero(steps > 0.25 * np.ptp(y))
    y[jumps[steps[jumps] > 0]] = np.nan
    return y
