"""Holds: what no threshold was set on raises no alarm when healthy, and is found when planted."""

from __future__ import annotations

import pytest
from benchmarks import held_out, planted

from pellucid.diagnose import KINDS

QUICK = (
    "circles, tanh, with validation",
    "mixtures, residual blocks with layer norm",
    "counts, Poisson",
    "words, Embedding",
    "digits, two heads",
)


@pytest.mark.parametrize("name", QUICK)
def test_no_false_alarm(name: str) -> None:
    found = held_out.RECIPES[name](4)
    assert found is not None, "the recipe did not reach its accuracy"
    assert not found.alarms


@pytest.mark.parametrize("name", held_out.PLANTED)
def test_a_mistake_planted_elsewhere_is_found(name: str) -> None:
    code, mistake = held_out.PLANTED[name]
    assert code in mistake(2).codes


def test_every_kind_is_planted_once_more() -> None:
    assert {code for code, _ in held_out.PLANTED.values()} == set(KINDS) - {"PEL202"}
    assert not set(held_out.PLANTED) & set(planted.PLANTED)
