"""Splitting rows into a part to train on and a part held out."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import number_in, whole_number
from pellucid.data.labels import label_values
from pellucid.data.wording import at_row, counted
from pellucid.errors import DataError, LabelError
from pellucid.lazy import load

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
    if stratify is not None:
        stratify = label_values(stratify, name="stratify")
        _check_classes(stratify, n, held_out)
    train, test = load("sklearn.model_selection").train_test_split(
        np.arange(n), test_size=held_out, random_state=_generator(seed), stratify=stratify
    )
    return train, test


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


def _check_classes(labels: NDArray[Any], n: int, held_out: int) -> None:
    """Refuse what scikit-learn would refuse less clearly."""
    if len(labels) != n:
        raise DataError(
            "the labels to stratify by do not fit the rows",
            where="stratify",
            got=f"{len(labels)} labels for {n} rows",
            wanted="one label for each row",
            mend="give one label for each row",
        )
    classes, counts = np.unique(labels, return_counts=True)
    if counts.min() == 1:
        lonely = int(np.argmin(counts))
        raise LabelError(
            f"the class {classes[lonely].item()!r} has a single row",
            where=at_row(np.flatnonzero(labels == classes[lonely])[0], "stratify"),
            got="1 row, which cannot be in both parts",
            wanted="two rows or more of every class",
            mend="drop the row, join rare classes, or split without stratify",
        )
    if min(held_out, n - held_out) < len(classes):
        raise DataError(
            "a part of the split is too small to hold every class",
            where="fraction",
            got=f"{n - held_out} rows to train on, {held_out} held out, {len(classes)} classes",
            wanted=f"{len(classes)} rows or more in each part",
            mend="choose another fraction, or split without stratify",
        )


def _generator(seed: int) -> np.random.RandomState:
    """scikit-learn's generator, for a seed of any size: the words of a large one are a list."""
    seed = whole_number(seed, "seed")
    words = [seed >> 32 * i & 0xFFFFFFFF for i in range((seed.bit_length() + 31) // 32)]
    return np.random.RandomState(words if len(words) > 1 else seed)
