"""The lab in a cell of a notebook: its page, with a channel of the notebook for a socket."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from pellucid.errors import FileError
from pellucid.lazy import load
from pellucid.studio.server import ASSETS, Hub

__all__ = ["end", "widget"]


def widget(hub: Hub) -> Any:
    """Make a widget that shows a lab: each place where it is shown is a page of that lab.

    Raises
    ------
    MissingPackageError : without anywidget
    FileError : when the page was not built
    """
    script = ASSETS / "lab.js"
    if not script.is_file():
        raise FileError("the page is not built", where=str(script), mend="run node page/build.mjs")
    anywidget = load("anywidget", extra="notebook")
    members = {"_esm": script, "__doc__": "The lab."}
    made = type("LabWidget", (anywidget.AnyWidget,), members)()
    made.on_msg(partial(_hear, hub, {}))
    return made


def _hear(hub: Hub, pages: dict[str, int], shown: Any, content: Any, _: Any) -> None:
    """Pass on what a place says, or that it is gone; pages are numbered by these names."""
    view, text = content.get("view"), content.get("text")
    if view not in pages:
        pages[view] = hub.enter(_putting(shown, view))
    if text is None:
        hub.leave(pages.pop(view))
    else:
        hub.say(pages[view], text)


def _putting(shown: Any, view: str) -> Callable[[str | bytes], None]:
    def put(body: str | bytes) -> None:
        if isinstance(body, bytes):
            shown.send({"view": view}, buffers=[body])
        else:
            shown.send({"view": view, "text": body})

    return put


def end(shown: Any) -> None:
    """Tell all places of a widget that its lab has ended."""
    shown.send({"ended": True})
