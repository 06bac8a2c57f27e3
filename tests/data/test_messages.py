"""Holds: the texts of the errors that users meet most, word for word."""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import pytest

from pellucid import data
from pellucid.errors import PellucidError, PellucidWarning

FLOWERS = pd.DataFrame({"age": [1.0, 2.0, 3.0], "colour": ["red", "blue", "red"]})
MESSAGES = {
    "missing values": (
        lambda: data.features(pd.DataFrame({"age": [1, np.nan], "b": [np.inf, np.nan]})),
        """\
X holds values that are not finite
  where   X, column 'b', first in row 0 (counted from 0)
  got     2 NaN, 1 Inf in 2 columns
  wanted  finite numbers
  mend    drop those rows, or fill the gaps: fit(…, prepare='standard') takes the median""",
    ),
    "one dimension": (
        lambda: data.features(np.zeros(20)),
        """\
X has one dimension
  where   X
  got     shape (20,)
  wanted  one row for each example: (rows, features)
  mend    write numpy.reshape(X, (-1, 1)) for one feature, (1, -1) for one example""",
    ),
    "different lengths": (
        lambda: data.check_rows(X=np.zeros((20, 2)), y=np.zeros((19, 1))),
        """\
X and y have different numbers of rows
  where   X, y
  got     X (20, 2), y (19, 1)
  wanted  the same first size
  mend    row i of each must belong to example i: select the same rows of all of them""",
    ),
    "text in a frame": (
        lambda: data.features(FLOWERS),
        """\
column 'colour' of X holds text
  where   X, column 'colour', row 0 (counted from 0)
  got     'red'
  wanted  numbers
  mend    drop the column, or prepare it: fit(…, prepare='standard') encodes text and dates""",
    ),
    "too large": (
        lambda: data.features([[1.0, 1e300]]),
        """\
X holds numbers too large for float32
  where   X, column 1, first in row 0 (counted from 0)
  got     1e+300, 1 such
  wanted  numbers below 3.4e+38 in size
  mend    divide the column by a constant, or use dtype='float64'""",
    ),
    "numbers and text": (
        lambda: data.Preparation.fit(pd.DataFrame({"age": ["1", "2", "old"]})),
        """\
column 'age' mixes numbers and text
  where   X, column 'age', row 2 (counted from 0)
  got     'old' (1 such beside 2 numbers)
  wanted  numbers, or names of categories
  mend    correct those cells, or leave them empty if the value is missing""",
    ),
    "fractional labels": (
        lambda: data.targets([0, 0.5], task="classification"),
        """\
y holds labels that are not whole numbers
  where   y, row 1 (counted from 0)
  got     0.5
  wanted  names, booleans or whole numbers, one for each class
  mend    for a quantity choose a regression loss such as loss='mse'; for classes cut it: \
numpy.digitize(y, edges)""",
    ),
    "labels from 1": (
        lambda: data.targets([1, 2, 3, 4], outputs=3),
        """\
the label 3 does not fit a network with 3 outputs
  where   y, row 2 (counted from 0)
  got     4 classes: 1, 2, 3, 4
  wanted  whole numbers below 3, or exactly 3 different labels
  mend    end the network with Linear(4), or subtract 1 from the labels""",
    ),
    "more classes than outputs": (
        lambda: data.targets(list("abc"), outputs=1),
        """\
y holds 3 classes, and the network has 1 output
  where   y
  got     'a', 'b', 'c'
  wanted  2 classes
  mend    end the network with Linear(3)""",
    ),
    "rows that do not sum to 1": (
        lambda: data.targets([[0, 1], [1, 1]], task="classification"),
        """\
rows of y are not probabilities of the classes
  where   y, row 1 (counted from 0)
  got     [1. 1.] with the sum 2 (1 such row)
  wanted  one-hot rows, or probabilities from 0 that sum to 1
  mend    for several labels at once choose loss='binary_cross_entropy', for numbers loss='mse'; \
otherwise give class labels, one for each row""",
    ),
    "an unknown label": (
        lambda: data.LabelCoding.learn(["cat", "dog"]).encode(["dgo"]),
        """\
the label 'dgo' was not among the classes
  where   y, row 0 (counted from 0)
  got     'dgo'
  wanted  'cat', 'dog'
  mend    did you mean 'dog'?""",
    ),
    "a class with one row": (
        lambda: data.split(4, 0.5, seed=1, stratify=list("abaa")),
        """\
the class 'b' has a single row
  where   stratify, row 1 (counted from 0)
  got     1 row, which cannot be in both parts
  wanted  two rows or more of every class
  mend    drop the row, join rare classes, or split without stratify""",
    ),
    "no such target": (
        lambda: data.table(FLOWERS, "colours"),
        """\
the table has no column 'colours'
  where   target
  got     'colours'
  wanted  one of 'age', 'colour'
  mend    did you mean 'colour'?""",
    ),
}


@pytest.mark.parametrize(("call", "text"), MESSAGES.values(), ids=MESSAGES)
def test_a_message_reads_as_it_should(call, text):
    with pytest.raises(PellucidError) as caught:
        call()
    assert str(caught.value) == text


OBJECTS = np.array([{}], dtype=object)
BAD_FILES = {  # the name of the file, what is in it, what is done with it, what is said
    "empty": ("t.csv", b"", None, """\
the file is empty
  where   t.csv
  wanted  a line of names, then rows
  mend    check the path, or export the table anew"""),
    "names alone": ("t.csv", b"size,kind\n", None, """\
the table holds no rows
  where   t.csv
  got     a line of names alone
  wanted  rows below it
  mend    write rows below the line of names"""),
    "numbers for names": ("t.csv", b"1,2\n3,4\n", None, """\
the first line holds numbers, not the names of the columns
  where   t.csv, line 1
  got     1, 2
  mend    write a line of names at the top of the file"""),
    "a name twice": ("t.csv", b"size,kind,size\n1,a,2\n", None, """\
two columns have the same name
  where   t.csv, line 1
  got     'size'
  mend    rename one of them"""),
    "a column without a name": ("t.csv", b",kind\n0,a\n", None, """\
column 1 has no name
  where   t.csv, line 1
  got     '', 'kind'
  mend    name it; a frame is written without its index by to_csv(path, index=False)"""),
    "a short line": ("t.csv", b"size,kind\n1,a\n2\n", None, """\
a line has another number of fields than the first
  where   t.csv, line 3
  got     1 field
  wanted  2, separated by ','
  mend    complete the line, or put quotes around a field that holds the separator"""),
    "an open quote": ("t.csv", b'size,kind\n1,"a\n', None, """\
a line cannot be read
  where   t.csv, line 2
  got     unexpected end of data
  mend    open the file in an editor, and look at this line"""),
    "zero bytes": ("t.csv", b"size,kind\n1,\0\n", None, """\
this is not a text file
  where   t.csv
  got     zero bytes inside
  mend    save it as CSV in UTF-8"""),
    "not UTF-8": ("t.csv", "size,kind\n1,caf\xe9\n".encode("latin-1"), None, """\
this is not text in utf-8
  where   t.csv, line 2
  got     the byte 0xe9
  mend    save the file as UTF-8, or say what it is: read_table(path, encoding='latin-1')"""),
    "one column": ("t.csv", b"kind\na\nb\n", None, """\
the table holds nothing but the target
  where   'kind'
  got     1 column
  wanted  the target and at least one other column
  mend    add the columns to predict it from"""),
    "no target": ("t.csv", b"size,kind\n1,a\n2,b\n", lambda path: data.read(path), """\
which column is to be predicted?
  where   t.csv
  got     no target
  wanted  one of 'size', 'kind'
  mend    name it: target='kind'"""),
    "no NPZ": ("t.npz", b"PK\3\4", None, """\
this is no readable NPZ file
  where   t.npz
  got     File is not a zip file
  mend    save it anew with numpy.savez(path, X=X, y=y)"""),
    "no IDX": ("t-idx1-ubyte", b"\0\0\7\1", lambda path: data.read_idx(path), """\
this is no IDX file
  where   t-idx1-ubyte
  got     it begins with 00 00 07 01
  wanted  two zero bytes, a type (08 to 0e) and a number of dimensions
  mend    check the path; an IDX file is packed (.gz) or not, nothing else"""),
    "a huge IDX": (
        "t-idx2-ubyte", b"\0\0\x08\2" + b"\xff" * 8, lambda path: data.read_idx(path), """\
the IDX file is not as long as its header says
  where   t-idx2-ubyte
  got     0 bytes after the header
  wanted  18,446,744,065,119,617,025 bytes for 4294967295 × 4294967295 uint8
  mend    the file is damaged: get it again"""),
    "no picture": ("t.png", b"GIF89a", lambda path: data.read_picture(path), """\
this is neither a PNG nor a JPEG picture
  where   t.png
  got     6 bytes that begin with 47 49 46 38
  mend    save it as PNG"""),
    "a picture alone": ("t.png", b"\x89PNG", None, """\
one picture is no data set
  where   t.png
  mend    give the folder above its sub-folders; or read it: data.read_picture(path)"""),
}  # fmt: skip


@pytest.mark.parametrize(("name", "raw", "call", "text"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_bad_file_is_told_as_it_should_be(name, raw, call, text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_bytes(raw)
    with pytest.raises(PellucidError) as caught:
        call(name) if call else data.read(name, "kind")
    assert str(caught.value) == text


def test_objects_in_an_array_are_told_as_they_should_be(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("t.npy", OBJECTS, allow_pickle=True)
    with pytest.raises(PellucidError) as caught:
        data.read("t.npy", "0")
    assert (
        str(caught.value)
        == """\
the array holds Python objects, and reading them could run any code
  where   t.npy
  got     dtype object
  wanted  numbers or text
  mend    where it was made, write numpy.save(path, array.astype(float)), or .astype(str)"""
    )


def test_parquet_without_its_package_says_what_to_install(tmp_path, monkeypatch):
    (tmp_path / "t.parquet").write_bytes(b"PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(PellucidError) as caught:
        data.read_table(tmp_path / "t.parquet")
    assert str(caught.value.mend) == "run pip install 'pellucid[parquet]'"


def test_an_unknown_category_is_told_as_it_should_be():
    with pytest.warns(PellucidWarning) as caught:
        data.Preparation.fit(FLOWERS).apply(FLOWERS.assign(colour=["red", "green", "green"]))
    assert str(caught[0].message) == (
        "column 'colour' of X holds 2 values that the training rows did not have, first 'green' in "
        "row 1: they became zeros in all 2 columns."
    )
