"""What can be seen in the rows, before the first step."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pellucid.diagnose.finding import Finding
from pellucid.diagnose.kinds import found

__all__ = [
    "Columns", "balance", "class_counts", "classes_of_rows", "constant_columns", "leaks", "order",
    "scales", "shared_rows", "spread_rows", "target_scale", "two_parts",
]  # fmt: skip

Array = NDArray[Any]

SAMPLE = 128  # rows that are looked at
RATIO, LARGE = 100.0, 30.0  # of columns' deviations; the size of inputs
TARGET_SIZE, TARGET_SPREAD = 10.0, 0.01
RARE = 10.0  # how many rows of the commonest class there are for one of the rarest
ENOUGH = 50  # rows, for classes to be counted
EXPECTED = 5.0  # rows of a class in validation: with so many, none is no chance (e⁻⁵ < 1 %)
CERTAIN = 0.999  # of the target's variance, told by one column
SHARED = 0.2  # of the validation rows
MOST_HELD = 10_000  # validation rows that are looked for among the training rows


def spread_rows(rows: int, most: int = SAMPLE) -> slice:
    """Choose up to `most` rows, spread evenly."""
    return slice(None, None, max(1, -(-rows // most)))


# --- inputs --------------------------------------------------------------------------------


class Columns(NamedTuple):
    """Some rows of an input as a matrix, in float64, and what its columns are like.

    Attributes
    ----------
    rows : (n, d), every column less its mean
    ranges : the greatest less the least number of each column
    squares : Σ (x − mean)² of each column
    size : the root mean square of all numbers
    """

    rows: Array
    ranges: Array
    squares: Array
    size: float

    @classmethod
    def of(cls, X: Array) -> Columns:
        """Look at up to 128 rows, spread evenly."""
        return cls.of_all(X[spread_rows(len(X))])

    @classmethod
    def of_all(cls, X: Array) -> Columns:
        """Look at all rows."""
        rows = X.reshape(len(X), -1).astype(np.float64)
        size = math.sqrt(np.vdot(rows, rows) / rows.size)
        ranges = np.maximum.reduce(rows) - np.minimum.reduce(rows)
        rows -= np.add.reduce(rows) / len(rows)
        return cls(rows, ranges, np.add.reduce(rows * rows), size)


def scales(columns: Columns, where: str = "") -> Iterator[Finding]:
    """Compare the columns of one input with each other and with 1.

    A column that is nearly always zero has a small deviation and is in scale none the less: both
    deviations and ranges must differ.
    """
    ranges, squares = columns.ranges, columns.squares
    if not ranges.all():
        changing = ranges > 0
        ranges, squares = np.where(changing, ranges, np.inf), np.where(changing, squares, np.inf)
    if columns.ranges.max() > RATIO * ranges.min():
        low, high = int(squares.argmin()), int(columns.squares.argmax())
        small, large = (math.sqrt(squares[k] / len(columns.rows)) for k in (low, high))
        if large > RATIO * small:
            evidence = (
                f"standard deviations from {small:.3g} (column {low}) to {large:.3g} ({high})"
            )
            yield found("PEL201", evidence, where)
            return
    if columns.size > LARGE:
        evidence = f"a typical number is {columns.size:.3g}, and should be near 1"
        yield found("PEL201", evidence, where)


def constant_columns(X: Array, where: str = "") -> Iterator[Finding]:
    """Find columns with the same number in all rows."""
    flat = X.reshape(len(X), -1)
    constant = np.flatnonzero((flat == flat[0]).all(axis=0))
    if len(constant):
        evidence = f"{len(constant)} of {flat.shape[1]}, the first is column {constant[0]}"
        yield found("PEL202", evidence, where)


def target_scale(y: Array, where: str = "") -> Iterator[Finding]:
    """Hold numbers to be predicted against the size of a network's first answers, about 1."""
    some = y[spread_rows(len(y))].astype(np.float64)
    mean, spread = float(some.mean()), float(some.std())
    if math.hypot(mean, spread) > TARGET_SIZE or 0 < spread < TARGET_SPREAD:
        yield found("PEL203", f"mean {mean:.3g}, standard deviation {spread:.3g}", where)


# --- classes -------------------------------------------------------------------------------


def classes_of_rows(target: Array) -> Array:
    """Give the number of the class of each row: labels, a column of 0 and 1, or one-hot rows."""
    if target.ndim > 1 and target.shape[1] > 1:
        return target.argmax(axis=1)
    return target.reshape(-1).astype(np.intp, copy=False)


def class_counts(target: Array, classes: int) -> Array:
    """Count the rows of each class."""
    return np.bincount(classes_of_rows(target), minlength=classes)


def balance(counts: Array, names: Sequence[Any], where: str = "") -> Iterator[Finding]:
    """Compare the commonest class with the rarest that is there at all."""
    rows = [(n, name) for n, name in zip(counts.tolist(), names, strict=False) if n]
    (few, rare), (many, common) = min(rows, key=_first), max(rows, key=_first)
    if counts.sum() >= ENOUGH and many > RARE * few:
        yield found("PEL204", f"{many:,} rows of {common!r}, {few:,} of {rare!r}", where)


def _first(pair: tuple[int, Any]) -> int:
    return pair[0]


def two_parts(
    trained: Array, held: Array, names: Sequence[Any], where: str = ""
) -> Iterator[Finding]:
    """Compare how many rows of each class were trained on and held out."""
    expected = trained / max(trained.sum(), 1) * held.sum()
    unseen = np.flatnonzero((trained == 0) & (held > 0))
    absent = np.flatnonzero((held == 0) & (expected >= EXPECTED))
    if len(unseen):
        k = int(unseen[0])
        evidence = f"{held[k]:,} validation rows are {names[k]!r}, no training row is"
        yield found("PEL205", evidence, where)
    elif len(absent):
        k = int(absent[0])
        evidence = f"{trained[k]:,} training rows are {names[k]!r}, no validation row is"
        yield found("PEL205", evidence, where)


def order(classes: Array, where: str = "") -> Iterator[Finding]:
    """Count how often the class changes from row to row, where rows are taken in their order."""
    if len(classes) < ENOUGH:
        return
    shares = np.bincount(classes) / len(classes)
    expected = float(1 - np.square(shares).sum()) * (len(classes) - 1)
    changes = int((classes[1:] != classes[:-1]).sum())
    if changes < 0.1 * expected:
        evidence = f"the class changes {changes:,} times; in a random order about {expected:,.0f}"
        yield found("PEL206", evidence, where)


# --- leakage -------------------------------------------------------------------------------


def leaks(
    X: Array, y: Array, columns: Columns, classes: int = 0, where: str = ""
) -> Iterator[Finding]:
    """Find a column that tells nearly all of the target's variance by itself.

    One column alone may well be all that decides; where there are others, it is suspicious.

    Parameters
    ----------
    classes : how many there are; 0 where the target is numbers
    """
    flat, target = X.reshape(len(X), -1), y.reshape(len(y), -1)
    if flat.shape[1] < 2 or target.shape[1] > 1 or len(X) < ENOUGH:
        return
    shares = _told(columns, target[spread_rows(len(X)), 0], classes)
    k = int(shares.argmax())
    if shares[k] > CERTAIN:
        told = float(_told(Columns.of_all(flat[:, k]), target[:, 0], classes)[0])
        if told > CERTAIN:
            evidence = f"column {k} tells {100 * told:.4g} % of the target's variance"
            yield found("PEL207", evidence, where)


def _told(columns: Columns, target: Array, classes: int) -> Array:
    """Give the share of each column's variance that the target explains: η² of classes, else r²."""
    rows, against = columns.rows, columns.squares
    if classes:
        if len(rows) < 10 * classes:
            return np.zeros(rows.shape[1])
        belongs = np.eye(classes)[target.astype(np.intp)].T
        sums = belongs @ rows
        between = 1 / np.maximum(np.add.reduce(belongs, axis=1), 1) @ (sums * sums)
    else:
        y = target - target.mean(dtype=np.float64)
        between, against = np.square(y @ rows), against * np.vdot(y, y)
    return between / np.where(against > 0, against, np.inf)


def shared_rows(
    trained: tuple[Array, Array], held: tuple[Array, Array], where: str = ""
) -> Iterator[Finding]:
    """Count the validation rows, with their targets, that are training rows too.

    Where rows repeat by nature, as those of a few categories do, they repeat in training alone.
    """
    chosen = spread_rows(len(held[0]), MOST_HELD)
    mine, theirs = _fingerprints(*trained), _fingerprints(held[0][chosen], held[1][chosen])
    mine.sort()  # to search in it takes a third of the memory of a set, and less time
    places = np.searchsorted(mine, theirs)
    shared = mine[np.minimum(places, len(mine) - 1)] == theirs
    count, share = int(shared.sum()), float(shared.mean())
    repeated = np.count_nonzero(mine[1:] == mine[:-1]) / len(mine)
    if count > 1 and share >= SHARED and share > 2 * repeated:
        yield found("PEL208", f"{count:,} of {len(theirs):,} ({100 * share:.0f} %)", where)


def _fingerprints(X: Array, y: Array) -> Array:
    """Give one number for each row that equal rows share, and others almost surely do not."""
    total = np.zeros(len(X), np.uint64)
    for array, seed in ((X, 0), (y, 1)):
        wide = array if array.dtype.itemsize % 4 == 0 else array.astype(np.float64)
        words = np.ascontiguousarray(wide).reshape(len(wide), -1).view(np.uint32)
        key = np.random.default_rng(seed).integers(0, 2**64, words.shape[1], np.uint64)
        total += np.einsum("ij,j->i", words, key, dtype=np.uint64, casting="same_kind")
    return total
