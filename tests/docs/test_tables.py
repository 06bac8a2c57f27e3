"""Holds: what stands on the right of the tables for users of other libraries runs; the gallery."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib
import pytest
from matplotlib import pyplot

from pellucid import plot

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted((DOCS / "guides").glob("from-*.md"))
ROW = re.compile(r"^\|(.+)\|(.+)\|$")


def pieces(page: str) -> Iterator[tuple[int, str]]:
    """Give blocks of code, and the code in the last cell of each row, in their order."""
    inside: list[str] | None = None
    for line, text in enumerate(page.splitlines(), start=1):
        if text == "```python":
            inside = []
        elif text == "```" and inside is not None:
            yield line - len(inside), "\n".join(inside)
            inside = None
        elif inside is not None:
            inside.append(text)
        elif (row := ROW.match(text)) and "|" not in row[2] and set(row[2]) != set("-"):
            yield from ((line, code) for code in re.findall(r"`([^`]+)`", row[2]))


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    matplotlib.use("agg")
    monkeypatch.chdir(tmp_path)
    yield
    pyplot.close("all")


def run(page: str, title: str) -> int:
    """Run a page from top to bottom; give how many pieces there were."""
    names: dict[str, Any] = {"__name__": title}
    count = 0
    for line, code in pieces(page):
        try:
            exec(compile("\n" * (line - 1) + code, title, "exec"), names)
        except Exception as error:
            raise AssertionError(f"{title}, line {line}: {code}\n{error!r}") from error
        count += 1
    return count


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_cell_on_the_right_runs(page: Path) -> None:
    assert run(page.read_text(encoding="utf-8"), page.name) > 30


def test_there_is_a_page_for_each_of_four_libraries() -> None:
    names = [page.stem for page in PAGES]
    assert names == ["from-keras", "from-pytorch", "from-scikit-learn", "from-theano"]


def test_a_cell_that_fails_is_found() -> None:
    page = "```python\nx = 1\n```\n\n| theirs | ours |\n|---|---|\n| `y` | `x`, `missing(x)` |\n"
    with pytest.raises(AssertionError, match=r"page, line 7: missing\(x\)"):
        run(page, "page")


def test_every_picture_has_a_place_in_the_gallery() -> None:
    page = (DOCS / "gallery.md").read_text(encoding="utf-8")
    linked = set(re.findall(r"\{func\}`~pellucid\.plot\.(\w+)`", page))
    called = set(re.findall(r"\bplot\.(\w+)\(", "\n".join(code for _, code in pieces(page))))
    assert linked == called & set(plot.__all__) == set(plot.__all__)
