"""Holds: the engines on which the curriculum runs, and figures that nobody leaves open."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib import pyplot

from pellucid.engines import ENGINES


@pytest.fixture(params=sorted(ENGINES))
def engine(request):
    return request.param


@pytest.fixture(autouse=True)
def no_figure_left():
    yield
    pyplot.close("all")


@pytest.fixture
def same_steps():
    """Check that the engines take the same steps, where all of them would last too long on one."""

    def check(fit, rtol=1e-4):
        losses = [fit(name).step_losses for name in sorted(ENGINES)]
        assert len(losses[0]) >= 20
        for other in losses[1:]:
            np.testing.assert_allclose(other, losses[0], rtol=rtol)

    return check
