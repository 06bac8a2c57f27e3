"""Pages and worker brought together: who hears what, who is told that the worker is lost."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, final

from pellucid.errors import DataError
from pellucid.studio.link import Link
from pellucid.studio.messages import problem
from pellucid.studio.wire import EVERYONE, Packet

__all__ = ["Switchboard"]

Put = Callable[[str | bytes], None]


@final
class Switchboard:
    """Passes on what pages and worker say to each other; it serves one lab.

    Parameters
    ----------
    folder : of the session
    soon : calls a function with arguments in the thread of the pages
    """

    def __init__(self, folder: Path, soon: Callable[..., None]) -> None:
        self.link = Link(
            folder,
            lambda packet: soon(self._pass_on, packet),
            lambda status: soon(self._tell_loss, status),
        )
        self.pages: dict[int, Put] = {}
        self._subscribed: dict[int, str] = {}
        self._tickets: dict[int, Callable[[dict[str, Any]], None]] = {}

    # --- pages ---

    def join(self, number: int, put: Put) -> None:
        """Take a page in."""
        self.pages[number] = put

    def leave(self, number: int) -> None:
        """Let a page go."""
        if self.pages.pop(number, None) is not None:
            self._subscribed.pop(number, None)
            self.link.tell(number, op="gone")

    def say(self, number: int, text: str) -> None:
        """Pass on what a page says; without a worker only a restart is heard."""
        said = _read(text)
        if said.get("op") == "subscribe":
            self._subscribed[number] = text
        if said.get("op") == "restart" and not self.link.alive:
            self._restart()
        if self.link.say(number, text) or "id" not in said:
            return
        error = DataError("the training process has ended", mend="press Restart")
        answer = {"id": said["id"], "ok": False, "error": problem(error)}
        self._put(number, json.dumps(answer))

    def _restart(self) -> None:
        self.link.start()
        self._tell_everyone({"event": "worker", "alive": True})
        for number, text in self._subscribed.items():
            self.link.say(number, text)

    def read_table(
        self, ticket: int, path: Path, name: str, done: Callable[[dict[str, Any]], None]
    ) -> bool:
        """Let the worker read a table; tell whether there is one to read it."""
        self._tickets[ticket] = done
        return self.link.tell(EVERYONE, op="table", path=str(path), name=name, ticket=ticket)

    # --- the worker ---

    def _pass_on(self, packet: Packet) -> None:
        if packet.kind == b"I":
            told = json.loads(packet.body)
            done = self._tickets.pop(told["ticket"], None)
            if done is not None:
                with contextlib.suppress(Exception):  # nobody waits any longer
                    done(told["answer"])
            return
        body = packet.body if packet.kind == b"B" else packet.body.decode()
        for number in list(self.pages) if packet.page == EVERYONE else [packet.page]:
            self._put(number, body)

    def _put(self, number: int, body: str | bytes) -> None:
        put = self.pages.get(number)
        if put is not None:
            put(body)

    def _tell_loss(self, status: int) -> None:
        what = f"the training process has ended (status {status}); what was recorded is kept"
        self._tell_everyone({"event": "worker", "alive": False, "what": what})

    def _tell_everyone(self, said: dict[str, Any]) -> None:
        for number in list(self.pages):
            self._put(number, json.dumps(said))


def _read(text: str) -> dict[str, Any]:
    """Read a message as far as it concerns us; the worker reads it again, and checks it."""
    with contextlib.suppress(ValueError, RecursionError):
        found = json.loads(text)
        if isinstance(found, dict):
            return found
    return {}
