"""What a run is trained on: a data set by name, or a table in a file, in one form."""

from __future__ import annotations

import difflib
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid import data
from pellucid.errors import ArgumentError, DataError, FileError
from pellucid.files import read_bytes

__all__ = ["Source", "columns_of_run", "open_source", "split_rows"]

FILE_ENDINGS = (".csv", ".tsv", ".txt", ".parquet", ".pq")


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
    notes: tuple[str, ...] = ()

    @property
    def is_file(self) -> bool:
        """Whether it came from a file."""
        return bool(self.digest)

    @property
    def facts(self) -> str:
        """Its size in words."""
        kinds = len(np.unique(self.y))
        what = f"{kinds} classes" if self.task == "classification" else f"regression of {self.target}"
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
    if target is None:
        names = [str(name) for name in data.read_table(path).columns]
        raise ArgumentError(
            "which column is to be predicted?", where=given, got="no --target",
            wanted=f"one of {_listed(names)}", mend=f"add --target {_quoted(names[-1])}",
        )  # fmt: skip
    digest = hashlib.sha256(read_bytes(path)).hexdigest() if path.is_file() else ""
    found = data.table(path, target, task=task)  # type: ignore[arg-type]
    return Source(
        path.stem, given, digest, found.features, found.target, found.task, target,
        found.feature_names, notes=found.notes,
    )  # fmt: skip


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
        found.class_names, found.image_shape, (found.description,),
    )  # fmt: skip


def split_rows(
    source: Source, fraction: float, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give the rows to train on and those to test on; classes keep their shares in both."""
    labels = source.y if source.task == "classification" else None
    return data.split(len(source.y), fraction, seed=seed, stratify=labels)


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
        near = difflib.get_close_matches(missing[0], names, n=1)
        raise DataError(
            f"{_count(missing, 'column')} of the training data {'is' if len(missing) == 1 else 'are'} "
            "missing here",
            where=str(path), got=_listed(names), wanted=_listed(missing),
            mend=f"rename {near[0]!r} to {missing[0]!r}" if near
            else "add the columns; leave values that are not known empty",
        )  # fmt: skip
    extra = [name for name in names if name not in features and name != target]
    notes = [f"{_count(extra, 'column')} not trained on, ignored: {_listed(extra)}."] if extra else []
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


def _count(names: list[str], what: str) -> str:
    return f"{len(names)} {what}{'s' * (len(names) != 1)}"


def _listed(names: list[str], limit: int = 8) -> str:
    return ", ".join(names[:limit]) + (f", … ({len(names)} in all)" if len(names) > limit else "")


def _quoted(name: str) -> str:
    return f"'{name}'" if " " in name else name
