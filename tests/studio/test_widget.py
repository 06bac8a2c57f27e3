"""Holds: the widget of a notebook says and hears what a page does, over its own channel."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from pellucid.errors import ArgumentError
from pellucid.studio import widget
from pellucid.studio.frames import decoded

anywidget = pytest.importorskip("anywidget")


class Channel:
    """Stands in for the front end: keeps what the widget sends, and says things to it."""

    def __init__(self, shown: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.shown, self.texts, self.frames = shown, [], []
        monkeypatch.setattr(
            type(shown), "send", lambda _, content, buffers=(): self.take(content, buffers)
        )

    def take(self, content: Any, buffers: Any) -> None:
        if "text" in content:
            self.texts.append(json.loads(content["text"]))
        self.frames += [decoded(one) for one in buffers]

    def say(self, **said: Any) -> None:
        self.shown._handle_custom_msg({"text": json.dumps(said)}, [])

    def until(self, wanted: Any) -> Any:
        end = time.perf_counter() + 30
        while time.perf_counter() < end:
            for one in [*self.texts, *self.frames]:
                if wanted(one):
                    return one
            time.sleep(0.02)
        raise TimeoutError(str(self.texts)[-300:])


def test_the_widget_is_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = widget(data="circles")
    channel = Channel(shown, monkeypatch)
    try:
        channel.say(id=0, op="hello", token="", version=1)
        said = channel.until(lambda one: isinstance(one, dict) and one.get("id") == 0)
        assert said["state"]["data"]["name"] == "circles"
        channel.say(id=1, op="subscribe", views={"network": {"resolution": 4}}, fps=30)
        frame = channel.until(lambda one: hasattr(one, "arrays"))
        assert frame.arrays["network/maps/0"].shape == (4, 4, 4)
        channel.say(id=2, op="nonsense")
        assert not channel.until(lambda one: isinstance(one, dict) and one.get("id") == 2)["ok"]
    finally:
        folder = shown._ending.peek()[2][1]
        shown.stop()
    assert not folder.exists()
    shown.stop()


def test_a_widget_refuses_what_the_lab_refuses() -> None:
    with pytest.raises(ArgumentError):
        widget(object(), [[1.0]], [1.0])
