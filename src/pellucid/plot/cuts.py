"""A cut through many features: two of them free, the others at their median."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.errors import ArgumentError, ShapeError
from pellucid.plot.arrays import finite, numbers, points
from pellucid.plot.classes import check_features

__all__ = ["Cut", "Pair", "cut_of"]

Floats = NDArray[np.float64]
Pair = tuple[int | str, int | str]


class Cut(NamedTuple):
    """Two features of the data, and the others at their median.

    Attributes
    ----------
    places : the data, (n, 2)
    features : the names of the two, if they have some
    medians : of all features
    pair : the places of the two among them
    """

    places: Floats
    features: tuple[str, str] | None
    medians: Floats
    pair: tuple[int, int]

    def rows(self, plane: Floats) -> Floats:
        """Give points of the plane as rows of all features."""
        rows = np.repeat(self.medians[None], len(plane), axis=0)
        rows[:, list(self.pair)] = plane
        return rows

    @property
    def aside(self) -> str:
        """Say that others are held."""
        others = len(self.medians) - 2
        return f"{others} other{'s' * (others > 1)} at the median" if others else ""


def cut_of(X: ArrayLike, features: Sequence[str] | None, pair: Pair | None) -> Cut:
    """Cut through rows (n, d); without `pair` there are two features.

    Examples
    --------
    >>> cut = cut_of([[1, 5, 0], [2, 7, 0], [3, 9, 1]], ["a", "b", "c"], ("a", "c"))
    >>> cut.rows(np.array([[8.0, 9.0]])).tolist(), cut.aside
    ([[8.0, 7.0, 9.0]], '1 other at the median')
    """
    if pair is None:
        check_features(features, 2)
        places = points(X)
        named = None if features is None else (str(features[0]), str(features[1]))
        return Cut(places, named, np.median(places, axis=0), (0, 1))
    every = finite(numbers(X, "X"), "X")
    if every.ndim != 2 or every.shape[1] < 2:
        raise ShapeError(
            "these rows have no two features", where="X", got=f"shape {every.shape}",
            wanted="shape (n, d) with d of at least 2", mend="write X.reshape(len(X), -1)",
        )  # fmt: skip
    count = every.shape[1]
    check_features(features, count)
    first, second = (_place(one, features, count) for one in pair)
    if first == second:
        raise ArgumentError(
            "a plane needs two features", where="pair", got=str(pair), mend="write pair=(0, 1)"
        )
    names = features or [f"feature {k}" for k in range(count)]
    named = (str(names[first]), str(names[second]))
    return Cut(every[:, [first, second]], named, np.median(every, axis=0), (first, second))


def _place(feature: int | str, features: Sequence[str] | None, count: int) -> int:
    """Find a feature by its place or its name."""
    known = list(features or ())
    if isinstance(feature, str) and feature in known:
        return known.index(feature)
    if isinstance(feature, str) or not 0 <= feature < count:
        raise ArgumentError(
            "there is no such feature", where="pair", got=repr(feature),
            wanted=f"a place from 0 to {count - 1}" + f", or one of {known}" * bool(known),
            mend="give two places, or name all features with features=[…]",
        )  # fmt: skip
    return int(feature)
