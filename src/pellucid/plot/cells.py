"""Arrays with their numbers in the cells, as one would write them on squared paper."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.errors import ArgumentError, ArgumentTypeError, ShapeError
from pellucid.lazy import load
from pellucid.plot.arrays import finite, grid_cells, numbers
from pellucid.plot.style import (
    GRID,
    INK,
    WIDEST,
    axes_or_new,
    darkening,
    diverging,
    figure_or_new,
    readable_on,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["cell_inches", "frame", "matrix", "matrix_grid", "plane", "written"]

Floats = NDArray[np.float64]
MOST_CELLS = 4096  # of one array: more numbers than this are a picture, not a table


def matrix(
    values: ArrayLike,
    number_format: str = "g",
    *,
    hide_zeros: bool = False,
    signed: bool = False,
    limits: tuple[float, float] | None = None,
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw an array as cells with their numbers; the darker a cell, the greater its number.

    Parameters
    ----------
    values : (h, w), or (w,) for a single row
    number_format : how a number is written, as ``format`` takes it, such as ``".2f"``
    hide_zeros : leave the cells of zeros empty
    signed : shades of blue above zero and of orange below, instead of grey
    limits : the numbers of the palest and the darkest cell; by default the least and the greatest

    Raises
    ------
    ShapeError : more than two dimensions, or more than 4,096 cells
    ArgumentError : a format for numbers that is none

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = matrix([[0, 1], [2, 0]], hide_zeros=True, ax=Figure().subplots())
    >>> [text.get_text() for text in ax.texts]
    ['1', '2']
    """
    array = plane(values, "values")
    texts = written(array, number_format, hide_zeros)
    cell = cell_inches([texts])
    height, width = array.shape
    ax = axes_or_new(ax, (cell * width + 0.2, cell * height + 0.2 + 0.25 * bool(title)))
    return draw(ax, array, texts, limits or _limits([array], signed), signed, title)


def matrix_grid(
    arrays: Sequence[ArrayLike],
    titles: Sequence[str] | None = None,
    rows: int | None = None,
    columns: int | None = None,
    *,
    number_format: str = "g",
    hide_zeros: bool = False,
    signed: bool = False,
    figure: Figure | None = None,
    title: str | None = None,
) -> Figure:
    """Draw arrays side by side as cells with their numbers, on one scale of shades.

    Parameters
    ----------
    arrays : n of shape (h, w), which need not be equal: an image before and after pooling, say
    titles : n texts
    rows, columns : the grid; one that is missing follows from n, both must hold exactly n; without
        them, as many stand in a row as can be read in one column
    number_format, hide_zeros, signed : as for `matrix`

    Raises
    ------
    ShapeError : a grid of other than n cells, a number of titles other than n

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> drawn = matrix_grid([np.eye(2), np.ones((1, 1))], ["before", "after"], figure=Figure())
    >>> [ax.get_title() for ax in drawn.axes]
    ['before', 'after']
    >>> matrix_grid(np.zeros((5, 2, 2)), rows=2, columns=2)
    Traceback (most recent call last):
        ...
    pellucid.errors.ShapeError: the arrays do not fill the grid
      where   rows, columns
      got     5 arrays for 2 × 2 = 4 cells
      mend    pass arrays[:4], or leave rows out
    """
    planes = [plane(values, f"arrays[{k}]") for k, values in enumerate(arrays)]
    texts = [written(array, number_format, hide_zeros) for array in planes]
    cell = cell_inches(texts)
    if rows is None and columns is None and planes:
        columns = _abreast(planes, cell)
    rows, columns = grid_cells(len(planes), rows, columns, "arrays")
    heads = [""] * len(planes) if titles is None else [str(text) for text in titles]
    if len(heads) != len(planes):
        raise ShapeError(
            "the titles do not fit the arrays", where="titles",
            got=f"{len(heads)} titles for {len(planes)} arrays",
            mend=f"give {len(planes)} titles, or none",
        )  # fmt: skip
    limits = _limits(planes, signed)
    figure, spots = _spots(figure, planes, cell, rows, columns, bool(title), heads)
    if title:
        figure.suptitle(title, fontsize="medium", color=INK, x=0.01, ha="left")
    for spot, array, text, head in zip(spots, planes, texts, heads, strict=False):
        draw(figure.add_subplot(spot), array, text, limits, signed, head)
    return figure


def plane(values: ArrayLike, name: str) -> Floats:
    """Finite numbers of shape (h, w), few enough to be read."""
    array = finite(numbers(values, name), name)
    array = array[None] if array.ndim == 1 else array
    if array.ndim != 2 or array.size > MOST_CELLS:
        raise ShapeError(
            "this cannot be written into cells", where=name, got=f"shape {np.shape(values)}",
            wanted=f"(h, w), at most {MOST_CELLS:,} cells",
            mend=f"pass a part, such as {name}[:20, :20]" if array.ndim == 2
            else "pass one image of one channel, such as images[0, 0]",
        )  # fmt: skip
    return array


def written(array: Floats, number_format: str, hide_zeros: bool = False) -> list[list[str]]:
    """Each number as text; a zero is 0, and not −0."""
    if not isinstance(number_format, str):
        raise ArgumentTypeError(
            "number_format is a text", got=repr(number_format), mend='write number_format=".2f"'
        )
    try:
        texts = [[_plain(format(value, number_format)) for value in row] for row in array.tolist()]
    except ValueError as error:
        raise ArgumentError(
            f"this is no format of numbers: {error}", where="number_format", got=number_format,
            mend='write number_format=".2f"',
        ) from error  # fmt: skip
    for (i, j), value in np.ndenumerate(array):
        if hide_zeros and not value:
            texts[i][j] = ""
    return texts


def _plain(text: str) -> str:
    """The minus sign that axes have, and none before what rounds to zero."""
    return text.lstrip("-") if not text.strip("-0.") else text.replace("-", "−")


def cell_inches(texts: Sequence[Sequence[Sequence[str]]]) -> float:
    """The side of a cell that holds its longest text."""
    longest = max(len(text) for array in texts for row in array for text in row)
    return max(0.28, 0.1 + 0.075 * longest)


def frame(ax: Axes, row: float, column: float, around: Floats, colour: str) -> None:
    """A frame around as many cells as an array has, from this one on."""
    height, width = around.shape
    patch = load("matplotlib.patches").Rectangle(
        (column - 0.5, row - 0.5), width, height, fill=False, edgecolor=colour, linewidth=2,
        clip_on=False, zorder=3,
    )  # fmt: skip
    ax.add_patch(patch)


def draw(
    ax: Axes,
    array: Floats,
    texts: Sequence[Sequence[str]],
    limits: tuple[float, float],
    signed: bool,
    title: str | None,
) -> Axes:
    """Draw the cells, a white gap between them, and write the texts into them."""
    map_, (low, high) = diverging() if signed else darkening(), limits
    shades = map_(np.clip((array - low) / ((high - low) or 1), 0, 1))
    ax.imshow(shades, interpolation="nearest")
    ax.set(xticks=[], yticks=[])
    ax.grid(False)
    ax.spines[:].set(visible=True, color=GRID, linewidth=0.8)
    height, width = array.shape
    for at, line in ((width, ax.axvline), (height, ax.axhline)):
        for k in range(1, at):
            line(k - 0.5, color=GRID, linewidth=0.8)
    for (i, j), _ in np.ndenumerate(array):
        if texts[i][j]:
            colour = readable_on(shades[i, j].tolist())
            ax.text(j, i, texts[i][j], ha="center", va="center", fontsize=8, color=colour)
    if title:
        ax.set_title(title, fontsize="small", color=INK, parse_math=False, pad=3)
    return ax


def _limits(arrays: Sequence[Floats], signed: bool) -> tuple[float, float]:
    low, high = min(a.min() for a in arrays), max(a.max() for a in arrays)
    if signed:
        high = max(-low, high, 1e-12)
        return -high, high
    return low, high


def _abreast(planes: Sequence[Floats], cell: float) -> int:
    """How many arrays stand in a row, at most five, so that rows are about equally full."""
    widest = max(array.shape[1] for array in planes)
    most = min(5, max(1, int((WIDEST - 0.15) / (cell * widest + 0.15))))
    return -(-len(planes) // -(-len(planes) // most))


def _spots(
    figure: Figure | None,
    planes: Sequence[Floats],
    cell: float,
    rows: int,
    columns: int,
    titled: bool,
    heads: Sequence[str],
) -> tuple[Figure, Any]:
    """The figure and its places, as wide and high as what stands in them."""
    shapes = np.ones((rows * columns, 2))
    shapes[: len(planes)] = [array.shape for array in planes]
    heights = shapes[:, 0].reshape(rows, columns).max(axis=1)
    widths = shapes[:, 1].reshape(rows, columns).max(axis=0)
    lines = max(head.count("\n") + 1 for head in heads) if any(heads) else 0
    size = (
        cell * widths.sum() + 0.15 * (columns + 1),
        cell * heights.sum() + (0.1 + 0.17 * lines) * rows + 0.3 * titled,
    )
    figure = figure_or_new(figure, size)
    grid = figure.add_gridspec(rows, columns, width_ratios=widths, height_ratios=heights)
    return figure, [grid[k // columns, k % columns] for k in range(rows * columns)]
