"""The commands *predict* and *evaluate*: a finished run meets other rows."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.cli.runs import Run
from pellucid.cli.sources import columns_of_run, open_source, source_of_run, split_rows
from pellucid.data import read_pictures, take
from pellucid.data.pictures import PICTURE_SUFFIXES, picture_files, read_files
from pellucid.data.published import PUBLISHED
from pellucid.errors import DataError

__all__ = ["Answers", "evaluate", "predict"]


@dataclass(frozen=True, eq=False)
class Answers:
    """What a run says about rows.

    Attributes
    ----------
    target : the name of what is predicted
    predictions : one for each row: the name of a class, a number, or a list of numbers
    classes : their names; empty for numbers
    probabilities : one row for each row, one column for each class
    notes : what was left out, in sentences
    files : of which picture each row is; empty for a table
    """

    target: str
    predictions: list[Any]
    classes: list[Any]
    probabilities: list[list[float]]
    notes: list[str]
    files: list[str] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        """The names of the columns of :attr:`table`."""
        targets = [self.target]
        if self.predictions and isinstance(self.predictions[0], list):
            targets = self.target.split(", ")
        return [*["file"] * bool(self.files), *targets, *(f"p({name})" for name in self.classes)]

    @property
    def table(self) -> list[list[Any]]:
        """The file, the prediction and the probabilities of each row, as far as there are any."""
        shares = self.probabilities or [[] for _ in self.predictions]
        files = [[name] for name in self.files] or [[] for _ in self.predictions]
        return [
            [*name, *(one if isinstance(one, list) else [one]), *row]
            for name, one, row in zip(files, self.predictions, shares, strict=True)
        ]

    def as_csv(self) -> str:
        """Write the table as comma-separated text."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.names)
        writer.writerows(self.table)
        return text.getvalue()


def predict(run: Run, path: Path) -> Answers:
    """Predict the target for each row of a table, or for each picture that is meant by a path."""
    files = picture_files(path)
    if files and _sees_pictures(run):
        X, notes = read_files(files, path, **_form(run))
        return replace(_answers(run, X, list(notes)), files=list(map(str, files)))
    return _answers(run, *_rows(run, path))


def _answers(run: Run, X: Any, notes: list[str]) -> Answers:
    about = run.config["data"]
    if about["task"] != "classification":
        values = np.asarray(run.network.predict(X))
        if values.ndim > 1 and values.shape[1] > 1:
            return Answers(about["target"], [_short(row) for row in values], [], [], notes)
        return Answers(about["target"], _short(values.reshape(-1)), [], [], notes)
    labels = run.network.classify(X)
    probabilities = run.network.predict_proba(X)
    names = about["classes"]
    called = [names[label] for label in labels] if names else labels.tolist()
    return Answers(
        about["target"], called, _classes_of(run), [_short(row) for row in probabilities], notes
    )


def _sees_pictures(run: Run) -> bool:
    """Whether a run was trained on pixels from 0 to 255: those of files, or of a published set."""
    about = run.config["data"]
    is_published = about["given"].replace("_", "-") in PUBLISHED
    return not about["features"] and bool(about["sha256"] or is_published)


def _form(run: Run) -> dict[str, Any]:
    """Give the size and the channels that a run has seen its pictures in."""
    channels, *size = run.network.input_specs[0].shape[1:]
    return {"size": tuple(size), "channels": channels}


def _rows(run: Run, path: Path) -> tuple[Any, list[str]]:
    """Read the columns that a run was trained on; those of a set by name are there already."""
    about = run.config["data"]
    _refuse_picture(path)
    if not about["features"]:
        return open_source(str(path)).X, []
    frame, notes = columns_of_run(path, about["features"], about["target"])
    return frame if about["sha256"] else frame.to_numpy(), notes


def _refuse_picture(path: Path) -> None:
    if path.suffix.lower() in PICTURE_SUFFIXES and path.is_file():
        raise DataError(
            "this is a picture, and the run was not trained on picture files", where=str(path),
            mend="train on a folder with a sub-folder of pictures for each class",
        )  # fmt: skip


def _short(values: NDArray[Any]) -> list[float]:
    """Give numbers with as many digits as their dtype has: 0.1, not 0.10000000149011612."""
    return [float(str(value)) for value in values]


def _classes_of(run: Run) -> list[Any]:
    """List the classes of a run, in the order of the network's outputs."""
    record = run.network._record
    assert record is not None
    assert record.coding is not None
    return run.config["data"]["classes"] or list(record.coding.classes)


def evaluate(run: Run, path: Path | None) -> tuple[str, int, dict[str, float]]:
    """Measure loss and metrics on a table with its target, or on the run's own test part.

    Returns
    -------
    What it was measured on, how many rows that are, and the loss and metrics by name.
    """
    if path is not None:
        is_sorted = _sees_pictures(run) and path.is_dir() and picture_files(path)
        return _on_pictures(run, path) if is_sorted else _on(run, path)
    wishes, given = run.config["wishes"], run.config["data"]["given"]
    source = source_of_run(run.config, f"give a file: pellucid evaluate {run.folder} {given}")
    _, test = split_rows(source, wishes["test_fraction"], wishes["seed"])
    where = f"the test part of {source.given}"
    return where, len(test), run.network.evaluate(take(source.X, test), source.y[test])


def _on(run: Run, path: Path) -> tuple[str, int, dict[str, float]]:
    """Measure on a table with its target, or on a set by name."""
    about = run.config["data"]
    if about["features"]:
        _refuse_picture(path)
        columns_of_run(path, about["features"], about["target"])
    target, task = (None, None) if path.is_dir() else (about["target"], about["task"])
    source = open_source(str(path), target, task)
    X = source.X[about["features"]] if about["features"] else source.X
    X = X if about["sha256"] or not about["features"] else X.to_numpy()
    return str(path), len(source.y), run.network.evaluate(X, source.y)


def _on_pictures(run: Run, folder: Path) -> tuple[str, int, dict[str, float]]:
    """Measure on pictures in sub-folders, which bear names of classes that the run knows."""
    found, classes = read_pictures(folder, **_form(run)), _classes_of(run)
    known = {str(name): label for label, name in enumerate(classes)}
    strange = sorted({*found.y.tolist()} - {*known})
    if strange:
        raise DataError(
            "a sub-folder bears the name of no class of the run", where=str(folder),
            got=", ".join(strange[:4]), wanted=", ".join(list(known)[:12]),
            mend="name the sub-folders as the classes are called",
        )  # fmt: skip
    labels = [known[name] for name in found.y]
    y = labels if run.config["data"]["classes"] else [classes[label] for label in labels]
    return str(folder), len(y), run.network.evaluate(found.X, np.array(y))
