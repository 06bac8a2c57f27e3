"""A page for tests: says hello, asks, acknowledges frames, and hears what there is to hear."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable
from typing import Any

from websockets.sync.client import ClientConnection, connect

from pellucid.studio.frames import Frame, decoded

PATIENCE = 30.0


class Page:
    """Talks with a lab at the address that it has printed."""

    def __init__(self, url: str, **options: Any) -> None:
        self.base, _, self.token = url.partition("/#token=")
        self._ending = contextlib.ExitStack()
        address = self.base.replace("http", "ws") + "/ws"
        self.socket: ClientConnection = self._ending.enter_context(
            connect(address, max_size=None, **options)
        )
        self.frames: list[Frame] = []
        self.events: list[dict[str, Any]] = []
        self.number = 0

    def hello(self) -> dict[str, Any]:
        self.socket.send(json.dumps({"id": 0, "op": "hello", "token": self.token, "version": 1}))
        return self.until(lambda said: said.get("id") == 0)

    def ask(self, op: str, **fields: Any) -> dict[str, Any]:
        self.number += 1
        number = self.number
        self.socket.send(json.dumps({"id": number, "op": op, **fields}))
        return self.until(lambda said: said.get("id") == number)

    def until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        end = time.perf_counter() + PATIENCE
        while time.perf_counter() < end:
            said = self.hear(end - time.perf_counter())
            if said is not None and wanted(said):
                return said
        raise TimeoutError(f"nothing of that came; events: {self.events[-3:]}")

    def hear(self, timeout: float = PATIENCE) -> dict[str, Any] | None:
        message = self.socket.recv(timeout=timeout)
        if isinstance(message, bytes):
            self.frames.append(decoded(message))
            self.socket.send(json.dumps({"ack": self.frames[-1].header["seq"]}))
            return None
        said: dict[str, Any] = json.loads(message)
        if "event" in said:
            self.events.append(said)
        return said

    def frame(self) -> Frame:
        count = len(self.frames)
        while len(self.frames) == count:
            self.hear()
        return self.frames[-1]

    def close(self) -> None:
        self._ending.close()
