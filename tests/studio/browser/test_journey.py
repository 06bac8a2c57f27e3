"""From an open page to a script that gives the same numbers: by hand, as a newcomer goes."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.studio.browser.looking import RunningLab, Seen

Look = Callable[..., Seen]


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[RunningLab]:
    running = RunningLab(folder=tmp_path)
    yield running
    running.end()


def chosen(seen: Seen) -> str:
    """Name the set of data that is chosen."""
    name: str = seen.page.get_by_label("Set", exact=True).input_value()
    return name


def trained(seen: Seen, below: float) -> None:
    """Train until the loss is below."""
    seen.page.keyboard.press("Space")
    seen.until(lambda: seen.reading("loss") < below, f"a loss below {below}")
    seen.page.keyboard.press("Space")
    seen.until(lambda: seen.text(".play") == "Train", "a pause")
    seen.frame()  # the last one, which may come after the pause is told


def test_the_whole_way(lab: RunningLab, look: Look, tmp_path: Path) -> None:
    seen = look(lab.address)
    page = seen.page
    seen.until(lambda: page.locator("[data-spot='1,3'] canvas").count(), "a network, drawn")
    assert seen.text(".play") == "Train"  # paused
    assert "token" not in page.url

    trained(seen, 0.3)
    last = seen.reading("step")
    assert last > 0
    page.keyboard.press("[")
    seen.until(lambda: seen.reading("step") < last, "an earlier step")
    page.get_by_label("Recorded training").press("Home")
    seen.until(lambda: seen.reading("step") == 0, "the first step")
    seen.until(lambda: seen.reading("loss") > 0.3, "its loss")
    page.keyboard.press("p")
    seen.until(lambda: seen.reading("step") == last, "the present")

    page.click("[data-spot='1,1']")
    assert seen.text("#surface-title") == "Layer 1, unit 2"
    page.get_by_label("bias").fill("2.5")
    page.keyboard.press("Enter")
    seen.until(lambda: abs(float(seen.frame().arrays["network/biases/0"][1]) - 2.5) < 1e-6, "2.5")
    page.keyboard.press("Escape")

    table = tmp_path / "plants.csv"
    rows = [f"{x / 10},{(x * 7 % 40) / 10},{'tall' if x > 20 else 'small'}" for x in range(40)]
    table.write_text("\n".join(["stem,leaf,kind", *rows]))
    page.set_input_files("input[type=file]", table)
    seen.until(lambda: chosen(seen) == "csv", "the table")
    assert page.get_by_label("Target").input_value() == "kind"
    seen.until(lambda: seen.text(".axis-x .name") == "stem", "its columns")
    for _ in range(3):
        before = seen.reading("epoch")
        page.keyboard.press(".")
        seen.until(lambda: seen.reading("epoch") == before + 1, "one more epoch")  # noqa: B023

    seen.open_tab("python")
    with page.expect_download() as download:
        page.click("[data-export=script]")
    script = tmp_path / "again.py"
    download.value.save_as(script)
    told = subprocess.run(
        [sys.executable, script], cwd=tmp_path, check=True, capture_output=True, text=True
    ).stdout
    told_test = ast.literal_eval(told.split("test", 1)[1].strip().splitlines()[0])
    shown = float(seen.frame().arrays["curves/validation_loss"][-1])
    assert told_test["loss"] == pytest.approx(shown, rel=1e-6)


def test_what_the_server_refuses_is_told_where_it_was_asked(lab: RunningLab, look: Look) -> None:
    seen = look(lab.address)
    page = seen.page
    page.get_by_label("Learning rate").fill("1000")
    page.keyboard.press("Enter")
    panel = page.locator(".panel", has_text="Learning rate").locator(".trouble")
    panel.wait_for()
    assert "100" in panel.inner_text()
    page.get_by_label("Learning rate").fill("0.1")
    page.keyboard.press("Enter")
    panel.wait_for(state="detached")


def test_points_are_drawn_and_the_address_carries_the_setting(lab: RunningLab, look: Look) -> None:
    seen = look(lab.address)
    page = seen.page
    before = len(seen.frame().arrays["surface/points"])
    page.get_by_role("button", name="Draw", exact=True).click()
    page.locator(".points").click(position={"x": 60, "y": 60})
    seen.until(lambda: len(seen.frame().arrays["surface/points"]) == before + 1, "one more point")
    page.get_by_role("button", name="Erase", exact=True).click()
    drawn = seen.frame().arrays["surface/points"]
    place = page.locator(".points").bounding_box()
    view = seen.frame().header["views"]["surface"]
    (x0, x1), (y0, y1) = view["x"], view["y"]
    x, y = drawn[-1]  # a test row, whose number is another than its place among the rows
    at = {
        "x": float((x - x0) / (x1 - x0) * place["width"]),
        "y": float((y1 - y) / (y1 - y0) * place["height"]),
    }
    page.locator(".points").click(position=at)
    seen.until(lambda: len(seen.frame().arrays["surface/points"]) == before, "one point less")
    left = seen.frame().arrays["surface/points"]
    assert not (left == drawn[-1]).all(axis=1).any()
    page.get_by_label("Set", exact=True).select_option("moons")
    page.get_by_label("One more: Units of layer 1").click()
    seen.until(lambda: page.locator("[data-spot='1,4']").count(), "a fifth unit")
    seen.until(lambda: "#s=" in page.url, "the setting in the address")
    address = page.url
    page.get_by_label("Set", exact=True).select_option("xor")
    other = look(lab.address)
    token = lab.address.split("#")[1]
    other.page.goto("about:blank")
    other.page.goto(f"{address}&{token}")
    other.until(
        lambda: other.page.get_by_label("Set", exact=True).input_value() == "moons", "moons"
    )
    other.until(lambda: other.page.locator("[data-spot='1,4']").count(), "five units")
