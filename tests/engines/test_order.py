"""Holds: the order of rows is a bijection, decided by its key alone, and evenly distributed."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

from pellucid.order import (
    ArrayBuilder,
    drawn_row,
    permuted_row,
    round_keys,
    rows_in_order,
    stream_key,
)

B = ArrayBuilder()


def order(n, counter=0, key=(1, 2), stream=0):
    return rows_in_order(key, counter, stream, n, n)


@pytest.mark.parametrize("n", [*range(1, 130), 255, 256, 257, 1000, 65537])
def test_it_is_a_bijection(n):
    assert np.array_equal(np.sort(order(n)), np.arange(n))


def test_positions_can_be_computed_one_by_one_in_any_order():
    keys = round_keys(stream_key(B, (7, 9), np.uint32(3), 0))
    single = [
        int(permuted_row(B, np.array([k], np.uint32), keys, 50)[0]) for k in reversed(range(50))
    ]
    assert single[::-1] == order(50, 3, (7, 9)).tolist()


def test_epochs_seeds_and_streams_differ():
    orders = [
        order(100, *setting).tolist() for setting in [(0,), (1,), (0, (1, 3)), (0, (1, 2), 1)]
    ]
    assert all(a != b for a, b in itertools.combinations(orders, 2))


def test_every_place_is_as_likely_for_a_row_and_every_pair_of_places_for_two():
    orders = np.array([order(5, counter) for counter in range(6000)])
    places = np.argsort(orders, axis=1)
    for row in range(5):
        assert stats.chisquare(np.bincount(places[:, row], minlength=5)).pvalue > 1e-4
    pairs = np.bincount(places[:, 0] * 5 + places[:, 1], minlength=25).reshape(5, 5)
    assert stats.chisquare(pairs[~np.eye(5, dtype=bool)]).pvalue > 1e-4


def test_far_apart_places_of_a_large_order_are_taken_alike():
    rows = order(1_000_003)
    assert np.array_equal(np.sort(rows), np.arange(rows.size))
    quarters = rows * 64 // rows.size * 64 + np.arange(rows.size) * 64 // rows.size
    assert stats.chisquare(np.bincount(quarters, minlength=64 * 64)).pvalue > 1e-4
    steps = np.diff(rows)
    assert abs(np.corrcoef(steps[:-1], steps[1:])[0, 1] + 0.5) < 0.01


def test_the_largest_order_stays_within_its_numbers():
    keys = round_keys(stream_key(B, (5, 6), np.uint32(0), 0))
    most = 2**32 - 1
    for start in (0, 2**31, most - 1000):
        positions = np.arange(start, start + 1000, dtype=np.uint64).astype(np.uint32)
        rows = permuted_row(B, positions, keys, most)
        assert np.unique(rows).size == 1000
        assert rows.max() < most


def test_drawing_with_replacement_is_even():
    words = stream_key(B, (1, 2), np.uint32(0), 1)
    rows = drawn_row(B, np.arange(60_000, dtype=np.uint32), words, 7)
    assert rows.max() == 6
    assert stats.chisquare(np.bincount(rows)).pvalue > 1e-4
