"""Holds: files and frames become a table with its target set apart, or say what is wrong."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from pellucid.data import Preparation, read_table, table
from pellucid.errors import ArgumentError, ArgumentTypeError, DataError, FileError, LabelError


@pytest.fixture
def write(tmp_path):
    def written(content, name="table.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return written


@pytest.mark.parametrize(
    "content",
    [
        "size,kind\n1.5,a\n2,b\n",
        "size;kind\n1,5;a\n2;b\n",
        "size\tkind\n1.5\ta\n2\tb",
        "size, kind\r\n1.5, a\r\n\r\n2, b\r\n",
        '"size","kind"\n"1.5","a"\n2,"b"\n',
        "\ufeffsize,kind\n1.5,a\n2,b\n",
        "size;kind\n1.5;a\n2;b\n",
        "size,kind\r1.5,a\r2,b\r",
        "\n" * 30 + "size;kind\n1.5;a\n2;b\n",
    ],
)
def test_every_usual_dialect_is_read(write, content):
    frame = read_table(write(content))
    assert list(frame.columns) == ["size", "kind"]
    assert frame["size"].tolist() == [1.5, 2]
    assert frame["kind"].tolist() == ["a", "b"]


def test_quotes_protect_separators_quotes_and_line_ends(write):
    frame = read_table(write('name,note\na,"one, ""two""\nthree"\nb,\n'))
    assert frame["note"][0] == 'one, "two"\nthree'
    assert frame["note"].isna().tolist() == [False, True]


def test_one_column_and_other_encodings_are_read(write):
    assert read_table(str(write("size\n1\n2\n")))["size"].tolist() == [1, 2]
    latin = write("name,n\ncafé,1\n".encode("latin-1"))
    assert read_table(latin, encoding="latin-1")["name"][0] == "café"
    wide = write("name,n\ncafé,1\n".encode("utf-16"))
    assert read_table(wide, encoding="utf-16")["name"][0] == "café"


def test_parquet_is_read(tmp_path):
    frame = pd.DataFrame({"size": [1.5, 2.0], "kind": ["a", "b"]})
    frame.to_parquet(tmp_path / "t.parquet")
    assert read_table(tmp_path / "t.parquet")["kind"].tolist() == ["a", "b"]


@pytest.mark.parametrize(
    ("content", "error", "what", "where"),
    [
        ("", FileError, "the file is empty", "table.csv"),
        (" \n\n", FileError, "the file is empty", "table.csv"),
        ("a,b\n", DataError, "the table holds no rows", "table.csv"),
        ("1,2\n3,4\n", DataError, "the first line holds numbers", "line 1"),
        ("a,b\n1,2\n3\n", FileError, "another number of fields", "line 3"),
        ("a,b\n1,2,3\n", FileError, "another number of fields", "line 2"),
        ("a,b\n1,2\n\n1,2,3\n", FileError, "another number of fields", "line 4"),
        ("a,b,a\n1,2,3\n", DataError, "two columns have the same name", "line 1"),
        (",a\n0,1\n", DataError, "column 1 has no name", "line 1"),
        ('a,b\n1,"x\n', FileError, "a line cannot be read", "line 2"),
        ("a,b\n1,café\n".encode("latin-1"), FileError, "not text in utf-8", "line 2"),
        ("a,b\n".encode("utf-16"), FileError, "not text in utf-8", "line 1"),
        ("a,b\n1," + "x" * 200_000, FileError, "a line cannot be read", "line 2"),
        (b"a,b\n\0,1\n", FileError, "not a text file", "table.csv"),
        (b"PK\x03\x04\x9c\xff", FileError, "not text in utf-8", "line 1"),
    ],
)
def test_a_bad_file_is_refused_with_its_line(write, content, error, what, where):
    with pytest.raises(error, match=what) as caught:
        read_table(write(content))
    assert where in caught.value.where
    assert len(caught.value.in_two_lines().splitlines()) == 2


def test_a_bad_parquet_file_is_refused(write):
    with pytest.raises(FileError, match="no readable Parquet"):
        read_table(write("abc", "table.parquet"))


def test_a_file_that_is_not_there_is_refused_with_the_nearest_name(write):
    path = write("a\n1\n", "flowers.csv")
    with pytest.raises(FileError, match="no such file") as caught:
        read_table(path.with_name("flower.csv"))
    assert caught.value.mend == f"did you mean {str(path)!r}?"
    with pytest.raises(FileError, match="folder"):
        read_table(path.parent)
    with pytest.raises(ArgumentTypeError, match="neither a data frame nor"):
        read_table(3)
    with pytest.raises(ArgumentError, match="encoding"):
        read_table(path, encoding="utf-99")


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame, pa.table])
def test_the_target_is_set_apart_in_every_library(frame):
    given = frame({"size": [1.0, 2.0, 3.0], "kind": ["a", None, "b"], "n": [1, 2, 3]})
    found = table(given, "kind")
    assert type(found.features) is type(given)
    assert found.target.tolist() == ["a", "b"]
    assert found.feature_names == ("size", "n")
    assert found.task == "classification"
    assert found.notes == ("1 row without a value of 'kind' was dropped.",)
    assert Preparation.fit(found.features, scaling=None).apply(found.features).array.tolist() == [
        [1, 1],
        [3, 3],
    ]


MANY = list(range(100))


@pytest.mark.parametrize(
    ("values", "task", "dtype", "note"),
    [
        (["a", "b"] * 50, "classification", "U", None),
        ([True, False] * 50, "classification", "b", None),
        ([1, 2] * 50, "classification", "i", "2 different whole numbers: each is a class"),
        (MANY, "regression", "f", "100 different whole numbers: it is a quantity"),
        ([i / 3 for i in MANY], "regression", "f", None),
        ([1.0, 2.0] * 50, "regression", "f", None),
        ([0, 1, *[None] * 98], "classification", "i", "2 different whole numbers"),
        ([True, False, *[None] * 98], "classification", "b", None),
    ],
)
def test_the_task_is_decided_from_the_target(values, task, dtype, note):
    found = table(pd.DataFrame({"x": MANY, "y": values}), "y")
    assert (found.task, found.target.dtype.kind) == (task, dtype)
    assert any(note in line for line in found.notes) if note else not found.notes[1:]


def test_few_different_numbers_in_few_rows_are_a_quantity():
    found = table(pd.DataFrame({"x": range(10), "y": range(10)}), "y")
    assert found.task == "regression"


def test_the_task_can_be_said():
    frame = pd.DataFrame({"x": MANY, "y": [1, 2] * 50})
    assert table(frame, "y", task="regression").target.dtype == np.float64
    assert table(frame.assign(y=MANY), "y", task="classification").target.dtype.kind == "i"
    assert table(frame.assign(y=[True, False] * 50), "y", task="regression").target[0] == 1.0


@pytest.mark.parametrize(
    ("columns", "target", "task", "error", "what"),
    [
        ({"species": [1], "b": [2]}, "specie", None, DataError, "no column 'specie'"),
        ({"species": [1]}, "species", None, DataError, "nothing but the target"),
        ({"s": [None, None], "b": [1, 2]}, "s", None, DataError, "no value at all"),
        ({"s": ["a", "b"], "b": [1, 2]}, "s", "regression", DataError, "holds text"),
        ({"s": [0.5, 1], "b": [1, 2]}, "s", "classification", LabelError, "not whole numbers"),
        ({"s": ["1", "2", "n/k"], "b": [1, 2, 3]}, "s", None, DataError, "mixes numbers and text"),
        ({"s": [np.inf, 0.5], "b": [1, 2]}, "s", None, DataError, "not finite"),
        ({"s": pd.to_datetime(["2024-01-01"]), "b": [1]}, "s", None, DataError, "holds dates"),
        ({"s": [1], "b": [1]}, "s", "classify", ArgumentError, "task"),
    ],
)
def test_a_target_that_cannot_be_learned_is_refused(columns, target, task, error, what):
    with pytest.raises(error, match=what):
        table(pd.DataFrame(columns), target, task=task)


def test_a_missing_target_names_the_columns_and_the_nearest():
    with pytest.raises(DataError) as caught:
        table(pd.DataFrame({"species": [1], "size": [2]}), "specis")
    assert caught.value.wanted == "one of 'species', 'size'"
    assert caught.value.mend == "did you mean 'species'?"
    with pytest.raises(DataError, match="no column"):
        table(pd.DataFrame([[1, 2]]), "species")


def test_a_file_goes_all_the_way_to_a_matrix(write):
    path = write("size;colour;species\n1,5;red;a\n;blue;b\n3,5;red;a\n2,5;red;\n")
    found = table(path, "species")
    made = Preparation.fit(found.features, scaling=None).apply(found.features)
    assert made.array.tolist() == [[1.5, 0, 1], [2.5, 1, 0], [3.5, 0, 1]]
    assert made.names == ("size", "colour=blue", "colour=red")
