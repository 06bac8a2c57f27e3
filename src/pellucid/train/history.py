"""What a training was: each quantity for each epoch, the loss of each step, and how it ended."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pellucid import plot
from pellucid.compile import Record, Run
from pellucid.diagnose import Finding, Findings
from pellucid.errors import ArgumentError
from pellucid.lazy import load

if TYPE_CHECKING:
    from pellucid.train.recording import Recording

__all__ = ["History"]

Rates = Callable[[NDArray[np.int64]], NDArray[np.float64]]

POINTS = 80  # of a curve in a row of text
KEPT_STEPS = 2_000_000  # beyond this the losses of single steps are no longer kept


@dataclass(eq=False)
class History(Mapping[str, list[float]]):
    """The record of a fit: a mapping from quantities to one value an epoch.

    ``history["loss"]`` is the mean of the epoch's batch losses, weighted by rows, as they were when
    each batch was met; ``history["val_loss"]`` is measured after the epoch.

    Attributes
    ----------
    names : the quantities of a step: the loss, then the metrics
    seed : decides initial weights, order of rows and random layers
    engine : which engine did it
    epochs, steps : how many were done
    seconds : how long it took
    stopped : why it ended early, or an empty string
    best_epoch : the epoch whose weights were kept by early stopping, counted from 0
    notes : what was done to the data and settings, in sentences
    findings : probable mistakes, each with its code, its evidence and a remedy
    silence : codes of findings that were not asked for
    rates : gives the learning rates of steps, where they change; recorded as "learning_rate"
    recording : with ``fit(record=True)``, the training to go back in

    Examples
    --------
    >>> import numpy as np
    >>> from pellucid import nn, optim
    >>> X = np.linspace(-1, 1, 8).reshape(-1, 1)
    >>> model = nn.Sequential([nn.Linear(1)])
    >>> history = model.fit(X, 3 * X, loss="mse", epochs=2, seed=1, progress=False)
    >>> list(history), history.epochs, history.steps
    (['loss', 'mae'], 2, 2)
    """

    names: tuple[str, ...]
    seed: int = 0
    engine: str = ""
    epochs: int = 0
    steps: int = 0
    seconds: float = 0.0
    stopped: str = ""
    best_epoch: int | None = None
    notes: list[str] = field(default_factory=list)
    findings: Findings = field(default_factory=Findings)
    silence: tuple[str, ...] = ()
    rates: Rates | None = field(default=None, repr=False)
    recording: Recording | None = field(default=None, repr=False)
    _columns: dict[str, list[float]] = field(default_factory=dict, repr=False)
    _sums: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 0)), repr=False)
    _losses: list[NDArray[np.float64]] = field(default_factory=list, repr=False)

    def __getitem__(self, name: str) -> list[float]:
        if name in self._columns:
            return self._columns[name]
        if name in self.names:
            return []  # no epoch was completed
        raise ArgumentError(
            f"the history has no {name!r}", wanted=", ".join(self._columns or self.names),
            mend="name it in fit(metrics=[…]), and give validation= for val_…",
        )  # fmt: skip

    def __contains__(self, name: object) -> bool:
        return name in self._columns

    def get(self, name: str, default: Any = None) -> Any:
        """Give the values of a quantity, or `default` if it was not recorded."""
        return self._columns.get(name, default)

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    @property
    def step_losses(self) -> NDArray[np.float64]:
        """The loss of each training step (of the first two million)."""
        return np.concatenate(self._losses) if self._losses else np.empty(0)

    @property
    def steps_per_second(self) -> float:
        """Training steps a second, all of the fit's time counted."""
        return self.steps / self.seconds if self.seconds else 0.0

    def add(self, run: Run, record: Record) -> bool:
        """Take in the scalars of the steps just done; tell whether an epoch was completed."""
        plan, values, width = record.plan, record.values, len(run.phases)
        if not len(plan):
            return False
        epochs, is_step = plan.epochs - plan[0].epoch, plan.phases == 0
        sums = np.zeros(((epochs[-1] + 1) * width, run.columns))  # of each phase of each epoch
        for phase, so_far in enumerate(self._sums):
            sums[phase] = so_far
        np.add.at(sums, epochs * width + plan.phases, values)  # row by row, however they are cut
        completed = int(epochs[-1]) + run.ends_epoch(plan[-1])
        whole, self._sums = sums[: completed * width], sums[completed * width :]
        steps = self.steps + np.cumsum(np.bincount(epochs[is_step], minlength=completed))
        self._take(values[is_step])
        if completed:
            self._close(whole.reshape(completed, width, -1), steps[:completed])
        return completed > 0

    @property
    def sums(self) -> NDArray[np.float64]:
        """The sums of the scalars of the epoch under way, a row for each phase that has begun."""
        return self._sums

    def go_on(self, past: History, sums: NDArray[np.float64], losses: NDArray[np.float64]) -> None:
        """Continue `past`, with the sums of its last epoch and the losses of its steps."""
        self.epochs, self.steps, self.seconds = past.epochs, past.steps, past.seconds
        self._columns, self._sums, self._losses = past._columns, sums, [losses]

    def rewind(self, step: int, epochs: int) -> None:
        """Count from an earlier step on; of an epoch that was begun, only the rest is averaged."""
        self.steps, self.epochs, self._sums = step, epochs, np.zeros((0, 0))

    def _take(self, values: NDArray[np.float64]) -> None:
        """Keep the losses of training steps, and count them."""
        room = max(0, KEPT_STEPS - self.steps)
        with np.errstate(invalid="ignore"):  # a batch in which no row counts has none
            self._losses.append(values[:room, 0] / values[:room, 1])
        self.steps += len(values)

    def _close(self, sums: NDArray[np.float64], steps: NDArray[np.int64]) -> None:
        """Record completed epochs: the sums over each phase of each, and the steps done by then."""
        means = (sums[:, :, ::2] / sums[:, :, 1::2]).transpose(1, 2, 0)
        columns = {
            f"val_{name}" if phase else name: column
            for phase, of_phase in enumerate(means)
            for name, column in zip(self.names, of_phase, strict=True)
        }
        if self.rates is not None:
            columns["learning_rate"] = self.rates(steps)
        for name, column in columns.items():
            self._columns.setdefault(name, []).extend(column.tolist())
        self.epochs += len(steps)

    def taken(self) -> dict[str, list[float]]:
        """Take out what was recorded of completed epochs, for whoever keeps it in another way.

        A training without an end would fill the memory with it. The counts stay.
        """
        columns, self._columns, self._losses = self._columns, {}, []
        return columns

    def put(self, name: str, value: float) -> None:
        """Append a value for the epoch just completed."""
        self._columns.setdefault(name, []).append(value)

    def latest(self) -> dict[str, float]:
        """Give the newest value of each quantity; of an epoch under way, its value so far."""
        found = {name: values[-1] for name, values in self._columns.items()}
        for sums in self._sums[:1]:  # of the training phase
            now = zip(self.names, sums[::2], sums[1::2], strict=True)
            found |= {name: float(total / weight) for name, total, weight in now if weight}
        return found

    def to_config(self) -> dict[str, Any]:
        """Give the history as JSON values; the losses of single steps are left out."""
        kept = {one.name: getattr(self, one.name) for one in fields(self) if one.init and one.repr}
        kept["findings"] = [one.to_config() for one in self.findings]
        columns = [list(column) for column in self.items()]
        return {**kept, "names": list(self.names), "columns": columns}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> History:
        """Make the history that ``to_config`` wrote."""
        past = {k: v for k, v in config.items() if k != "columns"}
        findings = Findings(map(Finding.from_config, past.get("findings", ())))
        given: dict[str, Any] = {"findings": findings, "silence": tuple(past.get("silence", ()))}
        given |= {"names": tuple(past["names"]), "_columns": dict(config["columns"])}
        return cls(**{**past, **given})

    def plot(self, *, figure: Any = None) -> Any:
        """Draw loss and metrics over epochs; gives the Matplotlib figure."""
        return plot.curves(self._columns, figure=figure)

    def lines(self) -> Sequence[str]:
        """Write one JSON object for each epoch, for ``history.jsonl``."""
        rows = zip(*self._columns.values(), strict=True)
        return [
            json.dumps({"epoch": k, **dict(zip(self._columns, row, strict=True))})
            for k, row in enumerate(rows)
        ]

    def __repr__(self) -> str:
        values = ", ".join(f"{k}={v[-1]:.4g}" for k, v in self._columns.items() if v)
        why = f", stopped: {self.stopped}" if self.stopped else ""
        return (
            f"History({self.epochs} epochs, {self.steps} steps, {self.seconds:.2f} s, "
            f"{self.engine}, seed={self.seed}{why}; {values})"
        )

    def _repr_html_(self) -> str:
        escape = load("html").escape
        ended = f"; stopped: {self.stopped}" if self.stopped else ""
        told = (
            f"{self.epochs:,} epochs, {self.steps:,} steps, {self.seconds:.2f} s, "
            f"{self.engine}, seed {self.seed}{ended}"
        )
        rows = "".join(
            f"<tr><td>{escape(name)}</td><td>{column[0]:.4g}</td><td>{column[-1]:.4g}</td>"
            f"<td>{_curve(column)}</td></tr>"
            for name, column in self._columns.items()
            if column
        )
        notes = "".join(f"<p>{escape(note)}</p>" for note in self.notes)
        head = "<tr><th></th><th>first epoch</th><th>last</th><th></th></tr>"
        found = self.findings._repr_html_() if self.findings else ""
        return f"<table><caption>{escape(told)}</caption>{head}{rows}</table>{notes}{found}"


def _curve(column: Sequence[float]) -> str:
    """Draw a column of numbers as a line in a row of text; nothing where there are not two."""
    y = np.array(column, float)
    x = np.flatnonzero(np.isfinite(y))
    x = x[np.unique(np.linspace(0, len(x) - 1, POINTS).round().astype(int))] if len(x) else x
    if len(x) < 2:
        return ""
    span = float(np.ptp(y[x])) or 1.0
    across, down = x / (len(y) - 1) * 156 + 2, (y[x].max() - y[x]) / span * 20 + 2
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(across, down, strict=True))
    return (
        '<svg width="160" height="24" aria-hidden="true"><polyline fill="none" '
        f'stroke="currentColor" stroke-width="1.5" points="{points}"/></svg>'
    )
