"""Holds: flattening and reshaping keep the batch, known or not, and refuse what does not fit."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid as pel
from pellucid.errors import ArgumentError, ShapeError
from pellucid.layers import Flatten, Reshape, from_config, to_config


def test_row_major_order_is_kept() -> None:
    x = np.arange(24.0).reshape(2, 3, 4)
    np.testing.assert_array_equal(Flatten()(x).numpy(), x.reshape(2, 12))


@pytest.mark.parametrize(
    ("shape", "flat"),
    [((None, 3, 4), (None, 12)), ((5, 3), (5, 3)), ((0, 3, 4), (0, 12)), ((2, 0, 4), (2, 0))],
)
def test_shapes(shape: tuple[int | None, ...], flat: tuple[int | None, ...]) -> None:
    assert Flatten()(pel.placeholder(shape)).shape == flat
    if None not in shape:
        assert Flatten()(np.zeros(shape)).shape == flat  # type: ignore[arg-type]


@pytest.mark.parametrize("shape", [(), (3,), (None, None, 4)])
def test_what_has_no_rows_is_refused(shape: tuple[int | None, ...]) -> None:
    with pytest.raises(ShapeError, match="where   Flatten"):
        Flatten()(pel.placeholder(shape))


def test_reshape_is_the_way_back() -> None:
    x = np.arange(24.0).reshape(2, 3, 4)
    flat = Flatten()(x)
    for layer in (Reshape(3, 4), Reshape((3, 4)), Reshape([-1, 4]), Reshape(3, -1)):
        np.testing.assert_array_equal(layer(flat).numpy(), x)
        assert from_config(to_config(layer))(flat).shape == (2, 3, 4)
    assert Reshape(-1, 2)(pel.placeholder((None, 3, 4))).shape == (None, 6, 2)
    assert Reshape(12)(x).shape == (2, 12)


@pytest.mark.parametrize(
    ("shape", "given", "said"),
    [
        ((3, 3), (2, 12), "got     12 elements, of shape"),
        ((5, -1), (2, 12), "5 elements, or a multiple"),
        ((3, 4), (None, None, 4), "Reshape needs to know"),
    ],
)
def test_another_number_of_elements_is_refused(
    shape: tuple[int, ...], given: tuple[int | None, ...], said: str
) -> None:
    with pytest.raises(ShapeError, match=said):
        Reshape(*shape)(pel.placeholder(given))


@pytest.mark.parametrize("shape", [(), (-1, -1), (3, -2)])
def test_shapes_are_checked(shape: tuple[int, ...]) -> None:
    with pytest.raises(ArgumentError, match="at most one of them is -1"):
        Reshape(*shape)
