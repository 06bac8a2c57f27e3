"""Plain NumPy arrays from whatever can become one; what cannot is refused by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import DataError, ShapeError
from pellucid.lazy import load

__all__ = ["as_array", "frame_of", "is_frame", "is_series", "is_table"]

# Bytes; a larger sparse matrix is not made dense unasked.
DENSE_LIMIT = 2**30


def is_frame(X: Any) -> bool:
    """Whether `X` is a data frame: pandas, polars, pyarrow and what else narwhals knows."""
    if isinstance(X, np.ndarray | list | tuple):
        return False
    return bool(load("narwhals.stable.v1").dependencies.is_into_dataframe(X))


def is_table(X: Any) -> bool:
    """Whether `X` is a data frame or a dictionary, whose keys name columns."""
    return isinstance(X, Mapping) or is_frame(X)


def frame_of(X: Any, name: str = "X") -> Any:
    """A data frame as it is; a dictionary of columns as one of pandas.

    Raises
    ------
    ShapeError : columns of a dictionary that are not one-dimensional, or of different lengths

    Examples
    --------
    >>> frame_of({"size": [1, 2], "kind": ["a", "b"]}).shape
    (2, 2)
    """
    if not isinstance(X, Mapping):
        return X
    columns = {key: as_array(column, name=f"{name}[{key!r}]") for key, column in X.items()}
    for key, column in columns.items():
        if column.ndim != 1:
            raise ShapeError(
                f"a dictionary is a table, and {name}[{key!r}] is not a column of it",
                where=f"{name}[{key!r}]",
                got=f"shape {column.shape}",
                wanted="(rows,)",
                mend=f"give the array alone, {name}[{key!r}], or one key for each of its columns",
            )
    lengths = {len(column) for column in columns.values()}
    if len(lengths) > 1:
        raise ShapeError(
            f"the columns of {name} have different lengths",
            where=name,
            got=", ".join(f"{key!r}: {len(column)}" for key, column in columns.items()),
            wanted="as many values in every column",
            mend="complete the short columns, or cut the long ones",
        )
    return load("pandas").DataFrame(columns)


def is_series(X: Any) -> bool:
    """Whether `X` is one column of a data frame."""
    if isinstance(X, np.ndarray | list | tuple):
        return False
    return bool(load("narwhals.stable.v1").dependencies.is_into_series(X))


def as_array(X: Any, *, name: str = "X") -> NDArray[Any]:
    """What `X` holds as a base-class array; memory is shared where that is possible.

    Takes arrays, nested lists, sparse matrices, columns of frames and anything with
    ``__array__``, the array interface or ``__dlpack__``. Lists that mix numbers and text stay
    objects, so that nothing is renamed.

    Examples
    --------
    >>> as_array([[1, 2], [3, 4]]).shape
    (2, 2)
    >>> as_array([1, "a"])
    array([1, 'a'], dtype=object)
    """
    if isinstance(X, np.ma.MaskedArray):
        return _unmasked(X)
    if type(X).__module__.startswith("scipy.sparse"):
        return _dense(X, name)
    if isinstance(X, Mapping | set | frozenset) or hasattr(X, "collect") or hasattr(X, "__next__"):
        raise _no_array(X, name)
    if is_series(X):
        return np.asarray(load("narwhals.stable.v1").from_native(X, series_only=True).to_numpy())
    try:
        found = np.asarray(X)
    except (TypeError, ValueError, RuntimeError) as error:
        raise _ragged_or_foreign(X, name, error) from error
    if isinstance(X, Sequence) and found.dtype.kind in "US":
        found = np.array(X, dtype=object)
    if found.dtype.names is not None:
        raise DataError(
            f"{name} is an array of records",
            where=name,
            got=f"the fields {', '.join(found.dtype.names[:8])}",
            wanted="an array of numbers, or a data frame",
            mend=f"write pandas.DataFrame({name})",
        )
    if found.ndim == 0 and found.dtype.kind == "O":
        if not hasattr(X, "__dlpack__"):
            raise _no_array(X, name)
        return _shared(X, name)
    return found


def _shared(X: Any, name: str) -> NDArray[Any]:
    """See what another library holds in the memory of this machine."""
    try:
        return np.from_dlpack(X)
    except (BufferError, RuntimeError, TypeError, ValueError) as error:
        raise DataError(
            f"{name} cannot be read where it lies",
            where=name,
            got=f"{type(X).__module__}.{type(X).__name__}: {error}",
            wanted="numbers in the memory of this machine",
            mend=f"bring {name} to the processor, and give it as a NumPy array",
        ) from error


def _unmasked(X: Any) -> NDArray[Any]:
    """A masked value is a missing one: not-a-number, so that it is found like the others."""
    if not np.ma.is_masked(X):
        return np.asarray(X.data)
    wide = X.astype(np.float64) if X.dtype.kind in "biu" else X
    return np.asarray(
        wide.filled(np.nan) if wide.dtype.kind == "f" else wide.astype(object).filled(None)
    )


def _dense(X: Any, name: str) -> NDArray[Any]:
    bytes_needed = int(np.prod(X.shape, dtype=np.float64)) * X.dtype.itemsize
    if bytes_needed > DENSE_LIMIT:
        raise DataError(
            f"{name} is a sparse matrix too large to be made dense",
            where=name,
            got=f"shape {X.shape}: {bytes_needed / 2**30:.1f} GiB as an array",
            wanted=f"at most {DENSE_LIMIT / 2**30:.0f} GiB",
            mend="reduce its columns first, for example with sklearn.decomposition.TruncatedSVD",
        )
    return np.asarray(X.toarray())


def _no_array(X: Any, name: str) -> DataError:
    if isinstance(X, Mapping):
        mend = "write pandas.DataFrame(X) for a table of columns"
    elif hasattr(X, "collect"):
        mend = "write X.collect(): a lazy frame holds no rows yet"
    elif isinstance(X, str | bytes | Path):
        mend = "read the file first: pellucid.data.read(path)"
        if name.endswith("y"):
            mend = "give the labels themselves: frame['name'] of a frame, data.read(path).target"
    elif not hasattr(X, "__iter__"):
        mend = "give X as rows of numbers: an array, lists or a frame"
    else:
        mend = "write numpy.array(list(X))"
    return DataError(
        f"{name} is not an array",
        where=name,
        got=f"an object of type {type(X).__name__}",
        wanted="an array, nested lists or a data frame",
        mend=mend.replace("X", name),
    )


def _ragged_or_foreign(X: Any, name: str, error: Exception) -> DataError:
    lengths = [len(row) if hasattr(row, "__len__") else 0 for row in X] if _is_list(X) else []
    odd = next((row for row, length in enumerate(lengths) if length != lengths[0]), None)
    if odd is None:
        wide = ".float()" * ("BFloat16" in str(error))
        return DataError(
            f"{name} cannot become an array",
            where=name,
            got=f"{type(X).__name__}: {error}",
            mend=f"hand over {name}.detach().cpu(){wide}.numpy()" if hasattr(X, "detach") else "",
        )
    return DataError(
        f"the rows of {name} have different lengths",
        where=f"{name}, row {odd} (counted from 0)",
        got=f"{lengths[odd]} values, where row 0 has {lengths[0]}",
        wanted="as many values in every row",
        mend="complete the short rows, or cut the long ones",
    )


def _is_list(X: Any) -> bool:
    return isinstance(X, list | tuple) and len(X) > 0
