"""The lab as a widget of a notebook: the same page, and a channel of the notebook for a socket."""

from __future__ import annotations

import weakref
from pathlib import Path
from typing import Any

from pellucid.errors import FileError
from pellucid.lazy import load
from pellucid.studio.opening import Opening, put
from pellucid.studio.server import ASSETS
from pellucid.studio.serving import opening_of
from pellucid.studio.switchboard import Switchboard

__all__ = ["widget"]

PAGE = 1  # a widget is one page, however often it is shown


def widget(
    model: Any = None,
    X: Any = None,
    y: Any = None,
    *,
    data: str | None = None,
    target: str | None = None,
) -> Any:
    """Show the lab in a cell of a notebook: JupyterLab, marimo, VS Code.

    It is a widget of the package anywidget, which ``pip install 'pellucid[notebook]'`` brings. Its
    worker ends with ``widget.stop()``, with the widget, or with the kernel.

    Parameters
    ----------
    model, X, y, data, target : as for :func:`pellucid.lab`

    Raises
    ------
    MissingPackageError : without anywidget
    ArgumentError : for data that the lab cannot take, and why
    FileError : when the page was not built

    Examples
    --------
    >>> from pellucid.studio import widget
    >>> shown = widget(data="xor")  # doctest: +SKIP
    """
    opening = opening_of(model, X, y, data, target)
    script = ASSETS / "lab.js"
    if not script.is_file():
        raise FileError("the page is not built", where=str(script), mend="run node page/build.mjs")
    anywidget = load("anywidget", extra="notebook")
    members = {"_esm": script, "__init__": _begin, "stop": _stop, "__doc__": "The lab."}
    made: Any = type("LabWidget", (anywidget.AnyWidget,), members)
    return made(opening)


def _begin(self: Any, opening: Opening) -> None:
    super(type(self), self).__init__()
    folder = Path(load("tempfile").mkdtemp(prefix="pellucid-lab-"))
    put(opening, folder)
    board = Switchboard(folder, lambda call, *given: call(*given))
    shown = weakref.ref(self)

    def send(body: str | bytes) -> None:
        there = shown()
        if there is None:
            return
        if isinstance(body, bytes):
            there.send({}, buffers=[body])
        else:
            there.send({"text": body})

    def heard(_: Any, content: Any, __: Any) -> None:
        text = content.get("text") if isinstance(content, dict) else None
        if isinstance(text, str):
            board.say(PAGE, text)

    board.join(PAGE, send)
    board.link.start()
    self.on_msg(heard)
    self._ending = weakref.finalize(self, _end, board, folder)


def _end(board: Switchboard, folder: Path) -> None:
    board.link.stop()
    load("shutil").rmtree(folder, ignore_errors=True)


def _stop(self: Any) -> None:
    """End the worker."""
    self._ending()
