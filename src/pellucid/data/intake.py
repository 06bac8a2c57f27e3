"""The border: anything sensible becomes a checked, contiguous float array; the rest is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import DTypeLike, NDArray

from pellucid.data.arrays import as_array, is_frame
from pellucid.data.columns import Column, columns_of, read_column
from pellucid.errors import ArgumentError, DataError, ShapeError
from pellucid.lazy import load

__all__ = ["Features", "check_rows", "features", "numbers", "take"]

PREPARE = "fit(…, prepare='standard') fills missing values and encodes text and dates"


@final
@dataclass(frozen=True, eq=False)
class Features:
    """A checked input: ready to be multiplied by weights.

    Parameters
    ----------
    array : (n, …) floats, C-contiguous, native byte order, finite; read-only, because it may
        share memory with what was given
    names : the names of the columns, if a frame gave them
    notes : what was done to the values, in plain sentences
    """

    array: NDArray[Any]
    names: tuple[str, ...] | None = None
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        size = " × ".join(map(str, self.array.shape))
        titles = f", names {', '.join(self.names)}" if self.names else ""
        return f"Features({size} {self.array.dtype}{titles})"


def features(X: Any, *, dtype: DTypeLike = "float32", name: str = "X") -> Features:
    """Take an input as it comes and return it as floats; the caller's memory is never written.

    Takes arrays of any layout, byte order and number of dimensions from two on, nested lists,
    objects that are numbers, frames of pandas, polars and pyarrow, sparse matrices up to 1 GiB.
    Integers and booleans become floats.

    Raises
    ------
    ShapeError : one-dimensional, no rows, or no columns
    DataError : not-a-number, infinity, text, dates, complex numbers, too large for `dtype`

    Examples
    --------
    >>> features([[1, 2], [3, 4]]).array
    array([[1., 2.],
           [3., 4.]], dtype=float32)
    >>> features([1, 2])
    Traceback (most recent call last):
        ...
    pellucid.errors.ShapeError: X has one dimension
      where   X
      got     shape (2,)
      wanted  one row for each example: (rows, features)
      mend    write X.reshape(-1, 1) for one feature, or X.reshape(1, -1) for one example
    """
    if is_frame(X):
        columns, names = columns_of(X, name=name)
        if not columns or not len(columns[0].values):
            raise _empty(name, (len(columns[0].values) if columns else len(X), len(columns)))
        matrix = np.column_stack([_numeric(column, name) for column in columns])
        labels = [column.label for column in columns]
        return Features(numbers(matrix, dtype=dtype, name=name, labels=labels), names)
    found = as_array(X, name=name)
    _check_dimensions(found, name)
    if found.dtype.kind not in "biuf":
        found = _plain(found, name)
    return Features(numbers(found, dtype=dtype, name=name))


def numbers(
    raw: NDArray[Any], *, dtype: DTypeLike, name: str, labels: Sequence[str] | None = None
) -> NDArray[Any]:
    """`raw` as a read-only, contiguous array of `dtype`, all of it finite.

    Parameters
    ----------
    raw : (n, …) booleans, integers or floats
    dtype : the floating dtype wanted
    name : what messages call it
    labels : what messages call its columns; without them ``column 3``

    Raises
    ------
    DataError : not-a-number, infinity, or a value too large for `dtype`
    """
    target = np.dtype(dtype)
    if target.kind != "f":
        raise ArgumentError(
            "the dtype of an input is not a floating one",
            where="dtype",
            got=str(target),
            wanted="float32 or float64",
        )
    with np.errstate(over="ignore", invalid="ignore"):
        array = np.require(raw, target, ["C", "A", "E"])
    if not np.isfinite(array).all():
        raise _not_finite(raw, array, name, labels)
    array = array.view()
    array.flags.writeable = False
    return array


def check_rows(**arrays: Any) -> int:
    """How many rows the arrays have, once they agree.

    Raises
    ------
    ShapeError : they have different numbers of rows

    Examples
    --------
    >>> check_rows(X=np.zeros((3, 2)), y=np.zeros(3))
    3
    """
    shapes = {name: _shape(array) for name, array in arrays.items()}
    lengths = {shape[0] if shape else 0 for shape in shapes.values()}
    if len(lengths) > 1:
        raise ShapeError(
            f"{' and '.join(shapes)} have different numbers of rows",
            where=", ".join(shapes),
            got=", ".join(f"{name} {shape}" for name, shape in shapes.items()),
            wanted="the same first size",
            mend="row i of each must belong to example i: select the same rows of all of them",
        )
    return lengths.pop()


def take(X: Any, rows: NDArray[Any]) -> Any:
    """The given rows of `X`, in that order; a frame stays a frame, a dictionary a dictionary.

    Examples
    --------
    >>> take([[1, 2], [3, 4], [5, 6]], np.array([2, 0]))
    array([[5, 6],
           [1, 2]])
    """
    if isinstance(X, Mapping):
        return {key: take(value, rows) for key, value in X.items()}
    if is_frame(X):
        frame = load("narwhals.stable.v1").from_native(X, eager_only=True)
        return frame[rows].to_native()
    return as_array(X)[rows]


def _check_dimensions(found: NDArray[Any], name: str) -> None:
    if found.ndim == 1:
        raise ShapeError(
            f"{name} has one dimension",
            where=name,
            got=f"shape {found.shape}",
            wanted="one row for each example: (rows, features)",
            mend=f"write {name}.reshape(-1, 1) for one feature, "
            f"or {name}.reshape(1, -1) for one example",
        )
    if found.ndim == 0:
        raise ShapeError(
            f"{name} is a single number",
            where=name,
            got=repr(found.item()),
            wanted="one row for each example: (rows, features)",
            mend=f"write [[{name}]] for one example with one feature",
        )
    if found.size == 0:
        raise _empty(name, found.shape)


def _empty(name: str, shape: tuple[int, ...]) -> ShapeError:
    return ShapeError(
        f"{name} has no {'rows' if shape[0] == 0 else 'columns'}",
        where=name,
        got=f"shape {shape}",
        wanted="at least one row and one column",
        mend="look at the selection that made it: it kept nothing",
    )


def _plain(found: NDArray[Any], name: str) -> NDArray[Any]:
    """Objects that are numbers as floats, column by column, so that a message can name one."""
    flat = found.reshape(len(found), -1)
    columns = [
        read_column(flat[:, j], f"column {_place(j, found.shape)}") for j in range(flat.shape[1])
    ]
    return np.column_stack([_numeric(column, name) for column in columns]).reshape(found.shape)


def _numeric(column: Column, name: str) -> NDArray[Any]:
    if column.kind in ("number", "boolean"):
        return column.values
    row = int(np.argmin(column.missing))
    value = column.values[row]
    raise DataError(
        f"{column.label} of {name} holds {'dates' if column.kind == 'date' else 'text'}",
        where=f"{name}, {column.label}, row {row} (counted from 0)",
        got=f"{value:g} days since 1970-01-01" if column.kind == "date" else repr(value),
        wanted="numbers",
        mend=f"drop the column, or let it be prepared: {PREPARE}",
    )


def _not_finite(
    raw: NDArray[Any], array: NDArray[Any], name: str, labels: Sequence[str] | None
) -> DataError:
    """Tell not-a-number, infinity and overflow apart, and say where and how often."""
    with np.errstate(over="ignore", invalid="ignore"):
        wide = raw.astype(np.longdouble)
    bad = ~np.isfinite(array)
    overflows = not (bad & ~np.isfinite(wide)).any()
    index = tuple(int(i) for i in np.argwhere(bad)[0])
    column = (
        _place(int(np.ravel_multi_index(index[1:], array.shape[1:])), array.shape)
        if index[1:]
        else ""
    )
    label = labels[index[1]] if labels else f"column {column}" if column else ""
    where = ", ".join(part for part in (name, label, f"row {index[0]} (counted from 0)") if part)
    spread = f" in {int(bad.any(axis=0).sum())} columns" if array.ndim > 1 else ""
    if overflows:
        return DataError(
            f"{name} holds numbers too large for {array.dtype}",
            where=where,
            got=f"{wide[index]:.6g}, and {int(bad.sum())} such in all{spread}",
            wanted=f"numbers below {np.finfo(array.dtype).max:.3g} in size",
            mend="divide the column by a constant, or use dtype='float64'",
        )
    counts = {
        "NaN": np.isnan(wide).sum(),
        "Inf": (wide == np.inf).sum(),
        "-Inf": (wide == -np.inf).sum(),
    }
    return DataError(
        f"{name} holds values that are not finite",
        where=where,
        got=", ".join(f"{count} {what}" for what, count in counts.items() if count) + spread,
        wanted="finite numbers",
        mend=f"drop those rows, or fill the gaps: {PREPARE}",
    )


def _place(position: int, shape: tuple[int, ...]) -> str:
    """A column of a matrix by its number, a pixel of an image by its indices."""
    index = np.unravel_index(position, shape[1:])
    return str(int(index[0])) if len(index) == 1 else str(tuple(int(i) for i in index))


def _shape(array: Any) -> tuple[int, ...]:
    found = getattr(array, "shape", None)
    return tuple(found) if found is not None else as_array(array).shape
