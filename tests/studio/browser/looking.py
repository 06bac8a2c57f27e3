"""A lab in a process of its own, and a page of it in a browser."""

from __future__ import annotations

import re
import select
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pellucid.studio.frames import Frame, decoded

__all__ = ["AXE", "ROOT", "RunningLab", "Seen"]

AXE = Path(__file__).parents[3] / "page" / "node_modules" / "axe-core" / "axe.min.js"
ROOT = "document.querySelector('#pellucid-lab').shadowRoot"
PATIENCE = 30.0  # seconds; the machine may be busy with other tests


class RunningLab:
    """A lab in a process of its own."""

    def __init__(self, *arguments: str, folder: Path) -> None:
        command = [
            sys.executable,
            "-m",
            "pellucid",
            "lab",
            *arguments,
            "--no-browser",
            "--port",
            "0",
        ]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=folder
        )
        self.address = self._address()

    def _address(self) -> str:
        assert self.process.stdout is not None
        assert select.select([self.process.stdout], [], [], 60)[0], "no address within a minute"
        line = self.process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+/#token=\S+", line)
        assert found, line + self.process.stdout.read()
        return found[0]

    def worker(self) -> int:
        """Give the number of the process that trains."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        threads = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        found = {int(one) for text in threads for one in text.read_text().split()}
        return max(found | {int(one) for one in children.split()})

    def end(self) -> None:
        self.process.terminate()
        self.process.wait(10)
        assert self.process.stdout is not None
        self.process.stdout.close()


class Seen:
    """A page, with what came over its socket and everything that went wrong on it."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.hosts: set[str] = set()
        self._frame: bytes | None = None
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.hosts.add(request.url.split("/")[2]))
        page.on("websocket", lambda web: web.on("framereceived", self._received))

    def _console(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def _received(self, payload: str | bytes) -> None:
        if isinstance(payload, bytes):
            self._frame = payload

    def frame(self) -> Frame:
        """Decode the newest frame, when nothing is under way."""
        self.until(lambda: self._frame, "a frame")
        last: bytes | None = None
        while last is not self._frame:
            last = self._frame
            self.page.wait_for_timeout(400)
        assert self._frame is not None
        return decoded(self._frame)

    def text(self, selector: str) -> str:
        found: str = self.page.locator(selector).first.inner_text()
        return found.strip()

    def reading(self, name: str) -> float:
        """Give a number of the bar; what is not there yet is infinite."""
        told = self.text(f"[data-reading={name}]").replace(",", "").replace("−", "-")
        return float("inf") if told == "–" else float(told)

    def ready(self) -> None:
        """Wait for a network that is drawn."""
        self.page.locator("[data-spot='0,0'] canvas").wait_for()
        self.until(lambda: self._frame, "a frame")

    def until(self, holds: Callable[[], Any], what: str) -> Any:
        """Wait for it. The page's content policy leaves no other way than to ask again."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            found = holds()
            if found:
                return found
            self.page.wait_for_timeout(50)
        raise AssertionError(f"in vain waited for: {what}")

    def open_tab(self, name: str) -> None:
        """Open a view, and wait for what it shows."""
        self.page.click(f"#tab-{name}")
        if name != "python":
            self.until(lambda: self._frame and self.told(name), name)

    def told(self, view: str) -> Any:
        """Give what the newest frame says of a view, if anything."""
        return self._frame and decoded(self._frame).header["views"].get(view)

    def focused(self) -> str:
        """Describe what has the focus."""
        told: str = self.page.evaluate(
            f"""() => {{ const at = {ROOT}.activeElement;
            return at ? at.getAttribute('aria-label') ?? at.id ?? at.textContent : '' }}"""
        )
        return told

    def drawn(self, selector: str) -> bool:
        """Tell whether a canvas has, or soon gets, more than one colour on it."""
        colours = """canvas => {
          const {width, height} = canvas;
          const {data} = canvas.getContext('2d').getImageData(0, 0, width, height);
          const words = new Uint32Array(data.buffer);
          return words.some(word => word !== words[0]);
        }"""
        canvas = self.page.locator(selector).first
        return bool(self.until(lambda: canvas.evaluate(colours), f"something on {selector}"))
