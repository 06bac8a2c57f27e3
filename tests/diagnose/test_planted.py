"""Holds: every planted mistake is found, by its code; what is certain is an error."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from benchmarks import planted

from pellucid.diagnose import KINDS

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "findings.md"


@pytest.mark.parametrize("name", planted.PLANTED)
def test_a_planted_mistake_is_found(name: str) -> None:
    code, mistake = planted.PLANTED[name]
    found = [one for one in mistake(2) if one.code == code]
    assert found
    assert all(one.title and one.evidence and one.remedy for one in found)


@pytest.mark.parametrize("name", planted.FORBIDDEN)
def test_what_is_certain_is_an_error(name: str) -> None:
    assert planted.refused(name) == planted.FORBIDDEN[name][0]


def test_every_kind_is_planted_but_one_note() -> None:
    assert set(KINDS) - {code for code, _ in planted.PLANTED.values()} == {"PEL202"}


def test_the_guide_explains_every_kind_in_order() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    assert re.findall(r"^\(pel(\d+)\)=$", text, re.MULTILINE) == [code[3:] for code in KINDS]
    assert re.findall(r"^### (PEL\d+) ", text, re.MULTILINE) == list(KINDS)
