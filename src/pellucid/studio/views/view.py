"""A view, and the plane of two columns that some of them are drawn over."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import whole_number
from pellucid.errors import DataError
from pellucid.plot.sweeps import FAR
from pellucid.studio.session import Session

__all__ = ["Plane", "View", "is_far", "number", "plane_of", "single"]

MARGIN = 0.12  # of the range of the data, on each side


class View(NamedTuple):
    """What the page is told, and the arrays that it draws; of a view that cannot be, a reason."""

    header: dict[str, Any]
    arrays: Mapping[str, NDArray[Any]] = MappingProxyType({})


class Plane(NamedTuple):
    """A grid over two columns, the others at their medians.

    Attributes
    ----------
    X : (R², columns) rows as the network takes them, the lowest first, each from left to right
    x, y : the ranges of both axes, in the units of the data
    held : the values of the other columns, in the units of the data
    """

    X: NDArray[Any]
    x: tuple[float, float]
    y: tuple[float, float]
    axes: tuple[int, int]
    held: dict[str, float]


def number(options: Mapping[str, Any], name: str, default: int, low: int, high: int) -> int:
    """Read an option of a view."""
    return whole_number(options.get(name, default), name, low, high)


def single(array: NDArray[Any]) -> NDArray[np.float32]:
    """Give it in single precision; what is too large for it becomes infinite."""
    with np.errstate(over="ignore"):
        return np.ascontiguousarray(array, np.float32)


def is_far(values: NDArray[Any]) -> bool:
    """Whether values differ so much that their colours are to tell logarithms."""
    known = values[np.isfinite(values)]
    return bool(known.size and known.min() > 0 and known.max() / known.min() > FAR)


def plane_of(session: Session, resolution: int) -> Plane:
    """Span the grid over the chosen columns of the rows.

    Raises
    ------
    DataError : where rows are pictures
    """
    rows = np.concatenate([session.rows("train"), session.rows("test")])
    if rows.ndim != 2:
        raise DataError("pictures lie in no plane")
    titles, centre, scale = session.columns
    width = len(titles)
    i, j = (min(axis, width - 1) for axis in session.setting.axes)
    grid = np.repeat(np.median(rows, axis=0)[None], resolution**2, axis=0)
    held = {
        titles[k]: float(grid[0, k] * scale[k] + centre[k]) for k in range(width) if k not in (i, j)
    }
    ends = {axis: _ends(rows[:, axis]) for axis in (i, j)}
    along = {axis: np.linspace(*ends[axis], resolution) for axis in (i, j)}
    if i != j:
        grid[:, j] = np.repeat(along[j], resolution)
    grid[:, i] = np.tile(along[i], resolution)
    x, y = (tuple(float(end * scale[axis] + centre[axis]) for end in ends[axis]) for axis in (i, j))
    if width == 1:
        y = _ends(np.asarray(session.source.y if not session.source.classes else [0, 1], float))
    return Plane(grid.astype(rows.dtype), x, y, (i, j), held)  # type: ignore[arg-type]


def _ends(values: NDArray[Any]) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    margin = MARGIN * ((high - low) or 1.0)
    return low - margin, high + margin
