"""Draws without a window, and leaves no figure open."""

from __future__ import annotations

import matplotlib
import pytest
from matplotlib import pyplot


@pytest.fixture(autouse=True)
def no_window():
    matplotlib.use("Agg")
    yield
    pyplot.close("all")
