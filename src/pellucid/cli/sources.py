"""What a run is trained on: a data set by name, or a table in a file, in one form."""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid import data
from pellucid.errors import ArgumentError, DataError, FileError
from pellucid.files import read_bytes

__all__ = ["Source", "columns_of_run", "open_source", "split_rows"]

NAMES = 20  # a text column with more different texts than this, and than half the rows, names them
DATE = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True, eq=False)
class Source:
    """Rows with their targets, and what one must know to speak of them.

    Attributes
    ----------
    name : for headings and folders
    given : what the user gave: a name or a path
    digest : SHA-256 of the file; empty for a data set by name
    X, y : rows and targets, as ``fit`` takes them
    target : the name of the column that is predicted
    classes : the name of each class by its number, where numbers stand for them
    about : what it is, in a sentence, if that is known
    notes : what was done to the data, in sentences
    """

    name: str
    given: str
    digest: str
    X: Any
    y: NDArray[Any]
    task: str
    target: str
    features: tuple[str, ...]
    classes: tuple[str, ...] = ()
    image_shape: tuple[int, int] | None = None
    about: str = ""
    notes: tuple[str, ...] = ()

    @property
    def is_file(self) -> bool:
        """Whether it came from a file."""
        return bool(self.digest)

    @property
    def facts(self) -> str:
        """Its size in words."""
        kinds = len(np.unique(self.y))
        what = (
            f"{kinds} classes" if self.task == "classification" else f"regression of {self.target}"
        )
        return f"{len(self.y):,} rows, {len(self.features):,} features, {what}"

    def called(self, labels: NDArray[Any]) -> list[Any]:
        """Give the names of classes for labels, or plain numbers."""
        return [self.classes[label] for label in labels] if self.classes else labels.tolist()


def open_source(given: str, target: str | None = None, task: str | None = None) -> Source:
    """Find a data set by name, or read a file.

    Raises
    ------
    ArgumentError, DataError, FileError : when there is none, or it cannot be used, and why
    """
    path = Path(given)
    if given in data.names() and not path.is_file():
        return _named(given, target, task)
    if not path.exists() and not path.suffix and path.name == given:
        raise _unknown(given)
    frame = data.read_table(path)
    if target is None:
        names = [str(name) for name in frame.columns]
        raise ArgumentError(
            "which column is to be predicted?", where=given, got="no --target",
            wanted=f"one of {_listed(names)}",
            mend=f"name it, for example: --target {_quoted(names[-1])}",
        )  # fmt: skip
    found = data.table(frame, target, task=task)  # type: ignore[arg-type]
    names, notes = _telling(frame, found.feature_names)
    # All rows are looked at here, so that an error counts them as the file does.
    data.Preparation.fit(frame[names], name=given)
    return Source(
        path.stem, given, hashlib.sha256(read_bytes(path)).hexdigest(), found.features[names],
        found.target, found.task, target, tuple(names), notes=(*found.notes, *notes),
    )  # fmt: skip


def _telling(frame: Any, names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Leave out columns that are empty, and those whose text names the row."""
    kept, notes = [], []
    for name in names:
        column = frame[name].dropna()
        texts = [value for value in column.unique() if isinstance(value, str)]
        if column.empty:
            notes.append(f"column {name!r} is empty: it was left out.")
        elif len(texts) > max(NAMES, len(column) / 2) and not _are_dates(texts):
            notes.append(f"column {name!r} holds another text in most rows: it was left out.")
        else:
            kept.append(name)
    if not kept:
        raise DataError(
            "no column is left to learn from", got=" ".join(notes),
            mend="give a table with numbers, or with categories that stand in several rows",
        )  # fmt: skip
    return kept, notes


def _are_dates(texts: list[str]) -> bool:
    """Whether texts begin like 2024-05-31: dates become numbers, however many differ."""
    return all(DATE.match(text) for text in texts)


def _named(name: str, target: str | None, task: str | None) -> Source:
    if target is not None or task is not None:
        raise ArgumentError(
            f"{name} has a target of its own", where="--target" if target else "--task",
            mend=f"write pellucid train {name}",
        )  # fmt: skip
    found = data.named(name)
    target = "class" if found.task == "classification" else "target"
    return Source(
        name, name, "", found.X, found.y, found.task, target, found.feature_names,
        found.class_names, found.image_shape, found.description,
    )  # fmt: skip


def split_rows(
    source: Source, fraction: float, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], tuple[str, ...]]:
    """Give the rows to train on, those to test on, and what was done, in sentences.

    Classes keep their shares in both parts. Rows whose categories stand in the test part alone go
    to the training part: a network cannot be asked about what it has never seen.
    """
    labels = source.y if source.task == "classification" else None
    train, test = data.split(len(source.y), fraction, seed=seed, stratify=labels)
    lonely = _unseen(source.X, train, test) if source.is_file else np.zeros(len(test), bool)
    if not lonely.any():
        return train, test, ()
    if lonely.all():
        raise DataError(
            "every row of the test part has a category that no other row has",
            where=source.given, mend="leave the column with these texts out of the file",
        )  # fmt: skip
    moved = (
        f"{lonely.sum()} rows were moved from the test to the training part: no other row there "
    )
    return np.append(train, test[lonely]), test[~lonely], (moved + "has their category.",)


def _unseen(X: Any, train: NDArray[np.int64], test: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Find the rows of the test part that hold a text which the training part does not."""
    found = np.zeros(len(test), bool)
    known = data.Preparation.fit(data.take(X, train)).to_config()["columns"]
    for name in [column["name"] for column in known if column["kind"] == "category"]:
        values = X[name].astype(object).where(X[name].notna(), None).to_numpy()
        seen = set(values[train])
        found |= [value not in seen for value in values[test]]
    return found


def columns_of_run(path: Path, features: list[str], target: str) -> tuple[Any, list[str]]:
    """Read a table and pick the columns that a run was trained on, in their order.

    Returns
    -------
    The frame of these columns, and sentences about what was left out.

    Raises
    ------
    DataError, FileError : when a column is missing, or the file cannot be read
    """
    frame = data.read_table(path)
    names = [str(name) for name in frame.columns]
    missing = [name for name in features if name not in names]
    if missing:
        near = difflib.get_close_matches(missing[0], set(names) - set(features), n=1)
        raise DataError(
            f"the table lacks {_count(len(missing), 'column')} that the run was trained on",
            where=str(path), got=_listed(names), wanted=_listed(missing),
            mend=f"rename {near[0]!r} to {missing[0]!r}" if near
            else "add the columns; leave values that are not known empty",
        )  # fmt: skip
    extra = [name for name in names if name not in features and name != target]
    notes = (
        [f"{_count(len(extra), 'column')} not trained on, ignored: {_listed(extra)}."]
        if extra
        else []
    )
    if target in names:
        notes.append(f"The target is in the file too; it was not looked at: {target}.")
    return frame[features], notes


def _unknown(given: str) -> FileError:
    near = difflib.get_close_matches(given, data.names(), n=1)
    return FileError(
        "there is no data set and no file of this name", where=given,
        wanted=f"a CSV or Parquet file, or one of {', '.join(data.names())}",
        mend=f"did you mean {near[0]}?" if near else "pellucid data lists the data sets",
    )  # fmt: skip


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' * (number != 1)}"


def _listed(names: list[str], limit: int = 8) -> str:
    return ", ".join(names[:limit]) + (f", … ({len(names)} in all)" if len(names) > limit else "")


def _quoted(name: str) -> str:
    return f"'{name}'" if " " in name else name
