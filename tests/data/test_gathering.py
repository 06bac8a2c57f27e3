"""Holds: batches of anyone's making become arrays, in their order; what never ends is refused."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.data import DataLoader, TensorDataset

from pellucid.data import batches, gather, is_batches
from pellucid.errors import ArgumentTypeError, DataError, ShapeError

X = np.arange(30.0).reshape(10, 3)
Y = np.arange(10)


@given(st.lists(st.integers(0, 10), max_size=4), st.booleans())
def test_the_rows_come_in_their_order(cuts, paired):
    parts = np.split(np.arange(10), sorted(cuts))
    made = gather((X[part], Y[part]) if paired else X[part] for part in parts)
    assert np.array_equal(made.X, X)
    assert np.array_equal(made.y, Y) if paired else made.y is None
    assert made.batches == len(parts)


def test_a_loader_of_pytorch():
    loader = DataLoader(TensorDataset(torch.tensor(X), torch.tensor(Y)), batch_size=4)
    made = gather(loader)
    assert np.array_equal(made.X, X)
    assert np.array_equal(made.y, Y)
    assert made.note == "3 batches were read once and gathered: 10 rows of 3 float64, 0.0 MiB."


def test_own_batches_lists_and_series():
    made = gather(batches(X, Y, 3, shuffle=False))
    assert np.array_equal(made.X, X)
    assert gather([[[1, 2], [3, 4]], [[5, 6], [7, 8]]]).X.shape == (4, 2)
    assert gather([([[1], [2]], pd.Series(["a", "b"]))]).y.tolist() == ["a", "b"]


def test_memory_that_a_loader_uses_again_is_copied():
    room = np.zeros((2, 1))

    def reusing():
        for k in range(3):
            room[:] = k
            yield room

    assert gather(reusing()).X[:, 0].tolist() == [0, 0, 1, 1, 2, 2]


@pytest.mark.parametrize(
    ("given_", "error", "what", "where"),
    [
        ([], DataError, "there are no batches", ""),
        ([X[:0]], DataError, "there are no batches", ""),
        (itertools.repeat((X, Y)), DataError, "no end", "batches"),
        (itertools.cycle([X]), DataError, "no end", "batches"),
        (((X, Y) for _ in itertools.count()), DataError, "no end", "batches"),
        ([(X, Y), (X[:, :2], Y)], ShapeError, "do not fit together", "batch 1"),
        ([(X, Y), X], ShapeError, "do not fit together", "batch 1"),
        ([(X, Y[:3])], ShapeError, "different numbers of rows", "batch 0"),
        ([(X, Y, Y)], DataError, "more than two parts", "batch 0"),
        ([{"x": X, "y": Y}], DataError, "a dictionary", "batch 0"),
        (zip(X, Y, strict=True), ShapeError, "one example", "batch 0"),
        (["abc"], DataError, "not an array", "batch 0"),
        (3, ArgumentTypeError, "no batches", ""),
        ("abc", ArgumentTypeError, "no batches", ""),
        ({"x": X}, ArgumentTypeError, "no batches", ""),
    ],
)
def test_what_cannot_be_gathered_is_refused(given_, error, what, where):
    limit = {"most_rows": 1000} if hasattr(given_, "gi_frame") else {}
    with pytest.raises(error, match=what) as caught:
        gather(given_, **limit)
    assert caught.value.where.startswith(where)


def test_batches_are_told_from_arrays():
    loader = DataLoader(TensorDataset(torch.tensor(X)), batch_size=4)
    assert all(map(is_batches, [iter([1]), (x for x in X), loader, batches(X)]))
    frames = [X, X.tolist(), {"a": Y}, pd.DataFrame(X), pd.Series(Y), torch.tensor(X), "ab", 3]
    assert not any(map(is_batches, frames))
