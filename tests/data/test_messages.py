"""Holds: the texts of the errors that users meet most, word for word."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pellucid import data
from pellucid.errors import PellucidError

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
    "a new category": (
        lambda: data.Preparation.fit(FLOWERS).apply(FLOWERS.assign(colour="green")),
        """\
column 'colour' holds a category that the training rows did not have
  where   X, column 'colour', row 0 (counted from 0)
  got     'green'
  wanted  'blue', 'red'
  mend    drop the row, write one of the known categories, or train on rows that hold it""",
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
  mend    for several labels at once choose loss='binary_cross_entropy'; otherwise give class \
labels, one for each row""",
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
