"""Holds: anything sensible becomes the same checked floats; the caller's memory is left alone."""

from __future__ import annotations

import datetime
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pellucid.data import check_rows, features, take
from pellucid.errors import ArgumentError, DataError, ShapeError

WANTED = np.array([[1, 2], [3, 4]], dtype=np.float32)
KINDS = st.sampled_from(["?", "i1", "u1", ">i2", "<i4", ">u8", "f2", ">f4", "<f8", ">f8", "g"])
LAYOUTS = {
    "as it is": lambda x: x,
    "columns first": np.asfortranarray,
    "reversed": lambda x: x[::-1, ::-1],
    "every other": lambda x: np.repeat(np.repeat(x, 2, axis=0), 2, axis=1)[::2, ::2],
    "transposed twice": lambda x: np.ascontiguousarray(x.T).T,
    "unaligned": lambda x: np.frombuffer(b" " + x.tobytes(), x.dtype, offset=1).reshape(x.shape),
}


@given(
    st.data(),
    KINDS,
    hnp.array_shapes(min_dims=2, max_dims=4, max_side=5),
    st.sampled_from(sorted(LAYOUTS)),
    st.sampled_from(["float32", "float64"]),
)
def test_every_layout_and_dtype_keeps_its_values(data, kind, shape, layout, dtype):
    numbers = st.integers(0, 1) if kind == "?" else st.integers(0, 100)
    given_ = LAYOUTS[layout](data.draw(hnp.arrays(np.dtype(kind), shape, elements=numbers)))
    before = given_.tolist()
    found = features(given_, dtype=dtype).array
    assert found.dtype == np.dtype(dtype)
    assert found.dtype.isnative
    assert found.flags.c_contiguous
    assert found.flags.aligned
    assert np.array_equal(found, given_.astype(dtype))
    assert given_.tolist() == before


@pytest.mark.parametrize(
    "given_",
    [
        [[1, 2], [3, 4]],
        ((1, 2), (3, 4)),
        [np.array([1, 2]), np.array([3, 4])],
        np.array([[1, 2], [3, 4]], dtype=object),
        np.array([[Decimal(1), Fraction(2)], [np.float32(3), np.int8(4)]], dtype=object),
        np.ma.MaskedArray([[1, 2], [3, 4]]),
        np.asmatrix("1 2; 3 4"),
        scipy.sparse.csr_matrix(WANTED),
        scipy.sparse.coo_array(WANTED),
        pd.DataFrame(WANTED),
        pd.DataFrame({"a": [1, 3], "b": [2.0, 4.0]}).convert_dtypes(),
        pd.DataFrame({"a": [1, 3], "b": [Decimal(2), Decimal(4)]}),
        pl.DataFrame({"a": [1, 3], "b": [Decimal(2), Decimal(4)]}),
        pl.DataFrame({"a": [1, 3], "b": [2, 4]}, schema={"a": pl.UInt8, "b": pl.Float32}),
        pa.table({"a": [1, 3], "b": [2.0, 4.0]}),
        {"a": [1, 3], "b": np.array([2, 4])},
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_holds_numbers_becomes_the_same_matrix(given_):
    assert np.array_equal(features(given_).array, WANTED)


def test_booleans_are_zeros_and_ones():
    frame = pd.DataFrame({"a": [True, False], "b": [1, 2]})
    assert features(frame).array.tolist() == [[1, 1], [0, 2]]
    assert features([[True], [False]]).array.tolist() == [[1], [0]]


def test_names_are_those_of_the_frame():
    assert features(pl.DataFrame({"age": [1], "b": [2]})).names == ("age", "b")
    assert features(pd.DataFrame([[1, 2]])).names is None
    assert features([[1, 2]]).names is None


def test_the_callers_memory_is_shared_but_cannot_be_written():
    given_ = np.ones((2, 2), dtype=np.float32)
    found = features(given_).array
    assert np.shares_memory(found, given_)
    assert not found.flags.writeable
    given_[0, 0] = 5  # the caller's own array stays theirs
    given_.flags.writeable = False
    assert features(given_).array[0, 0] == 5


@given(
    st.sampled_from([pd.DataFrame, pl.DataFrame, pa.table, None]),
    hnp.array_shapes(min_dims=2, max_dims=2, max_side=6),
    st.data(),
)
def test_a_value_that_is_not_finite_is_found(frame, shape, data):
    values = np.zeros(shape)
    bad = data.draw(st.sampled_from([np.nan, np.inf, -np.inf]))
    row, column = data.draw(st.tuples(*(st.integers(0, size - 1) for size in shape)))
    values[row, column] = bad
    given_ = values if frame is None else frame({f"c{j}": values[:, j] for j in range(shape[1])})
    label = f"column {column}" if frame is None else f"column 'c{column}'"
    with pytest.raises(DataError) as caught:
        features(given_)
    assert caught.value.where == f"X, {label}, first in row {row} (counted from 0)"
    assert caught.value.got == f"1 {'NaN' if bad != bad else 'Inf' if bad > 0 else '-Inf'}"


@pytest.mark.parametrize("gap", [None, np.nan, pd.NA, pd.NaT, float("nan")])
def test_a_gap_in_objects_is_a_missing_number(gap):
    with pytest.raises(DataError, match="not finite"):
        features(np.array([[1, gap]], dtype=object))


def test_a_masked_value_is_a_missing_one():
    masked = np.ma.MaskedArray([[1, 2], [3, 4]], mask=[[0, 1], [0, 0]])
    with pytest.raises(DataError) as caught:
        features(masked)
    assert caught.value.where == "X, column 1, first in row 0 (counted from 0)"


def test_narrowing_that_overflows_is_an_error_and_wide_floats_are_not():
    frame = pd.DataFrame({"small": [1.0, 2.0], "big": [1.0, 1e300]})
    with pytest.raises(DataError, match="too large for float32") as caught:
        features(frame)
    assert caught.value.where == "X, column 'big', first in row 1 (counted from 0)"
    assert features(frame, dtype="float64").array[1, 1] == 1e300
    with pytest.raises(DataError, match="too large for float16"):
        features([[70_000]], dtype="float16")
    tiny = features([[1e-300]]).array
    assert tiny[0, 0] == 0  # too small is zero, as everywhere in floating point


@pytest.mark.parametrize(
    ("given_", "error", "what"),
    [
        ([1, 2, 3], ShapeError, "one dimension"),
        (pd.Series([1.0, 2.0]), ShapeError, "one dimension"),
        (3.0, ShapeError, "single number"),
        ([], ShapeError, "no rows"),
        (np.zeros((0, 3)), ShapeError, "no rows"),
        (np.zeros((3, 0)), ShapeError, "no columns"),
        (pd.DataFrame({"a": []}), ShapeError, "no rows"),
        (pd.DataFrame(index=[1, 2]), ShapeError, "no columns"),
        ([[1, 2], [3]], DataError, "different lengths"),
        ([[1j]], DataError, "complex"),
        (pd.DataFrame({"z": [1j]}), DataError, "complex"),
        ([["a"]], DataError, "text"),
        ([[1, "a"]], DataError, "text"),
        (np.array([["1", "2"]]), DataError, "text"),
        ([[datetime.date(2024, 1, 1)]], DataError, "dates"),
        (np.array([["2024-01-01"]], dtype="datetime64[D]"), DataError, "dates"),
        (np.array([[1]], dtype="timedelta64[D]"), DataError, "durations"),
        (pl.DataFrame({"t": [datetime.timedelta(1)]}), DataError, "durations"),
        (pl.DataFrame({"t": [datetime.time(1)]}), DataError, "neither"),
        (pl.DataFrame({"l": [[1, 2]]}), DataError, "neither"),
        (np.array([[b"1"]]), DataError, "bytes"),
        (np.zeros((2, 2), dtype=[("a", "f8")]), DataError, "records"),
        ([[10**400, 1]], DataError, "too large for any float"),
        (pd.DataFrame({"c": ["a", "b"]}), DataError, "text"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), DataError, "same name"),
        (pl.LazyFrame({"a": [1]}), DataError, "not an array"),
        ((x for x in [[1]]), DataError, "not an array"),
        ({"a": [[1]]}, ShapeError, "is not a column"),
        ({"a": [1], "b": [1, 2]}, ShapeError, "different lengths"),
        ({"a": ["x"]}, DataError, "text"),
        ({}, ShapeError, "no rows"),
        ({1, 2}, DataError, "not an array"),
        (object(), DataError, "not an array"),
        (None, DataError, "not an array"),
        (scipy.sparse.csr_matrix((10**6, 10**5)), DataError, "too large to be made dense"),
    ],
)
def test_what_cannot_be_an_input_is_refused(given_, error, what):
    with pytest.raises(error, match=what) as caught:
        features(given_)
    assert caught.value.got


def test_a_dtype_must_be_floating():
    with pytest.raises(ArgumentError, match="floating"):
        features([[1]], dtype="int64")


def test_pictures_keep_their_dimensions():
    pictures = np.arange(2 * 3 * 4 * 4, dtype=np.uint8).reshape(2, 3, 4, 4)
    assert features(pictures).array.shape == (2, 3, 4, 4)
    broken = pictures.astype(float)
    broken[1, 2, 3, 0] = np.nan
    with pytest.raises(DataError) as caught:
        features(broken)
    assert caught.value.where == "X, element (2, 3, 0), first in row 1 (counted from 0)"
    assert features(pictures.astype(object)).array.shape == (2, 3, 4, 4)


def test_rows_must_agree():
    assert check_rows(X=[[1], [2]], y=pd.Series([1, 2]), weights=np.ones(2)) == 2
    with pytest.raises(ShapeError) as caught:
        check_rows(X=np.zeros((3, 2)), y=[1, 2])
    assert caught.value.got == "X (3, 2), y (2,)"


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame, pa.table])
def test_taking_rows_keeps_the_kind_of_frame(frame):
    given_ = frame({"a": [1, 2, 3], "b": ["x", "y", "z"]})
    taken = take(given_, np.array([2, 0]))
    assert type(taken) is type(given_)
    assert features(
        taken[["a"]] if frame is not pa.table else taken.select(["a"])
    ).array.tolist() == [
        [3],
        [1],
    ]


def test_taking_rows_goes_into_dictionaries_and_series():
    rows = np.array([1])
    assert take({"a": np.arange(3), "b": [4, 5, 6]}, rows) == {"a": [1], "b": [5]}
    assert take(pd.Series([4, 5, 6], index=[7, 8, 9]), rows).tolist() == [5]
