"""Holds: the engines on which networks are tried, and eight rows for them."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid.engines import ENGINES


@pytest.fixture(params=sorted(ENGINES))
def engine(request):
    return request.param


@pytest.fixture
def rows():
    return np.random.default_rng(0).normal(size=(8, 2)).astype(np.float32)
