"""Holds: flattening keeps the batch, known or not, and refuses what has no rows."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid as pel
from pellucid.errors import ShapeError
from pellucid.layers import Flatten


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
