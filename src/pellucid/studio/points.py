"""Points of a plane, drawn by hand: the rows as points, and points added, moved and taken away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import number_in, truth, whole_number
from pellucid.data import LabelCoding
from pellucid.errors import ArgumentError, DataError
from pellucid.studio.setting import LIMITS
from pellucid.studio.sources import Drawn, Source

__all__ = ["points_of", "redrawn"]

FARTHEST = 1e6  # a coordinate


def points_of(source: Source, order: NDArray[np.int64], coding: LabelCoding | None) -> Drawn:
    """Give rows as points, numbered as they are drawn.

    Raises
    ------
    DataError : for rows that are no points: not two columns and classes, nor one and a number
    """
    X, width = source.X, 2 if source.classes else 1
    if not isinstance(X, np.ndarray) or X.ndim != 2 or X.shape[1] != width:
        raise DataError(
            "these rows are no points on a plane", got=source.title,
            wanted="two columns and classes, or one column and a number",
            mend="choose XOR, moons or a curve, then draw",
        )  # fmt: skip
    y = source.y[order]
    if source.classes and coding is not None:
        y = coding.encode(y)
    test = np.arange(len(order)) >= len(source.train)
    return Drawn(X[order].astype(np.float64), y, test, source.classes, source.features)


def redrawn(drawn: Drawn, add: Any, move: Any, remove: Any, clear: Any) -> Drawn:
    """Move points, take some or all away, and add some, which are trained on.

    Parameters
    ----------
    add : [x, y, label] of each, the label being the number of a class
    move : [number, x, y] of each
    remove : numbers
    clear : whether all that were there are taken away

    Raises
    ------
    ArgumentError : for points that are none
    DataError : when too few are left to learn from
    """
    X, y, test = list(drawn.X), list(drawn.y), list(drawn.test)
    for index, *place in _listed(move, 3):
        at = whole_number(index, "index", 0, len(y) - 1)
        X[at], y[at] = _placed(drawn, place, y[at])
    gone = {whole_number(one, "index", 0, len(y) - 1) for one in _listed(remove, None)}
    kept = [k for k in range(len(y)) if k not in gone and not truth(clear, "clear")]
    X, y, test = [X[k] for k in kept], [y[k] for k in kept], [test[k] for k in kept]
    for *place, label in _listed(add, 3):
        kind = whole_number(label, "label", 0, len(drawn.classes) - 1) if drawn.classes else None
        point, target = _placed(drawn, place, kind)
        X.append(point)
        y.append(target)
        test.append(np.False_)
    found = drawn._replace(X=np.array(X), y=np.array(y), test=np.array(test, bool))
    _check(found)
    return found


def _listed(value: Any, length: int | None) -> Sequence[Any]:
    """Check a list, or a list of lists of some length."""
    fits = isinstance(value, (list, tuple)) and len(value) <= LIMITS["rows"]
    if fits and length is not None:
        fits = all(isinstance(one, (list, tuple)) and len(one) == length for one in value)
    if not fits:
        raise ArgumentError(
            "these are no points", got=repr(value)[:80],
            mend="write add=[[x, y, label], …], move=[[index, x, y], …]",
        )  # fmt: skip
    found: Sequence[Any] = value
    return found


def _placed(drawn: Drawn, place: Sequence[Any], kind: Any) -> tuple[NDArray[np.float64], Any]:
    """Read a place of the plane: two columns; or a column, and the number to be predicted."""
    x, y = (number_in(one, "a coordinate", -FARTHEST, FARTHEST) for one in place)
    return (np.array([x, y]), kind) if drawn.classes else (np.array([x]), y)


def _check(drawn: Drawn) -> None:
    """Refuse what nothing can be learned from."""
    to_train = drawn.y[~drawn.test]
    if len(drawn.y) > LIMITS["rows"]:
        raise DataError("there are too many points", wanted=f"at most {LIMITS['rows']:,}",
                        mend="take some away")  # fmt: skip
    if len(to_train) < 2:
        raise DataError("there are too few points to learn from", got=str(len(to_train)),
                        wanted="two or more to train on", mend="draw some first")  # fmt: skip
    if drawn.classes and len(np.unique(to_train)) < 2:
        raise DataError("all points are of one class", mend="draw points of another class too")
