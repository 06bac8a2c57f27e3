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
from pellucid.cli.architecture import Architecture, of_sizes
from pellucid.cli.parts import as_python, classes_in, made
from pellucid.cli.sources import Source, open_source, split_rows
from pellucid.cli.wishes import Wishes, loss_of, optimizer_of
from pellucid.data import take
from pellucid.engines.native.team import thread_limit
from pellucid.errors import ArgumentError
from pellucid.files import write_atomically
from pellucid.losses import Loss
from pellucid.report import Report, render_report
from pellucid.version import VERSION

__all__ = ["Outcome", "complete", "train"]

Announcement = Callable[[Source, tuple[int, int], Sequence[str]], None]
LEAST_STEPS, LEAST_EPOCHS = 1_000, 20  # without --epochs: enough for small data to settle


@dataclass(frozen=True, eq=False)
class Outcome:
    """A finished training: where it is, and all that is said about it."""

    folder: Path
    source: Source
    architecture: Architecture
    wishes: Wishes
    rows: tuple[int, int]
    network: nn.Sequential
    results: dict[str, Any]
    notes: tuple[str, ...]


def train(
    given: str,
    wishes: Wishes,
    model: Architecture | None,
    out: Path | None,
    progress: bool | None,
    announce: Announcement,
) -> Outcome:
    """Train on a part of the data, test on the rest, and write the run folder.

    Parameters
    ----------
    given : a data set by name, or the path of a table
    model : the layers that a file describes; else those of ``wishes.hidden``
    out : the folder, instead of the next one in ``runs``
    progress : ``False`` for no bar
    announce : told of the data, the sizes of both parts, and what was done, before it begins
    """
    source = open_source(given, wishes.target, wishes.task)
    loss = _loss(source, wishes, model)
    architecture = complete(model, wishes, source, loss)
    network = architecture.network()
    kept, held = split_rows(source, wishes.test_fraction, wishes.seed)
    (X, y), (test_X, test_y) = ((take(source.X, rows), source.y[rows]) for rows in (kept, held))
    wishes = _with_epochs(wishes, len(y))
    folder = runs.new_folder(source.name, out)
    announce(source, (len(y), len(test_y)), source.notes)
    try:
        with thread_limit(wishes.threads) if wishes.threads else contextlib.nullcontext():
            history = network.fit(
                X, y, loss=loss, optimizer=_optimizer(wishes), epochs=wishes.epochs,
                steps=wishes.steps, batch_size=wishes.batch_size, validation=wishes.validation,
                early_stopping=wishes.early_stopping, prepare="standard", seed=wishes.seed,
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
    notes = (*source.notes, *history.notes)
    outcome = Outcome(
        folder, source, architecture, wishes, (len(y), len(test_y)), network, results, notes
    )
    _write(outcome, test_X, test_y)
    return outcome


def complete(
    model: Architecture | None, wishes: Wishes, source: Source, loss: Loss | None
) -> Architecture:
    """Give the last layer as many units as the target and the loss want."""
    takes, task = ("", "") if loss is None else (loss.takes, loss.task)
    if source.task == "classification":
        outputs = 1 if task == "binary" else len(np.unique(source.y))
    else:
        outputs = source.y.shape[1] if source.y.ndim > 1 else 1
    pictures = np.ndim(source.X) > 2
    return (model or of_sizes(wishes.hidden, takes, task, pictures=pictures)).ending_in(outputs)


def _loss(source: Source, wishes: Wishes, model: Architecture | None) -> Loss | None:
    """Find the loss; without a wish that of the task, or what the last layer of a file wants."""
    loss = loss_of(wishes)
    numbers = source.task == "regression"
    if loss is None:
        default = "mse" if numbers else None if model else "cross_entropy"
        return loss_of(replace(wishes, loss=default))
    if loss.task != "any" and (loss.task == "regression") != numbers:
        what, other = ("numbers", "mse") if numbers else ("classes", "cross_entropy")
        raise ArgumentError(
            f"the loss {loss.name} is not for {what}, and {source.target!r} holds {what}",
            where="--loss", mend=f"leave --loss out, or write --loss {other}",
        )  # fmt: skip
    return loss


def _optimizer(wishes: Wishes) -> optim.Optimizer:
    found: optim.Optimizer = made(
        optimizer_of(wishes), classes_in(optim, optim.Optimizer), "optimizer"
    )
    return found


def _with_epochs(wishes: Wishes, rows: int) -> Wishes:
    if wishes.epochs is not None or wishes.steps is not None:
        return wishes
    steps = math.ceil(rows / wishes.batch_size)
    return replace(wishes, epochs=max(LEAST_EPOCHS, math.ceil(LEAST_STEPS / steps)))


# --- what is written -----------------------------------------------------------------------


def _write(outcome: Outcome, test_X: Any, test_y: NDArray[Any]) -> None:
    folder, network = outcome.folder, outcome.network
    assert network.history is not None
    network.save(folder / runs.MODEL)
    write_atomically(folder / runs.HISTORY, *(line + "\n" for line in network.history.lines()))
    runs.write_json(folder / runs.CONFIG, _config(outcome))
    page = render_report(_report(outcome, test_X, test_y))
    write_atomically(folder / runs.REPORT, page)


def _config(outcome: Outcome) -> dict[str, Any]:
    source = outcome.source
    return {
        "format": runs.FORMAT,
        "pellucid": VERSION,
        "command": _command(source, outcome.wishes),
        "data": {
            "given": source.given,
            "sha256": source.digest,
            "target": source.target,
            "task": source.task,
            "features": list(source.features),
            "classes": list(source.classes),
        },
        "layers": list(outcome.architecture.layers),
        "wishes": asdict(outcome.wishes),
        "notes": list(outcome.notes),
        "results": outcome.results,
    }


def _command(source: Source, wishes: Wishes) -> str:
    """Write the command line that makes the same run, with nothing left to defaults."""
    options = [f"--{name.replace('_', '-')}={value}" for name, value in wishes.options().items()]
    return shlex.join(["pellucid", "train", source.given, *options])


def _script(outcome: Outcome) -> str:
    """Write the same in Python."""
    source, wishes = outcome.source, outcome.wishes
    column = f", {as_python(wishes.target)}" if wishes.target is not None else ""
    task = f", task={as_python(wishes.task)}" if wishes.task is not None else ""
    read = f"found = data.read({as_python(source.given)}{column}{task})"
    stratify = ", stratify=found.y" if source.task == "classification" else ""
    parts = f"data.split(len(found.y), {wishes.test_fraction}, seed={wishes.seed}{stratify})"
    if source.test_rows:
        parts = f"slice(0, -{source.test_rows}), slice(-{source.test_rows}, None)"
    record = outcome.network._record
    assert record is not None
    loss = wishes.loss if isinstance(wishes.loss, dict) else record.objective.loss.name
    length = "epochs" if wishes.steps is None else "steps"
    chosen = {"loss": loss, "optimizer": optimizer_of(wishes), length: getattr(wishes, length)}
    chosen |= {"batch_size": wishes.batch_size}
    chosen |= {
        name: value
        for name in ("validation", "early_stopping")
        if (value := getattr(wishes, name)) is not None
    }
    chosen |= {"prepare": "standard", "seed": wishes.seed, "dtype": wishes.dtype}
    chosen |= {"engine": wishes.engine}
    given = "".join(f"    {name}={as_python(value)},\n" for name, value in chosen.items())
    return f"""\
from pellucid import data, nn, optim

{read}
train, test = {parts}
model = {outcome.architecture.as_python()}
model.fit(
    data.take(found.X, train),
    found.y[train],
{given})
print(model.evaluate(data.take(found.X, test), found.y[test]))
"""


def _report(outcome: Outcome, test_X: Any, test_y: NDArray[Any]) -> Report:
    source, network, results = outcome.source, outcome.network, outcome.results
    classes = source.task == "classification"
    labels = np.unique(source.y) if classes else np.empty(0)
    answers = network.classify(test_X) if classes else network.predict(test_X)
    rows, held_out = outcome.rows
    best = network.history.best_epoch if network.history is not None else None
    notes, target, several = outcome.notes, source.target, test_y.ndim > 1 and test_y.shape[1] > 1
    if several:
        target = source.target.split(", ")[0]
        notes = (*notes, f"The pictures and scores are those of the first target: {target}.")
        test_y, answers = test_y[:, 0], answers[:, 0]
    inputs = np.asarray(test_X)
    return Report(
        title=source.name,
        task=source.task,  # type: ignore[arg-type]
        truth=np.searchsorted(labels, test_y) if classes else test_y,
        predicted=np.searchsorted(labels, answers) if classes else answers,
        train=results["train"],
        test=results["test"],
        data={
            "about": source.about,
            "source": source.given,
            "predicted": source.target,
            "rows to train on": rows,
            "rows to test on": held_out,
            "features": len(source.features) or " × ".join(map(str, inputs.shape[1:])),
        },
        notes=notes,
        network=[(row.kind, str(row.shape), row.parameters) for row in network.summary().rows],
        history=dict(network.history or {}),
        best=None if best is None else best + 1,
        probabilities=network.predict_proba(test_X) if classes else None,
        names=[str(name) for name in source.called(labels)] if classes else None,
        target=target,
        inputs=inputs,
        image_shape=inputs.shape[1:] if inputs.ndim > 2 else source.image_shape,
        features=source.features or None,
        settings={
            **outcome.wishes.options(),
            **{name: results[name] for name in ("epochs", "steps", "seconds")},
        },
        command=_command(source, outcome.wishes),
        script=_script(outcome),
    )  # fmt: skip
