"""Holds: a split is scikit-learn's for its seed, keeps proportions, and never shares a row."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import train_test_split

from pellucid.data import check_disjoint, moons, split
from pellucid.errors import ArgumentError, DataError, LabelError


@given(st.integers(2, 200), st.floats(0.01, 0.99), st.integers(0, 2**64 - 1))
def test_every_row_is_in_exactly_one_part(n, fraction, seed):
    if np.ceil(fraction * n) >= n:
        with pytest.raises(DataError, match="empty"):
            split(n, fraction, seed=seed)
        return
    train, test = split(n, fraction, seed=seed)
    check_disjoint(train, test)
    assert np.array_equal(np.sort(np.concatenate([train, test])), np.arange(n))
    assert len(test) == np.ceil(fraction * n)


@pytest.mark.parametrize("labelled", [False, True])
def test_it_is_the_split_of_scikit_learn(labelled):
    X, y = moons()
    labels = y if labelled else None
    train, test = split(len(X), 0.3, seed=1234, stratify=labels)
    wanted = train_test_split(X, test_size=0.3, random_state=1234, stratify=labels)
    assert np.array_equal(X[train], wanted[0])
    assert np.array_equal(X[test], wanted[1])


@given(
    st.lists(st.integers(0, 60), min_size=2, max_size=6),
    st.floats(0.01, 0.99),
    st.integers(0, 2**32 - 1),
)
def test_by_classes_it_draws_as_scikit_learn_does(counts, fraction, seed):
    labels = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(counts)) * 7, counts))
    try:
        found = split(max(len(labels), 1), fraction, seed=seed, stratify=labels)
    except (DataError, LabelError):
        return  # scikit-learn refuses these too
    size = len(found[1])
    rows = np.arange(len(labels))
    wanted = train_test_split(rows, test_size=size, random_state=seed, stratify=labels)
    assert [part.tolist() for part in found] == [part.tolist() for part in wanted]


def test_two_million_rows_are_divided_in_little_memory():
    labels = np.arange(2_000_000) % 7
    tracemalloc.start()
    train, test = split(len(labels), 0.1, seed=1, stratify=labels)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 6 * (train.nbytes + test.nbytes)


def test_it_is_the_same_on_every_platform():
    assert split(10, 0.3, seed=1)[1].tolist() == [2, 9, 6]
    assert split(10, 0.3, seed=2**63 + 5)[1].tolist() != split(10, 0.3, seed=5)[1].tolist()


def test_classes_keep_their_proportions():
    labels = np.array(["rare"] * 10 + ["common"] * 90)
    train, test = split(100, 0.2, seed=3, stratify=labels)
    assert np.sum(labels[test] == "rare") == 2
    assert np.sum(labels[train] == "rare") == 8
    split(10, 0.2, seed=3, stratify=["one"] * 10)


@pytest.mark.parametrize("fraction", [0, 1, -0.2, 1.5, np.nan, "0.2", True, None])
def test_a_fraction_lies_between_0_and_1(fraction):
    with pytest.raises(ArgumentError, match="fraction"):
        split(10, fraction, seed=1)


@pytest.mark.parametrize("seed", [-1, 1.5, "1", None, True])
def test_a_seed_is_a_whole_number(seed):
    with pytest.raises(ArgumentError, match="seed"):
        split(10, 0.5, seed=seed)


@pytest.mark.parametrize(
    ("n", "fraction", "labels", "error", "what"),
    [
        (1, 0.5, None, DataError, "empty"),
        (5, 0.4, ["a", "a", "b", "a", "a"], LabelError, "the class 'b' has a single row"),
        (6, 0.2, list("aabbcc"), DataError, "too small to hold every class"),
        (6, 0.5, [1, 2], DataError, "do not fit the rows"),
        (3, 0.5, ["a", None, "a"], LabelError, "missing labels"),
    ],
)
def test_a_split_that_cannot_be_is_refused(n, fraction, labels, error, what):
    with pytest.raises(error, match=what):
        split(n, fraction, seed=1, stratify=labels)


def test_overlapping_parts_are_refused():
    check_disjoint([0, 1], np.array([2]))
    with pytest.raises(DataError, match="overlap") as caught:
        check_disjoint(range(10), range(3, 20))
    assert caught.value.got == "7 rows in both: 3, 4, 5, 6, 7, …"
