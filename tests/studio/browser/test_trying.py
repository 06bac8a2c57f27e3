"""Race and sweep: begun by keys, drawn, told in tables, scrubbed; a cell opens its run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from tests.studio.browser.looking import AXE, RunningLab, Seen
from tests.studio.browser.test_views import numbers, violations

Look = Callable[..., Seen]
ROUNDS = 6  # of patience: two cores may train for other tests as well


def ended(seen: Seen, view: str) -> Any:
    """Wait until a race or a sweep has ended and is drawn."""
    for _ in range(ROUNDS - 1):
        try:
            return seen.until(lambda: (seen.told(view) or {}).get("state") == "done", view)
        except AssertionError:
            continue
    return seen.until(lambda: (seen.told(view) or {}).get("state") == "done", view)


@pytest.fixture(scope="module")
def tried(chromium: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLab]:
    """A lab on moons in which a race was run and a sweep was made, both by keys alone."""
    running = RunningLab("moons", folder=tmp_path_factory.mktemp("tried"))
    seen = Seen(chromium.new_context().new_page())
    seen.page.goto(running.address)
    seen.ready()
    press = seen.page.keyboard.press
    press("6")
    seen.until(lambda: seen.told("race"), "the race")
    for name in ("Take racer 3 out", "Take racer 3 out"):
        seen.page.get_by_label(name).focus()
        press("Enter")
    seen.page.get_by_role("button", name="Race", exact=True).focus()
    press("Enter")
    ended(seen, "race")
    press("7")
    seen.until(lambda: seen.told("sweep"), "the sweep")
    for label, values in (("Values across", "0.01 0.1"), ("Values down", "2, 4"), ("Seeds", "3")):
        seen.page.get_by_label(label, exact=True).fill(values)
    seen.page.get_by_label("Epochs", exact=True).fill("5")
    seen.page.get_by_label("Epochs", exact=True).press("Tab")
    seen.page.get_by_role("button", name="Sweep", exact=True).focus()
    press("Enter")
    ended(seen, "sweep")
    assert seen.complaints == []
    seen.page.context.close()
    yield running
    running.end()


def test_the_race_is_drawn_and_told(tried: RunningLab, look: Look) -> None:
    seen = look(tried.address)
    seen.open_tab("race")
    frame = seen.frame()
    told = frame.header["views"]["race"]
    titles = [one["title"] for one in told["racers"]]
    assert titles == ["SGD 0.1", "Momentum 0.03", "Adam 0.03"]
    assert seen.drawn(".landscape .ground")
    assert seen.drawn(".landscape .ways")
    assert seen.drawn("[data-chart=race] canvas")
    first, second = told["shares"]
    assert f"= {100 * (first + second):.3g} % of the variance" in seen.text(".landscape .hint")
    losses = numbers(seen, "Race", 0, slice(0, None))
    np.testing.assert_array_equal(losses[:, 0], frame.arrays["race/step"])
    for k in range(3):
        np.testing.assert_allclose(losses[:, 1 + k], frame.arrays[f"race/loss/{k}"], 1e-6)
        way = numbers(seen, "Race", 1 + k, slice(1, None))
        np.testing.assert_allclose(way, frame.arrays[f"race/path/{k}"], 1e-6)
    surface = frame.arrays["race/surface"][::4, ::4]
    np.testing.assert_allclose(numbers(seen, "Race", 4, slice(2, 3)).ravel(), surface.ravel(), 1e-6)


def test_the_timeline_moves_the_race(tried: RunningLab, look: Look) -> None:
    seen = look(tried.address)
    seen.open_tab("race")
    told = seen.frame().header["views"]["race"]
    result = ".results tbody tr:last-child td"
    end = seen.text(result)
    seen.page.focus("#tab-race")
    for _ in range(60):
        seen.page.keyboard.press("[")
    seen.until(lambda: seen.text(".results caption") == "After step 0", "the beginning")
    losses = seen.page.locator(".results tbody td:nth-child(2)").all_inner_texts()
    assert len(set(losses)) == 1  # all begin with the same weights
    seen.page.keyboard.press("]")
    apart = round(told["steps"] / 50)
    seen.until(lambda: f"step {apart} of {told['steps']}" in seen.text(".where"), "a later step")
    seen.page.keyboard.press("p")
    seen.until(lambda: seen.text(result) == end, "the end")


def test_the_sweep_is_drawn_and_told(tried: RunningLab, look: Look) -> None:
    seen = look(tried.address)
    seen.open_tab("sweep")
    frame = seen.frame()
    told = frame.header["views"]["sweep"]
    assert (told["done"], told["total"], len(frame.arrays["sweep/runs"])) == (4, 4, 12)
    assert seen.drawn(".runs canvas")
    cells = numbers(seen, "Sweep", 0, slice(0, None))
    np.testing.assert_allclose(cells[:, 0], [2, 2, 4, 4])
    for column, name in enumerate(("median", "low", "high"), start=2):
        np.testing.assert_allclose(cells[:, column], frame.arrays[f"sweep/{name}"].ravel(), 1e-6)
    runs = numbers(seen, "Sweep", 1, slice(2, None))
    np.testing.assert_allclose(runs, frame.arrays["sweep/runs"][:, 1:], 1e-6)
    assert seen.page.locator("button.best").get_attribute("data-cell") == str(told["best"])


def test_both_give_their_python(tried: RunningLab, look: Look) -> None:
    seen = look(tried.address, permissions=["clipboard-read", "clipboard-write"])
    seen.open_tab("sweep")
    seen.page.get_by_role("button", name="Copy the Python").click()
    seen.page.get_by_role("button", name="Copied").wait_for()
    text = seen.page.evaluate("navigator.clipboard.readText()")
    assert "pel.sweep(" in text
    assert '{"learning_rate": [0.01, 0.1], "width": [2, 4]}' in text


def test_what_is_refused_is_told_where_it_was_asked(tried: RunningLab, look: Look) -> None:
    seen = look(tried.address)
    seen.open_tab("sweep")
    seen.page.get_by_label("Values down", exact=True).fill("2 99")
    seen.page.get_by_label("Values down", exact=True).press("Tab")
    seen.page.get_by_role("button", name="Sweep", exact=True).click()
    seen.page.locator(".sweep .trouble").wait_for()
    assert "width" in seen.text(".sweep .trouble").lower()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(tried: RunningLab, look: Look, scheme: str) -> None:
    if not AXE.is_file():
        pytest.skip("needs axe-core: npm ci in page/")
    seen = look(tried.address, color_scheme=scheme, reduced_motion="reduce")
    seen.page.evaluate(AXE.read_text())
    for tab in ("race", "sweep"):
        seen.open_tab(tab)
        seen.frame()
        assert violations(seen, "#view") == [], tab


@pytest.mark.parametrize("width", [360, 900, 1440, 3840])
def test_both_hold_at_every_width(tried: RunningLab, look: Look, width: int) -> None:
    seen = look(tried.address, viewport={"width": width, "height": 900})
    for tab in ("race", "sweep"):
        seen.open_tab(tab)
        seen.frame()
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= width, tab


def test_a_cell_opens_its_middle_run(tried: RunningLab, look: Look) -> None:
    seen = look(tried.address)
    seen.open_tab("sweep")
    frame = seen.frame()
    middle = frame.header["views"]["sweep"]["middle"]
    _, seed, steps, loss, _ = frame.arrays["sweep/runs"][middle[3]]
    seen.page.focus("[data-cell='0']")
    seen.page.keyboard.press("ArrowRight")
    seen.page.keyboard.press("ArrowDown")
    assert "Learning rate 0.1, Layer width 4:" in seen.text("[data-cell='3']:focus")
    seen.page.keyboard.press("Enter")
    seen.until(lambda: seen.reading("step") == steps, "the run")
    seen.until(lambda: seen.text(".play") == "Train", "its end")
    seen.until(lambda: seen.reading("loss") == pytest.approx(loss, abs=1e-4), "its loss")
    curves = seen.frame().arrays["curves/loss"]
    assert curves[-1] == np.float32(loss)
    assert seen.page.get_by_label("Seed", exact=True).input_value() == str(int(seed))
    assert seen.page.get_by_label("Learning rate", exact=True).input_value() == "0.1"
    other = seen.page.get_by_label("Open the run of seed").locator("visible=true")
    assert other.count() == 3
