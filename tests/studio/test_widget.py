"""Holds: a widget of a notebook says and hears what a page does, over its own channel."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

import pellucid as pel
from pellucid.studio import Lab, notebook, serving
from pellucid.studio.frames import decoded

anywidget = pytest.importorskip("anywidget")


@pytest.fixture
def circles(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    """Open a lab as if this were a notebook."""
    monkeypatch.setattr(serving, "is_notebook", lambda: True)
    with pel.lab(data="circles") as lab:
        yield lab


class Place:
    """Stands in for a place that shows a widget: keeps what it is sent, and says things to it."""

    def __init__(self, shown: Any, name: str) -> None:
        self.shown, self.name = shown, name
        self.texts: list[Any] = []
        self.frames: list[Any] = []
        self.ended = False

    def take(self, content: Any, buffers: Any = ()) -> None:
        self.ended = self.ended or "ended" in content
        if content.get("view") == self.name:
            self.texts += [json.loads(content["text"])] if "text" in content else []
            self.frames += [decoded(one) for one in buffers]

    def say(self, **said: Any) -> None:
        self.hear({"view": self.name, "text": json.dumps(said)})

    def hear(self, content: dict[str, Any]) -> None:
        self.shown._handle_custom_msg(content, [])

    def reply(self, number: int) -> Any:
        return until(lambda: [one for one in self.texts if one.get("id") == number])[-1]


def until(found: Callable[[], Any]) -> Any:
    end = time.perf_counter() + 30
    while time.perf_counter() < end:
        if there := found():
            return there
        time.sleep(0.02)
    raise TimeoutError


def test_each_place_is_a_page_of_the_lab(circles: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = circles._display_()
    one, two = Place(shown, "one"), Place(shown, "two")

    def send(_: Any, content: Any, buffers: Any = ()) -> None:
        one.take(content, buffers)
        two.take(content, buffers)

    monkeypatch.setattr(type(shown), "send", send)
    for place, resolution in ((one, 4), (two, 5)):
        place.say(id=0, op="hello", token="", version=1)
        assert place.reply(0)["state"]["data"]["name"] == "circles"
        place.say(id=1, op="subscribe", views={"network": {"resolution": resolution}}, fps=30)
        (frame,) = until(lambda: place.frames)  # noqa: B023
        assert frame.arrays["network/maps/0"].shape == (4, resolution, resolution)
    two.say(id=2, op="nonsense")
    assert not two.reply(2)["ok"]
    assert 2 not in [told.get("id") for told in one.texts]
    pages = circles._address.hub.board.pages
    assert len(pages) == 2
    two.hear({"view": "two", "gone": True})
    until(lambda: len(pages) == 1)
    circles.stop()
    assert one.ended
    assert set(circles._repr_mimebundle_()) == {"text/plain", "text/html"}  # nobody is left there


def test_a_cell_of_jupyter_is_given_the_widget_and_the_address(circles: Lab) -> None:
    bundle = circles._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert circles.url in bundle["text/html"]


def test_elsewhere_it_is_an_address() -> None:
    with pel.lab(data="xor", browser=False) as lab:
        assert set(lab._repr_mimebundle_()) == {"text/plain", "text/html"}


class Shell(SimpleNamespace):
    """Stands in for the shell of a kernel, whose cell 1 runs now."""

    kernel = object()

    def get_parent(self) -> Any:
        return {"metadata": {"cellId": "1"}}


def test_what_a_cell_began_ends_when_it_is_run_again(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[Any] = []
    events = SimpleNamespace(
        register=lambda _, call: heard.append(call), unregister=lambda _, call: heard.remove(call)
    )
    monkeypatch.setattr(notebook, "_shell", lambda: Shell(events=events))
    assert notebook.is_notebook()
    ended: list[int] = []
    notebook.at_next_run(lambda: ended.append(1))
    heard[0](SimpleNamespace(cell_id="2"))
    assert not ended
    heard[0](SimpleNamespace(cell_id="1"))
    assert ended == [1]
    assert not heard
