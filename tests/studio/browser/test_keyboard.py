"""Everything is done without a pointer."""

from __future__ import annotations

from collections.abc import Callable

from tests.studio.browser.looking import RunningLab, Seen

Look = Callable[..., Seen]


def test_keys_alone(lab: RunningLab, look: Look) -> None:
    seen = look(lab.address)
    page, press = seen.page, seen.page.keyboard.press
    seen.until(lambda: page.locator("[data-spot='1,0'] canvas").count(), "a network")

    press("?")
    page.get_by_role("dialog").wait_for()
    press("Escape")
    page.get_by_role("dialog").wait_for(state="hidden")

    press(".")
    seen.until(lambda: seen.reading("epoch") == 1, "one epoch")
    press("Space")
    seen.until(lambda: seen.reading("step") > 40, "steps")
    press("Space")
    seen.until(lambda: seen.text(".play") == "Train", "a pause")
    seen.frame()  # the last one, which may come after the pause is told
    now = seen.reading("step")
    press("[")
    seen.until(lambda: seen.reading("step") < now, "an earlier step")
    press("]")
    seen.until(lambda: seen.reading("step") == now, "the present")

    for _ in range(60):  # Tab reaches the diagram, which is one stop
        press("Tab")
        if seen.focused().startswith("Inspect"):
            break
    assert seen.focused() == "Inspect x"
    press("ArrowRight")
    assert seen.focused().startswith("Inspect layer 1")
    press("ArrowUp")
    press("ArrowDown")
    press("Enter")
    assert seen.text(".inspector h3").startswith("Layer 1")
    press("Escape")
    page.locator(".inspector").wait_for(state="detached")
    assert seen.focused().startswith("Inspect layer 1")

    press("2")
    page.locator("#tab-microscope[aria-selected=true]").wait_for()
    page.focus("#tab-microscope")
    press("ArrowRight")
    page.locator("#tab-flow[aria-selected=true]").wait_for()
    assert seen.focused() == "tab-flow"

    page.focus(".plane .points")
    press("ArrowLeft")
    press("Enter")
    assert seen.text(".unseen[role=status]") == "No point is near."


def test_space_stays_with_the_control_that_has_the_focus(lab: RunningLab, look: Look) -> None:
    seen = look(lab.address)
    seen.page.focus("#tab-errors")
    seen.page.keyboard.press("Space")
    seen.page.locator("#tab-errors[aria-selected=true]").wait_for()
    assert seen.text(".play") == "Train"


def test_space_trains_after_a_click_on_a_button(lab: RunningLab, look: Look) -> None:
    seen = look(lab.address)
    seen.page.click("#tab-flow")
    seen.page.keyboard.press("Space")
    seen.until(lambda: seen.text(".play") == "Pause", "training")
    seen.page.keyboard.press("Space")
    seen.until(lambda: seen.text(".play") == "Train", "a pause")
    assert seen.page.locator("#tab-flow[aria-selected=true]").count() == 1
