"""What is told when something ends, and what is left then; several pages at once."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.studio.browser.looking import RunningLab, Seen

Look = Callable[..., Seen]


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[RunningLab]:
    running = RunningLab(folder=tmp_path)
    yield running
    if running.process.poll() is None:
        running.end()


def test_a_killed_worker_is_restarted_with_what_was_recorded(lab: RunningLab, look: Look) -> None:
    seen = look(lab.address)
    page = seen.page
    page.keyboard.press("Space")
    seen.until(lambda: seen.reading("step") > 300, "steps")
    page.keyboard.press("Space")
    seen.until(lambda: seen.text(".play") == "Train", "a pause")
    seen.frame()  # the last one, which may come after the pause is told
    last = seen.reading("step")
    page.wait_for_timeout(3000)  # the recording is written now and then
    os.kill(lab.worker(), signal.SIGKILL)
    page.get_by_text("The training process has ended.").wait_for()
    page.get_by_role("button", name="Restart").click()
    page.get_by_text("The training process has ended.").wait_for(state="detached")
    seen.until(lambda: seen.reading("step") == last, f"step {last} as before")
    page.keyboard.press(".")
    seen.until(lambda: seen.reading("step") > last, "a step")


def test_a_lost_server_is_told(lab: RunningLab, look: Look) -> None:
    seen = look(lab.address)
    seen.page.get_by_role("button", name="Train").wait_for()
    lab.end()
    seen.page.get_by_text("The connection to the lab is lost.").wait_for()
    assert seen.page.get_by_role("button", name="Connect again").is_visible()


def test_a_wrong_token_is_told(lab: RunningLab, look: Look) -> None:
    seen = look(lab.address + "x", ready=False)
    seen.page.get_by_text("This address is not valid.").wait_for()


def test_two_pages_see_the_same(lab: RunningLab, look: Look) -> None:
    one, two = look(lab.address), look(lab.address)
    two.page.get_by_role("button", name="Train").wait_for()
    one.page.keyboard.press("Space")
    two.until(lambda: two.text(".play") == "Pause", "training on the other page")
    two.until(lambda: two.reading("step") > 20, "its steps")
    two.page.keyboard.press("Space")
    one.until(lambda: one.text(".play") == "Train", "a pause on the first")
    one.until(lambda: one.reading("step") == two.reading("step"), "the same step")
    one.page.get_by_label("Activation").select_option("relu")
    two.until(lambda: two.page.get_by_label("Activation").input_value() == "relu", "relu")
