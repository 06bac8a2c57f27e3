"""Hidden units over the plane of their two inputs: each is undecided along a line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.errors import ShapeError
from pellucid.plot.arrays import column, finite, numbers, same_length
from pellucid.plot.style import LINES, axes_or_new, headed, titled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["unit_lines"]

Floats = NDArray[np.float64]

GOLDEN = 0.618034
COLOUR = "#571f64"  # neither of the first two classes has it


def unit_lines(
    weights: ArrayLike,
    biases: ArrayLike,
    *,
    names: Sequence[str] | None = None,
    bounds: tuple[tuple[float, float], tuple[float, float]] | None = None,
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw the line w₁x₁ + w₂x₂ + b = 0 of each unit, with an arrow to where the sum is positive.

    On axes that are given, such as those of `decision_boundary`, the limits stay as they are. Lines
    that do not cross what is shown are counted in the heading.

    Parameters
    ----------
    weights, biases : of a layer of two inputs, shapes (units, 2) and (units,)
    names : of the units; else their numbers, from 1
    bounds : ((left, right), (low, high)) of new axes; else (−3, 3) each

    Raises
    ------
    ShapeError : weights that are not (units, 2), not one bias or name for each unit
    DataError : weights that are not finite

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = unit_lines([[1.0, 0.0], [1.0, -1.0]], [0.0, 9.0], ax=Figure().subplots())
    >>> len(ax.lines), ax.get_title(loc="right")
    (1, '1 of 2 outside')
    """
    w = finite(numbers(weights, "weights"), "weights")
    if w.ndim != 2 or w.shape[1] != 2:
        raise ShapeError(
            "these units have no lines", where="weights", got=f"shape {w.shape}",
            wanted="(units, 2): two inputs", mend="give the weights of a layer on two features",
        )  # fmt: skip
    b = column(biases, "biases")
    names = [str(k + 1) for k in range(len(w))] if names is None else list(map(str, names))
    same_length("give one for each unit", weights=w, biases=b, names=np.array(names))
    if ax is None or not ax.has_data():
        (left, right), (low, high) = bounds or ((-3, 3), (-3, 3))
        ax = headed(axes_or_new(ax, (4.2, 3.6)), None, x="$x_1$", y="$x_2$")
        ax.set(xlim=(left, right), ylim=(low, high))
    corners = np.array([ax.get_xlim(), ax.get_ylim()])
    crossing = 0
    for k, (name, row, shift) in enumerate(zip(names, w, b, strict=True)):
        ends = _ends(row, float(shift), corners)
        if ends is not None:
            ax.plot(*ends.T, color=COLOUR, linestyle=LINES[1], linewidth=1.4, gid=name)
            along = 0.3 + 0.4 * (k * GOLDEN % 1)  # so that no two names fall upon each other
            _arrow(ax, name, ends, along, row, corners)
            crossing += 1
    ax.set(xlim=corners[0], ylim=corners[1])
    outside = f"{len(w) - crossing} of {len(w)} outside" if crossing < len(w) else ""
    return titled(ax, title, outside)


def _ends(w: Floats, b: float, corners: Floats) -> Floats | None:
    """Find where a line enters and leaves a rectangle ((left, right), (low, high))."""
    found: list[tuple[float, float]] = []
    for axis, other in ((0, 1), (1, 0)):
        for at in corners[axis] if w[other] else ():
            across = -(b + w[axis] * at) / w[other]
            if corners[other].min() <= across <= corners[other].max():
                found.append((at, across) if axis == 0 else (across, at))
    found.sort()
    return np.array([found[0], found[-1]]) if found and found[0] != found[-1] else None


def _arrow(ax: Axes, name: str, ends: Floats, along: float, w: Floats, corners: Floats) -> None:
    """Point from a line to its positive side, as seen on the picture, with the name at the tip."""
    extent = abs(corners[:, 1] - corners[:, 0])
    figure: Any = ax.figure
    foot = ends[0] + along * (ends[1] - ends[0])
    inches = ax.get_position().size * figure.get_size_inches()
    slope = (ends[1] - ends[0]) / extent * inches
    across = np.array([-slope[1], slope[0]])
    if (across / inches * extent) @ w < 0:
        across = -across
    tip = 24 * across / np.linalg.norm(across)  # points
    ax.annotate(
        name, tuple(foot), tuple(tip), textcoords="offset points", ha="center", va="center",
        fontsize="small", color=COLOUR, parse_math=False, annotation_clip=True, zorder=4,
        bbox={"boxstyle": "round,pad=0.1", "facecolor": "white", "alpha": 0.8, "linewidth": 0},
        arrowprops={"arrowstyle": "<-", "color": COLOUR, "linewidth": 1.2, "shrinkB": 0},
    )  # fmt: skip
