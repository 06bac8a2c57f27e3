"""What layers that look at images have learned, and what they make of one: kernels and maps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from pellucid.errors import DataError, ShapeError
from pellucid.lazy import load
from pellucid.plot.arrays import column, finite, numbers
from pellucid.plot.cells import Floats, matrix_grid
from pellucid.plot.style import (
    CLASSES,
    GRID,
    INK,
    LINES,
    MARKERS,
    WIDEST,
    axes_or_new,
    darkening,
    diverging,
    figure_or_new,
    headed,
    legend,
    short,
    whole_ticks,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

__all__ = [
    "feature_maps", "kernel_picture", "kernel_words", "kernels", "largest", "map_picture",
    "true_class_probability",
]  # fmt: skip

MOST_NUMBERS = 200  # of kernels of which each weight is written out
MOST_MAPS, MOST_VALUES = 256, 4096  # of a layer that are drawn
PIXEL = 0.15  # inches of a side at most
GAP = "#d9e4ef"  # between maps, where grey would be a number


def kernels(
    weights: ArrayLike,
    before: ArrayLike | None = None,
    titles: Sequence[str] | None = None,
    *,
    number_format: str = ".2g",
    figure: Figure | None = None,
    title: str | None = None,
) -> Figure:
    """Draw the kernels of a layer: blue above zero, orange below; few with their numbers.

    Parameters
    ----------
    weights : (n, h, w), or (filters, channels, h, w): a column for each filter and a row for each
        channel, when they are too many for their numbers
    before : the same before training: then they stand above
    titles : a name for each kernel, when they are few enough for their numbers
    number_format : how weights are written

    Raises
    ------
    ShapeError : no kernels, or `before` of another shape

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> drawn = kernels(np.ones((2, 1, 3, 3)), np.zeros((2, 1, 3, 3)), figure=Figure())
    >>> [ax.get_title() for ax in drawn.axes]
    ['before 0', 'before 1', 'after 0', 'after 1']
    """
    after = _kernels(weights, "weights")
    both = {"": after} if before is None else {"before ": _kernels(before, "before"),
                                               "after ": after}  # fmt: skip
    if before is not None and both["before "].shape != after.shape:
        raise ShapeError(
            "the kernels before and after differ in shape", where="before",
            got=f"{np.shape(before)} and {np.shape(weights)}", mend="pass those of the same layer",
        )  # fmt: skip
    if after.size <= MOST_NUMBERS:
        flat = [kernel for every in both.values() for kernel in every.reshape(-1, *after.shape[2:])]
        names = [str(k) for k in range(len(flat) // len(both))] if titles is None else list(titles)
        heads = [f"{when}{name}" for when in both for name in names]
        return matrix_grid(
            flat, heads, rows=len(both) if before is not None else None, signed=True,
            number_format=number_format, figure=figure, title=title,
        )  # fmt: skip
    limit = max(largest(every) for every in both.values())
    pictures = {when: kernel_picture(every, limit) for when, every in both.items()}
    said = kernel_words(after, limit)
    return _drawn({f"{when}{said}": one for when, one in pictures.items()}, figure, title)


def feature_maps(
    maps: Mapping[str, ArrayLike],
    *,
    figure: Figure | None = None,
    title: str | None = None,
) -> Figure:
    """Draw what each layer makes of one image: a map for each channel, the darker the greater.

    Parameters
    ----------
    maps : (channels, h, w), or (n,) for what is no image any more, by the name of the layer. Each
        layer has a scale of its own, from its least to its greatest value; of more than 256 maps
        the first are drawn.

    Raises
    ------
    DataError, ShapeError : no layers, or arrays of another kind

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> drawn = feature_maps({"conv": np.ones((3, 4, 4)), "linear": np.ones(5)}, figure=Figure())
    >>> [ax.get_title(loc="left") for ax in drawn.axes]
    ['conv: 3 × 4 × 4', 'linear: 5']
    """
    if not maps:
        raise DataError(
            "no layer is given", where="maps", mend='write {"conv": array of (channels, h, w)}'
        )
    pictures = {}
    for name, values in maps.items():
        array = finite(numbers(values, name), name)
        pictures[f"{name}: {' × '.join(map(str, array.shape))}"] = map_picture(array, name)
    return _drawn(pictures, figure, title)


def largest(kernels: Floats) -> float:
    """The size of weight that is drawn darkest: all but one in a hundred are smaller."""
    return float(np.quantile(abs(kernels), 0.99)) or 1.0


def kernel_picture(kernels: Floats, limit: float) -> Floats:
    """Kernels (filters, channels, h, w) as colours: a column a filter and a row a channel.

    Where there is one channel, 16 kernels stand in a row.
    """
    grey = kernels.shape[1] == 1
    tiles = _tiled(_in_rows(kernels[:, 0], 16) if grey else kernels.transpose(1, 0, 2, 3))
    return _shades(np.clip(tiles / limit, -1, 1) / 2 + 0.5, diverging(), GRID)


def kernel_words(kernels: Floats, limit: float) -> str:
    """What a picture of kernels shows."""
    filters, channels, height, width = kernels.shape
    many = f"{filters} filters" if channels == 1 else f"{filters} filters of {channels} channels"
    return f"{many}, {height} × {width}; darkest: {short(limit)} or more, {short(-limit)} or less"


def map_picture(values: Floats, name: str = "maps") -> Floats:
    """Maps (channels, h, w), 16 in a row, or (n,) values, 64 in a row, as shades of grey."""
    if values.ndim not in (1, 3):
        raise ShapeError(
            "these are no feature maps of one image", where=name, got=f"shape {values.shape}",
            wanted="(channels, h, w), or (n,)", mend="pass those of one image, such as maps[0]",
        )  # fmt: skip
    low, high = float(values.min()), float(values.max())
    if values.ndim == 1:
        grid = _in_rows(values[:MOST_VALUES, None, None], 64)[..., 0, 0]
    else:
        grid = _tiled(_in_rows(values[:MOST_MAPS], 16))
    return _shades((grid - low) / ((high - low) or 1), darkening(), GAP)


def _in_rows(arrays: Floats, columns: int) -> Floats:
    """Arrays (n, h, w) as (rows, columns, h, w), filled up with not-a-number."""
    columns = min(columns, len(arrays))
    rows = -(-len(arrays) // columns)
    missing = np.full((rows * columns - len(arrays), *arrays.shape[1:]), np.nan)
    return np.concatenate([arrays, missing]).reshape(rows, columns, *arrays.shape[1:])


def _tiled(arrays: Floats) -> Floats:
    """Arrays (rows, columns, h, w) as one, with not-a-number between them."""
    rows, columns, height, width = arrays.shape
    framed = np.full((rows, columns, height + 1, width + 1), np.nan)
    framed[..., 1:, 1:] = arrays
    joined = framed.transpose(0, 2, 1, 3).reshape(rows * (height + 1), columns * (width + 1))
    return np.pad(joined, ((0, 1), (0, 1)), constant_values=np.nan)


def _shades(shares: Floats, colour_map: Colormap, gap: str) -> Floats:
    """Colours (h, w, 3) of shares from 0 to 1, and of the gaps."""
    colours: Floats = colour_map(np.nan_to_num(shares))[..., :3]
    colours[np.isnan(shares)] = load("matplotlib.colors").to_rgb(gap)
    return colours


def true_class_probability(
    probabilities: Mapping[str, ArrayLike],
    *,
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw how probable the true class of each example is to several networks.

    Parameters
    ----------
    probabilities : (n,) for each network, by its name: the probability that it gives to the true
        class of example 0 … n − 1

    Raises
    ------
    DataError, ShapeError : no network, or not one number for each example

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = true_class_probability({"fixed": [0.6, 0.7]}, ax=Figure().subplots())
    >>> ax.get_legend().get_texts()[0].get_text()
    'fixed, at least 0.6'
    """
    if not probabilities:
        raise DataError(
            "no network is given", where="probabilities", mend='write {"network": p[range(n), y]}'
        )
    rows = {name: column(values, name) for name, values in probabilities.items()}
    if len({len(row) for row in rows.values()}) > 1:
        raise ShapeError(
            "the networks were not shown the same examples", where="probabilities",
            got=", ".join(f"{name} has {len(row)}" for name, row in rows.items()),
            mend="pass the same examples to each",
        )  # fmt: skip
    ax = axes_or_new(ax, (4.6, 2.8))
    drawn = [
        ax.plot(
            np.arange(len(row)), row, color=CLASSES[k % len(CLASSES)], markersize=5, linewidth=1,
            marker=list(MARKERS)[k % len(MARKERS)], linestyle=LINES[k % len(LINES)],
        )[0]
        for k, row in enumerate(rows.values())
    ]  # fmt: skip
    legend(ax, [f"{name}, at least {row.min():.2g}" for name, row in rows.items()], drawn)
    ax.set_ylim(0, 1.03)
    whole_ticks(ax.xaxis)
    return headed(ax, title, x="example", y="probability of the true class")


def _kernels(weights: ArrayLike, name: str) -> Floats:
    """Kernels as (filters, channels, h, w)."""
    array = finite(numbers(weights, name), name)
    if array.ndim == 3:
        return array[:, None]
    if array.ndim != 4:
        raise ShapeError(
            "these are no kernels", where=name, got=f"shape {array.shape}",
            wanted="(n, h, w), or (filters, channels, h, w)",
            mend="pass the weight of a convolution, such as layer.weight.numpy()",
        )  # fmt: skip
    return array


def _drawn(
    pictures: Mapping[str, Floats], figure: Figure | None, title: str | None, width: float = WIDEST
) -> Figure:
    """Pictures below each other, as wide as there is room and sense."""
    heights = [p.shape[0] * min(width / p.shape[1], PIXEL) for p in pictures.values()]
    size = (width, sum(heights) + 0.26 * len(pictures) + 0.3 * bool(title))
    figure = figure_or_new(figure, size)
    if title:
        figure.suptitle(title, fontsize="medium", color=INK, x=0.01, ha="left")
    grid = figure.add_gridspec(len(pictures), 1, height_ratios=heights)
    for k, (head, picture) in enumerate(pictures.items()):
        ax = figure.add_subplot(grid[k], xticks=[], yticks=[])
        ax.imshow(picture, interpolation="nearest")
        ax.spines[:].set_visible(False)
        ax.set_anchor("W")
        ax.set_title(head, fontsize="small", color=INK, loc="left", parse_math=False, pad=3)
    return figure
