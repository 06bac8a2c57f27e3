"""The command *train*: from data and wishes to a run folder."""

from __future__ import annotations

import contextlib
import math
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid import nn, optim
from pellucid.cli import runs
from pellucid.cli.architecture import Architecture, of_sizes
from pellucid.cli.lines import LossLines
from pellucid.cli.parts import as_python, classes_in, made
from pellucid.cli.seen import feature_maps, kernels
from pellucid.cli.sources import Source, open_source, split_rows
from pellucid.cli.wishes import Wishes, loss_of, optimizer_of
from pellucid.data import take
from pellucid.diagnose import Finding
from pellucid.engines.native.team import thread_limit
from pellucid.errors import ArgumentError, DataError, FileError, PellucidError
from pellucid.files import write_atomically
from pellucid.losses import Loss
from pellucid.report import Report, render_report
from pellucid.version import VERSION

__all__ = [
    "Outcome", "Progress", "complete", "config_of", "loss_for", "optimizer_for", "resume", "train",
    "with_epochs",
]  # fmt: skip

Announcement = Callable[[Source, tuple[int, int], Sequence[str]], None]


@dataclass(frozen=True)
class Progress:
    """How a training is told while it goes on: by a bar, and by a line every so many batches."""

    bar: bool = True
    every: int | None = None

    def lines(self, wishes: Wishes, rows: int) -> list[LossLines]:
        """Give what writes the lines, if they are wished for."""
        kept = rows - round((wishes.validation or 0) * rows)
        return [LossLines(self.every, wishes.batch_size, kept)] if self.every else []


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
    progress: Progress,
    announce: Announcement,
) -> Outcome:
    """Train on a part of the data, test on the rest, and write the run folder.

    Parameters
    ----------
    given : a data set by name, or the path of a table
    model : the layers that a file describes; else those of ``wishes.hidden``
    out : the folder, instead of the next one in ``runs``
    progress : how it is told
    announce : told of the data, the sizes of both parts, and what was done, before it begins
    """
    source = open_source(given, wishes.target, wishes.task, wishes.folder)
    architecture = complete(model, wishes, source, loss_for(source, wishes, model))
    parts = split_rows(source, wishes.test_fraction, wishes.seed)
    wishes = with_epochs(wishes, len(parts[0]), architecture)
    folder = runs.new_folder(source.name, out)
    announce(source, (len(parts[0]), len(parts[1])), source.notes)
    try:
        runs.write_json(folder / runs.CONFIG, config_of(source, wishes, architecture))
        return _trained(source, wishes, architecture, parts, folder, progress, model)
    except BaseException as error:
        hopeless = isinstance(error, PellucidError) and not isinstance(error, FileError)
        if hopeless or not (folder / runs.CHECKPOINT).exists():
            runs.removed(folder)
        elif isinstance(error, KeyboardInterrupt):
            raise KeyboardInterrupt(f"to go on: pellucid train --resume {folder}") from None
        raise


def resume(
    folder: Path,
    longer: Mapping[str, Any],
    progress: Progress,
    announce: Announcement,
) -> Outcome:
    """Continue a run that has not ended, or for more epochs one that has.

    Parameters
    ----------
    longer : the epochs or steps that it is to have in the end, if they are to be others

    Raises
    ------
    FileError : when there is no such run
    DataError : when the data are no longer those that it was begun with
    """
    config = runs.read_config(folder)
    about, said = config["data"], config["wishes"]
    wishes = replace(Wishes(**{**said, "hidden": tuple(said["hidden"])}), **longer)
    source = open_source(about["given"], wishes.target, wishes.task, wishes.folder)
    if source.digest != about["sha256"]:
        raise DataError(
            "the file is no longer the one that the run was begun with", where=source.given,
            mend=f"train anew: pellucid train {source.given}",
        )  # fmt: skip
    architecture = Architecture(tuple(config["layers"]), given=str(folder))
    parts = split_rows(source, wishes.test_fraction, wishes.seed)
    announce(source, (len(parts[0]), len(parts[1])), source.notes)
    model = None if wishes.model is None else architecture
    return _trained(source, wishes, architecture, parts, folder, progress, model)


def _trained(
    source: Source,
    wishes: Wishes,
    architecture: Architecture,
    parts: tuple[NDArray[np.int64], NDArray[np.int64]],
    folder: Path,
    progress: Progress,
    model: Architecture | None,
) -> Outcome:
    """Train, or go on from the checkpoint in the folder if there is one; write what comes of it."""
    network = architecture.network()
    (X, y), (test_X, test_y) = ((take(source.X, rows), source.y[rows]) for rows in parts)
    with thread_limit(wishes.threads) if wishes.threads else contextlib.nullcontext():
        history = network.fit(
            X, y, loss=loss_for(source, wishes, model), optimizer=optimizer_for(wishes),
            epochs=wishes.epochs, steps=wishes.steps, batch_size=wishes.batch_size,
            validation=wishes.validation, early_stopping=wishes.early_stopping,
            prepare=wishes.prepare or "standard", seed=wishes.seed, dtype=wishes.dtype,
            engine=wishes.engine, progress=None if progress.bar else False,
            callbacks=progress.lines(wishes, len(y)), checkpoint=folder / runs.CHECKPOINT,
            resume=True,
        )  # fmt: skip
    wishes = replace(wishes, engine=history.engine)
    found = network.diagnose(X, y, validation=(test_X, test_y))
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
        "findings": [one.to_config() for one in found],
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


def loss_for(source: Source, wishes: Wishes, model: Architecture | None) -> Loss | None:
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


def optimizer_for(wishes: Wishes) -> optim.Optimizer:
    """Make the optimizer that was chosen."""
    found: optim.Optimizer = made(
        optimizer_of(wishes), classes_in(optim, optim.Optimizer), "optimizer"
    )
    return found


def with_epochs(wishes: Wishes, rows: int, architecture: Architecture) -> Wishes:
    """Choose how long is trained, where nobody has said it."""
    if wishes.epochs is not None or wishes.steps is not None:
        return wishes
    epochs, steps = architecture.least
    return replace(wishes, epochs=max(epochs, math.ceil(steps * wishes.batch_size / rows)))


# --- what is written -----------------------------------------------------------------------


def _write(outcome: Outcome, test_X: Any, test_y: NDArray[Any]) -> None:
    folder, network = outcome.folder, outcome.network
    assert network.history is not None
    network.save(folder / runs.MODEL)
    write_atomically(folder / runs.HISTORY, *(line + "\n" for line in network.history.lines()))
    config = config_of(outcome.source, outcome.wishes, outcome.architecture)
    ended = {"notes": list(outcome.notes), "results": outcome.results}
    runs.write_json(folder / runs.CONFIG, {**config, **ended})
    page = render_report(_report(outcome, test_X, test_y))
    write_atomically(folder / runs.REPORT, page)


def config_of(source: Source, wishes: Wishes, architecture: Architecture) -> dict[str, Any]:
    """Say what was asked for; what came of it is added at the end."""
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
        "layers": list(architecture.layers),
        "wishes": asdict(wishes),
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
    folder = f", folder={as_python(wishes.folder)}" if wishes.folder is not None else ""
    read = f"found = data.read({as_python(source.given)}{column}{task}{folder})"
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
    chosen |= {"prepare": wishes.prepare or "standard", "seed": wishes.seed, "dtype": wishes.dtype}
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
        findings=[Finding.from_config(one) for one in results["findings"]],
        best=None if best is None else best + 1,
        probabilities=network.predict_proba(test_X) if classes else None,
        names=[str(name) for name in source.called(labels)] if classes else None,
        target=target,
        inputs=inputs,
        image_shape=inputs.shape[1:] if inputs.ndim > 2 else source.image_shape,
        features=source.features or None,
        kernels=kernels(network),
        feature_maps=feature_maps(network, test_X[:1]) if inputs.ndim == 4 else {},
        settings={
            **outcome.wishes.options(),
            **{name: results[name] for name in ("epochs", "steps", "seconds")},
        },
        command=_command(source, outcome.wishes),
        script=_script(outcome),
    )  # fmt: skip
