"""What a run is trained on: a data set by name, a file or a folder, in one form."""

from __future__ import annotations

import difflib
import hashlib
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid import data
from pellucid.data.arrays import is_frame
from pellucid.data.published import PUBLISHED
from pellucid.errors import ArgumentError, DataError, PellucidError
from pellucid.files import read_bytes

__all__ = ["Source", "columns_of_run", "open_source", "source_of_run", "split_rows"]


@dataclass(frozen=True, eq=False)
class Source:
    """Rows with their targets, and what one must know to speak of them.

    Attributes
    ----------
    name : for headings and folders
    given : what the user gave: a name or a path
    digest : SHA-256 of the file or the folder; empty for a data set by name
    X, y : rows and targets, as ``fit`` takes them
    target : the name of the column that is predicted
    classes : the name of each class by its number, where numbers stand for them
    about : what it is, in a sentence, if that is known
    notes : what was done to the data, in sentences
    test_rows : how many rows, the last ones, are for the test whatever the user says
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
    test_rows: int = 0

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
        row = f"{len(self.features):,} features"
        if not self.features:
            row = f"{' × '.join(map(str, self.X.shape[1:]))} numbers each"
        return f"{len(self.y):,} rows, {row}, {what}"

    def called(self, labels: NDArray[Any]) -> list[Any]:
        """Give the names of classes for labels, or plain numbers."""
        return [self.classes[label] for label in labels] if self.classes else labels.tolist()


def open_source(
    given: str, target: str | None = None, task: str | None = None, folder: str | None = None
) -> Source:
    """Find a data set by name, or read a file or a folder.

    Parameters
    ----------
    given : a name, or a path
    target : the column to predict
    task : what to learn, if the target suggests another thing
    folder : where the files of a set from the network lie, or are to be put

    Raises
    ------
    ArgumentError, DataError, FileError : when there is none, or it cannot be used, and why
    """
    if folder is not None and given.replace("_", "-") not in PUBLISHED:
        raise ArgumentError(
            f"{given} is not downloaded into a folder", where="--folder", got=f"--folder={folder}",
            wanted=f"a folder for one of {', '.join(PUBLISHED)}", mend="leave --folder out",
        )  # fmt: skip
    try:
        found = data.read(given, target, task=task, folder=folder)  # type: ignore[arg-type]
    except PellucidError as error:
        _speak_of_options(error)
        raise
    path = Path(given)
    if is_frame(found.X):
        # All rows are looked at here, so that an error counts them as the file does.
        data.Preparation.fit(found.X, name=given)
    return Source(
        found.name, given, "" if found.description else _digest(path), found.X, found.y, found.task,
        found.target_name, found.feature_names, found.class_names, found.image_shape,
        found.description, found.notes, found.test_rows,
    )  # fmt: skip


def source_of_run(config: Mapping[str, Any], mend: str) -> Source:
    """Read the data of a run once more.

    Parameters
    ----------
    config : what the run was asked for
    mend : what to do if the data are others now

    Raises
    ------
    DataError : when they are no longer those that the run was trained on
    """
    about = config["data"]
    target, task = None, None
    if about["sha256"] and about["features"]:  # a table: the column is asked for by name
        target, task = about["target"], about["task"]
    source = open_source(str(about["given"]), target, task, config["wishes"].get("folder"))
    if source.digest != about["sha256"]:
        what = "file" if about["features"] else "folder"
        raise DataError(
            f"the {what} is no longer the one that the run was trained on",
            where=source.given, mend=mend,
        )  # fmt: skip
    return source


def _speak_of_options(error: PellucidError) -> None:
    """Name options where the library names arguments."""
    if error.where in ("target", "task"):
        error.where = f"--{error.where}"
    if error.got == "no target":
        error.got = "no --target"
    error.mend = error.mend.replace("data.sets() lists", "pellucid data lists")
    error.mend = re.sub(r"data\.read\('([\w-]+)'\)", r"pellucid train \1", error.mend)
    named = re.fullmatch(r"name it: target=(['\"])(.*)\1", error.mend)
    if named:
        error.mend = f"name it, for example: --target {shlex.quote(named[2])}"


def _digest(path: Path) -> str:
    """SHA-256 of a file, or of the names and files of a folder."""
    if path.is_file():
        return hashlib.sha256(read_bytes(path)).hexdigest()
    total = hashlib.sha256()
    for file in sorted(path.rglob("*")):
        if file.is_file():
            total.update(f"{file.relative_to(path).as_posix()}\0".encode())
            total.update(hashlib.sha256(read_bytes(file)).digest())
    return total.hexdigest()


def split_rows(
    source: Source, fraction: float, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give the rows to train on, and those to test on.

    A set with a test part of its own keeps it. Otherwise classes keep their shares in both parts.
    """
    if source.test_rows:
        rows = np.arange(len(source.y))
        return rows[: -source.test_rows], rows[-source.test_rows :]
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


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' * (number != 1)}"


def _listed(names: list[str], limit: int = 8) -> str:
    return ", ".join(names[:limit]) + (f", … ({len(names)} in all)" if len(names) > limit else "")
