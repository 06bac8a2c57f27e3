"""One entry for everything that can be read: a name, a file of any kind, a folder, a frame."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.data.array_files import inputs_and_target, read_npy, read_npz
from pellucid.data.arrays import is_table
from pellucid.data.columns import columns_of, read_column
from pellucid.data.dataset import Dataset
from pellucid.data.idx import is_idx, read_idx
from pellucid.data.labels import Task, check_task, targets
from pellucid.data.layouts import images
from pellucid.data.pictures import PICTURE_SUFFIXES, read_pictures
from pellucid.data.published import PUBLISHED, idx_folder, partner
from pellucid.data.rules import PATTERNS
from pellucid.data.sets import named, names
from pellucid.data.tables import decide, read_table, select, table
from pellucid.errors import ArgumentError, ArgumentTypeError, DataError, FileError, ShapeError
from pellucid.lazy import load
from pellucid.wording import listed

__all__ = ["read", "read_arrays"]

MOST_NAMES = 20  # a text column with more different texts, and than half the rows, names the rows


def read(
    source: Any,
    target: str | None = None,
    *,
    task: Task | None = None,
    folder: str | os.PathLike[str] | None = None,
) -> Dataset:
    """Rows and targets of a data set: by its name, from a file or a folder, or of a frame.

    ====================  ======================================================================
    a name                as in `sets`; it has a target of its own
    CSV, Parquet, frames  `target` is a column; columns without values, and texts that name the
                          rows, are left out
    NPZ                   `target` is an array, or ``X`` and ``y``, ``x_train`` … are found
    NPY                   `target` is the number of a column, such as ``"-1"`` for the last
    IDX                   the labels lie beside the images; or a folder with all four files
    a folder of pictures  a class for each sub-folder
    ====================  ======================================================================

    Pictures come as (n, channels, height, width).

    Parameters
    ----------
    source : a name, a path, a data frame or a dictionary of columns
    target : what is to be predicted
    task : what is to be learned, if not what the target suggests (see `table`)
    folder : where the files of a set from the network lie, or are to be put

    Raises
    ------
    ArgumentError : no target where one must be chosen
    DataError : no such target, or values that cannot be learned from
    FileError : no such name or file, damaged, or of no kind that is known

    Examples
    --------
    >>> read("iris")
    Dataset(iris: 150 rows of 4 features, 3 classes)
    >>> read({"size": [1, 2, 3], "kind": ["a", "b", "a"]}, "kind")
    Dataset(the table: 3 rows of 1 feature, 2 classes)
    """
    check_task(task)
    if is_table(source):
        return _of_table(source, "the table", target, task)
    if not isinstance(source, str | os.PathLike):
        raise ArgumentTypeError(
            "this cannot be read", got=f"an object of type {type(source).__name__}",
            wanted="a name, a path or a data frame",
            mend="arrays need no reading: fit(X, y); for batches write data.gather(batches)",
        )  # fmt: skip
    path = Path(source)
    is_word = path.name == str(source) and not path.suffix
    if is_word and not path.is_file() and (_known(str(source)) or not path.exists()):
        return _of_name(str(source), target, task, folder)
    if path.is_dir():
        return _of_folder(path, target, task)
    return _of_file(path, target, task)


def read_arrays(
    path: str | os.PathLike[str],
    target: str | None = None,
    *,
    inputs: str | None = None,
    task: Task | None = None,
) -> Dataset:
    """The arrays of an NPZ file, those called `inputs` and `target`; see `read`.

    Raises
    ------
    ArgumentError : no array of that name
    DataError : it is not certain which is which
    FileError : damaged, or holding Python objects

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.savez(f"{folder}/both.npz", size=[[1.5], [2.5]], kind=["a", "b"])
    ...     read_arrays(f"{folder}/both.npz", "kind")
    Dataset(both: 2 rows of 1 feature, 2 classes)
    """
    X, y, title, test_rows = inputs_and_target(read_npz(path), target, inputs, str(path))
    return _of_arrays(Path(path), X, y, title, task, test_rows)


# --- names and tables ----------------------------------------------------------------------


def _of_name(name: str, target: str | None, task: Task | None, folder: Any) -> Dataset:
    if not _known(name):
        known = sorted([*names(), *PUBLISHED])
        near = load("difflib").get_close_matches(name, known, n=1)
        raise FileError(
            "there is no data set and no file of this name", where=name,
            wanted=f"a file, a folder, or one of {', '.join(known)}",
            mend=f"did you mean {near[0]}?" if near else "data.sets() lists the data sets",
        )  # fmt: skip
    if target is not None or task is not None:
        raise ArgumentError(
            f"{name} has a target of its own", where="target" if target else "task",
            mend=f"write data.read({name!r})",
        )  # fmt: skip
    return named(name, folder=folder)


def _known(name: str) -> bool:
    """Whether a set has this name; a hyphen is as good as an underscore."""
    return name.replace("-", "_") in {one.replace("-", "_") for one in (*names(), *PUBLISHED)}


def _of_table(
    source: Any, name: str, target: str | None, task: Task | None, place: str = ""
) -> Dataset:
    if target is None:
        titles = [str(title) for title in columns_of(source, name=name)[1] or ()]
        raise ArgumentError(
            "which column is to be predicted?", where=place or name, got="no target",
            wanted=f"one of {listed(titles)}", mend=f"name it: target={(titles or ['y'])[-1]!r}",
        )  # fmt: skip
    found = table(source, target, task=task)
    kept, notes = _telling(found.features)
    X = select(found.features, kept)
    return Dataset(
        name, "", X, found.target, found.task, tuple(kept), target_name=target,
        notes=(*found.notes, *notes),
    )  # fmt: skip


def _telling(frame: Any) -> tuple[list[str], list[str]]:
    """Leave out columns that are empty, and those whose text names the row."""
    columns, titles = columns_of(frame)
    kept, notes = [], []
    for title, column in zip(titles or (), columns, strict=True):
        present = column.values[~column.missing]
        texts = set(present) if column.kind == "text" and not column.categorical else set()
        is_date = all(PATTERNS["date"].match(text) for text in texts)
        if not len(present):
            notes.append(f"column {title!r} is empty: it was left out.")
        elif len(texts) > max(MOST_NAMES, len(present) / 2) and not is_date:
            notes.append(f"column {title!r} holds another text in most rows: it was left out.")
        else:
            kept.append(title)
    if not kept:
        raise DataError(
            "no column is left to learn from", got=" ".join(notes),
            mend="give a table with numbers, or with categories that stand in several rows",
        )  # fmt: skip
    return kept, notes


# --- files and folders ---------------------------------------------------------------------


def _of_folder(path: Path, target: str | None, task: Task | None) -> Dataset:
    if target is not None or task is not None:
        raise DataError(
            "this is a folder: pictures have their sub-folders for classes", where=str(path),
            got=f"target={target!r}" if target else f"task={task!r}",
            mend=f"write data.read({str(path)!r}), or name a file in it",
        )  # fmt: skip
    has_idx = any("idx3-ubyte" in entry.name for entry in path.iterdir())
    return idx_folder(path) if has_idx else read_pictures(path)


def _of_file(path: Path, target: str | None, task: Task | None) -> Dataset:
    suffix = path.suffix.lower()
    if suffix in PICTURE_SUFFIXES and path.is_file():
        raise DataError(
            "one picture is no data set", where=str(path),
            mend="give the folder above its sub-folders; or read it: data.read_picture(path)",
        )  # fmt: skip
    if suffix == ".npz":
        return read_arrays(path, target, task=task)
    if suffix == ".npy":
        return _of_matrix(path, read_npy(path), target, task)
    if is_idx(path):
        return _of_idx(path, target, task)
    return _of_table(read_table(path), path.stem, target, task, str(path))


def _of_matrix(path: Path, array: NDArray[Any], target: str | None, task: Task | None) -> Dataset:
    """One array: a column of it is the target."""
    if array.dtype.names:
        columns = {title: array[title] for title in array.dtype.names}
        return _of_table(columns, path.stem, target, task, str(path))
    if array.ndim != 2 or array.shape[1] < 2:
        raise ShapeError(
            "this array holds no column to be predicted", where=str(path),
            got=f"shape {array.shape}", wanted="(rows, columns), two columns or more",
            mend="save inputs and target together: numpy.savez(path, X=X, y=y)",
        )  # fmt: skip
    width = array.shape[1]
    try:
        place = range(width)[int(str(target))]
    except (ValueError, IndexError) as error:
        raise ArgumentError(
            "which column is to be predicted?", where=str(path),
            got="no target" if target is None else f"target={target!r}",
            wanted=f"a number from 0 to {width - 1}; -1 is the last",
            mend="name it: target='-1'",
        ) from error  # fmt: skip
    others = np.delete(array, place, axis=1)
    names = tuple(f"column {j}" for j in range(width) if j != place)
    return _of_arrays(path, others, array[:, place], f"column {place}", task, 0, names)


def _of_idx(path: Path, target: str | None, task: Task | None) -> Dataset:
    labels = Path(target) if target is not None else partner(path)
    if labels is None or not labels.is_file():
        raise FileError(
            "the labels of these images are not beside them", where=str(path),
            got=f"no file {labels}" if labels else "a name without images-idx3",
            mend="name their file: target='labels-idx1-ubyte'",
        )  # fmt: skip
    task = task or "classification"
    return _of_arrays(path, read_idx(path), read_idx(labels), "class", task, 0)


def _of_arrays(
    path: Path,
    X: NDArray[Any],
    y: NDArray[Any],
    title: str,
    task: Task | None,
    test_rows: int,
    names: tuple[str, ...] = (),
) -> Dataset:
    """Arrays as a data set; whole numbers of 8 bits in three dimensions or four are pictures."""
    if X.ndim < 2 or y.ndim not in (1, 2) or len(X) != len(y) or not len(y):
        raise ShapeError(
            "inputs and target do not belong together", where=str(path),
            got=f"shapes {X.shape} and {y.shape}", wanted="(rows, …) and (rows,)",
            mend="row i of each must belong to example i",
        )  # fmt: skip
    if X.dtype == np.uint8 and X.ndim in (3, 4):
        X = images(X, layout="NHW" if X.ndim == 3 else None)
    notes: tuple[str, ...] = ()
    if y.ndim == 1 or y.shape[1] == 1:
        values, decided, notes = decide(read_column(y.reshape(-1), title), task)
    else:
        found = targets(y, task=task, name=title)
        decided = found.task
        values = found.array if decided == "regression" else found.array.argmax(axis=1)
    if X.ndim == 2 and not names:
        names = tuple(f"column {j}" for j in range(X.shape[1]))
    shape = X.shape[2:] if X.ndim == 4 else None
    return Dataset(
        path.stem, "", X, values, decided, names, (), shape, title, notes, test_rows
    )  # fmt: skip
