"""What the tests of the lab share: a lab that is open, and pages that talk with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pellucid.studio import Lab, lab
from studio.talking import Page


@pytest.fixture(scope="module")
def open_lab() -> Iterator[Lab]:
    with lab(data="moons", browser=False) as opened:
        yield opened


@pytest.fixture
def connected(open_lab: Lab) -> Iterator[Callable[..., Page]]:
    pages: list[Page] = []

    def connect(*, greet: bool = True, **options: Any) -> Page:
        pages.append(Page(open_lab.url, **options))
        if greet:
            assert pages[-1].hello()["ok"]
        return pages[-1]

    yield connect
    for page in pages:
        page.close()
