"""Holds: what displays are given is made plain, or refused with an error that names the mend."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pellucid.errors import DataError, LabelError, PellucidError, ShapeError
from pellucid.plot.arrays import call, column, encode, image_stack, numbers, points, same_length


@pytest.mark.parametrize("values", [[1, 2], [[1], [2]], np.array([1, 2], dtype="int8")])
def test_a_column_is_flat_float64(values: Any) -> None:
    assert column(values, "v").tolist() == [1.0, 2.0]
    assert column(values, "v").dtype == np.float64


def test_the_callers_memory_is_not_written() -> None:
    given = np.array([1.0, 2.0])
    numbers(given, "v")[0] = 9
    assert given[0] == 1


@pytest.mark.parametrize(
    ("labels", "names", "codes"),
    [
        ([3, 1, 3], ("1", "3"), [1, 0, 1]),
        ([1.0, 0.0], ("0", "1"), [1, 0]),
        ([True, False], ("0", "1"), [1, 0]),
        ([["b"], ["a"]], ("a", "b"), [1, 0]),
        (np.array(["b", "a"], dtype=object), ("a", "b"), [1, 0]),
    ],
)
def test_labels_without_names_are_numbered_in_order(
    labels: Any, names: tuple[str, ...], codes: list[int]
) -> None:
    classes = encode(y=labels)
    assert (classes.names, classes.codes[0].tolist()) == (names, codes)


def test_with_names_numbers_are_places_and_words_are_names() -> None:
    classes = encode(["no", "yes", "never"], truth=[1, 0], predicted=["yes", "yes"])
    assert classes.names == ("no", "yes", "never")
    assert [codes.tolist() for codes in classes.codes] == [[1, 0], [1, 1]]


def test_images_of_every_layout_become_one() -> None:
    grey, colour = np.arange(60.0).reshape(2, 5, 6), np.linspace(0, 1, 180).reshape(2, 5, 6, 3)
    assert (image_stack(grey[:, None]) == grey).all()
    assert (image_stack(grey[..., None]) == grey).all()
    assert (image_stack(np.moveaxis(colour, -1, 1)) == colour).all()
    assert image_stack(np.full((1, 2, 2, 3), 255)).max() == 1.0


def test_channels_come_first_when_both_readings_fit() -> None:
    images = np.zeros((1, 3, 5, 3))
    assert image_stack(images).shape == (1, 5, 3, 3)


@pytest.mark.parametrize(
    ("act", "error", "text"),
    [
        (lambda: numbers(["a"], "v"), DataError, "convert v to numbers"),
        (lambda: numbers([[1], [1, 2]], "v"), DataError, "rows of equal length"),
        (lambda: numbers([1j], "v"), DataError, "complex128"),
        (lambda: column([], "v"), DataError, "v is empty"),
        (lambda: column([1, np.nan, np.inf], "v"), DataError, "2 of 3 values are nan"),
        (lambda: column([1, np.nan], "v"), DataError, "v[1]"),
        (lambda: column(np.eye(3), "v"), ShapeError, "v.argmax(axis=1)"),
        (lambda: points(np.zeros((4, 3))), ShapeError, "X[:, [0, 1]]"),
        (lambda: points([1, 2]), ShapeError, "shape (2,)"),
        (
            lambda: same_length(a=np.zeros(2), b=np.zeros(3)),
            ShapeError,
            "a has 2, b has 3",
        ),
        (lambda: encode(y=[]), DataError, "y is empty"),
        (lambda: encode(y=[0.5, 1]), LabelError, "float64 such as 0.5"),
        (lambda: encode(y=[0, np.nan]), LabelError, "such as nan"),
        (lambda: encode(y=[None, "a"]), LabelError, "whole numbers or words"),
        (lambda: encode(y=np.eye(3)), ShapeError, "y.argmax(axis=1)"),
        (lambda: encode(t=["a"], p=[1]), LabelError, "pass names="),
        (lambda: encode(["a", "b"], y=[0, 2]), LabelError, "2 with 2 names"),
        (lambda: encode(["a", "b"], y=[0, -1]), LabelError, "-1 with 2 names"),
        (lambda: encode(["a", "b"], y=["a", "c"]), LabelError, "y[1]"),
        (lambda: image_stack(np.zeros((8, 8))), ShapeError, "images[None]"),
        (lambda: image_stack(np.zeros((1, 2, 8, 8))), ShapeError, "c = 1, 3 or 4"),
        (lambda: image_stack(np.full((1, 2, 2, 3), 7.0)), DataError, "images / 255"),
        (lambda: call(lambda p: p[:2], np.zeros((5, 2)), "f"), ShapeError, "(2, 2) for 5 points"),
        (lambda: call(lambda p: 1.0, np.zeros((5, 2)), "f"), ShapeError, "5 values"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_a_mend(
    act: Any, error: type[PellucidError], text: str
) -> None:
    with pytest.raises(error) as raised:
        act()
    assert text in str(raised.value)
    assert raised.value.mend
