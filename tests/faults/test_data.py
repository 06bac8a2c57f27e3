"""Holds: rows that cannot be used are refused in words; all others are read as what they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse

import pellucid as pel
from faults.conftest import rows
from pellucid import nn
from pellucid.errors import ArgumentError, DataError, LabelError, ShapeError

X, Y, C = rows()


def network(outputs=1):
    return nn.Sequential([nn.Linear(4, activation="tanh"), nn.Linear(outputs)])


def fit(X, y=Y, model=None, **options):
    options = {"epochs": 1, "seed": 1} | options
    model = model or network()
    model.fit(X, y, **options, progress=False)
    return model


# --- rows that are read --------------------------------------------------------------------

LAYOUTS = {
    "float32": X.astype("f4"),
    "big endian": X.astype(">f8"),
    "backwards in memory": X[::-1].copy()[::-1],
    "columns first": np.asfortranarray(X),
    "every other row": np.repeat(X, 2, axis=0)[::2],
    "read-only": X.view(),
    "long doubles": X.astype(np.longdouble),
    "objects": X.astype(object),
    "nested lists": X.tolist(),
    "tuples": tuple(map(tuple, X)),
    "a masked array without a mask": np.ma.array(X),
    "a buffer": memoryview(X),
    "a tensor": pel.tensor(X, dtype="float64"),
    "sparse rows": scipy.sparse.csr_matrix(X),
    "sparse pairs": scipy.sparse.coo_array(X),
    "pandas": pd.DataFrame(X, columns=list("abc")),
    "polars": pl.DataFrame(X, schema=list("abc")),
    "pyarrow": pa.table({name: X[:, k] for k, name in enumerate("abc")}),
    "a dictionary of columns": {name: X[:, k].tolist() for k, name in enumerate("abc")},
}
LAYOUTS["read-only"].flags.writeable = False


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_the_same_bits(layout):
    known, found = fit(X), fit(LAYOUTS[layout])
    for name, variable in known.variables().items():
        assert found.variables()[name].numpy().tobytes() == variable.numpy().tobytes()
    given = LAYOUTS[layout]
    assert found.predict(given).tobytes() == known.predict(X).tobytes()
    assert found.evaluate(given, Y) == known.evaluate(X, Y)


SMALLER = {
    "half precision": X.astype("f2"),
    "small integers": (10 * X).astype("i1"),
    "unsigned integers": np.abs(10 * X).astype("u2"),
    "truth values": X > 0,
    "objects of numbers": np.where(X > 0, 1, 2.5).astype(object),
}


@pytest.mark.parametrize("kind", SMALLER)
def test_narrow_numbers_are_widened(kind):
    given = SMALLER[kind]
    known, found = fit(given.astype(float)), fit(given)
    assert found.predict(given).tobytes() == known.predict(given.astype(float)).tobytes()
    assert found.predict(given).dtype == np.float32


TARGETS = {
    "a list": Y.tolist(),
    "big endian": Y.astype(">f8"),
    "backwards in memory": Y[::-1].copy()[::-1],
    "every other number": np.repeat(Y, 2)[::2],
    "objects": Y.astype(object),
    "a series": pd.Series(Y),
    "a polars series": pl.Series(Y),
    "a frame": pd.DataFrame({"y": Y}),
    "a column": Y.reshape(-1, 1),
}


@pytest.mark.parametrize("layout", TARGETS)
def test_every_layout_of_targets_gives_the_same_bits(layout):
    known, found = fit(X), fit(X, TARGETS[layout])
    assert found.predict(X).tobytes() == known.predict(X).tobytes()


@pytest.mark.parametrize("prepare", [None, "standard"])
def test_memory_of_the_caller_is_never_written(engine, prepare):
    given, targets = X.astype("f4"), Y.astype("f4").reshape(-1, 1)
    kept, kept_targets = given.copy(), targets.copy()
    model = network()
    options = {"epochs": 3, "engine": engine, "prepare": prepare, "progress": False}
    model.fit(given, targets, validation=(given, targets), **options)
    for verb in (model.predict, model.evaluate):
        verb(*([given, targets] if verb == model.evaluate else [given]))
    model(given, training=True)
    assert np.array_equal(given, kept)
    assert np.array_equal(targets, kept_targets)
    assert given.flags.writeable


def test_what_is_given_back_is_the_users_own(trained):
    first = trained.predict(X)
    assert first.flags.writeable
    first[:] = 0
    assert trained.predict(X).any()


# --- columns of all sizes ------------------------------------------------------------------


def test_constant_huge_and_tiny_columns_work(engine):
    odd = np.column_stack([np.ones(20), 1e30 * X[:, 0], 1e-30 * X[:, 1]])
    model = network()
    history = model.fit(odd, Y, prepare="standard", epochs=2, seed=1, engine=engine, progress=False)
    assert np.isfinite(history["loss"]).all()
    assert np.isfinite(model.predict(odd)).all()
    assert "column 0 is constant: it was kept, and tells nothing." in history.notes


def test_one_row(engine):
    for y, outputs in ((Y, 1), (C, 2)):
        model = network(outputs)
        assert model.fit(X[:1], y[:1], epochs=2, engine=engine, progress=False).steps == 2
        assert model.predict(X[:1]).shape == (1, outputs)
        assert set(model.evaluate(X[:1], y[:1])) >= {"loss"}


# --- rows that are refused -----------------------------------------------------------------


def spoilt(array, **values):
    array = array.copy()
    for place, value in values.items():
        index = tuple(map(int, place[1:].split("_")))
        array[index] = value
    return array


REFUSED = {
    "one NaN": (spoilt(X, p3_1=np.nan), Y, DataError, ["X, column 1", "row 3", "1 NaN"]),
    "many": (
        spoilt(X, p3_1=np.nan, p7_1=np.inf, p9_2=-np.inf), Y, DataError,
        ["X, column 1", "row 3", "1 NaN", "1 Inf", "1 -Inf", "2 columns"],
    ),
    "NaN targets": (X, spoilt(Y, p4=np.nan), DataError, ["y", "row 4", "1 NaN"]),
    "infinite targets": (X, spoilt(Y, p4=-np.inf), DataError, ["y", "row 4", "1 -Inf"]),
    "gaps": (np.where(X > 1, None, X), Y, DataError, ["X, column", "NaN", "prepare='standard'"]),
    "masked": (np.ma.array(X, mask=X > 1), Y, DataError, ["NaN"]),
    "too large": (X * 1e300, Y, DataError, ["too large for float32", "dtype='float64'"]),
    "large targets": (X, Y * 1e300, DataError, ["y", "too large for float32"]),
    "one dimension": (X[:, 0], Y, ShapeError, ["(20,)", "(-1, 1)"]),
    "a number": (3.0, 1.0, ShapeError, ["X is a single number"]),
    "lengths": (X, Y[:10], ShapeError, ["X (20, 3)", "y (10,)"]),
    "no rows": (X[:0], Y[:0], ShapeError, ["X has no rows", "(0, 3)"]),
    "no columns": (X[:, :0], Y, ShapeError, ["X has no columns", "(20, 0)"]),
    "complex": (X + 0j, Y, DataError, ["complex", "numpy.abs"]),
    "text": (X.astype(str), Y, DataError, ["text", "prepare='standard'"]),
    "dates": (X.astype("M8[D]"), Y, DataError, ["dates"]),
    "ragged": ([[1, 2], [3]], [1, 2], DataError, ["row 1", "1 value", "2"]),
    "a generator": ((row for row in X), Y, DataError, ["generator", "numpy.array(list(X))"]),
    "nothing": (None, None, DataError, ["NoneType"]),
    "a dict of matrices": ({"a": X}, Y, ShapeError, ["X['a']", "(20, 3)", "(rows,)"]),
    "ragged columns": ({"a": [1, 2], "b": [3]}, Y[:2], ShapeError, ["'a': 2, 'b': 1"]),
    "a set": ({1, 2}, [1, 2], DataError, ["set"]),
    "records": (np.zeros(20, "f4, f4"), Y, DataError, ["f0, f1", "pandas.DataFrame(X)"]),
    "a path": (Path("rows.csv"), Y, DataError, ["data.read(path)"]),
    "the name of a column": (X, "kind", DataError, ["y is not an array", "frame['name']"]),
    "a set of targets": (X, {0, 1}, DataError, ["y is not an array", "set"]),
    "text targets": (X, ["a"] * 20, LabelError, ["single class"]),
    "complex targets": (X, Y + 0j, DataError, ["complex"]),
}  # fmt: skip


@pytest.mark.parametrize(("given", "y", "kind", "told"), REFUSED.values(), ids=REFUSED)
def test_refused_by_fit(given, y, kind, told):
    model = network()
    with pytest.raises(kind) as caught:
        fit(given, y, model)
    text = str(caught.value)
    assert not [part for part in told if part not in text], text
    assert isinstance(caught.value, ValueError)
    assert not model.built


@pytest.mark.parametrize("prepare", [None, "standard"])
@pytest.mark.parametrize("row", range(0, 20, 3))
def test_rows_are_counted_as_given_where_some_are_held_out(row, prepare):
    spoilt_rows = spoilt(X, **{f"p{row}_1": np.inf})
    with pytest.raises(DataError, match=f"row {row} "):
        network().fit(spoilt_rows, Y, validation=0.3, prepare=prepare, seed=1, progress=False)
    spoilt_targets = spoilt(Y, **{f"p{row}": np.nan})
    with pytest.raises(DataError, match=f"row {row} "):
        network().fit(X, spoilt_targets, validation=0.3, prepare=prepare, seed=1, progress=False)


AFTERWARDS = {
    "width": (X[:, :2], ShapeError, "3 columns"),
    "one dimension": (X[0], ShapeError, "one dimension"),
    "not finite": (spoilt(X, p0_0=np.nan), DataError, "not finite"),
    "no rows": (X[:0], ShapeError, "no rows"),
}


@pytest.mark.parametrize("verb", ["predict", "evaluate", "fit"])
@pytest.mark.parametrize(("given", "kind", "told"), AFTERWARDS.values(), ids=AFTERWARDS)
def test_refused_later(verb, given, kind, told, trained):
    y = Y[: len(given)]
    ask = {
        "predict": lambda: trained.predict(given),
        "evaluate": lambda: trained.evaluate(given, y),
        "fit": lambda: trained.fit(given, y, progress=False),
    }[verb]
    with pytest.raises(kind, match=told):
        ask()


def test_a_sparse_matrix_too_large_to_be_dense():
    wide = scipy.sparse.csr_matrix((20, 10**8))
    with pytest.raises(DataError, match="too large to be made dense"):
        fit(wide)


@pytest.mark.parametrize("wrong", [0, -1, 2.5, "8", True])
def test_batch_sizes(wrong):
    with pytest.raises(ArgumentError, match="batch_size"):
        fit(X, batch_size=wrong)
