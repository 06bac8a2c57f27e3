"""Holds: an epoch visits every row once, in an order that seed and epoch decide for ever."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pellucid.data import batches, epoch_order
from pellucid.errors import ArgumentError, ArgumentTypeError, DataError, ShapeError


@given(st.integers(1, 70), st.integers(1, 80), st.integers(0, 2**70), st.booleans())
def test_a_pass_visits_every_row_once(rows, size, seed, shuffle):
    X = np.arange(rows)[:, None]
    made = batches(X, X[:, 0] * 10, size, seed=seed, shuffle=shuffle)
    seen = list(made)
    assert len(seen) == len(made) == -(-rows // size)
    assert all(len(xb) == size for xb, _ in seen[:-1])
    assert all(np.array_equal(xb[:, 0] * 10, yb) for xb, yb in seen)
    order = np.concatenate([xb[:, 0] for xb, _ in seen])
    assert order.tolist() == (epoch_order(seed, 0, rows) if shuffle else np.arange(rows)).tolist()
    assert np.array_equal(np.sort(order), np.arange(rows))


@pytest.mark.parametrize("n", [*range(1, 301), 1000, 65537])
def test_an_order_is_a_bijection(n):
    assert np.array_equal(np.sort(epoch_order(n, 1, n)), np.arange(n))


def test_orders_stay_what_they_are():
    assert epoch_order(1, 0, 10).tolist() == [9, 3, 0, 5, 2, 6, 4, 1, 8, 7]
    assert epoch_order(2**40, 3, 10).tolist() == [6, 2, 9, 7, 3, 5, 0, 1, 8, 4]


def test_epochs_and_seeds_have_their_own_orders():
    orders = [
        epoch_order(seed, epoch, 50).tolist() for seed in (0, 1, 2**32, 2**64) for epoch in (0, 1)
    ]
    assert all(a != b for a, b in itertools.combinations(orders, 2))


def test_every_place_is_equally_likely_over_2000_seeds():
    orders = np.array([epoch_order(seed, 0, 7) for seed in range(2000)])
    places = np.argsort(orders, axis=1)
    assert stats.chisquare(np.bincount(places[:, 0])).pvalue > 1e-3
    pairs = np.bincount(places[:, 0] * 7 + places[:, 1], minlength=49).reshape(7, 7)
    assert stats.chisquare(pairs[~np.eye(7, dtype=bool)]).pvalue > 1e-3


def test_each_pass_is_the_next_epoch_and_an_epoch_can_be_repeated():
    made = batches(np.arange(8), batch_size=8, seed=5)
    first, second = next(iter(made)), next(iter(made))
    assert first.tolist() == epoch_order(5, 0, 8).tolist()
    assert second.tolist() == epoch_order(5, 1, 8).tolist()
    made.epoch = 0
    assert next(iter(made)).tolist() == first.tolist()


def test_two_passes_may_run_at_once():
    made = batches(np.arange(6), batch_size=2, seed=1)
    pairs = list(zip(made, made, strict=True))
    assert sorted(np.concatenate([a for a, _ in pairs])) == [0, 1, 2, 3, 4, 5]
    assert sorted(np.concatenate([b for _, b in pairs])) == [0, 1, 2, 3, 4, 5]


def test_an_unseeded_order_can_be_had_again():
    made = batches(np.arange(100), batch_size=100)
    assert next(iter(made)).tolist() == epoch_order(made.seed, 0, 100).tolist()


def test_a_last_small_batch_can_be_dropped():
    made = batches(np.arange(7), batch_size=3, drop_last=True, seed=1)
    assert [len(xb) for xb in made] == [3, 3]
    assert len(batches(np.arange(2), batch_size=3, drop_last=True)) == 0
    assert list(batches(np.arange(2), batch_size=3, drop_last=True)) == []


def test_dictionaries_lists_and_frames():
    X = {"a": np.arange(4), "b": [[1], [2], [3], [4]]}
    xb, yb = next(iter(batches(X, pd.Series(list("wxyz")), 4, shuffle=False)))
    assert xb["a"].tolist() == [0, 1, 2, 3]
    assert xb["b"].shape == (4, 1)
    assert yb.tolist() == list("wxyz")
    frame = pd.DataFrame({"a": [1, 2], "b": [True, False]})
    assert next(iter(batches(frame, batch_size=2, shuffle=False))).tolist() == [[1, 1], [2, 0]]
    with pytest.raises(DataError, match="text"):
        batches(pd.DataFrame({"a": ["x"]}))


@pytest.mark.parametrize(
    ("size", "error"),
    [(0, ArgumentError), (-1, ArgumentError), (2.5, ArgumentTypeError), ("32", ArgumentTypeError)],
)
def test_a_batch_size_is_a_whole_number_from_1(size, error):
    with pytest.raises(error, match="batch_size"):
        batches(np.zeros((3, 1)), batch_size=size)


def test_lengths_must_agree_and_there_must_be_rows():
    with pytest.raises(ShapeError) as caught:
        batches(np.zeros((3, 2)), np.zeros(2))
    assert caught.value.got == "X (3, 2), y (2,)"
    with pytest.raises(ShapeError, match=r"X\['a'\] and X\['b'\]"):
        batches({"a": np.zeros(3), "b": np.zeros(2)})
    with pytest.raises(ShapeError, match="no rows"):
        batches(np.zeros((0, 2)))
    with pytest.raises(ShapeError, match="single value"):
        batches(5)
