"""The command *train*: from data and wishes to a run folder."""

from __future__ import annotations

import contextlib
import math
import shlex
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid import nn, optim
from pellucid.cli import runs
from pellucid.cli.sources import Source, open_source, split_rows
from pellucid.data import take
from pellucid.files import write_atomically
from pellucid.report import Report, render_report
from pellucid.version import VERSION

__all__ = ["Outcome", "Wishes", "train"]

Announcement = Callable[[Source, tuple[int, int], Sequence[str]], None]
LEAST_STEPS, LEAST_EPOCHS = 1_000, 20  # without --epochs: enough for small data to settle


@dataclass(frozen=True)
class Wishes:
    """What the user may choose; the defaults suit small and middle-sized tables."""

    target: str | None = None
    task: str | None = None
    epochs: int | None = None
    hidden: tuple[int, ...] = (512,)
    learning_rate: float = 0.001
    batch_size: int = 32
    optimizer: str = "adam"
    seed: int = 0
    engine: str | None = None
    dtype: str = "float32"
    test_fraction: float = 0.3


@dataclass(frozen=True, eq=False)
class Outcome:
    """A finished training: where it is, and all that is said about it.

    `moved` says which rows are in another part than the seed alone has decided.
    """

    folder: Path
    source: Source
    rows: tuple[int, int]
    network: nn.Sequential
    results: dict[str, Any]
    notes: tuple[str, ...]
    moved: tuple[str, ...]


def train(
    given: str,
    wishes: Wishes,
    out: Path | None,
    progress: bool | None,
    announce: Announcement,
) -> Outcome:
    """Train on a part of the data, test on the rest, and write the run folder.

    Parameters
    ----------
    given : a data set by name, or the path of a table
    out : the folder, instead of the next one in ``runs``
    progress : ``False`` for no bar
    announce : told of the data, the sizes of both parts, and what was done, before it begins
    """
    source = open_source(given, wishes.target, wishes.task)
    kept, held, moved = split_rows(source, wishes.test_fraction, wishes.seed)
    (X, y), (test_X, test_y) = ((take(source.X, rows), source.y[rows]) for rows in (kept, held))
    if wishes.epochs is None:
        steps = math.ceil(len(y) / wishes.batch_size)
        wishes = replace(wishes, epochs=max(LEAST_EPOCHS, math.ceil(LEAST_STEPS / steps)))
    folder = runs.new_folder(source.name, out)
    announce(source, (len(y), len(test_y)), (*source.notes, *moved))
    network = _network(source, wishes)
    try:
        history = network.fit(
            X, y, loss=_loss(source), optimizer=_optimizer(wishes), epochs=wishes.epochs,
            batch_size=wishes.batch_size, prepare="standard", seed=wishes.seed,
            dtype=wishes.dtype, engine=wishes.engine, progress=progress,
        )  # fmt: skip
    except BaseException:
        with contextlib.suppress(OSError):
            folder.rmdir()
        raise
    wishes = replace(wishes, engine=history.engine)
    results = {
        "data": source.given,
        "task": source.task,
        "train": network.evaluate(X, y),
        "test": network.evaluate(test_X, test_y),
        "epochs": history.epochs,
        "steps": history.steps,
        "seconds": history.seconds,
        "steps_per_second": history.steps_per_second,
        "engine": history.engine,
        "seed": wishes.seed,
        "run": str(folder),
        "stopped": history.stopped,
    }
    notes = (*source.notes, *moved, *history.notes)
    outcome = Outcome(folder, source, (len(y), len(test_y)), network, results, notes, moved)
    _write(outcome, wishes, test_X, test_y)
    return outcome


def _network(source: Source, wishes: Wishes) -> nn.Sequential:
    outputs = len(np.unique(source.y)) if source.task == "classification" else 1
    hidden = [nn.Linear(units, activation="relu") for units in wishes.hidden]
    return nn.Sequential([*hidden, nn.Linear(outputs)])


def _loss(source: Source) -> str:
    return "cross_entropy" if source.task == "classification" else "mse"


def _optimizer(wishes: Wishes) -> optim.Optimizer:
    return replace(optim.get(wishes.optimizer), learning_rate=wishes.learning_rate)


# --- what is written -----------------------------------------------------------------------


def _write(outcome: Outcome, wishes: Wishes, test_X: Any, test_y: NDArray[Any]) -> None:
    folder, network = outcome.folder, outcome.network
    assert network.history is not None
    network.save(folder / runs.MODEL)
    write_atomically(folder / runs.HISTORY, *(line + "\n" for line in network.history.lines()))
    runs.write_json(folder / runs.CONFIG, _config(outcome, wishes))
    page = render_report(_report(outcome, wishes, test_X, test_y))
    write_atomically(folder / runs.REPORT, page)


def _config(outcome: Outcome, wishes: Wishes) -> dict[str, Any]:
    source = outcome.source
    return {
        "format": runs.FORMAT,
        "pellucid": VERSION,
        "command": _command(source, wishes),
        "data": {
            "given": source.given,
            "sha256": source.digest,
            "target": source.target,
            "task": source.task,
            "features": list(source.features),
            "classes": list(source.classes),
        },
        "wishes": asdict(wishes),
        "notes": list(outcome.notes),
        "results": outcome.results,
    }


def _options(wishes: Wishes) -> dict[str, object]:
    """Name all options that were chosen, by the user or for the user."""
    given = asdict(wishes) | {"hidden": ",".join(map(str, wishes.hidden)) or "none"}
    return {name: value for name, value in given.items() if value is not None}


def _command(source: Source, wishes: Wishes) -> str:
    """Write the command line that makes the same run, with nothing left to defaults."""
    options = [f"--{name.replace('_', '-')}={value}" for name, value in _options(wishes).items()]
    return shlex.join(["pellucid", "train", source.given, *options])


def _script(source: Source, wishes: Wishes) -> str:
    """Write the same in Python."""
    layers = [f'nn.Linear({units}, activation="relu")' for units in wishes.hidden]
    outputs = len(np.unique(source.y)) if source.task == "classification" else 1
    optimizer = f"optim.{type(optim.get(wishes.optimizer)).__name__}({wishes.learning_rate})"
    if source.is_file:
        read = f"found = data.table({source.given!r}, {source.target!r}, task={source.task!r})"
        X, y = "found.features", "found.target"
    else:
        read, X, y = f"found = data.named({source.name!r})", "found.X", "found.y"
    stratify = f", stratify={y}" if source.task == "classification" else ""
    return f"""\
from pellucid import data, nn, optim

{read}
train, test = data.split(len({y}), {wishes.test_fraction}, seed={wishes.seed}{stratify})
model = nn.Sequential([{", ".join([*layers, f"nn.Linear({outputs})"])}])
model.fit(
    data.take({X}, train), {y}[train], loss="{_loss(source)}", optimizer={optimizer},
    epochs={wishes.epochs}, batch_size={wishes.batch_size}, prepare="standard",
    seed={wishes.seed}, dtype="{wishes.dtype}", engine="{wishes.engine}",
)
print(model.evaluate(data.take({X}, test), {y}[test]))
"""


def _report(outcome: Outcome, wishes: Wishes, test_X: Any, test_y: NDArray[Any]) -> Report:
    source, network, results = outcome.source, outcome.network, outcome.results
    classes = source.task == "classification"
    labels = np.unique(source.y)
    rows, held_out = outcome.rows
    return Report(
        title=source.name,
        task=source.task,  # type: ignore[arg-type]
        truth=np.searchsorted(labels, test_y) if classes else test_y,
        predicted=np.searchsorted(labels, network.classify(test_X)) if classes
        else network.predict(test_X),
        train=results["train"],
        test=results["test"],
        data={
            "about": source.about,
            "source": source.given,
            "predicted": source.target,
            "rows to train on": rows,
            "rows to test on": held_out,
            "features": len(source.features),
        },
        notes=outcome.notes,
        network=[(row.kind, str(row.shape), row.parameters) for row in network.summary().rows],
        history=dict(network.history or {}),
        probabilities=network.predict_proba(test_X) if classes else None,
        names=[str(name) for name in source.called(labels)] if classes else None,
        inputs=np.asarray(test_X),
        image_shape=source.image_shape,
        features=None if source.image_shape else source.features,
        settings={
            **_options(wishes),
            **{name: results[name] for name in ("epochs", "steps", "seconds")},
        },
        command=_command(source, wishes),
        script="" if outcome.moved else _script(source, wishes),
    )  # fmt: skip
