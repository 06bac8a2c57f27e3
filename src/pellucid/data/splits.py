"""Splitting rows into a part to train on and a part held out."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import number_in, whole_number
from pellucid.data.labels import label_values, listed_labels
from pellucid.errors import DataError, LabelError
from pellucid.lazy import load
from pellucid.wording import at_row, counted

__all__ = ["check_disjoint", "split"]


def split(
    n: int, fraction: float, *, seed: int, stratify: Any = None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows to train on and rows held out, drawn by scikit-learn's `train_test_split`.

    Parameters
    ----------
    n : how many rows there are
    fraction : the part held out, between 0 and 1; rounded up to whole rows
    seed : the same one gives the same rows on every platform
    stratify : (n,) labels whose proportions both parts keep

    Raises
    ------
    ArgumentError : a fraction outside (0, 1), a seed that is none
    DataError : a part would be empty, or could not hold every class
    LabelError : a class with a single row

    Examples
    --------
    >>> train, test = split(10, 0.3, seed=1)
    >>> len(train), len(test)
    (7, 3)
    """
    whole_number(n, "n", at_least=1)
    number_in(fraction, "fraction", above=0, below=1)
    held_out = int(np.ceil(fraction * n))
    if held_out >= n or held_out < 1:
        raise DataError(
            "a part of the split would be empty",
            where="fraction",
            got=f"{fraction} of {n} rows: {n - held_out} to train on, {held_out} held out",
            wanted="at least one row in each part",
            mend="hold out less, or give more rows",
        )
    generator = _generator(seed)
    if stratify is not None:
        return _stratified(label_values(stratify, name="stratify"), n, held_out, generator)
    train, test = load("sklearn.model_selection").train_test_split(
        np.arange(n), test_size=held_out, random_state=generator
    )
    return train, test


def _stratified(
    labels: NDArray[Any], n: int, held_out: int, generator: np.random.RandomState
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Draw from each class its share.

    These are the draws of scikit-learn's StratifiedShuffleSplit, which keeps each row's number as a
    Python object: of millions of rows these are slow, and larger than the rows.
    """
    present, codes = listed_labels(labels)
    counts = np.bincount(codes)
    _check_classes(labels, present, counts, n, held_out)
    codes = codes.astype(np.min_scalar_type(len(counts)))  # of few bits, which is sorted quickly
    classes = np.split(np.argsort(codes, kind="stable"), np.cumsum(counts[counts > 0])[:-1])
    sizes = np.array([len(rows) for rows in classes])
    kept = _shares(sizes, n - held_out, generator)
    held = _shares(sizes - kept, held_out, generator)
    train, test = [], []
    for rows, here, there in zip(classes, kept, held, strict=True):
        drawn = rows[generator.permutation(len(rows))]
        train.append(drawn[:here])
        test.append(drawn[here : here + there])
    return generator.permutation(np.concatenate(train)), generator.permutation(np.concatenate(test))


def _shares(
    sizes: NDArray[np.int64], total: int, generator: np.random.RandomState
) -> NDArray[np.int64]:
    """Divide `total` among classes by their sizes: the rest goes to the largest fractions."""
    exact = sizes / sizes.sum() * total
    found = np.floor(exact)
    rest = int(total - found.sum())
    for fraction in np.unique(exact - found)[::-1]:
        if rest <= 0:
            break
        equal = np.flatnonzero(exact - np.floor(exact) == fraction)
        chosen = generator.choice(equal, min(len(equal), rest), replace=False)
        found[chosen] += 1
        rest -= len(chosen)
    return found.astype(np.int64)


def check_disjoint(train: Any, test: Any) -> None:
    """Check that no row is both trained on and tested on.

    Raises
    ------
    DataError : the indices overlap

    Examples
    --------
    >>> check_disjoint([0, 1, 2], [3, 4])
    """
    overlap = np.intersect1d(np.asarray(train), np.asarray(test))
    if overlap.size:
        first = ", ".join(map(str, overlap[:5].tolist()))
        raise DataError(
            "the training rows and the test rows overlap",
            where="split",
            got=f"{counted(overlap.size, 'row')} in both: {first}{', …' * (overlap.size > 5)}",
            wanted="rows that are in one part only",
            mend="write train = numpy.setdiff1d(train, test)",
        )


def _check_classes(
    labels: NDArray[Any],
    present: NDArray[Any],
    counts: NDArray[np.int64],
    n: int,
    held_out: int,
) -> None:
    """Refuse what scikit-learn would refuse less clearly."""
    if len(labels) != n:
        raise DataError(
            "the labels to stratify by do not fit the rows",
            where="stratify",
            got=f"{len(labels)} labels for {n} rows",
            wanted="one label for each row",
            mend="give one label for each row",
        )
    classes = np.count_nonzero(counts)
    if (counts == 1).any():
        lonely = present[np.argmax(counts == 1)]
        raise LabelError(
            f"the class {lonely.item()!r} has a single row",
            where=at_row(np.flatnonzero(labels == lonely)[0], "stratify"),
            got="1 row, which cannot be in both parts",
            wanted="two rows or more of every class",
            mend="drop the row, join rare classes, or split without stratify",
        )
    if min(held_out, n - held_out) < classes:
        raise DataError(
            "a part of the split is too small to hold every class",
            where="fraction",
            got=f"{n - held_out} rows to train on, {held_out} held out, {classes} classes",
            wanted=f"{classes} rows or more in each part",
            mend="choose another fraction, or split without stratify",
        )


def _generator(seed: int) -> np.random.RandomState:
    """scikit-learn's generator, for a seed of any size: the words of a large one are a list."""
    seed = whole_number(seed, "seed")
    words = [seed >> 32 * i & 0xFFFFFFFF for i in range((seed.bit_length() + 31) // 32)]
    return np.random.RandomState(words if len(words) > 1 else seed)
