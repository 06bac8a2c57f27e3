"""Parquet files that are read a part at a time, since memory does not hold them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import named, whole_number
from pellucid.data.intake import features
from pellucid.errors import DataError, FileError
from pellucid.lazy import load

__all__ = ["parquet_batches"]


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
            mend="check the path; for CSV, data.read_table(path) holds all rows at once",
        ) from error  # fmt: skip
    with file:
        named(target, "column", dict.fromkeys(file.schema_arrow.names))
        first = 0
        for part in file.iter_batches(rows, use_threads=False):
            frame = part.to_pandas()
            place = f"{path}, rows from {first:,}"
            y = frame.pop(target).to_numpy()
            if y.dtype.kind not in "biuf":
                raise DataError(
                    f"the target {target!r} holds no numbers", where=place, got=f"dtype {y.dtype}",
                    mend="write a column of codes: pandas.factorize(column)[0]",
                )  # fmt: skip
            yield features(frame, name=place).array, y
            first += len(y)
    pyarrow.default_memory_pool().release_unused()
