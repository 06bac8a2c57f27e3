"""Every view is drawn, its table tells the frame's numbers, and all can be reached and read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.studio.browser.looking import AXE, ROOT, RunningLab, Seen

Look = Callable[..., Seen]
TABS = ("curves", "microscope", "flow", "convolution", "errors", "race", "sweep", "python")
MOST = 400  # rows of a table that are shown


@pytest.fixture(scope="module")
def trained(lab: RunningLab, chromium: Any) -> Iterator[RunningLab]:
    """The lab on XOR after some epochs, paused."""
    seen = Seen(chromium.new_context().new_page())
    seen.page.goto(lab.address)
    seen.ready()
    for epoch in range(1, 6):
        seen.page.keyboard.press(".")
        seen.until(lambda: seen.reading("epoch") == epoch, f"epoch {epoch}")  # noqa: B023
    seen.page.context.close()
    return lab


def numbers(seen: Seen, of: str, sheet: int, columns: slice) -> np.ndarray:
    """Read columns of a sheet of a table twin, when it is there."""
    twin = seen.page.locator(f".twin[data-of='{of}']")
    if not twin.evaluate("one => one.open"):
        twin.locator("summary").click()
    lines = twin.locator("table").nth(sheet).locator("tbody tr")
    told = "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))"
    rows = seen.until(lambda: lines.evaluate_all(told), f"the table of {of}")
    return np.array([[float(cell) for cell in row[columns]] for row in rows])


def test_network_and_output(trained: RunningLab, look: Look) -> None:
    seen = look(trained.address)
    frame = seen.frame()
    for spot in ("0,0", "1,3", "2,0", "3,0"):
        assert seen.drawn(f"[data-spot='{spot}'] canvas"), spot
    assert seen.drawn(".plane .ground")
    assert seen.drawn(".plane .points")
    weights = np.concatenate([frame.arrays[f"network/weights/{k}"].ravel() for k in range(3)])
    assert len(seen.page.locator(".edges path").all()) == weights.size
    np.testing.assert_allclose(numbers(seen, "Network", 0, slice(2, 3)).ravel(), weights, 1e-6)
    biases = np.concatenate([frame.arrays[f"network/biases/{k}"] for k in range(3)])
    np.testing.assert_allclose(numbers(seen, "Network", 1, slice(1, 2)).ravel(), biases, 1e-6)
    points = numbers(seen, "Output", 1, slice(0, 2))
    np.testing.assert_allclose(points, frame.arrays["surface/points"][:MOST], 1e-6)
    sure = numbers(seen, "Output", 0, slice(3, 4)).ravel()
    grid = frame.arrays["surface/certainty"][::10, ::10]
    np.testing.assert_allclose(sure, grid.ravel(), 1e-6)


def test_curves(trained: RunningLab, look: Look) -> None:
    seen = look(trained.address)
    frame = seen.frame()
    assert seen.drawn("[data-chart=loss] canvas")
    table = numbers(seen, "Curves", 0, slice(0, 2))[::-1]
    np.testing.assert_allclose(table[:, 0], frame.arrays["curves/step"])
    np.testing.assert_allclose(table[:, 1], frame.arrays["curves/loss"], 1e-6)
    seen.page.locator("[data-chart=loss] .u-over").click(position={"x": 40, "y": 60})
    seen.until(lambda: "of" in seen.text(".where"), "a step of the past")
    seen.page.get_by_role("button", name="To the present").click()
    seen.until(lambda: seen.text(".where") == "the present", "the present")


def test_microscope(trained: RunningLab, look: Look) -> None:
    seen = look(trained.address)
    seen.open_tab("microscope")
    frame = seen.frame()
    rows = frame.header["views"]["microscope"]["rows"]
    for i in range(len(rows)):
        array = frame.arrays[f"microscope/{i}"]
        shown = numbers(seen, "Microscope", i, slice(1, None))
        np.testing.assert_allclose(shown.ravel(), array.ravel(), 1e-6)
    assert "finite differences agree" in seen.page.locator(".microscope").inner_text()
    seen.page.get_by_label("Next example").click()
    seen.page.get_by_text("example 2 of").wait_for()


def test_flow(trained: RunningLab, look: Look) -> None:
    seen = look(trained.address)
    seen.open_tab("flow")
    frame = seen.frame()
    assert seen.page.locator(".bars rect.value").count() == 6
    table = numbers(seen, "Gradient flow", 0, slice(1, 3))
    np.testing.assert_allclose(table[:, 0], frame.arrays["flow/gradient"], 1e-6)
    np.testing.assert_allclose(table[:, 1], frame.arrays["flow/ratio"], 1e-6)


def test_errors(trained: RunningLab, look: Look) -> None:
    seen = look(trained.address)
    seen.open_tab("errors")
    frame = seen.frame()
    matrix = frame.arrays["errors/matrix"]
    np.testing.assert_array_equal(numbers(seen, "Errors", 0, slice(1, None)), matrix)
    buttons = seen.page.locator(".matrix button").all_inner_texts()
    assert [int(one) for one in buttons] == matrix.ravel().tolist()


def test_a_view_that_cannot_be_says_why(trained: RunningLab, look: Look) -> None:
    seen = look(trained.address)
    seen.open_tab("convolution")
    seen.until(lambda: "no convolution" in seen.text("#view"), "a reason")


def violations(seen: Seen, part: str) -> list[tuple[str, str]]:
    """Let axe look at a part of the page."""
    where = "document.body" if part == "body" else f"{ROOT}.querySelector('{part}')"
    found = seen.page.evaluate(f"axe.run({where})")["violations"]
    return [(one["id"], one["nodes"][0]["html"]) for one in found]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(trained: RunningLab, look: Look, scheme: str) -> None:
    if not AXE.is_file():
        pytest.skip("needs axe-core: npm ci in page/")
    seen = look(trained.address, color_scheme=scheme, reduced_motion="reduce")
    seen.page.click("[data-spot='1,1']")
    seen.page.evaluate(AXE.read_text())
    assert violations(seen, "body") == []
    for tab in TABS:
        seen.open_tab(tab)
        seen.frame()
        assert violations(seen, "#view") == [], tab
    seen.page.keyboard.press("?")
    assert violations(seen, "dialog") == []


@pytest.mark.parametrize("width", [360, 900, 1440, 3840])
def test_it_holds_at_every_width(trained: RunningLab, look: Look, width: int) -> None:
    seen = look(trained.address, viewport={"width": width, "height": 900})
    for tab in TABS:
        seen.open_tab(tab)
        wide = seen.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, tab


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLab]:
    """A lab on pictures."""
    running = RunningLab("digits", folder=tmp_path_factory.mktemp("digits"))
    yield running
    running.end()


class TestPictures:
    def test_kernels_maps_and_the_sliding_window(self, digits: RunningLab, look: Look) -> None:
        seen = look(digits.address)
        assert seen.page.locator(".chances meter").count() == 10
        assert seen.drawn("[data-spot='0,0'] canvas")
        seen.open_tab("convolution")
        frame = seen.frame()
        assert seen.drawn(".sliding canvas")
        np.testing.assert_allclose(
            numbers(seen, "Convolution", 1, slice(1, None)).ravel(),
            frame.arrays["convolution/kernel"].ravel(), 1e-6,
        )  # fmt: skip
        seen.page.locator(".sliding").first.focus()
        seen.page.keyboard.press("ArrowDown")
        seen.page.keyboard.press("ArrowRight")
        seen.until(lambda: seen.frame().header["views"]["convolution"]["place"] == [1, 1], "(1, 1)")
        if AXE.is_file():
            seen.page.evaluate(AXE.read_text())
            assert violations(seen, "main") == []

    def test_a_wrong_example_leads_to_its_numbers(self, digits: RunningLab, look: Look) -> None:
        seen = look(digits.address)
        seen.open_tab("errors")
        seen.frame()
        assert seen.drawn(".wrong canvas")
        seen.page.locator(".wrong button").first.click()
        seen.page.locator("#tab-microscope[aria-selected=true]").wait_for()
        seen.until(lambda: (seen.told("microscope") or {}).get("part") == "test", "a test row")
        seen.frame()
        assert seen.drawn(".looked-at canvas")


@pytest.fixture
def sine(tmp_path: Path) -> Iterator[RunningLab]:
    """A lab on a curve."""
    running = RunningLab("sine", folder=tmp_path)
    yield running
    running.end()


def test_a_curve_and_its_residuals(sine: RunningLab, look: Look) -> None:
    seen = look(sine.address)
    seen.open_tab("errors")
    frame = seen.frame()
    assert seen.drawn(".plane .points")
    assert seen.drawn(".scatter canvas")
    curve = numbers(seen, "Output", 0, slice(0, 2))
    np.testing.assert_allclose(curve, frame.arrays["surface/curve"], 1e-6)
    pairs = numbers(seen, "Errors", 0, slice(1, 3))
    np.testing.assert_allclose(pairs[:, 0], frame.arrays["errors/truth"], 1e-6)
    np.testing.assert_allclose(pairs[:, 1], frame.arrays["errors/told"], 1e-6)
