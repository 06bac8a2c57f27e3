"""How a sweep is told while it goes on: a bar in a terminal or notebook, a line elsewhere."""

from __future__ import annotations

import sys
import time
from typing import Any, final

from pellucid.lazy import load
from pellucid.train.progress import BETWEEN_LINES, is_watched

__all__ = ["Teller"]

BETWEEN_DRAWINGS = 0.1  # seconds


@final
class Teller:
    """Tells how many runs have ended, the best so far, and the time left.

    Parameters
    ----------
    total : how many runs there are
    score : what is compared
    wish : ``None`` and ``True`` for what fits the place, ``False`` for nothing
    """

    def __init__(self, total: int, score: str, sign: int, wish: bool | None) -> None:
        self._total, self._score, self._sign = total, score, sign
        self._done, self._broken = 0, 0
        self._best: tuple[float, str] | None = None
        self._start = self._last = time.monotonic()
        self._bar: Any = None
        self._is_silent = wish is False
        if not self._is_silent and is_watched():
            self._bar = self._made()
            self._bar.start()

    def _made(self) -> Any:
        rich = load("rich.progress")
        bar = rich.Progress(
            rich.TextColumn("{task.completed:,.0f}/{task.total:,} runs"), rich.BarColumn(None),
            rich.TimeRemainingColumn(), rich.TextColumn("{task.fields[best]}"),
            console=load("rich.console").Console(stderr=True), expand=True, auto_refresh=False,
        )  # fmt: skip
        bar.add_task("", total=self._total, best="")
        return bar

    def add(self, value: float | None, combination: str) -> None:
        """Count a run that has ended, with what is compared; ``None`` if it diverged."""
        self._done += 1
        self._broken += value is None
        if value is not None and (self._best is None or self._sign * value < self._best[0]):
            self._best = self._sign * value, combination

    def more(self, runs: int) -> None:
        """Say that there will be more runs, or fewer."""
        self._total += runs

    def tell(self) -> None:
        """Show it, when it is time to."""
        now = time.monotonic()
        due = BETWEEN_DRAWINGS if self._bar is not None else BETWEEN_LINES
        if not self._is_silent and now - self._last >= due:
            self._last = now
            self._show()

    def end(self) -> None:
        """Leave the last state standing."""
        if self._bar is not None:
            self._show()
            self._bar.stop()
        elif not self._is_silent and self._last != self._start:
            self._show()

    def _show(self) -> None:
        if self._bar is not None:
            self._bar.update(0, completed=self._done, total=self._total, best=self._text)
            self._bar.refresh()
        else:
            counts = f"{self._done:,}/{self._total:,} runs"
            print(f"{counts}  {self._text}", file=sys.stderr, flush=True)

    @property
    def _text(self) -> str:
        broken = f"  {self._broken:,} diverged" * bool(self._broken)
        if self._best is None:
            return broken.strip()
        best, combination = self._best
        where = f" ({combination})" if len(combination) <= 40 and combination else ""
        return f"{self._score} {self._sign * best:.4g}{where}{broken}"
