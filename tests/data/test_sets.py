"""Holds: every set has a name, shapes that fit, and the numbers of its source."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid import data
from pellucid.errors import ArgumentError, ArgumentTypeError


@pytest.mark.parametrize("name", data.names())
def test_a_set_fits_together(name):
    found = data.named(name)
    assert found.name == name
    assert found.X.shape == (len(found.y), len(found.feature_names))
    assert np.isfinite(found.X).all()
    assert found.description.endswith(".")
    if found.task == "classification":
        assert np.array_equal(np.unique(found.y), np.arange(len(found.class_names)))
    else:
        assert found.class_names == ()
        assert found.y.dtype.kind == "f"


def test_digits_are_pictures():
    found = data.digits()
    assert found.X.shape == (1797, 64)
    assert (found.X.min(), found.X.max()) == (0, 16)
    assert found.class_names == tuple("0123456789")
    assert found.image_shape == (8, 8)
    assert data.iris().image_shape is None


def test_names_are_sorted():
    assert data.names() == tuple(sorted(data.names()))


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(ArgumentError, match="digit") as caught:
        data.named("digit")
    assert "digits" in caught.value.mend
    with pytest.raises(ArgumentTypeError):
        data.named(3)
