"""The border: anything sensible becomes a checked, contiguous float array; the rest is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, final

import numpy as np
from numpy.typing import DTypeLike, NDArray

from pellucid.arguments import Frozen
from pellucid.data.arrays import as_array, is_frame, is_table
from pellucid.data.columns import PLURALS, Column, columns_of, read_column
from pellucid.data.mapping import converted, is_mapped, taken
from pellucid.errors import ArgumentError, DataError, ShapeError
from pellucid.lazy import load
from pellucid.wording import at_row

__all__ = ["Features", "check_rows", "features", "is_finite", "numbers", "take"]

FILL = "drop those rows, or fill the gaps: fit(…, prepare='standard') takes the median"


@final
class Features(Frozen):
    """A checked input: ready to be multiplied by weights.

    Parameters
    ----------
    array : (n, …) floats, C-contiguous, native byte order, finite; read-only, because it may
        share memory with what was given
    names : the names of the columns, if a frame gave them
    notes : what was done to the values, in plain sentences

    Examples
    --------
    >>> features([[1, 2], [3, 4]])
    Features(2 × 2 float32)
    """

    array: NDArray[Any]
    names: tuple[str, ...] | None = None
    notes: tuple[str, ...] = ()

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def __repr__(self) -> str:
        size = " × ".join(map(str, self.array.shape))
        titles = f", names {', '.join(self.names)}" if self.names else ""
        return f"Features({size} {self.array.dtype}{titles})"


def features(X: Any, *, dtype: DTypeLike = "float32", name: str = "X") -> Features:
    """Take an input as it comes and return it as floats; the caller's memory is never written.

    Takes arrays of any layout, byte order and number of dimensions from two on, nested lists,
    objects that are numbers, frames of pandas, polars and pyarrow, dictionaries of columns, sparse
    matrices up to 1 GiB.
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
      mend    write numpy.reshape(X, (-1, 1)) for one feature, (1, -1) for one example
    """
    if is_table(X):
        columns, names = columns_of(X, name=name)
        if not columns or not len(columns[0].values):
            raise _empty(name, (len(columns[0].values) if columns else len(X), len(columns)))
        matrix = np.column_stack([_numeric(column, name) for column in columns])
        labels = [column.label for column in columns]
        array = numbers(matrix, dtype=dtype, name=name, labels=labels, mend=FILL)
        return Features(array, names)
    found = as_array(X, name=name)
    _check_dimensions(found, name)
    if found.dtype.kind not in "biuf":
        found = _plain(found, name)
    return Features(numbers(found, dtype=dtype, name=name, mend=FILL))


def numbers(
    raw: NDArray[Any],
    *,
    dtype: DTypeLike,
    name: str,
    labels: Sequence[str] | None = None,
    mend: str = "drop those rows",
) -> NDArray[Any]:
    """`raw` as a read-only, contiguous array of `dtype`, all of it finite.

    Parameters
    ----------
    raw : (n, …) booleans, integers or floats
    dtype : the floating dtype wanted
    name : what messages call it
    labels : what messages call its columns; without them ``column 3``
    mend : what to do about values that are not finite

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
            mend='write dtype="float32"',
        )
    with np.errstate(over="ignore", invalid="ignore"):
        lies_well = raw.dtype == target and raw.flags.c_contiguous
        if is_mapped(raw) and not lies_well:
            raw = converted(raw, target)
        array = np.require(raw, target, ["C", "A", "E"])
    if not is_finite(array):
        raise _not_finite(raw, array, name, labels, mend)
    array = array.view()
    array.flags.writeable = False
    return array


def is_finite(array: NDArray[Any]) -> bool:
    """Whether no value is infinite or not-a-number: quickly told where their sum is finite.

    Examples
    --------
    >>> is_finite(np.array([1e308, 1e308])), is_finite(np.array([1.0, np.nan]))
    (True, False)
    """
    with np.errstate(over="ignore", invalid="ignore"):
        total = array.sum()
    return bool(np.isfinite(total)) or bool(np.isfinite(array).all())


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
    shapes = {name: _shape(array, name) for name, array in arrays.items()}
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
    return taken(as_array(X), rows)


def _check_dimensions(found: NDArray[Any], name: str) -> None:
    if found.size == 0:
        raise _empty(name, found.shape)
    if found.ndim < 2:
        is_row = found.ndim == 1
        raise ShapeError(
            f"{name} has one dimension" if is_row else f"{name} is a single number",
            where=name,
            got=f"shape {found.shape}" if is_row else repr(found.item()),
            wanted="one row for each example: (rows, features)",
            mend=f"write numpy.reshape({name}, (-1, 1)) for one feature, (1, -1) for one example",
        )


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
        read_column(flat[:, j], _column_label(j, found.shape[1:]), name=name)
        for j in range(flat.shape[1])
    ]
    return np.column_stack([_numeric(column, name) for column in columns]).reshape(found.shape)


def _numeric(column: Column, name: str) -> NDArray[Any]:
    if column.kind in ("number", "boolean"):
        return column.values
    row = int(np.argmin(column.missing))
    raise DataError(
        f"{column.label} of {name} holds {PLURALS[column.kind]}",
        where=at_row(row, name, column.label),
        got=column.shown(row),
        wanted="numbers",
        mend="drop the column, or prepare it: fit(…, prepare='standard') encodes text and dates",
    )


def _not_finite(
    raw: NDArray[Any],
    array: NDArray[Any],
    name: str,
    labels: Sequence[str] | None,
    mend: str,
) -> DataError:
    """Tell not-a-number, infinity and overflow apart, and say where and how often."""
    with np.errstate(over="ignore", invalid="ignore"):
        wide = raw.astype(np.longdouble).reshape(len(raw), -1)
    flat = array.reshape(len(array), -1)
    bad = ~np.isfinite(flat)
    row, j = (int(i) for i in np.argwhere(bad)[0])
    label = labels[j] if labels else _column_label(j, array.shape[1:])
    columns = int(bad.any(axis=0).sum())
    spread = f" in {columns} {'columns' if array.ndim == 2 else 'elements'}" if columns > 1 else ""
    where = at_row(row, name, label, word="first in row")
    if np.isfinite(wide[bad]).all():
        return DataError(
            f"{name} holds numbers too large for {array.dtype}",
            where=where,
            got=f"{wide[row, j]:.6g}, {int(bad.sum())} such{spread}",
            wanted=f"numbers below {np.finfo(array.dtype).max:.3g} in size",
            mend="divide the column by a constant, or use dtype='float64'",
        )
    counts = {"NaN": np.isnan(wide), "Inf": wide == np.inf, "-Inf": wide == -np.inf}
    found = ", ".join(f"{where.sum()} {what}" for what, where in counts.items() if where.any())
    return DataError(
        f"{name} holds values that are not finite",
        where=where,
        got=found + spread,
        wanted="finite numbers",
        mend=mend,
    )


def _column_label(j: int, shape: tuple[int, ...]) -> str:
    """A column of a matrix by its number, a pixel of an image by its indices."""
    if len(shape) < 2:
        return f"column {j}" if shape else ""
    return f"element {tuple(int(i) for i in np.unravel_index(j, shape))}"


def _shape(array: Any, name: str) -> tuple[int, ...]:
    if isinstance(array, Mapping):
        return (*_shape(next(iter(array.values()), ()), name)[:1], len(array))
    found = getattr(array, "shape", None)
    return tuple(found) if found is not None else as_array(array, name=name).shape
