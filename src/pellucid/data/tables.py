"""Tables from files and frames: which column is the target, and what is to be learned."""

from __future__ import annotations

import io
import itertools
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import Frozen
from pellucid.data.arrays import frame_of, is_table
from pellucid.data.columns import Column, columns_of
from pellucid.data.intake import numbers, take
from pellucid.data.labels import Task, check_task, label_values
from pellucid.data.rules import PATTERNS, check_not_numbers
from pellucid.errors import ArgumentError, ArgumentTypeError, DataError, FileError
from pellucid.lazy import load
from pellucid.wording import counted, listed

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Table", "decide", "delimiter_of", "read_table", "select", "table"]

DELIMITERS = (",", ";", "\t")
SNIFFED_LINES = 20
MOST_CLASSES = 20
DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")
DECIMAL_POINT = re.compile(r"[+-]?\d+\.\d+")


@final
class Table(Frozen):
    """A table with its target set apart.

    Parameters
    ----------
    features : the other columns, a frame of the library it came in
    target : (n,) labels (str, bool or integers) or quantities (float64)
    target_name : the name of its column
    feature_names : the names of the other columns
    task : ``"classification"`` or ``"regression"``
    notes : what was decided and dropped, in plain sentences

    Examples
    --------
    >>> import pandas as pd
    >>> table(pd.DataFrame({"size": [1, 2], "price": [1.5, 2.5]}), "price").target
    array([1.5, 2.5])
    """

    features: Any
    target: NDArray[Any]
    target_name: str
    feature_names: tuple[str, ...]
    task: Task
    notes: tuple[str, ...] = ()

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def __repr__(self) -> str:
        size = f"{counted(len(self.target), 'row')}, {counted(len(self.feature_names), 'feature')}"
        return f"Table({size}, {self.task} of {self.target_name!r})"


def table(source: Any, target: str, *, task: Task | None = None) -> Table:
    """Set the target of a table apart and decide the task.

    Text, booleans and few different whole numbers (at most 20, each twice on average) are
    classes; other numbers are quantities. Rows without a target are dropped, and it is said.

    Parameters
    ----------
    source : a data frame, a dictionary of columns, or the path of a CSV or Parquet file
    target : the name of the column to predict
    task : what to learn, if the decision above is not what is meant

    Raises
    ------
    DataError : no such column, no other column, no row with a target
    LabelError : fractional numbers where `task` asks for classes
    FileError : the file cannot be read

    Examples
    --------
    >>> import pandas as pd
    >>> found = table(pd.DataFrame({"size": [1, 2, 3], "kind": ["a", "b", None]}), "kind")
    >>> found
    Table(2 rows, 1 feature, classification of 'kind')
    >>> found.notes
    ("1 row without a value of 'kind' was dropped.",)
    """
    check_task(task)
    frame = frame_of(source, "the table") if is_table(source) else read_table(source)
    columns, names = columns_of(frame, name="the table")
    if names is None or target not in names:
        raise _no_target(target, names or ())
    column = columns[names.index(target)]
    others = tuple(name for name in names if name != target)
    if not others:
        raise DataError(
            "the table holds nothing but the target",
            where=repr(target),
            got="1 column",
            wanted="the target and at least one other column",
            mend="add the columns to predict it from",
        )
    kept = np.flatnonzero(~column.missing)
    values, decided, why = decide(_kept(column, kept), task)
    notes = (*_dropped_note(column, target), *why)
    return Table(select(take(frame, kept), others), values, target, others, decided, notes)


def select(frame: Any, names: Sequence[str]) -> Any:
    """These columns of a data frame, in a frame of its own library.

    Examples
    --------
    >>> import pandas as pd
    >>> select(pd.DataFrame({"a": [1], "b": [2]}), ["b"]).to_dict("list")
    {'b': [2]}
    """
    native = load("narwhals.stable.v1").from_native(frame, eager_only=True)
    return native.select(list(names)).to_native()


def read_table(path: str | os.PathLike[str], *, encoding: str = "utf-8") -> pd.DataFrame:
    """A CSV or Parquet file as a pandas frame.

    The delimiter of a CSV is a comma, a semicolon or a tab, whichever fits; after a semicolon or
    a tab numbers may have a decimal comma. The first line holds the names of the columns.

    Raises
    ------
    FileError : no such file, not text in that encoding, lines of different lengths
    DataError : no rows, no names, or the same name twice

    Examples
    --------
    >>> read_table("/no/such/file.csv")
    Traceback (most recent call last):
        ...
    pellucid.errors.FileError: there is no such file
      where   /no/such/file.csv
    """
    if not isinstance(path, str | os.PathLike):
        raise ArgumentTypeError(
            "this is neither a data frame nor the path of a file",
            got=f"an object of type {type(path).__name__}",
            mend="write pandas.DataFrame(array, columns=names)",
        )
    path = Path(path)
    if not path.is_file():
        raise _no_file(path)
    if path.suffix.lower() in (".parquet", ".pq"):
        return _parquet(path)
    text = _text(path, encoding)
    delimiter = delimiter_of(text)
    rows = _rows(text, delimiter, path)
    names = _names(rows[0], path)
    if len(rows) == 1:
        raise DataError(
            "the table holds no rows",
            where=str(path),
            got="a line of names alone",
            wanted="rows below it",
            mend="write rows below the line of names",
        )
    comma = delimiter != "," and _has_decimal_comma(rows)
    frame: pd.DataFrame = load("pandas").read_csv(
        io.StringIO(text),
        sep=delimiter,
        header=0,
        names=names,
        index_col=False,
        skipinitialspace=True,
        decimal="," if comma else ".",
        low_memory=False,
    )
    return frame


def _no_target(target: str, names: tuple[str, ...]) -> DataError:
    near = load("difflib").get_close_matches(str(target), names, n=1)
    return DataError(
        f"the table has no column {target!r}",
        where="target",
        got=repr(target),
        wanted=f"one of {listed(names, 20)}" if names else "a frame whose columns have names",
        mend=f"did you mean {near[0]!r}?" if near else "",
    )


def _kept(column: Column, rows: NDArray[np.int64]) -> Column:
    """The rows that have a value; numbers that were whole but for the gaps are whole again."""
    values = column.values[rows]
    if not len(values):
        raise DataError(
            "the target holds no value at all",
            where=column.label,
            got=f"{len(column.values)} rows, all missing",
            mend="choose another target, or fill it in",
        )
    had_gaps = len(rows) < len(column.values) and values.dtype.kind == "f"
    if had_gaps and column.kind == "boolean":
        values = values.astype(bool)
    elif had_gaps and column.kind == "number" and (values == np.floor(values)).all():
        values = values.astype(np.int64)
    return Column(column.label, column.kind, values, column.categorical)


def decide(column: Column, task: Task | None) -> tuple[NDArray[Any], Task, tuple[str, ...]]:
    """The target's values, none of them missing, the task, and why it is that.

    Raises
    ------
    DataError, LabelError : values that the task cannot be learned from
    """
    notes: tuple[str, ...] = ()
    if column.kind == "text":
        check_not_numbers(column, "the target")
    if column.kind == "date" or (column.kind == "text" and task == "regression"):
        raise DataError(
            f"the target holds {'text' if column.kind == 'text' else 'dates'}",
            where=column.label,
            got=f"{column.shown(0)} in the first row",
            wanted="numbers" if task == "regression" else "names, booleans or numbers",
            mend="write task='classification'" if column.kind == "text" else "",
        )
    if task is None and column.values.dtype.kind in "iu":
        task, notes = _whole_numbers(column)
    if task == "classification" or (task is None and column.kind in ("text", "boolean")):
        return label_values(column.values, name=column.label), "classification", notes
    return numbers(column.values, dtype="float64", name=column.label), "regression", notes


def _whole_numbers(column: Column) -> tuple[Task, tuple[str, ...]]:
    different = len(np.unique(column.values))
    counted = f"{column.label} holds {different} different whole numbers"
    if different <= min(MOST_CLASSES, max(2, len(column.values) // 2)):
        return "classification", (f"{counted}: each is a class (or say task='regression').",)
    return "regression", (f"{counted}: it is a quantity (or say task='classification').",)


def _dropped_note(column: Column, target: str) -> list[str]:
    count = int(column.missing.sum())
    if not count:
        return []
    verb = "was" if count == 1 else "were"
    return [f"{counted(count, 'row')} without a value of {target!r} {verb} dropped."]


def _no_file(path: Path) -> FileError:
    if path.is_dir():
        return FileError(
            "this is a folder, not a table", where=str(path), wanted="a CSV or Parquet file"
        )
    siblings = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
    near = load("difflib").get_close_matches(path.name, siblings, n=1)
    mend = f"did you mean {str(path.with_name(near[0]))!r}?" if near else ""
    return FileError("there is no such file", where=str(path), mend=mend)


def _parquet(path: Path) -> pd.DataFrame:
    load("pyarrow", extra="parquet")
    try:
        frame: pd.DataFrame = load("pandas").read_parquet(path, engine="pyarrow")
    except (OSError, ValueError) as error:  # pyarrow's own errors are kinds of these
        reason = str(error).splitlines()[0]
        raise FileError(
            "this is no readable Parquet file",
            where=str(path),
            got=reason,
            mend="save it anew with frame.to_parquet(path)",
        ) from error
    return frame


def _text(path: Path, encoding: str) -> str:
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except LookupError as error:
        raise ArgumentError(
            "an unknown encoding",
            where="encoding",
            got=repr(encoding),
            mend='write encoding="utf-8"',
        ) from error
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        wide = raw.startswith((b"\xff\xfe", b"\xfe\xff"))
        raise FileError(
            f"this is not text in {encoding}",
            where=f"{path}, line {line}",
            got=f"the byte 0x{raw[error.start]:02x}",
            mend="save the file as UTF-8, or say what it is: "
            f"read_table(path, encoding={'utf-16' if wide else 'latin-1'!r})",
        ) from error
    except OSError as error:
        raise FileError(
            "the file cannot be read",
            where=str(path),
            got=str(error),
            mend="save it as CSV in UTF-8",
        ) from error
    if "\0" in text:
        raise FileError(
            "this is not a text file",
            where=str(path),
            got="zero bytes inside",
            mend="save it as CSV in UTF-8",
        )
    if not text.strip():
        raise FileError(
            "the file is empty",
            where=str(path),
            wanted="a line of names, then rows",
            mend="check the path, or export the table anew",
        )
    return text


def delimiter_of(text: str) -> str:
    r"""The character that cuts every one of the first lines into most and equally many fields.

    Examples
    --------
    >>> delimiter_of("a;b\n1,5;2\n")
    ';'
    """
    lines = filter(str.strip, io.StringIO(text, newline=None))
    sample = list(itertools.islice(lines, SNIFFED_LINES))

    def fit(delimiter: str) -> tuple[bool, int]:
        try:
            lengths = [len(row) for row in load("csv").reader(sample, delimiter=delimiter)]
        except load("csv").Error:  # told with its line when all rows are read
            return False, 0
        return lengths[0] > 1 and len(set(lengths)) == 1, lengths[0]

    return max(DELIMITERS, key=fit)


def _rows(text: str, delimiter: str, path: Path) -> list[list[str]]:
    """All rows, the names first, checked to be equally long: pandas would fill short ones."""
    reader = load("csv").reader(
        io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True
    )
    rows: list[list[str]] = []
    try:
        for row in reader:
            if row and rows and len(row) != len(rows[0]):
                raise FileError(
                    "a line has another number of fields than the first",
                    where=f"{path}, line {reader.line_num}",
                    got=counted(len(row), "field"),
                    wanted=f"{len(rows[0])}, separated by {delimiter!r}",
                    mend="complete the line, or put quotes around a field that holds the separator",
                )
            rows += [row] if row else []
    except load("csv").Error as error:
        raise FileError(
            "a line cannot be read",
            where=f"{path}, line {reader.line_num}",
            got=str(error),
            mend="open the file in an editor, and look at this line",
        ) from error
    return rows


def _names(header: list[str], path: Path) -> list[str]:
    names = [name.strip() for name in header]
    place = f"{path}, line 1"
    if all(PATTERNS["number"].fullmatch(name) for name in names):
        raise DataError(
            "the first line holds numbers, not the names of the columns",
            where=place,
            got=", ".join(names[:8]),
            mend="write a line of names at the top of the file",
        )
    if "" in names:
        raise DataError(
            f"column {names.index('') + 1} has no name",
            where=place,
            got=listed(names),
            mend="name it; a frame is written without its index by to_csv(path, index=False)",
        )
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(
            "two columns have the same name",
            where=place,
            got=listed(twice),
            mend="rename one of them",
        )
    return names


def _has_decimal_comma(rows: list[list[str]]) -> bool:
    fields = [field.strip() for row in rows[1:] for field in row]
    return any(map(DECIMAL_COMMA.fullmatch, fields)) and not any(
        map(DECIMAL_POINT.fullmatch, fields)
    )
