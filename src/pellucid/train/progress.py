"""Progress as a person wants it: a bar in a terminal or notebook, a line now and then elsewhere."""

from __future__ import annotations

import sys
from typing import Any, final

from pellucid.lazy import load
from pellucid.train.callbacks import Callback, Granularity, Training

__all__ = ["BarProgress", "LineProgress", "progress_callback"]

BETWEEN_LINES = 10.0  # seconds, where there is neither a terminal nor a notebook


@final
class BarProgress(Callback):
    """A bar with epochs, loss and metrics, steps a second and the time left."""

    granularity: Granularity = "time"
    looks_at_model = False

    def __init__(self) -> None:
        self._live: Any = None
        self._task: Any = None

    def on_begin(self, training: Training) -> None:
        """Put up the bar."""
        rich = load("rich.progress")
        self._live = rich.Progress(
            rich.TextColumn("{task.description}"),
            rich.BarColumn(bar_width=None),
            rich.TextColumn("{task.fields[numbers]}"),
            rich.TimeRemainingColumn(compact=True, elapsed_when_finished=True),
            console=load("rich.console").Console(stderr=True),
            expand=True,
            refresh_per_second=10,
        )
        for note in training.history.notes:
            self._live.console.print(note, style="dim", highlight=False)
        self._task = self._live.add_task(_where(training), total=training.steps, numbers="")
        self._live.start()

    def on_progress(self, training: Training) -> None:
        """Move the bar."""
        done = training.history.steps
        self._live.update(
            self._task, completed=done, description=_where(training), numbers=_numbers(training)
        )

    def on_end(self, training: Training) -> None:
        """Leave the last state standing."""
        if self._live is not None:
            self.on_progress(training)
            self._live.stop()
            if training.stop_reason:
                self._live.console.print(f"stopped: {training.stop_reason}", style="dim")


@final
class LineProgress(Callback):
    """Plain lines on standard error: every n epochs, or, without n, at most one in ten seconds."""

    looks_at_model = False

    def __init__(self, every: int | None = None) -> None:
        self.granularity: Granularity = "time" if every is None else "epoch"
        self._every = every
        self._last = 0.0

    def on_progress(self, training: Training) -> None:
        """Write a line when it is time for one."""
        if self._every is None:
            due = training.seconds - self._last >= BETWEEN_LINES
        else:
            due = training.history.epochs % self._every == 0
        if due:
            self._last = training.seconds
            print(f"{_where(training)}  {_numbers(training)}", file=sys.stderr, flush=True)


def progress_callback(wish: bool | int | None) -> Callback | None:
    """Choose what shows progress: nothing, a bar, or lines.

    Parameters
    ----------
    wish : ``None`` and ``True`` for what fits the place, ``False`` for nothing, a number n for a
        line every n epochs
    """
    if wish is False:
        return None
    if wish is None or wish is True:
        return BarProgress() if sys.stderr.isatty() or _in_notebook() else LineProgress()
    return LineProgress(wish)


def _in_notebook() -> bool:
    shell = sys.modules.get("IPython")
    return shell is not None and type(shell.get_ipython()).__name__ == "ZMQInteractiveShell"


def _where(training: Training) -> str:
    done = training.history.steps
    if training.epochs <= 1:
        return f"step {done:,}/{training.steps:,}"
    epoch = -(-done * training.epochs // training.steps)
    return f"epoch {max(epoch, 1):,}/{training.epochs:,}"


def _numbers(training: Training) -> str:
    values = [f"{name} {value:.4f}" for name, value in training.history.latest().items()]
    pace = training.history.steps / training.seconds if training.seconds else 0.0
    return "  ".join([*values, f"{pace:,.0f} steps/s"])
