"""Parquet and CSV files that are read a part at a time, since memory does not hold them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import named, whole_number
from pellucid.data.intake import features, is_finite
from pellucid.data.tables import delimiter_of
from pellucid.errors import DataError, FileError
from pellucid.lazy import load

__all__ = ["csv_batches", "parquet_batches"]

SAMPLE = 2**16  # characters, by which the delimiter of a CSV file is told


def parquet_batches(
    path: str | os.PathLike[str], target: str, *, rows: int = 16_384
) -> Iterator[tuple[NDArray[np.float32], NDArray[Any]]]:
    """Give the rows of a Parquet file in parts, as a matrix of floats and a target of numbers.

    With ``data.gather(…, folder=…)`` they become rows on which a network can be trained, of which
    no more are in memory than it has room for.

    Parameters
    ----------
    target : the name of the column to predict; all others are the inputs
    rows : the most in a part

    Raises
    ------
    FileError : no such file, or no Parquet
    ArgumentError : no column of that name
    DataError : a column of text, a gap, a value that is not finite

    Examples
    --------
    >>> import pandas as pd
    >>> path = Path(load("tempfile").mkdtemp()) / "sizes.parquet"
    >>> pd.DataFrame({"size": [1.0, 2.0, 3.0], "kind": [0, 1, 1]}).to_parquet(path)
    >>> [(X.shape, y.tolist()) for X, y in parquet_batches(path, "kind", rows=2)]
    [((2, 1), [0, 1]), ((1, 1), [1])]
    """
    whole_number(rows, "rows", at_least=1)
    path = Path(path)
    pyarrow = load("pyarrow", extra="parquet")
    try:
        file = load("pyarrow.parquet").ParquetFile(path, memory_map=True, pre_buffer=False)
    except (OSError, pyarrow.ArrowException) as error:
        reason = "there is no such file" if not path.exists() else "it is no Parquet file"
        raise FileError(
            f"the rows cannot be read: {reason}", where=str(path), got=str(error).splitlines()[0],
            mend="check the path; for CSV, write data.csv_batches(path, target)",
        ) from error  # fmt: skip
    with file:
        frames = (part.to_pandas() for part in file.iter_batches(rows, use_threads=False))
        yield from _parts(path, target, frames)
    pyarrow.default_memory_pool().release_unused()


def csv_batches(
    path: str | os.PathLike[str], target: str, *, rows: int = 16_384
) -> Iterator[tuple[NDArray[np.float32], NDArray[Any]]]:
    """Give the rows of a CSV file in parts, as a matrix of floats and a target of numbers.

    As :func:`parquet_batches` does; the first line holds the names of the columns, and a comma, a
    semicolon or a tab stands between them. Where all targets of the first part are whole numbers,
    they are classes, and :func:`gather` refuses fractions after them.

    Parameters
    ----------
    target : the name of the column to predict; all others are the inputs
    rows : the most in a part

    Raises
    ------
    FileError : no such file, not text in UTF-8, a line that is too long
    ArgumentError : no column of that name
    DataError : a column of text, a gap, a value that is not finite

    Examples
    --------
    >>> path = Path(load("tempfile").mkdtemp()) / "sizes.csv"
    >>> _ = path.write_text("size,kind\\n1.5,0\\n2.5,1\\n3.5,1\\n")
    >>> [(X.tolist(), y.tolist()) for X, y in csv_batches(path, "kind", rows=2)]
    [([[1.5], [2.5]], [0, 1]), ([[3.5]], [1])]
    """
    whole_number(rows, "rows", at_least=1)
    path, pandas = Path(path), load("pandas")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            sample = file.read(SAMPLE)
            lines = sample if len(sample) < SAMPLE else sample.rpartition("\n")[0]
            separator = delimiter_of(lines) if lines.strip() else ","
            file.seek(0)
            reader = pandas.read_csv(
                file, sep=separator, chunksize=rows, index_col=False, skipinitialspace=True
            )
            frames = (part.rename(columns=str.strip) for part in reader)
            yield from _parts(path, target, frames)
    except (
        OSError, UnicodeDecodeError, pandas.errors.ParserError, pandas.errors.EmptyDataError
    ) as error:  # fmt: skip
        reason = "there is no such file" if not path.exists() else "it is no CSV file in UTF-8"
        raise FileError(
            f"the rows cannot be read: {reason}", where=str(path), got=str(error).splitlines()[0],
            mend="check the path, and that all lines have as many fields as the first",
        ) from error  # fmt: skip


def _parts(
    path: Path, target: str, frames: Iterable[Any]
) -> Iterator[tuple[NDArray[np.float32], NDArray[Any]]]:
    """Give inputs and target of each frame, which are rows of one file after the other."""
    first = 0
    for frame in frames:
        named(target, "column", dict.fromkeys(frame.columns))
        place = f"{path}, rows from {first:,}"
        y = frame.pop(target).to_numpy()
        if y.dtype.kind not in "biuf":
            raise DataError(
                f"the target {target!r} holds no numbers", where=place, got=f"dtype {y.dtype}",
                mend="write a column of codes: pandas.factorize(column)[0]",
            )  # fmt: skip
        X = features(frame, name=place).array
        if y.dtype.kind == "f" and not is_finite(y):
            raise DataError(
                f"the target {target!r} has gaps, or values that are not finite", where=place,
                mend="leave these rows out of the file",
            )  # fmt: skip
        yield X, y
        first += len(y)
