"""Holds: tables are read a part at a time into files, and nothing is cut off on the way."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pellucid import data
from pellucid.data.mapping import is_mapped
from pellucid.errors import ArgumentError, DataError, FileError

FRAME = pd.DataFrame(np.random.default_rng(0).normal(size=(100, 4)), columns=list("abcd"))


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_csv_file_is_read_a_part_at_a_time(separator, tmp_path):
    path, y = tmp_path / "rows.csv", np.arange(100) % 3
    FRAME.assign(y=y).to_csv(path, index=False, sep=separator)
    parts = list(data.csv_batches(path, "y", rows=30))
    assert [len(part) for part, _ in parts] == [30, 30, 30, 10]
    found = data.gather(data.csv_batches(path, "y", rows=30), folder=tmp_path / "rows")
    assert is_mapped(found.X)
    np.testing.assert_array_equal(found.X, FRAME.to_numpy().astype("float32"))
    np.testing.assert_array_equal(found.y, y)
    assert found.y.dtype == np.int64


def test_fractions_after_whole_numbers_are_refused_and_not_cut_off(tmp_path):
    path, y = tmp_path / "rows.csv", np.arange(100) / 1
    y[50:] += 0.5
    texts = [str(int(one)) if one % 1 == 0 else str(one) for one in y]
    FRAME.assign(y=texts).to_csv(path, index=False)
    with pytest.raises(DataError, match="have no room for") as error:
        data.gather(data.csv_batches(path, "y", rows=30), folder=tmp_path / "rows")
    assert "y.astype" in error.value.mend
    assert not list((tmp_path / "rows").iterdir())
    wide = ((X, y.astype("float64")) for X, y in data.csv_batches(path, "y", rows=30))
    np.testing.assert_array_equal(data.gather(wide, folder=tmp_path / "rows").y, y)


@pytest.mark.parametrize(
    ("text", "target", "error", "what"),
    [
        (None, "y", FileError, "there is no such file"),
        ("", "y", FileError, "it is no CSV file"),
        ("a,y\n1,2\n1,2,3\n", "y", FileError, "it is no CSV file"),
        ("a,y\n1,2\n", "z", ArgumentError, "no column called 'z'"),
        ("a,y\n1,no\n", "y", DataError, "holds no numbers"),
        ("a,y\n1,2\n,2\n", "y", DataError, "not finite"),
        ("a,y\n1,2\n1\n", "y", DataError, "the target 'y' has gaps"),
        ("a,y\none,2\n", "y", DataError, "text"),
    ],
)
def test_what_cannot_be_read_is_told(text, target, error, what, tmp_path):
    path = tmp_path / "rows.csv"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(error, match=what):
        list(data.csv_batches(path, target))
