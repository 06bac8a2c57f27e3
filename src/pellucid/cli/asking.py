"""The commands *predict* and *evaluate*: a finished run meets other rows."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.cli.runs import Run
from pellucid.cli.sources import columns_of_run, open_source, split_rows
from pellucid.data import take
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
    """

    target: str
    predictions: list[Any]
    classes: list[Any]
    probabilities: list[list[float]]
    notes: list[str]

    @property
    def names(self) -> list[str]:
        """The names of the columns of :attr:`table`."""
        if self.predictions and isinstance(self.predictions[0], list):
            return self.target.split(", ")
        return [self.target, *(f"p({name})" for name in self.classes)]

    @property
    def table(self) -> list[list[Any]]:
        """The prediction and the probabilities of each row."""
        shares = self.probabilities or [[] for _ in self.predictions]
        return [
            [*(one if isinstance(one, list) else [one]), *row]
            for one, row in zip(self.predictions, shares, strict=True)
        ]

    def as_csv(self) -> str:
        """Write the table as comma-separated text."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.names)
        writer.writerows(self.table)
        return text.getvalue()


def predict(run: Run, path: Path) -> Answers:
    """Predict the target for each row of a table."""
    about = run.config["data"]
    X, notes = _rows(run, path)
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


def _rows(run: Run, path: Path) -> tuple[Any, list[str]]:
    """Read the columns that a run was trained on; pictures are read with the labels they have."""
    about = run.config["data"]
    if not about["features"]:
        return open_source(str(path)).X, []
    frame, notes = columns_of_run(path, about["features"], about["target"])
    return frame if about["sha256"] else frame.to_numpy(), notes


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
    about, wishes = run.config["data"], run.config["wishes"]
    if path is not None and about["features"]:
        columns_of_run(path, about["features"], about["target"])
    told = bool(about["sha256"] or path)
    target, task = (about["target"], about["task"]) if told else (None, None)
    folder = None if path else wishes.get("folder")
    source = open_source(str(path or about["given"]), target, task, folder)
    if path is not None:
        X = source.X[about["features"]] if about["features"] else source.X
        X = X if about["sha256"] or not about["features"] else X.to_numpy()
        return str(path), len(source.y), run.network.evaluate(X, source.y)
    if source.digest != about["sha256"]:
        raise DataError(
            "the file is no longer the one that the run was trained on", where=source.given,
            mend=f"give a file: pellucid evaluate {run.folder} {source.given}",
        )  # fmt: skip
    _, test = split_rows(source, wishes["test_fraction"], wishes["seed"])
    where = f"the test part of {source.given}"
    return where, len(test), run.network.evaluate(take(source.X, test), source.y[test])
