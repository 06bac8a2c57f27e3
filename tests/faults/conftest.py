"""Holds: the engines on which faults are tried, and one network that has been trained."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid import nn
from pellucid.engines import ENGINES


@pytest.fixture
def full(request):
    """Tell whether the long form of a test is wanted."""
    return request.config.getoption("--full")


@pytest.fixture(params=sorted(ENGINES))
def engine(request):
    return request.param


def rows():
    """Give 20 rows of three columns, numbers to be predicted, and two classes."""
    X = np.random.default_rng(0).normal(size=(20, 3))
    return X, X.sum(axis=1), (X[:, 0] > 0).astype(int)


@pytest.fixture
def trained():
    """Give a network for numbers that has been fitted once, with dropout."""
    X, y, _ = rows()
    model = nn.Sequential([nn.Linear(4, activation="tanh"), nn.Dropout(0.3), nn.Linear(1)])
    model.fit(X, y, epochs=1, seed=1, progress=False)
    return model
