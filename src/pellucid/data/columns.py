"""The columns of a table, whoever made it: numbers, booleans, dates or text, the missing marked."""

from __future__ import annotations

import datetime
import numbers
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from functools import cached_property
from typing import Any, Literal, final

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import Frozen
from pellucid.data.arrays import as_array, frame_of, is_series, is_table
from pellucid.errors import DataError, ShapeError
from pellucid.lazy import load
from pellucid.wording import at_row

__all__ = ["PLURALS", "Column", "Kind", "columns_of", "days_of", "read_column", "texts_of"]

Kind = Literal["number", "boolean", "date", "text"]

PLURALS = {"number": "numbers", "boolean": "booleans", "date": "dates", "text": "text"}
MICROSECONDS_A_DAY = 86_400e6
FOREIGN = {"c": "complex numbers", "m": "durations", "S": "bytes", "V": "records of several fields"}
MENDS = {
    "c": "take numpy.abs, .real or .imag",
    "m": "divide by numpy.timedelta64(1, 'D')",
    "S": "write .astype(str)",
    "V": "write numpy.lib.recfunctions.structured_to_unstructured",
}


@final
class Column(Frozen):
    """One column: what it is called in messages, what kind it is, and its values.

    Parameters
    ----------
    label : such as ``column 'age'`` or ``column 3``
    kind : number, boolean, date or text
    values : (n,) numbers, NaN where missing; a date is days since 1970-01-01 (UTC);
        text is an object array of str, None where missing
    categorical : whether its library declares it to be categories, whatever they look like
    """

    label: str
    kind: Kind
    values: NDArray[Any]
    categorical: bool = False

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    @cached_property
    def missing(self) -> NDArray[np.bool_]:
        """(n,) true where there is no value."""
        if self.kind == "text":
            return np.array([value is None for value in self.values], dtype=bool)
        if self.values.dtype.kind == "f":
            return np.isnan(self.values)
        return np.zeros(len(self.values), dtype=bool)

    def shown(self, row: Any) -> str:
        """A value as a message writes it."""
        value = self.values[row]
        if self.kind == "date":
            moment = np.datetime64(round(value * MICROSECONDS_A_DAY), "us")
            return str(moment.astype("datetime64[D]") if value == int(value) else moment)
        return repr(value.item() if isinstance(value, np.generic) else value)


def columns_of(X: Any, *, name: str = "X") -> tuple[list[Column], tuple[str, ...] | None]:
    """The columns of a frame, a dictionary or a matrix, and their names if they have any.

    Raises
    ------
    ShapeError : not two-dimensional
    DataError : a column mixes kinds, or holds what no network can take

    Examples
    --------
    >>> import pandas as pd
    >>> found, names = columns_of(pd.DataFrame({"age": [3, None], "colour": ["red", None]}))
    >>> [column.kind for column in found], names
    (['number', 'text'], ('age', 'colour'))
    """
    if not is_table(X):
        matrix = as_array(X, name=name)
        if matrix.ndim != 2:
            raise ShapeError(
                f"{name} is not a table",
                where=name,
                got=f"shape {matrix.shape}",
                wanted="(rows, columns)",
                mend=f"write numpy.reshape({name}, (len({name}), -1))",
            )
        rows = np.ascontiguousarray(matrix.T)  # each column is read many times
        found = [read_column(row, f"column {j}", name=name) for j, row in enumerate(rows)]
        return found, None
    frame = _frame(X, name)
    found = [
        read_column(frame[:, j].to_native(), f"column {title!r}", name=name)
        for j, title in enumerate(frame.columns)
    ]
    named = all(isinstance(title, str) for title in frame.columns)
    return found, tuple(frame.columns) if named else None


def read_column(values: Any, label: str, *, name: str = "") -> Column:
    """One `Column`, called `label`, of the table `name`, from a series or a (n,) array.

    Raises
    ------
    DataError : it mixes kinds, or holds what no network can take

    Examples
    --------
    >>> read_column(np.array([True, False]), "column 0").kind
    'boolean'
    """
    return (
        _from_series(values, label, name) if is_series(values) else _from_array(values, label, name)
    )


def _frame(X: Any, name: str) -> Any:
    narwhals = load("narwhals.stable.v1")
    try:
        return narwhals.from_native(frame_of(X, name), eager_only=True)
    except narwhals.exceptions.DuplicateError as error:
        titles = Counter(
            str(title) for title in getattr(X, "columns", getattr(X, "column_names", []))
        )
        raise DataError(
            f"{name} has columns with the same name",
            where=name,
            got=", ".join(repr(title) for title, times in titles.items() if times > 1),
            wanted="a name of its own for every column",
            mend="rename one of them, or drop it",
        ) from error


def _from_series(values: Any, label: str, name: str) -> Column:
    narwhals = load("narwhals.stable.v1")
    series = narwhals.from_native(values, series_only=True)
    dtype = series.dtype
    if dtype.is_numeric() or dtype == narwhals.Boolean:
        kind: Kind = "boolean" if dtype == narwhals.Boolean else "number"
        widen = series.null_count() > 0 or dtype == narwhals.Decimal
        return Column(label, kind, (series.cast(narwhals.Float64) if widen else series).to_numpy())
    if dtype in (narwhals.Date, narwhals.Datetime):
        stamps = series.dt.timestamp("us").cast(narwhals.Float64).to_numpy()
        return Column(label, "date", stamps / MICROSECONDS_A_DAY)
    if dtype in (narwhals.String, narwhals.Categorical, narwhals.Enum):
        texts = texts_of(series.to_list(), series.is_null().to_list())
        return Column(label, "text", texts, categorical=dtype != narwhals.String)
    return _from_array(series.to_numpy(), label, name)


def _from_array(values: NDArray[Any], label: str, name: str) -> Column:
    match values.dtype.kind:
        case "b":
            return Column(label, "boolean", values)
        case "i" | "u" | "f":
            return Column(label, "number", values)
        case "M":
            missing = np.isnat(values)
            return Column(label, "date", days_of(values[~missing], missing))
        case "U":
            return Column(label, "text", values.astype(object))
        case "O" | "T":
            return _from_objects(values.astype(object), label, name)
        case other:
            holds = FOREIGN.get(other, str(values.dtype))
            raise DataError(
                f"{label} holds {holds}",
                where=", ".join(filter(None, (name, label))),
                got=f"dtype {values.dtype}",
                wanted="numbers, booleans, dates or text",
                mend=MENDS.get(other, ""),
            )


def _from_objects(values: NDArray[Any], label: str, name: str) -> Column:
    """Sort a column of Python objects, a copy of its own, by what its present values are."""
    missing: NDArray[np.bool_] = load("pandas").isna(values)
    types = set(map(type, values[~missing]))
    found = set(map(_kind_of, types))
    if found == {"boolean", "number"}:
        found = {"number"}
    if len(found) > 1 or None in found:
        kinds = [_kind_of(type(value)) for value in values[~missing]]
        raise _not_one_kind(values, missing, kinds, label, name)
    kind = next(iter(found), None) or "number"
    if kind == "text" and types == {str}:
        values[missing] = None
        return Column(label, "text", values)
    if kind == "text":
        return Column(label, "text", texts_of(values.tolist(), missing.tolist()))
    if kind == "date":
        return Column(label, "date", days_of(values[~missing], missing))
    return Column(label, kind, _numeric(values, missing, label, name))


def _kind_of(type_: type) -> Kind | None:
    if issubclass(type_, bool | np.bool_):
        return "boolean"
    if issubclass(type_, str):
        return "text"
    if issubclass(type_, numbers.Real | Decimal):
        return "number"
    return "date" if issubclass(type_, datetime.date | np.datetime64) else None


def _numeric(
    values: NDArray[Any], missing: NDArray[np.bool_], label: str, name: str
) -> NDArray[Any]:
    """Whole numbers and booleans keep their dtype as long as none is missing."""
    try:
        if not missing.any():
            plain = np.array(values.tolist())
            return plain if plain.dtype.kind in "biuf" else values.astype(np.float64)
        filled = np.full(len(values), np.nan)
        filled[~missing] = values[~missing].astype(np.float64)
    except OverflowError as error:
        raise DataError(
            f"{label} holds a whole number too large for any float",
            where=", ".join(filter(None, (name, label))),
            got=str(error),
            wanted="numbers below 1.8e308 in size",
            mend="divide the column by a power of ten",
        ) from error
    return filled


def texts_of(values: Iterable[Any], missing: Iterable[bool]) -> NDArray[Any]:
    """An object array of str, None where missing; 2 and 2.0 are the same text.

    Examples
    --------
    >>> texts_of(["a", 2.0, None], [False, False, True])
    array(['a', '2', None], dtype=object)
    """
    found = [None if gone else _text(value) for value, gone in zip(values, missing, strict=True)]
    return np.array(found, dtype=object)


def _text(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def days_of(stamps: Any, missing: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Days since 1970-01-01 (UTC), NaN where missing; without a zone a time counts as UTC.

    Parameters
    ----------
    stamps : the present values only: dates, times, or ISO texts; NaN in place of a text that
        names no day
    missing : (n,) where there is no value

    Examples
    --------
    >>> days_of(["1970-01-02", "2024-02-30"], np.array([False, True, False]))
    array([ 1., nan, nan])
    """
    pandas = load("pandas")
    read = pandas.to_datetime(stamps, utc=True, errors="coerce", format="ISO8601")
    days = np.full(len(missing), np.nan)
    days[~missing] = (read - pandas.Timestamp(0, tz="UTC")) / pandas.Timedelta(days=1)
    return days


def _not_one_kind(
    values: NDArray[Any],
    missing: NDArray[np.bool_],
    kinds: list[Kind | None],
    label: str,
    name: str,
) -> DataError:
    tally = Counter(kinds)
    rare = None if None in tally else tally.most_common(2)[1][0]
    row = int(np.flatnonzero(~missing)[kinds.index(rare)])
    what = f"{label} holds a value that is neither number, boolean, date nor text"
    got = f"{values[row]!r} of type {type(values[row]).__name__}"
    mend = "take complex numbers apart, spread lists over columns, or drop the column"
    if rare is not None:
        (common, often), (_, seldom) = tally.most_common(2)
        what = f"{label} mixes {PLURALS[common or rare]} and {PLURALS[rare]}"
        got = f"the {rare} {values[row]!r}: {seldom} such beside {often} of the other kind"
        mend = (
            "correct those values, or leave them empty if they are missing; "
            "if all are names, write them all as text"
        )
    return DataError(
        what,
        where=at_row(row, name, label),
        got=got,
        wanted="one kind of value in a column",
        mend=mend,
    )
