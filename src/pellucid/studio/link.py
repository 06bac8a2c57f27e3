"""The server's end of the pipe: start a worker, hear it, miss it, start it again, end it."""

from __future__ import annotations

import contextlib
import json
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from pellucid.lazy import load
from pellucid.studio.wire import Packet, Wire

if TYPE_CHECKING:
    import subprocess

__all__ = ["Link"]

GRACE = 0.5  # seconds that a worker has to end by itself


@final
class Link:
    """A worker in a process of its own.

    Parameters
    ----------
    folder : private to the session, with the opening in it
    hear : called with each packet, in a thread of the link
    lost : called when the worker has ended without being asked to, with its exit status
    """

    def __init__(
        self, folder: Path, hear: Callable[[Packet], None], lost: Callable[[int], None]
    ) -> None:
        self._folder, self._hear, self._lost = folder, hear, lost
        self._process: subprocess.Popen[bytes] | None = None
        self._wire: Wire | None = None
        self._ending = False

    def start(self) -> None:
        """Start a worker; it goes on with the session in the folder, if there is one."""
        command = [sys.executable, "-P", "-m", "pellucid.studio.worker", str(self._folder)]
        pipe = load("subprocess").PIPE
        process: subprocess.Popen[bytes] = load("subprocess").Popen(
            command, stdin=pipe, stdout=pipe, start_new_session=True
        )
        self._process = process
        assert process.stdin is not None
        assert process.stdout is not None
        self._wire = Wire(process.stdout, process.stdin)  # type: ignore[arg-type]
        threading.Thread(target=self._listen, args=(process, self._wire), daemon=True).start()

    @property
    def pid(self) -> int | None:
        """The process of the worker, if it lives."""
        return self._process.pid if self.alive and self._process is not None else None

    @property
    def alive(self) -> bool:
        """Whether there is a worker."""
        return self._process is not None and self._process.poll() is None

    def say(self, page: int, text: str) -> bool:
        """Pass on what a page has said; tell whether anyone was there to hear it."""
        return self._write(b"T", page, text.encode())

    def tell(self, page: int, **told: Any) -> bool:
        """Say something of the server's own."""
        return self._write(b"I", page, json.dumps(told).encode())

    def _write(self, kind: bytes, page: int, body: bytes) -> bool:
        if self._wire is None or not self.alive:
            return False
        with contextlib.suppress(OSError, ValueError):
            self._wire.write(kind, page, body)
            return True
        return False

    def _listen(self, process: subprocess.Popen[bytes], wire: Wire) -> None:
        with contextlib.suppress(OSError, ValueError):
            while (packet := wire.read()) is not None:
                self._hear(packet)
        status = process.wait()
        wire.close()
        if not self._ending and process is self._process:
            self._lost(status)

    def stop(self) -> None:
        """End the worker: its input is closed; if it does not mind that, it is killed."""
        self._ending = True
        process = self._process
        if process is None:
            return
        with contextlib.suppress(OSError, ValueError):
            assert process.stdin is not None
            process.stdin.close()
        try:
            process.wait(GRACE)
        except load("subprocess").TimeoutExpired:
            process.kill()
            process.wait()
