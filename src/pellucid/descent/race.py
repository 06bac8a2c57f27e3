"""Several paths in one picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pellucid import plot
from pellucid.descent.path import Path
from pellucid.errors import ArgumentError
from pellucid.plot.style import INK, figure_or_new

__all__ = ["compare"]


def compare(
    paths: Mapping[str, Path],
    *,
    least: float | None = None,
    bounds: Any = None,
    figure: Any = None,
    title: str | None = None,
) -> Any:
    """Draw paths of the same function together: on its contours, if it is of two numbers, and
    their values against the step.

    Parameters
    ----------
    paths : by the names that the legend shows
    least : the least value, if it is known: values above it are drawn on a logarithmic scale
    bounds : ((left, right), (low, high)) of the contours; else around the paths
    figure : a Matplotlib figure; a new one by default

    Raises
    ------
    ArgumentError : without a path, and for paths of different variables

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from pellucid import descent
    >>> f = lambda x: x[0] ** 2 + 9 * x[1] ** 2
    >>> plain = descent.minimise(f, [3, 1], descent.SteepestDescent(), 0.05)
    >>> heavy = descent.minimise(f, [3, 1], descent.Momentum(0.5), 0.05)
    >>> figure = descent.compare({"plain": plain, "momentum": heavy}, least=0, figure=Figure())
    >>> [ax.get_xlabel() for ax in figure.axes[:2]]
    ['x[0]', 'step']
    """
    if not paths:
        raise ArgumentError("there is no path to draw", mend="give {'Newton': path, …}")
    first = next(iter(paths.values()))
    names = first.objective.names
    for name, path in paths.items():
        if path.objective.names != names:
            raise ArgumentError(
                "these paths are not of the same variables", where=name,
                got=f"{len(path.objective.names)} numbers", wanted=", ".join(names[:4]),
                mend="compare paths of one function",
            )  # fmt: skip
    flat = len(names) == 2
    figure = figure_or_new(figure, (8.4, 3.6) if flat else (4.6, 3.0))
    if title:
        figure.suptitle(title, fontsize="medium", color=INK, x=0.01, ha="left")
    places = figure.subplots(1, 1 + flat, squeeze=False)[0]
    if flat:
        points = {name: path.flat_points for name, path in paths.items()}
        plot.descent_contours(
            first.computed, points, bounds=bounds, names=names, ax=places[0], title=None
        )
    plot.descent_values(
        {name: path.values for name, path in paths.items()}, least=least, ax=places[-1], title=None
    )
    return figure
