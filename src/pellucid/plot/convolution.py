"""How a window slides over an image: each step with its products and sum, and what pooling keeps.

Here a step is computed anew from the numbers, with NumPy, so that a picture is a witness of its
own beside ``pellucid.correlate`` and the layers.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from pellucid.arguments import one_of, truth
from pellucid.errors import ArgumentError, ShapeError
from pellucid.plot.cells import Floats, cell_inches, draw, frame, plane, written
from pellucid.plot.style import ACCENT, CONTRAST, INK, MUTED, WIDEST, figure_or_new
from pellucid.shapes import per_axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["convolution_step", "convolution_steps", "pooling"]

MOST_STEPS = 144  # in one figure
KEPT_EQUALS = "\u00a0=\u00a0"  # with spaces at which no line ends
MOST_TERMS = 9  # of a sum that is written out


class _Slide(NamedTuple):
    """A kernel that slides over an image."""

    image: Floats  # with its border of zeros
    kernel: Floats
    seen: Floats  # (places down, places across, k, l)
    stride: tuple[int, int]
    border: tuple[int, int]

    @property
    def products(self) -> Floats:
        return self.seen * self.kernel

    @property
    def sums(self) -> Floats:
        total: Floats = self.products.sum(axis=(2, 3))
        return total


def convolution_step(
    image: ArrayLike,
    kernel: ArrayLike,
    place: tuple[int, int] = (0, 0),
    *,
    padding: int | tuple[int, int] = 0,
    stride: int | tuple[int, int] = 1,
    flip: bool = False,
    number_format: str = "g",
    figure: Figure | None = None,
) -> Figure:
    """Draw one step of a convolution: image with its window, kernel, products, and result so far.

    Parameters
    ----------
    image, kernel : (h, w) and (k, l) numbers
    place : row and column of the result at which the window stands
    padding : how many zeros are put on each side; for other borders pass ``pel.pad(image, …)``
    stride : how far the window moves at a time
    flip : turn the kernel around first: what mathematics calls convolution, and layers do not
    number_format : how numbers are written

    Raises
    ------
    ShapeError : a kernel that is larger than the padded image
    ArgumentError : a place that the result does not have

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> drawn = convolution_step(np.eye(3), np.eye(2), (1, 1), figure=Figure())
    >>> drawn.get_suptitle()
    'row 1, column 1: 1·1 + 0·0 + 0·0 + 1·1 = 2'
    """
    slide = _slide(image, kernel, padding, stride, flip)
    down, across = slide.sums.shape
    row, column = place
    if not (0 <= row < down and 0 <= column < across):
        raise ArgumentError(
            "the window does not come to this place", where="place", got=str(tuple(place)),
            wanted=f"(0, 0) to ({down - 1}, {across - 1})", mend="count rows and columns from 0",
        )  # fmt: skip
    known = np.arange(slide.sums.size).reshape(slide.sums.shape) <= row * across + column
    shown = [slide.image, slide.kernel, slide.products[row, column], slide.sums * known]
    texts = [written(array, number_format) for array in shown]
    for (i, j), is_known in np.ndenumerate(known):
        texts[3][i][j] *= bool(is_known)
    heads = ["image and window", "kernel", "products", "result so far"]
    figure = _row(figure, shown, texts, heads, signs=["", "×", "=", "→"])
    sentence = _sentence(slide, place, number_format).replace(" = ", KEPT_EQUALS)
    said = "\n".join(textwrap.wrap(sentence, int(12 * figure.get_figwidth())))
    head = said.replace(KEPT_EQUALS, " = ")
    figure.suptitle(head, fontsize="medium", color=INK, x=0.01, ha="left")
    image_axes, _, _, result_axes = figure.axes
    top, left = row * slide.stride[0], column * slide.stride[1]
    frame(image_axes, top, left, slide.kernel, ACCENT)
    frame(result_axes, row, column, slide.sums[:1, :1], ACCENT)
    if any(slide.border):
        _inner(figure, slide)
    return figure


def convolution_steps(
    image: ArrayLike,
    kernel: ArrayLike,
    *,
    padding: int | tuple[int, int] = 0,
    stride: int | tuple[int, int] = 1,
    flip: bool = False,
    number_format: str = "g",
    hide_zeros: bool = False,
    figure: Figure | None = None,
    title: str | None = None,
) -> Figure:
    """Draw the products and the sum of every step, in the places that the sums have in the result.

    Parameters
    ----------
    image, kernel, padding, stride, flip, number_format : as for `convolution_step`
    hide_zeros : leave the cells of zeros empty

    Raises
    ------
    ShapeError : a kernel that is larger than the padded image, or more than 144 steps

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> drawn = convolution_steps(np.eye(3), np.eye(2), figure=Figure())
    >>> [ax.get_title() for ax in drawn.axes]
    ['sum 2', 'sum 0', 'sum 0', 'sum 2']
    """
    slide = _slide(image, kernel, padding, stride, flip)
    down, across = slide.sums.shape
    if down * across > MOST_STEPS:
        raise ShapeError(
            "these are too many steps for one figure", got=f"{down} × {across}",
            wanted=f"at most {MOST_STEPS}", mend="pass a part of the image, such as image[:8, :8]",
        )  # fmt: skip
    products = slide.products
    texts = [[written(one, number_format, hide_zeros) for one in row] for row in products]
    cell = cell_inches([text for row in texts for text in row])
    tall, wide = slide.kernel.shape
    size = (across * (cell * wide + 0.2), down * (cell * tall + 0.35) + 0.3 * bool(title))
    figure = figure_or_new(figure, size)
    if title:
        figure.suptitle(title, fontsize="medium", color=INK, x=0.01, ha="left")
    signed = bool(products.min() < 0)
    greatest = abs(products).max() or 1.0
    limits = (-greatest if signed else 0.0, greatest)
    for (i, j), total in np.ndenumerate(slide.sums):
        ax = figure.add_subplot(down, across, i * across + j + 1)
        head = f"sum {_number(total, number_format)}"
        draw(ax, products[i, j], texts[i][j], limits, signed, head)
    return figure


def pooling(
    image: ArrayLike,
    size: int | tuple[int, int] = 2,
    stride: int | tuple[int, int] | None = None,
    *,
    kind: Literal["max", "mean"] = "max",
    partial: bool = False,
    number_format: str = "g",
    hide_zeros: bool = False,
    figure: Figure | None = None,
    title: str | None = None,
) -> Figure:
    """Draw an image before and after pooling, with the windows and what the maximum keeps of each.

    Parameters
    ----------
    image : (h, w) numbers
    size, stride : of the window; without a stride windows do not overlap
    kind : the maximum or the mean of each window
    partial : keep also the windows at the far edge that are not whole
    number_format, hide_zeros : as for `matrix`

    Raises
    ------
    ShapeError : a window that is larger than the image

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> drawn = pooling([[1, 5, 2, 0], [3, 4, 0, 9]], figure=Figure())
    >>> [text.get_text() for text in drawn.axes[1].texts]
    ['5', '9']
    """
    array = plane(image, "image")
    one_of(kind, "kind", ("max", "mean"))
    tall, wide = per_axis(size, 2, "pooling", "size")
    steps = per_axis((tall, wide) if stride is None else stride, 2, "pooling", "stride")
    starts = [
        _starts(extent, window, step, truth(partial, "partial"))
        for extent, window, step in zip(array.shape, (tall, wide), steps, strict=True)
    ]
    windows = [[array[i : i + tall, j : j + wide] for j in starts[1]] for i in starts[0]]
    reduce = np.max if kind == "max" else np.mean
    pooled = np.array([[reduce(one) for one in row] for row in windows])
    texts = [written(one, number_format, hide_zeros) for one in (array, pooled)]
    name = "greatest" if kind == "max" else "mean"
    figure = _row(figure, [array, pooled], texts, ["before", "after"], signs=["", "→"])
    head = title or f"The {name} of each {tall} × {wide} window"
    figure.suptitle(head, fontsize="medium", color=INK, x=0.01, ha="left")
    before = figure.axes[0]
    for i, row in zip(starts[0], windows, strict=True):
        for j, one in zip(starts[1], row, strict=True):
            frame(before, i, j, one, ACCENT)
            if kind == "max" and np.ptp(one):
                down, right = np.unravel_index(one.argmax(), one.shape)
                _ring(before, i + int(down), j + int(right))
    return figure


# --- what is slid, and where -----------------------------------------------------------------


def _slide(
    image: ArrayLike,
    kernel: ArrayLike,
    padding: int | tuple[int, int],
    stride: int | tuple[int, int],
    flip: bool,
) -> _Slide:
    weights = plane(kernel, "kernel")
    weights = weights[::-1, ::-1] if truth(flip, "flip") else weights
    down, across = per_axis(padding, 2, "convolution", "padding", low=0)
    steps = per_axis(stride, 2, "convolution", "stride")
    padded = np.pad(plane(image, "image"), ((down, down), (across, across)))
    if weights.shape[0] > padded.shape[0] or weights.shape[1] > padded.shape[1]:
        raise ShapeError(
            "the kernel is larger than what it slides over", where="kernel",
            got=f"{' × '.join(map(str, weights.shape))} over {' × '.join(map(str, padded.shape))}",
            mend="make the kernel smaller, or pad more",
        )  # fmt: skip
    seen = np.lib.stride_tricks.sliding_window_view(padded, weights.shape)
    at = seen[:: steps[0], :: steps[1]]
    return _Slide(padded, weights, at, (steps[0], steps[1]), (down, across))


def _starts(extent: int, window: int, step: int, partial: bool) -> list[int]:
    """Where windows begin along an axis."""
    left = extent - window
    if left < 0 and not partial:
        raise ShapeError(
            "the window is larger than the image", where="size", got=f"{window} over {extent}",
            mend="make the window smaller, or write partial=True",
        )  # fmt: skip
    more = -(-max(left, 0) // step) if partial else left // step
    return [k * step for k in range(more + 1) if k * step < extent]


# --- how it is drawn -------------------------------------------------------------------------


def _sentence(slide: _Slide, place: tuple[int, int], number_format: str) -> str:
    """The sum as one would write it."""
    row, column = place
    pairs = np.stack([slide.seen[row, column].reshape(-1), slide.kernel.reshape(-1)], axis=1)
    factors = written(pairs, number_format)
    terms = " + ".join(f"{_bracketed(x)}·{_bracketed(w)}" for x, w in factors)
    if len(factors) > MOST_TERMS:
        terms = f"sum of {len(factors)} products"
    return f"row {row}, column {column}: {terms} = {_number(slide.sums[place], number_format)}"


def _number(value: float, number_format: str) -> str:
    return written(np.full((1, 1), value), number_format)[0][0]


def _bracketed(text: str) -> str:
    return f"({text})" if text.startswith("−") else text


def _row(
    figure: Figure | None,
    shown: Sequence[Floats],
    texts: Sequence[list[list[str]]],
    heads: Sequence[str],
    *,
    signs: Sequence[str],
) -> Figure:
    """Arrays with a sign before each, in a row, or two and two; grey for each on its own scale."""
    cell = cell_inches(texts)
    gap, room = 0.3 / cell, 0.3 / cell  # for a sign, and for a heading
    lines = [shown] if _broad(shown, gap) * cell + 0.2 <= WIDEST else [shown[:2], shown[2:]]
    lines = [line for line in lines if line]
    broadest = max(_broad(line, gap) for line in lines)
    heights = [max(array.shape[0] for array in line) + room for line in lines]
    size = max(cell * broadest + 0.2, 3.4), cell * sum(heights) + 0.4
    figure = figure_or_new(figure, size)
    outer = figure.add_gridspec(len(lines), 1, height_ratios=heights)
    spots = []
    for place, line in enumerate(lines):  # what is left of a line stays empty
        rest = broadest - _broad(line, gap)
        ratios = [*[array.shape[1] + gap for array in line], *[rest] * (rest > 0)]
        grid = outer[place].subgridspec(1, len(ratios), width_ratios=ratios)
        spots += [grid[k] for k in range(len(line))]
    for k, (array, text) in enumerate(zip(shown, texts, strict=True)):
        ax = figure.add_subplot(spots[k])
        signed = bool(array.min() < 0)
        greatest = float(abs(array).max()) or 1.0
        draw(ax, array, text, (-greatest if signed else 0.0, greatest), signed, heads[k])
        ax.set_ylabel(signs[k], rotation=0, va="center", labelpad=9, color=MUTED, fontsize="large")
    return figure


def _broad(line: Sequence[Floats], gap: float) -> float:
    """The cells that arrays take beside each other, with a gap before each."""
    return sum(array.shape[1] + gap for array in line)


def _inner(figure: Figure, slide: _Slide) -> None:
    """Set the border of zeros off from the image: its numbers are paler."""
    ax, (down, across) = figure.axes[0], slide.border
    height, width = slide.image.shape
    for text in ax.texts:
        x, y = text.get_position()
        if not (down <= y < height - down and across <= x < width - across):
            text.set_color(MUTED)
            text.set_alpha(0.5)


def _ring(ax: Axes, row: int, column: int) -> None:
    """A ring around the number that was kept."""
    ax.plot(
        [column], [row], marker="o", markersize=14, fillstyle="none", color=CONTRAST,
        markeredgewidth=1.5,
    )  # fmt: skip
