"""A lab that runs, and a browser that looks at it; both belong to one module of tests."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.studio.browser.looking import RunningLab, Seen


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """Debian's browser, without a window."""
    playwright = pytest.importorskip("playwright.sync_api", reason="needs pip install playwright")
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("needs Debian's chromium")
    with playwright.sync_playwright() as running:
        arguments = ["--no-sandbox", "--disable-background-networking"]
        browser = running.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLab]:
    """A lab on XOR."""
    running = RunningLab(folder=tmp_path_factory.mktemp("lab"))
    yield running
    running.end()


@pytest.fixture
def look(chromium: Any) -> Iterator[Callable[..., Seen]]:
    """Open pages; at the end none of them may have complained, or asked anyone else."""
    opened: list[tuple[Seen, str]] = []

    def look(address: str, *, ready: bool = True, **options: Any) -> Seen:
        options = {"viewport": {"width": 1440, "height": 900}, **options}
        seen = Seen(chromium.new_context(**options).new_page())
        seen.page.goto(address)
        opened.append((seen, address))
        if ready:
            seen.ready()
        return seen

    yield look
    for seen, address in opened:
        seen.page.context.close()
        assert seen.complaints == []
        assert seen.hosts <= {address.split("/")[2]}
