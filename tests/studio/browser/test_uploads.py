"""Holds: tables are taken one after another, what is wrong with one is told, and nothing breaks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.studio.browser.looking import RunningLab, Seen

from studio.talking import Page

Look = Callable[..., Seen]


@pytest.fixture
def flowers(tmp_path: Path) -> Iterator[RunningLab]:
    """Open a lab on a file."""
    rows = "\n".join(f"{k % 7};{k % 5},5;{'ab'[k % 7 > 3]}" for k in range(60))
    (tmp_path / "flowers.csv").write_text(f"länge;breite;species\n{rows}\n", "utf-8")
    running = RunningLab("flowers.csv", "--target", "species", folder=tmp_path)
    yield running
    running.end()


def title(seen: Seen) -> str:
    chosen = seen.page.get_by_label("Set", exact=True).locator("option:checked")
    return str(chosen.inner_text())


def upload(seen: Seen, folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text, "utf-8")
    seen.page.set_input_files("input[type=file]", folder / name)


def test_one_table_after_another(flowers: RunningLab, look: Look, tmp_path: Path) -> None:
    seen = look(flowers.address)
    page = seen.page
    assert title(seen) == "flowers.csv"
    seen.until(lambda: seen.text(".axis-x .name") == "länge", "its columns")
    page.keyboard.press(".")
    seen.until(lambda: seen.reading("epoch") == 1, "an epoch")

    long = "very " * 2000
    rows = "".join(f"n{k},{k},{-k},{long if k % 2 else 'no'}\n" for k in range(40))
    upload(seen, tmp_path, "long.csv", f"name,a,b,species\n{rows}")
    seen.until(lambda: title(seen) == "long.csv", "a table with a target of the same name")
    page.get_by_text("Column 'name' holds another text in most rows: it was left out.").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 1440

    upload(seen, tmp_path, "few.csv", "a,b,species\n1,2,x\n3,4,y\n")
    seen.until(lambda: title(seen) == "few.csv", "a table of two rows")
    page.get_by_text("2 rows to train on, 0 to test.").wait_for()
    page.keyboard.press(".")
    seen.until(lambda: seen.reading("epoch") == 1, "an epoch of it")
    assert seen.drawn("[data-chart=loss] canvas")

    upload(seen, tmp_path, "index.csv", ",a,species\n0,1,x\n1,2,y\n")
    page.locator(".trouble").wait_for()
    assert "index=False" in page.locator(".trouble").inner_text()
    assert title(seen) == "few.csv"
    seen.complaints[:] = [one for one in seen.complaints if "422" not in one]  # the refusal


def test_a_deep_network_is_seen_whole_and_a_wide_one_is_summarised(
    flowers: RunningLab, look: Look
) -> None:
    seen = look(flowers.address)
    page, other = seen.page, Page(flowers.address)
    other.hello()
    assert other.ask("set", setting={"hidden": [32] * 6})["ok"]
    seen.until(lambda: page.locator("[data-spot='6,31']").count(), "six layers of 32 units")
    box = page.locator(".diagram")
    assert box.evaluate("one => one.scrollHeight <= one.clientHeight + 1")
    assert other.ask("set", setting={"hidden": [200, 4]})["ok"]
    page.get_by_text("Layer 1: 32 of 200").wait_for()
    other.close()
