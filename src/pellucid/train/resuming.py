"""A training in a file: written while it goes on, and continued to the same bits.

Beside what the file of a network holds, there are tensors whose names begin with ``run/``: what the
optimizer keeps, the best arrays of early stopping, the sums of the epoch under way, the losses of
single steps; and a text ``run``, which says where the run stands and what it was begun with.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

import numpy as np
from numpy.typing import NDArray

from pellucid.compile import RunState
from pellucid.engines import Engine, earlier
from pellucid.errors import ArgumentError, FileError
from pellucid.lazy import load
from pellucid.optim import Optimizer
from pellucid.train.callbacks import Granularity, Training
from pellucid.train.checkpoint import RUN, content_of, distrust, record_of
from pellucid.train.keeping import Checkpoint, Keeper
from pellucid.train.options import FitOptions
from pellucid.train.record import FitRecord
from pellucid.train.running import Fit
from pellucid.train.signed import Content, json_of, read, write

if TYPE_CHECKING:
    from pellucid.models import Network

__all__ = ["Checkpointer", "Past", "beginning_of", "past_of"]

BEST = "best/"
SHA256 = "sha256 "
SHOWN = 60  # characters of an argument that are kept as they are; of a longer one, its digest

Arrays = dict[str, NDArray[Any]]


def beginning_of(
    network: Network, begun: Fit, optimizer: Optimizer, options: FitOptions
) -> dict[str, str]:
    """Say what decides the bits of a run, beside its length and the engine."""
    said = content_of(network).metadata
    found = {
        "architecture": said["architecture"],
        "frozen weights": said["frozen"],
        "dtype": str(network.dtype),
        "loss and metrics": json_of([head.to_config() for head in begun.record.objective]),
        "optimizer": json.dumps(optimizer.config, sort_keys=True, default=str),
        "seed": str(begun.record.history.seed),
        "batch_size": str(begun.run.train.batch_size),
        "order of rows": begun.run.sampling,
        "early_stopping": repr(options.stopping),
        "rows": _digest(array for part in begun.data.arrays for array in part),
    }
    return {k: v if len(v) <= SHOWN else _digest([v.encode()]) for k, v in found.items()}


def _digest(parts: Iterable[NDArray[Any] | bytes]) -> str:
    digest = load("hashlib").sha256()
    for part in parts:
        if isinstance(part, np.ndarray):
            digest.update(f"{part.dtype}{part.shape}".encode())
            digest.update(np.ascontiguousarray(part).data)
        else:
            digest.update(part)
    found: str = digest.hexdigest()
    return SHA256 + found[:16]


def past_of(options: FitOptions) -> Past | None:
    """Read the training that is to be continued, if one is.

    Raises
    ------
    FileError : for a file that is missing, damaged, foreign, or of a network alone
    """
    path: object = options.resume
    if path is True:
        assert options.checkpoints is not None
        path = options.checkpoints.path
        if not Path(path).exists():
            return None  # this is the first time
    return Past(str(path)) if isinstance(path, (str, Path)) else None


# --- from a file ---------------------------------------------------------------------------


@final
class Past:
    """A training as a file holds it."""

    def __init__(self, path: str) -> None:
        self.path = path
        content = read(path)
        if "run" not in content.metadata:
            raise FileError(
                "the file holds a network alone, and no training to continue", where=path,
                wanted="a file of fit(checkpoint=…)",
                mend="load it with pel.load(path), and fit it: that begins a new training",
            )  # fmt: skip
        with distrust(path):
            self._said: dict[str, Any] = json.loads(content.metadata["run"])
            record = record_of(content)
            assert record is not None
            self.record: FitRecord = record
            self.best: list[Any] = self._said["best"]
        self._tensors: Mapping[str, NDArray[Any]] = content.tensors

    @property
    def engine(self) -> Engine | None:
        """The engine to go on with, if it has to be asked for."""
        return earlier(self.record.history.engine)

    def check(self, beginning: Mapping[str, str]) -> None:
        """Refuse to continue what was begun otherwise.

        Raises
        ------
        ArgumentError : naming what is other than it was
        """
        before = self._said["beginning"]
        names = [name for name in beginning if before.get(name) != beginning[name]]
        if names:
            raise ArgumentError(
                f"the training in the file was begun with other {' and other '.join(names)}",
                where=self.path,
                got=_told(names, beginning), wanted=_told(names, before),
                mend="call fit with the rows and arguments of that time (epochs may be more); "
                "pel.load(path).fit(…) begins a new training with these weights",
            )  # fmt: skip

    def restore(self, network: Network, begun: Fit, state: RunState, optimizer: Optimizer) -> None:
        """Put the run where it stood: its arrays, numbers, watch, place and history."""
        with distrust(self.path):
            said, names = self._said, _names(network, begun)
            for name, array in zip(names, state.arrays, strict=True):
                _fill(array, self._tensors[name], name)
            own = begun.programs.variables[: begun.programs.own]
            for variable, array in zip(own, state.arrays, strict=False):
                variable.assign(array)
            state.epoch, state.phase, state.step = map(int, said["place"])
            state.stopped = bool(said["stopped"])
            watch = state.watch
            watch.total, watch.weight, watch.best, watch.best_epoch = said["watch"]
            if watch.best_epoch >= 0 and said["has best"]:
                watch.best_arrays = [np.empty_like(array) for array in state.arrays]
                for name, array in zip(names, watch.best_arrays, strict=True):
                    _fill(array, self._tensors[RUN + BEST + name], name)
            for name in optimizer.plateaus:
                np.copyto(begun.hyper[name], said["hyper"][name])
            sums, losses = self._tensors[f"{RUN}sums"], self._tensors[f"{RUN}losses"]
            begun.record.history.go_on(self.record.history, sums, losses)
        place = f"epoch {state.epoch + 1:,}, after {begun.record.history.steps:,} steps"
        begun.record.history.notes.append(f"Continued from {self.path}, in {place}.")


def _told(names: Sequence[str], values: Mapping[str, str]) -> str:
    """Give what a person can read of some arguments."""
    found = {name: values.get(name, "unknown") for name in names}
    return ", ".join(f"{name} {v}" for name, v in found.items() if not v.startswith(SHA256))


def _names(network: Network, begun: Fit) -> list[str]:
    """Name the arrays of a run's state."""
    programs = begun.programs
    return [*network.variables(), *(RUN + one.name for one in programs.variables[programs.own :])]


def _fill(array: NDArray[Any], found: NDArray[Any], name: str) -> None:
    if (array.shape, array.dtype) != (found.shape, found.dtype):
        raise FileError(f"the tensor {name!r} is not that of this run", got=str(found.shape))
    np.copyto(array, found)


# --- to a file -----------------------------------------------------------------------------


@final
class Checkpointer(Keeper):
    """Writes a run to its file from time to time.

    Parameters
    ----------
    beginning : what the run was begun with
    greater_is_better : of the column that tells the best network
    past : what it continues, if it does
    """

    def __init__(
        self,
        network: Network,
        begun: Fit,
        rule: Checkpoint,
        beginning: Mapping[str, str],
        past: Past | None,
        *,
        greater_is_better: bool,
    ) -> None:
        self._network, self._begun, self._rule = network, begun, rule
        self._beginning, self._sign = beginning, -1.0 if greater_is_better else 1.0
        self._best: list[Any] = past.best if past is not None else [float("inf"), -1]
        self._best_arrays: Arrays = {}
        self._seconds, self._epochs = begun.record.history.seconds, begun.record.history.epochs
        self._by_epochs = not begun.run.train.draws
        by_epochs = rule.best is not None or (rule.every is not None and self._by_epochs)
        self.granularity: Granularity = "epoch" if by_epochs else "time"

    def begin(self, training: Training, state: RunState) -> None:
        """See that it can be written, before anything is lost; leave a file that is there."""
        self._written, self._count = time.perf_counter(), self._counted(training)
        content = self._content(training, state)
        if not Path(self._rule.path).exists():
            write(self._rule.path, content)

    def see(self, training: Training, state: RunState, *, touched: bool) -> None:
        """Write the file, if its time has come."""
        if self._rule.best is not None:
            self._compare(training, state)
        if self._rule.every is None:
            due = time.perf_counter() - self._written >= self._rule.seconds
        else:
            due = self._counted(training) - self._count >= self._rule.every
        if due:
            self.end(training, state)

    def end(self, training: Training, state: RunState) -> None:
        """Write the best network, then the run that knows of it."""
        if self._best_arrays:
            write(self._rule.best_path, content_of(self._network, self._best_arrays))
            self._best_arrays = {}
        write(self._rule.path, self._content(training, state))
        self._written, self._count = time.perf_counter(), self._counted(training)

    def _counted(self, training: Training) -> int:
        history = training.history
        return history.epochs if self._by_epochs else history.steps

    def _compare(self, training: Training, state: RunState) -> None:
        """Keep the weights of the epoch just done, if it is the best so far."""
        assert self._rule.best is not None
        history = training.history
        if history.epochs == self._epochs:
            return
        self._epochs = history.epochs
        value = self._sign * history[self._rule.best][-1]
        if value < self._best[0]:
            self._best = [value, history.epochs - 1]
            own = zip(self._network.variables(), state.arrays, strict=False)
            self._best_arrays = {name: array.copy() for name, array in own}

    def _content(self, training: Training, state: RunState) -> Content:
        history, watch = training.history, state.watch
        history.seconds = self._seconds + training.seconds
        names = _names(self._network, self._begun)
        own = self._begun.programs.own
        arrays = dict(zip(names, state.arrays, strict=True))
        found = content_of(self._network, {name: arrays[name] for name in names[:own]})
        kept: Arrays = {name: arrays[name] for name in names[own:]}
        kept |= {f"{RUN}sums": history.sums, f"{RUN}losses": history.step_losses}
        best = zip(names, watch.best_arrays, strict=False)
        kept |= {RUN + BEST + name: array for name, array in best}
        said = {
            "place": [state.epoch, state.phase, state.step],
            "stopped": state.stopped,
            "watch": [watch.total, watch.weight, watch.best, watch.best_epoch],
            "has best": bool(watch.best_arrays),
            "hyper": {name: float(array) for name, array in self._begun.hyper.items()},
            "best": self._best,
            "beginning": dict(self._beginning),
        }
        return Content({**found.metadata, "run": json_of(said)}, {**found.tensors, **kept})
