"""Work beside the training on the screen: in a thread, to be looked at and ended at any time."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable
from typing import final

from pellucid.errors import EngineError, PellucidError

__all__ = ["Job"]


@final
class Job:
    """A thread that works; whoever holds it sees whether it goes on, and what it broke on.

    Parameters
    ----------
    work : looks at `wanted` from time to time, and returns when it is false

    Examples
    --------
    >>> job = Job(lambda: None)
    >>> job.begin()
    >>> job.join()
    >>> job.is_running, job.error
    (False, None)
    """

    def __init__(self, work: Callable[[], None]) -> None:
        self._work = work
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.wanted = True
        self.version = 0  # of what can be seen of it
        self.error: PellucidError | None = None

    def begin(self) -> None:
        """Let it work."""
        self._thread.start()

    def end(self) -> None:
        """Ask it to end; what it has done so far stays."""
        self.wanted = False
        self.version += 1

    def join(self, seconds: float | None = None) -> None:
        """Wait until it has ended, or so long."""
        self._thread.join(seconds)

    @property
    def is_running(self) -> bool:
        """Whether it goes on."""
        return self._thread.is_alive()

    @property
    def state(self) -> str:
        """How it stands, in a word."""
        if self.is_running:
            return "running" if self.wanted else "ending"
        return "failed" if self.error else "done" if self.wanted else "stopped"

    def tell(self) -> None:
        """Say that there is something new to be seen."""
        self.version += 1

    def _run(self) -> None:
        try:
            self._work()
        except PellucidError as error:
            self.error = error
        except Exception as error:
            traceback.print_exc()
            self.error = EngineError(f"the lab failed: {type(error).__name__}: {error}",
                                     mend="report this")  # fmt: skip
        self.version += 1
