"""Holds: the engines that every training test runs on, and a small task of each kind."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid.engines import ENGINES


@pytest.fixture(params=sorted(ENGINES))
def engine(request):
    return request.param


@pytest.fixture
def numbers():
    """Give 23 rows of three columns, and a number to be predicted from them."""
    X = np.random.default_rng(5).normal(size=(23, 3))
    return X, X @ [1.0, -2.0, 0.5] + 0.3


@pytest.fixture
def classes():
    """Give 23 rows of three columns in three classes."""
    X = np.random.default_rng(6).normal(size=(23, 3))
    return X, X.argmax(axis=1)
