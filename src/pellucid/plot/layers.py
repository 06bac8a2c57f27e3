"""What happens layer by layer: distributions of numbers, and how gradients flow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.errors import ArgumentTypeError, DataError, ShapeError
from pellucid.lazy import load
from pellucid.plot.arrays import at_least_one, numbers
from pellucid.plot.style import (
    ACCENT,
    AXIS,
    CONTRAST,
    INK,
    MUTED,
    WIDEST,
    axes_or_new,
    few_ticks,
    figure_or_new,
    headed,
    legend,
    short,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["gradient_flow", "layer_histograms"]

Floats = NDArray[np.float64]
Arrays = Mapping[str, ArrayLike]

USUAL = (1e-4, 1e-2)  # an update of a thousandth of the weights, within a factor of ten
ROOM = 48  # so many letters of names stand side by side without a slant


def layer_histograms(
    layers: Mapping[str, Arrays],
    *,
    bins: int = 30,
    figure: Figure | None = None,
    title: str | None = None,
) -> Figure:
    """Draw how numbers are distributed in each layer: a row for each, a column for each kind.

    All axes of a column have one scale, so that numbers which grow or vanish from layer to layer
    are seen to. The deviation σ stands beside; values that are not finite are counted in orange.

    Parameters
    ----------
    layers : for each layer arrays of any shape by their kind, such as ``{"hidden": {"weights":
        W, "gradients": dW}}``; a kind that a layer lacks leaves its place empty
    bins : how many bars over the range of a column

    Raises
    ------
    ArgumentTypeError : arrays without their kinds
    DataError : nothing to draw, an array without values, or a column without a finite one

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> layers = {"one": {"weights": [1, 2]}, "two": {"weights": [3, 4], "gradients": [0, 0.1]}}
    >>> drawn = layer_histograms(layers, figure=Figure())
    >>> [ax.get_title() for ax in drawn.axes]
    ['weights', 'gradients', '', '']
    """
    at_least_one("bins", bins)
    for layer, arrays in layers.items():
        if not isinstance(arrays, Mapping):
            raise ArgumentTypeError(
                "a layer has arrays by their kind", where=f"layers[{layer!r}]",
                got=type(arrays).__name__, mend=f'write {{{layer!r}: {{"weights": W}}}}',
            )  # fmt: skip
    read = {
        layer: {kind: _some(values, f"{layer}, {kind}") for kind, values in arrays.items()}
        for layer, arrays in layers.items()
    }
    kinds = list(dict.fromkeys(kind for one in read.values() for kind in one))
    if not kinds:
        raise DataError("there is no layer to draw", where="layers", mend='give {"1": {"W": W}}')
    edges = {
        kind: _edges([one[kind] for one in read.values() if kind in one], kind, bins)
        for kind in kinds
    }
    size = (min(1.1 + 1.3 * len(kinds), WIDEST), 0.6 + 0.3 * bool(title) + 0.7 * len(read))
    figure = figure_or_new(figure, size)
    if title:
        figure.suptitle(title, fontsize="medium", color=INK, x=0.01, ha="left")
    cells = figure.subplots(len(read), len(kinds), squeeze=False, sharex="col")
    for column, kind in zip(cells.T, kinds, strict=True):
        _column(list(column), [one.get(kind) for one in read.values()], kind, edges[kind])
    for ax, layer in zip(cells[:, 0], read, strict=True):
        ax.set_ylabel(layer, rotation=0, ha="right", va="center", color=INK, parse_math=False)
    return figure


def gradient_flow(
    gradients: Arrays,
    weights: Arrays | None = None,
    updates: Arrays | None = None,
    *,
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw the size of the gradient in each layer on a logarithmic scale, input side first.

    The size is the norm of all numbers of a layer, ‖g‖ = √Σg². With `weights` and `updates` also
    the share of the weights that one step changes, ‖Δw‖/‖w‖; the band from 10⁻⁴ to 10⁻² is where
    it usually lies in a training that goes well. A layer whose gradient is nought or not finite has
    a cross at the foot of the picture.

    Parameters
    ----------
    gradients : arrays of any shape, by the names of the layers
    weights, updates : the weights of the same layers, and what a step adds to them

    Raises
    ------
    DataError : no layer, or nothing but noughts
    ShapeError : weights and updates that are not of the same layers

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = gradient_flow({"1": [3.0, 4.0], "2": [[0.5]]}, ax=Figure().subplots())
    >>> ax.lines[0].get_ydata().tolist()
    [5.0, 0.5]
    """
    names = list(gradients)
    sizes = {"size of the gradient": _norms(gradients, "gradients")}
    if weights is not None or updates is not None:
        sizes["update ÷ weights"] = _shares(names, weights or {}, updates or {})
    if not any(np.isfinite(one).any() and np.nanmax(one) > 0 for one in sizes.values()):
        raise DataError(
            "there is no gradient to draw", where="gradients", mend="give one that flows"
        )
    ax = axes_or_new(ax, (min(2.4 + 0.45 * len(names), 4.6), 2.9))
    ax.set_yscale("log")
    ax.grid(False, axis="x")
    drawn = [_flow(ax, one, *look) for one, look in zip(sizes.values(), _FLOWS, strict=False)]
    if len(sizes) == 2:
        ax.axhspan(*USUAL, color=CONTRAST, alpha=0.1, linewidth=0, gid="usual", zorder=0)
        legend(ax, list(sizes), drawn)
    _name(ax, names)
    _decades(ax)
    return headed(ax, title, x="layer", y="size" if len(sizes) == 2 else "size of the gradient")


# --- pieces ----------------------------------------------------------------------------------

_FLOWS: tuple[tuple[str, str, Any], ...] = ((ACCENT, "o", "-"), (CONTRAST, "s", (0, (4, 1.5))))


def _flow(ax: Axes, sizes: Floats, colour: str, marker: str, line: Any) -> Any:
    """Draw a line through sizes, and crosses where there is none."""
    seen = np.isfinite(sizes) & (sizes > 0)
    look: dict[str, Any] = {"color": colour, "marker": marker, "markersize": 5}
    (drawn,) = ax.plot(np.where(seen, sizes, np.nan), linestyle=line, linewidth=1.5, **look)
    lost, height = np.flatnonzero(~seen), 0.03 if marker == "o" else 0.1
    foot: dict[str, Any] = {"transform": ax.get_xaxis_transform(), "zorder": 4, "gid": "none"}
    ax.plot(lost, np.full(len(lost), height), "x", color=colour, **foot)
    return drawn


def _shares(names: list[str], weights: Arrays, updates: Arrays) -> Floats:
    """Measure updates by the weights that they change."""
    if not list(weights) == list(updates) == names:
        raise ShapeError(
            "gradients, weights and updates are not of the same layers",
            got=f"gradients of {names}, weights of {[*weights]}, updates of {[*updates]}",
            mend="give all three for each layer, in one order",
        )
    size, moved = _norms(weights, "weights"), _norms(updates, "updates")
    return np.divide(moved, size, out=np.full(len(size), np.nan), where=size > 0)


def _name(ax: Axes, names: list[str]) -> None:
    """Write the names of the layers, aslant where they are long."""
    slant = len(names) * (1 + max(map(len, names))) > ROOM
    look: dict[str, Any] = {"rotation": 40, "ha": "right", "rotation_mode": "anchor"}
    ax.set_xticks(range(len(names)), names, parse_math=False, color=INK, **(look if slant else {}))
    ax.margins(x=0.08, y=0.12)


def _decades(ax: Axes) -> None:
    """Show at least two powers of ten, and write these alone."""
    low, high = np.log10(ax.get_ylim())
    if high - low < 2:
        ax.set_ylim(10 ** np.floor(low), 10 ** np.ceil(high))
    ax.yaxis.set_minor_formatter(load("matplotlib.ticker").NullFormatter())


def _norms(arrays: Arrays, name: str) -> Floats:
    """Measure each array; infinity and not-a-number stay."""
    if not arrays:
        raise DataError("there is no layer to draw", where=name, mend='give {"1": gradient}')
    found = [_some(values, f"{name} of {layer}") for layer, values in arrays.items()]
    return np.array([np.sqrt(np.sum(one**2)) for one in found])


def _some(values: ArrayLike, name: str) -> Floats:
    array = numbers(values, name).reshape(-1)
    if not array.size:
        raise DataError(f"{name} is empty", where=name, mend="leave it out")
    return array


def _edges(arrays: list[Floats], kind: str, bins: int) -> Floats:
    """Divide the range of all finite values."""
    every = np.concatenate(arrays)
    every = every[np.isfinite(every)]
    if not every.size:
        raise DataError(f"no value of {kind} is finite", where=kind, mend="look at an earlier step")
    return np.histogram_bin_edges(every, bins)


def _column(axes: list[Axes], arrays: list[Floats | None], kind: str, edges: Floats) -> None:
    """Draw one kind of numbers of every layer, on one scale."""
    for ax, array in zip(axes, arrays, strict=True):
        axes_or_new(ax, (0, 0)).grid(False)
        ax.set_yticks([])
        ax.spines["left"].set_visible(False)
        if array is None:
            ax.spines[:].set_visible(False)
            ax.tick_params(bottom=False)
        else:
            _cell(ax, array, edges)
    axes[0].set_title(kind, fontsize="small", color=MUTED, parse_math=False)
    few_ticks(axes[0].xaxis)


def _cell(ax: Axes, array: Floats, edges: Floats) -> None:
    """Draw how often values occur, with their deviation, and how many are none."""
    seen = array[np.isfinite(array)]
    counts, *_ = ax.hist(seen, bins=list(edges), color=ACCENT)
    ax.set_ylim(0, 1.5 * max(float(np.max(counts)), 1.0))
    if edges[0] < 0 < edges[-1]:
        ax.axvline(0, color=AXIS, linewidth=0.8)
    top: dict[str, Any] = {"transform": ax.transAxes, "va": "top", "fontsize": 7.5}
    if seen.size:
        ax.text(1, 1, f"σ {short(float(seen.std()))}", color=MUTED, ha="right", **top)
    if seen.size < array.size:
        ax.text(0, 1, f"{array.size - seen.size} not finite", color=CONTRAST, **top)
