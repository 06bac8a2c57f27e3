"""Holds: every set has a name, shapes that fit, and the numbers of its source."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid import data
from pellucid.errors import ArgumentError, ArgumentTypeError, DataError


@pytest.mark.parametrize("name", data.names())
def test_a_set_fits_together(name):
    found = data.named(name)
    assert found.name == name
    assert len(found.X) == len(found.y)
    assert found.row_shape == found.X.shape[1:]
    assert (found.X.ndim == 4) == (found.feature_names == ())
    assert len(found.feature_names) in (0, found.X.shape[1])
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


def test_names_are_sorted_and_the_list_has_those_of_the_network_too():
    assert data.names() == tuple(sorted(data.names()))
    listed = data.sets()
    assert [entry.name for entry in listed] == sorted(entry.name for entry in listed)
    assert {entry.name for entry in listed} - set(data.names()) == {
        "fashion-mnist",
        "kmnist",
        "mnist",
    }
    for entry in listed:
        assert entry.description.endswith(".")
        assert (entry.classes == 0) == (entry.task == "regression")
        if entry.name in data.names():
            found = data.named(entry.name)
            assert (entry.rows, entry.shape, entry.task) == (
                len(found.y),
                found.row_shape,
                found.task,
            )


def test_a_hyphen_is_as_good_as_an_underscore():
    assert data.named("breast-cancer").name == "breast_cancer"
    assert data.read("breast-cancer").name == "breast_cancer"


def test_linnerud_has_three_targets():
    found = data.linnerud()
    assert found.y.shape == (20, 3)
    assert found.task == "regression"
    assert found.target_name == "Weight, Waist, Pulse"


def test_a_set_without_a_test_part_says_so():
    found = data.iris()
    assert len(found.train[0]) == 150
    with pytest.raises(DataError, match="no rows that are set apart"):
        found.test


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(ArgumentError, match="digit") as caught:
        data.named("digit")
    assert "digits" in caught.value.mend
    with pytest.raises(ArgumentTypeError):
        data.named(3)
