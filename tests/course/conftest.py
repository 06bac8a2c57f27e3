"""Holds: the engines on which the curriculum runs."""

from __future__ import annotations

import pytest

from pellucid.engines import ENGINES


@pytest.fixture(params=sorted(ENGINES))
def engine(request):
    return request.param
