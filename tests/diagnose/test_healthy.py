"""Holds: healthy recipes raise no alarm; `python -m benchmarks.findings` asks many more seeds."""

from __future__ import annotations

import pytest
from benchmarks.healthy import RECIPES

QUICK = [name for name in RECIPES if name not in ("D5 functional", "E4 convolutions")]


@pytest.mark.parametrize("name", QUICK)
def test_no_false_alarm(name: str) -> None:
    found = RECIPES[name](4)
    assert found is not None, "the recipe did not reach its accuracy"
    assert not found.alarms
