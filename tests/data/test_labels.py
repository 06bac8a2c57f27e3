"""Holds: labels are encoded when it is certain how, come back as they were given, else refused."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.data import LabelCoding, one_hot, targets
from pellucid.errors import ArgumentError, DataError, LabelError, ShapeError

LABELS = st.one_of(
    st.lists(
        st.text(st.characters(exclude_characters="\0", codec="utf-8"), min_size=1), min_size=2
    ),
    st.lists(st.integers(-(2**60), 2**60), min_size=2),
    st.lists(st.booleans(), min_size=2),
)


@given(LABELS)
def test_labels_come_back_as_they_were_given(labels):
    if len(set(labels)) < 2 and not isinstance(labels[0], bool):
        return
    coding = LabelCoding.learn(labels)
    indices = coding.encode(labels)
    assert indices.dtype == np.int64
    assert set(indices) <= set(range(len(coding.classes)))
    assert coding.decode(indices).tolist() == labels
    assert LabelCoding.from_config(json.loads(json.dumps(coding.to_config()))) == coding


@pytest.mark.parametrize(
    ("labels", "outputs", "classes"),
    [
        ([0, 2], 3, (0, 1, 2)),  # within 0…outputs−1: never renumbered
        ([1, 1], 2, (0, 1)),
        ([1, 0], 1, (0, 1)),
        ([0, 0], 1, (0, 1)),
        ([-1, 1], 1, (-1, 1)),
        ([-1, 1], 2, (-1, 1)),
        ([1, 2, 3], 3, (1, 2, 3)),
        ([3, 5], None, (3, 5)),
        ([0.0, 2.0], 3, (0.0, 1.0, 2.0)),
        (["b", "a"], 1, ("a", "b")),
        ([True, True], 1, (False, True)),
        (np.array([0, 1], dtype=np.int8), 200, tuple(range(200))),
        (np.array([[1], [2]]), None, (1, 2)),
        (np.array([2, 1], dtype=">i4"), None, (1, 2)),
        (np.array(["b", "a"], dtype=object), None, ("a", "b")),
    ],
)
def test_the_coding_that_is_certain(labels, outputs, classes):
    coding = LabelCoding.learn(labels, outputs=outputs)
    assert coding.classes == classes
    assert coding.renumbers == (
        classes != tuple(range(len(classes))) or coding.dtype in ("str", "bool")
    )


@pytest.mark.parametrize(
    ("labels", "outputs", "what"),
    [
        (["a", "b", "c"], 2, "3 classes, and the network has 2 outputs"),
        (["a", "b"], 3, "2 classes, and the network has 3 outputs"),
        ([True, False], 3, "2 classes, and the network has 3 outputs"),
        ([0, 1, 2, 3], 3, "the label 3 does not fit a network with 3 outputs"),
        ([-1, 0, 1], 1, "the label -1 does not fit a network with 1 output"),
        ([1, 2, 4], 4, "the label 4 does not fit"),
        (["a", "a"], None, "a single class"),
        ([7, 7], 3, "a single class"),
        ([0.5, 1.0], None, "not whole numbers"),
        ([1.0, np.inf], None, "not whole numbers"),
        ([1.0, np.nan], None, "missing labels"),
        (["a", None], None, "missing labels"),
        (pd.Series(["a", pd.NA]), None, "missing labels"),
        (pl.Series([1, None]), None, "missing labels"),
    ],
)
def test_labels_that_are_not_certain_are_refused(labels, outputs, what):
    with pytest.raises(LabelError, match=what) as caught:
        LabelCoding.learn(labels, outputs=outputs)
    assert caught.value.mend


def test_labels_of_two_kinds_are_refused():
    with pytest.raises(DataError, match="mixes text and numbers"):
        LabelCoding.learn([1, "a", "b"])


@pytest.mark.parametrize(
    "labels",
    [
        pd.Series(["b", "a", "b"]),
        pd.Series(["b", "a", "b"], dtype="category"),
        pd.Series(["b", "a", "b"], dtype=object),
        pl.Series(["b", "a", "b"]),
        pl.Series(["b", "a", "b"], dtype=pl.Categorical),
        pa.chunked_array([["b"], ["a", "b"]]),
        pd.DataFrame({"label": ["b", "a", "b"]}),
    ],
)
def test_labels_of_every_library_are_the_same(labels):
    found = targets(labels)
    assert found.array.tolist() == [1, 0, 1]
    assert found.coding == LabelCoding(("a", "b"), "str")


def test_an_unknown_label_is_named_with_its_row_and_the_nearest_class():
    with pytest.raises(LabelError, match="'dgo' was not among") as caught:
        LabelCoding.learn(["cat", "dog"]).encode(["cat", "dgo", "zebra"])
    assert caught.value.where == "y, row 1 (counted from 0)"
    assert caught.value.mend == "did you mean 'dog'?"
    with pytest.raises(LabelError, match="the label 7 "):
        LabelCoding.learn([1, 2]).encode([1, 7])
    with pytest.raises(LabelError, match="the label 1 "):
        LabelCoding.learn(["1", "2"]).encode([1, 2])


def test_equal_numbers_are_the_same_label_whatever_their_dtype():
    coding = LabelCoding.learn(np.array([3, 7], dtype=np.int8))
    assert coding.encode([7.0, 3.0]).tolist() == [1, 0]
    big = 2**53
    exact = LabelCoding.learn(np.array([big, big + 1]))
    assert exact.encode(np.array([big + 1], dtype=np.uint64)).tolist() == [1]


@pytest.mark.parametrize("indices", [[2], [-1], [0.5], [True]])
def test_only_class_indices_are_decoded(indices):
    with pytest.raises(LabelError, match="not class indices"):
        LabelCoding.learn(["a", "b"]).decode(np.array(indices))


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"classes": ["a", "b"]},
        {"classes": ["a", "a"], "dtype": "str"},
        {"classes": [[1], [2]], "dtype": "int64"},
        {"classes": ["a", "b"], "dtype": "int64"},
        {"classes": ["a", "b"], "dtype": "object"},
        {"classes": [1.5, 2], "dtype": "int64"},
        {"classes": ["a"], "dtype": "nonsense"},
        {"classes": 3, "dtype": "int64"},
    ],
)
def test_a_broken_record_is_refused(config):
    with pytest.raises(DataError, match="saved label coding"):
        LabelCoding.from_config(config)


@pytest.mark.parametrize(
    ("y", "task", "shape", "dtype"),
    [
        (["a", "b"], "classification", (2,), np.int64),
        ([1, 0], "classification", (2,), np.int64),
        ([True, False], "classification", (2,), np.int64),
        ([1.0, 0.5], "regression", (2,), np.float32),
        ([1.0, 2.0], "regression", (2,), np.float32),
        ([[1.0], [2.0]], "regression", (2, 1), np.float32),
        ([[1, 0], [0, 1]], "classification", (2, 2), np.float32),
        ([[1, 1], [0, 1]], "regression", (2, 2), np.float32),
        ([[0.5, 0.5], [0.1, 0.9]], "regression", (2, 2), np.float32),
        (np.zeros((2, 3, 4)), "regression", (2, 3, 4), np.float32),
        (pd.DataFrame({"a": [1.5, 2], "b": [3, 4]}), "regression", (2, 2), np.float32),
    ],
)
def test_the_task_is_recognised(y, task, shape, dtype):
    found = targets(y)
    assert (found.task, found.array.shape, found.array.dtype) == (task, shape, dtype)
    assert (found.coding is None) == (task == "regression")


def test_the_task_can_be_said():
    assert targets([1, 2, 3], task="regression").array.dtype == np.float32
    assert targets([-1, 1], task="regression", dtype="float64").array.tolist() == [-1.0, 1.0]
    soft = targets([[0.5, 0.5], [0.1, 0.9]], task="classification", outputs=2)
    assert soft.coding == LabelCoding((0, 1), "int64")
    with pytest.raises(ArgumentError, match="task"):
        targets([1, 2], task="classify")


@pytest.mark.parametrize(
    ("y", "error", "what"),
    [
        ([[1, 1, 0], [0, 1, 0]], LabelError, "not probabilities"),
        ([[0.0, 0.0]], LabelError, "not probabilities"),
        ([[1.5, -0.5]], LabelError, "not probabilities"),
        (np.zeros((2, 3, 4)), ShapeError, "cannot be rows"),
    ],
)
def test_rows_that_are_no_probabilities_are_refused(y, error, what):
    with pytest.raises(error, match=what):
        targets(y, task="classification")


def test_a_matrix_of_classes_fits_the_outputs():
    with pytest.raises(ShapeError, match="3 columns and the network 4 outputs"):
        targets(np.eye(3), task="classification", outputs=4)


@pytest.mark.parametrize(
    ("y", "error", "what"),
    [
        ([1.5, np.nan], DataError, "not finite"),
        ([1.5, -np.inf], DataError, "not finite"),
        (["a", "b"], DataError, "text where numbers"),
        (np.array(["2024-01-01"], dtype="datetime64[D]"), DataError, "dates where numbers"),
        ([], ShapeError, "no rows"),
        ([1e300, 1.0], DataError, "too large for float32"),
        ([1j], DataError, "complex"),
    ],
)
def test_quantities_that_are_none_are_refused(y, error, what):
    with pytest.raises(error, match=what):
        targets(y, task="regression")


def test_dates_are_neither_labels_nor_quantities():
    dates = np.array(["2024-01-01", "2024-01-02"], dtype="datetime64[D]")
    for y in (dates, pd.DataFrame({"when": dates})):
        with pytest.raises(DataError, match="dates where numbers"):
            targets(y)


def test_one_hot_rows():
    assert one_hot(np.array([1, 0]), 3).tolist() == [[0, 1, 0], [1, 0, 0]]
    with pytest.raises(LabelError, match="not class indices"):
        one_hot(np.array([3]), 3)
