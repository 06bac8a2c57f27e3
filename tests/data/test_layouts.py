"""Holds: arrays of pictures are recognised when it is certain how they lie, and scaled if asked."""

from __future__ import annotations

import json

import numpy as np
import pytest

from pellucid.data import Preparation, images
from pellucid.errors import ArgumentError, DataError, ShapeError


@pytest.mark.parametrize(
    ("shape", "layout", "wanted"),
    [
        ((5, 28, 28), None, (5, 1, 28, 28)),
        ((5, 28, 28, 1), None, (5, 1, 28, 28)),
        ((5, 1, 28, 28), None, (5, 1, 28, 28)),
        ((5, 32, 20, 3), None, (5, 3, 32, 20)),
        ((5, 4, 32, 20), None, (5, 4, 32, 20)),
        ((5, 2, 9, 3), "NCHW", (5, 2, 9, 3)),
        ((5, 3, 9, 3), "NHWC", (5, 3, 3, 9)),
        ((5, 9, 3), "NHW", (5, 1, 9, 3)),
        ((5, 9, 8, 2), "NHWC", (5, 2, 9, 8)),
    ],
)
def test_each_layout_comes_to_channels_first(shape, layout, wanted):
    array = np.arange(np.prod(shape), dtype=np.uint16).reshape(shape)
    found = images(array, layout=layout)
    assert found.shape == wanted
    assert found.dtype == array.dtype
    if shape[-1] == wanted[1] and len(shape) == 4 and shape[1:] != wanted[1:]:
        assert found[2, 0, 1, 2] == array[2, 1, 2, 0]
    else:
        assert np.array_equal(found.reshape(shape), array)


@pytest.mark.parametrize(
    ("shape", "what", "mend"),
    [
        ((5, 3, 9, 3), "second or in the last dimension", "layout='NCHW'"),
        ((5, 7, 9, 9), "a dimension that is not certain", "layout='NCHW'"),
        ((32, 32, 3), "one picture in colour", "X[None]"),
        (
            (100, 784),
            "not the dimensions of pictures",
            "numpy.reshape(X, (-1, channels, height, width))",
        ),
        ((10,), "not the dimensions of pictures", "numpy.reshape(X"),
    ],
)
def test_what_is_not_certain_is_refused(shape, what, mend):
    with pytest.raises(ShapeError, match=what) as caught:
        images(np.zeros(shape))
    assert mend in caught.value.mend
    assert str(shape) in caught.value.got


def test_a_layout_must_be_known_and_fit():
    with pytest.raises(ArgumentError, match="layout cannot be 'NWH'"):
        images(np.zeros((2, 3, 4)), layout="NWH")
    with pytest.raises(ShapeError, match="not laid out as NCHW"):
        images(np.zeros((2, 3, 4)), layout="NCHW")


# --- prepared ------------------------------------------------------------------------------

BYTES = np.random.default_rng(1).integers(0, 256, (300, 3, 5, 4)).astype(np.uint8)


def test_pixels_of_8_bits_become_0_to_1_when_asked():
    preparation = Preparation.fit(BYTES, scaling="minmax")
    assert preparation.notes == ("the pixels were divided by 255: they are from 0 to 1.",)
    found = preparation.apply(BYTES)
    assert found.array.shape == BYTES.shape
    assert found.array.dtype == np.float32
    assert np.array_equal(found.array, (BYTES / 255).astype(np.float32))
    assert found.names in (None, ())
    assert np.array_equal(Preparation.fit(BYTES, scaling=None).apply(BYTES).array, BYTES)


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.float32, np.float64])
def test_pictures_are_standardised_channel_by_channel(dtype):
    X = (BYTES // 2 * np.array([1, 2, 0])[:, None, None]).astype(dtype)
    preparation = Preparation.fit(X)
    found = preparation.apply(X, dtype="float64").array
    assert np.allclose(found.mean(axis=(0, 2, 3)), 0)
    assert np.allclose(found.std(axis=(0, 2, 3)), [1, 1, 0])
    again = Preparation.from_config(json.loads(json.dumps(preparation.to_config())))
    assert again == preparation
    assert again.apply(X, dtype="float64").array.tobytes() == found.tobytes()


def test_grey_pictures_have_one_scale():
    X = np.array([[[0.0, 10.0]], [[5.0, 20.0]]])
    assert Preparation.fit(X, scaling="minmax").apply(X).array.tolist() == [[[0, 0.5]], [[0.25, 1]]]
    assert len(Preparation.fit(X).rules) == 1


def test_other_pictures_than_trained_on_are_refused():
    preparation = Preparation.fit(BYTES)
    with pytest.raises(ShapeError, match="pictures of another shape") as caught:
        preparation.apply(BYTES[:, :, :4])
    assert caught.value.wanted == "(rows, 3, 5, 4)"
    with pytest.raises(ShapeError, match="pictures of another shape"):
        preparation.apply(np.zeros((3, 60)))
    with pytest.raises(ShapeError, match="not a table"):
        Preparation.fit(np.zeros((3, 60))).apply(BYTES)
    broken = BYTES.astype(float)
    broken[2, 0, 1, 1] = np.nan
    with pytest.raises(DataError, match="not finite"):
        preparation.apply(broken)
    with pytest.raises(DataError, match="too large for float32"):
        Preparation.fit(np.ones((2, 2, 2)), scaling=None).apply(np.full((2, 2, 2), 1e300))
    with pytest.raises(ShapeError, match="no rows"):
        Preparation.fit(BYTES.astype(float)[:0])
