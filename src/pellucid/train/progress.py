"""Progress as a person wants it: a bar in a terminal or notebook, a line now and then elsewhere."""

from __future__ import annotations

import sys
from typing import Any, final

from pellucid.diagnose import Findings
from pellucid.lazy import load
from pellucid.train.callbacks import Callback, Granularity, Training

__all__ = ["BETWEEN_LINES", "BarProgress", "LineProgress", "is_watched", "progress_callback"]

BETWEEN_LINES = 10.0  # seconds, where there is neither a terminal nor a notebook


@final
class Pace:
    """Steps a second since the first steps were reported: making programs is not counted."""

    def __init__(self) -> None:
        self._begun: tuple[int, float] | None = None

    def of(self, training: Training) -> float:
        """Give the pace, or 0 as long as it cannot be known."""
        steps, seconds = training.history.steps, training.seconds
        if self._begun is None and steps:
            self._begun = steps, seconds
        first, start = self._begun or (0, seconds)
        return (steps - first) / (seconds - start) if seconds > start else 0.0


@final
class Teller:
    """Tells each finding once: those of the rows before the first step, the others at the end."""

    def __init__(self) -> None:
        self._told: Findings = Findings()

    def new(self, training: Training) -> list[str]:
        """Give what has been found since, in two lines each; notes are left to the history."""
        found = [one for one in training.history.findings.alarms if one not in self._told]
        self._told += tuple(found)
        return [one.brief for one in found]


@final
class BarProgress(Callback):
    """A bar with epochs, steps a second and the time left; below it loss and metrics."""

    granularity: Granularity = "time"
    looks_at_model = False

    def __init__(self) -> None:
        self._pace, self._teller = Pace(), Teller()
        self._bar: Any = None
        self._live: Any = None

    def on_begin(self, training: Training) -> None:
        """Put up the bar."""
        rich = load("rich.progress")
        self._bar = rich.Progress(
            rich.TextColumn("{task.description}"),
            rich.BarColumn(bar_width=None),
            rich.TextColumn("{task.fields[pace]}"),
            expand=True,
        )
        self._bar.add_task("", total=training.steps, pace="")
        console = load("rich.console").Console(stderr=True)
        for note in training.history.notes:
            console.print(note, style="dim", highlight=False)
        self._teller = Teller()
        for text in self._teller.new(training):
            console.print(text, style="yellow", highlight=False, markup=False)
        self._live = load("rich.live").Live(console=console, auto_refresh=False)
        self._live.start()
        self.on_progress(training)

    def on_progress(self, training: Training) -> None:
        """Move the bar."""
        pace = self._pace.of(training)
        left = (training.steps - training.history.steps) / pace if pace else None
        self._draw(training, pace, "" if left is None else f"{_clock(left)} left")

    def on_end(self, training: Training) -> None:
        """Leave the last state standing."""
        if self._live is not None:
            brief = training.seconds < 60
            took = f"{training.seconds:.1f} s" if brief else _clock(training.seconds)
            self._draw(training, self._pace.of(training) or _mean_pace(training), took)
            self._live.stop()
            if training.stop_reason:
                self._live.console.print(f"stopped: {training.stop_reason}", style="dim")
            for text in self._teller.new(training):
                self._live.console.print(text, style="yellow", highlight=False, markup=False)

    def _draw(self, training: Training, pace: float, time: str) -> None:
        shown = f"{pace:,.0f} steps/s  {time}" if time else ""
        (task,) = self._bar.task_ids
        done = training.history.steps
        self._bar.update(task, completed=done, description=_where(training), pace=shown)
        numbers = load("rich.text").Text(_numbers(training))
        self._live.update(load("rich.console").Group(self._bar, numbers), refresh=True)


@final
class LineProgress(Callback):
    """Plain lines on standard error: every n epochs, or, without n, at most one in ten seconds."""

    looks_at_model = False

    def __init__(self, every: int | None = None) -> None:
        self.granularity: Granularity = "time" if every is None else "epoch"
        self._every = every
        self._pace, self._teller = Pace(), Teller()
        self._last_time = 0.0
        self._last_step = 0

    def on_begin(self, training: Training) -> None:
        """Say what was done to data and settings."""
        self._teller = Teller()
        for text in (*training.history.notes, *self._teller.new(training)):
            _say(text)

    def on_progress(self, training: Training) -> None:
        """Write a line when it is time for one."""
        self._pace.of(training)
        if self._every is None:
            due = training.seconds - self._last_time >= BETWEEN_LINES
        else:
            due = training.history.epochs % self._every == 0
        if due:
            self._line(training)

    def on_end(self, training: Training) -> None:
        """End what was begun with the last numbers, and say why it ended early."""
        begun = self._every is not None or self._last_time
        if begun and training.history.steps > self._last_step:
            self._line(training)
        if training.stop_reason:
            _say(f"stopped: {training.stop_reason}")
        for text in self._teller.new(training):
            _say(text)

    def _line(self, training: Training) -> None:
        self._last_time, self._last_step = training.seconds, training.history.steps
        pace = self._pace.of(training) or _mean_pace(training)
        _say(f"{_where(training)}  {_numbers(training)}  {pace:,.0f} steps/s")


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
        return BarProgress() if is_watched() else LineProgress()
    return LineProgress(wish)


def is_watched() -> bool:
    """Tell whether there is a terminal or a notebook, in which a bar can move."""
    shell = sys.modules.get("IPython")
    if sys.stderr.isatty():
        return True
    return shell is not None and type(shell.get_ipython()).__name__ == "ZMQInteractiveShell"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _where(training: Training) -> str:
    done = training.history.steps
    if training.epochs <= 1:
        return f"step {done:,}/{training.steps:,}"
    epoch = -(-done * training.epochs // training.steps)
    return f"epoch {max(epoch, 1):,}/{training.epochs:,}"


def _numbers(training: Training) -> str:
    return "  ".join(f"{name} {_short(x)}" for name, x in training.history.latest().items())


def _short(x: float) -> str:
    return f"{x:.4f}" if x == 0 or 1e-3 <= abs(x) < 1e5 else f"{x:.3g}"


def _mean_pace(training: Training) -> float:
    return training.history.steps / training.seconds if training.seconds else 0.0


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
