"""Galleries of images: samples, and the ones that were taken for something else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from pellucid.errors import ShapeError
from pellucid.plot.arrays import (
    at_least_one,
    column,
    encode,
    grid_cells,
    image_stack,
    same_length,
)
from pellucid.plot.style import GRID, INK, MUTED, figure_or_new

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["image_grid", "mistakes"]


def image_grid(
    images: ArrayLike,
    titles: Sequence[str] | None = None,
    rows: int | None = None,
    columns: int | None = None,
    *,
    colour_map: str = "gray_r",
    figure: Figure | None = None,
    title: str | None = None,
) -> Figure:
    """Draw images side by side, each with its title.

    Parameters
    ----------
    images : (n, h, w), (n, c, h, w) or (n, h, w, c) with c = 1, 3 or 4; grey images share one scale
    titles : n texts
    rows, columns : the grid; one that is missing follows from n, both must hold exactly n
    colour_map : for grey images: ``"gray_r"`` is ink on paper, ``"gray"`` suits photographs

    Raises
    ------
    ShapeError : not images, a number of titles other than n, or a grid of other than n cells
    DataError : colours outside their scale

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> drawn = image_grid(np.zeros((2, 8, 8)), ["a", "b"], rows=1, columns=2, figure=Figure())
    >>> [ax.get_title() for ax in drawn.axes]
    ['a', 'b']
    """
    stack = image_stack(images)
    count = len(stack)
    rows, columns = grid_cells(count, rows, columns)
    texts = [""] * count if titles is None else [str(text) for text in titles]
    if len(texts) != count:
        raise ShapeError(
            "the titles do not fit the images",
            where="titles",
            got=f"{len(texts)} titles for {count} images",
            mend=f"give {count} titles, or none",
        )
    lines = max(text.count("\n") + 1 for text in texts) if any(texts) else 0
    width = max(4.6, 0.6 * columns) / max(columns, 4)
    figure = figure_or_new(
        figure, (width * columns, rows * (width + 0.16 * lines) + 0.3 * bool(title))
    )
    if title:
        figure.suptitle(title, fontsize="medium", color=INK, x=0.01, ha="left")
    grey = {"cmap": colour_map, "vmin": stack.min(), "vmax": max(stack.max(), stack.min() + 1e-12)}
    for place, (image, text) in enumerate(zip(stack, texts, strict=True), start=1):
        ax = figure.add_subplot(rows, columns, place, xticks=[], yticks=[])
        ax.imshow(image, interpolation="nearest", **(grey if image.ndim == 2 else {}))
        ax.set_title(text, fontsize="small", color=INK, parse_math=False, pad=3)
        ax.spines[:].set(color=GRID, linewidth=0.8)
    return figure


def mistakes(
    images: ArrayLike,
    truth: ArrayLike,
    predicted: ArrayLike,
    names: Sequence[str] | None = None,
    *,
    confidence: ArrayLike | None = None,
    limit: int = 9,
    columns: int = 3,
    colour_map: str = "gray_r",
    figure: Figure | None = None,
    title: str | None = None,
) -> Figure:
    """Draw images that were taken for another class, with the true and the predicted name.

    Parameters
    ----------
    images : as for `image_grid`
    truth, predicted : classes (n,)
    names : class names in the order of their numbers
    confidence : (n,) probability of the predicted class; then the surest mistakes come first
    limit : at most so many are shown; the heading says how many there are

    Raises
    ------
    ShapeError, LabelError : images, classes and confidence that do not fit each other

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> drawn = mistakes(np.zeros((3, 8, 8)), [1, 7, 3], [1, 1, 3], figure=Figure())
    >>> drawn.axes[0].get_title()
    '7 taken for 1'
    """
    for name, value in {"limit": limit, "columns": columns}.items():
        at_least_one(name, value)
    stack, classes = image_stack(images), encode(names, truth=truth, predicted=predicted)
    true, said = classes.codes
    sure = np.zeros(len(true)) if confidence is None else column(confidence, "confidence")
    same_length(images=stack, truth=true, predicted=said, confidence=sure)
    wrong = np.flatnonzero(true != said)
    shown = wrong[np.argsort(-sure[wrong], kind="stable")][:limit]
    heading = f"{f'{title}: ' if title else ''}{len(wrong)} mistakes in {len(true)}"
    if not len(shown):
        return _nothing(figure, heading)
    if len(shown) < len(wrong):
        heading += f", {'the surest ' if confidence is not None else ''}{len(shown)} shown"
    texts = [_caption(classes.names[true[k]], classes.names[said[k]]) for k in shown]
    if confidence is not None:
        texts = [
            f"{text}\n{100 * sure[k]:.0f} % sure" for text, k in zip(texts, shown, strict=True)
        ]
    return image_grid(
        stack[shown],
        texts,
        columns=min(columns, len(shown)),
        colour_map=colour_map,
        figure=figure,
        title=heading,
    )


def _caption(true: str, said: str) -> str:
    between = " " if len(true) + len(said) < 7 else "\n"
    return f"{true}{between}taken for {said}"


def _nothing(figure: Figure | None, text: str) -> Figure:
    figure = figure_or_new(figure, (4.0, 1.0))
    figure.text(
        0.5, 0.5, text.replace("0 mistakes", "no mistake"), ha="center", va="center", color=MUTED
    )
    return figure
