"""One rule for each raw column of a table: how its values become numbers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Literal, final

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import Frozen
from pellucid.data.columns import PLURALS, Column, days_of, texts_of
from pellucid.data.scaling import Scaling, centre_and_scale, median, usable
from pellucid.errors import DataError
from pellucid.wording import at_row, counted

__all__ = [
    "PATTERNS",
    "CategoryRule",
    "NumberRule",
    "Rule",
    "check_not_numbers",
    "learn_rule",
    "rule_from_config",
]

Unit = Literal["number", "boolean", "date"]

MOST_CATEGORIES = 1000
PATTERNS = {
    "number": re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*"),
    "date": re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?"),
}


@final
class NumberRule(Frozen):
    """(value − centre) / scale, with `fill` where the value is missing.

    Parameters
    ----------
    name : of the column
    unit : a boolean is 0 or 1; a date is days since 1970-01-01 (UTC)
    centre, scale : from the training rows; 0 and 1 leave the values as they are
    fill : the median of the training rows; for booleans the more frequent value
    """

    name: str
    unit: Unit
    centre: float
    scale: float
    fill: float

    @classmethod
    def learn(
        cls, name: str, unit: Unit, values: NDArray[np.float64], scaling: Scaling | None
    ) -> NumberRule:
        """The rule for these values of the training rows, none of them missing."""
        return cls(name, unit, *centre_and_scale(values, scaling), median(values))

    @property
    def titles(self) -> tuple[str, ...]:
        """The name of the one column it makes."""
        return (self.name,)

    def apply(self, column: Column, name: str) -> NDArray[np.float64]:
        """(1, n) numbers; infinite where they are too large."""
        values = _in_unit(column, self.unit, name)
        filled = np.where(np.isnan(values), self.fill, values)
        with np.errstate(over="ignore"):
            return ((filled - self.centre) / self.scale)[None]

    def unknown(self, column: Column, name: str) -> list[str]:
        """Nothing: every number has its place."""
        return []

    def notes(self, column: Column) -> list[str]:
        """What `apply` does to missing values, in plain sentences."""
        shown = f"{self.fill:g}"
        if self.unit == "boolean":
            shown = str(bool(self.fill))
        if self.unit == "date":
            shown = str(np.datetime64(int(self.fill), "D"))
        origin = "more frequent value" if self.unit == "boolean" else "median"
        return _missing_note(column, f"filled with {shown}, the {origin} of the training rows")

    def to_config(self) -> dict[str, Any]:
        """The rule as JSON values."""
        return {"kind": "number", **asdict(self)}


@final
class CategoryRule(Frozen):
    """A column of 0 and 1 for each text that the training rows hold.

    Parameters
    ----------
    name : of the column
    categories : the texts, sorted
    missing : whether a missing value is a category of its own, the last
    """

    name: str
    categories: tuple[str, ...]
    missing: bool

    @property
    def titles(self) -> tuple[str, ...]:
        """The names of the columns it makes: ``colour=red`` and so on."""
        shown = (*self.categories, *["missing"] * self.missing)
        return tuple(f"{self.name}={value}" for value in shown)

    def apply(self, column: Column, name: str) -> NDArray[np.float64]:
        """(categories, n) zeros and ones; zeros alone for a value that is none of them."""
        codes = self._codes(column, name)
        return np.equal.outer(np.arange(len(self.titles)), codes).astype(np.float64)

    def unknown(self, column: Column, name: str) -> list[str]:
        """A sentence about values that the training rows did not have, if there are any."""
        (rows,) = np.nonzero(self._codes(column, name) < 0)
        if not len(rows):
            return []
        first = "no value" if column.missing[rows[0]] else column.shown(rows[0])
        return [
            f"{column.label} of {name} holds {counted(len(rows), 'value')} that the training rows "
            f"did not have, first {first} in row {rows[0]}: "
            f"{'it' if len(rows) == 1 else 'they'} became zeros in all {len(self.titles)} columns."
        ]

    def notes(self, column: Column) -> list[str]:
        """What `apply` does to missing values, in plain sentences."""
        return _missing_note(column, "taken as a category of its own") if self.missing else []

    def to_config(self) -> dict[str, Any]:
        """The rule as JSON values."""
        return {"kind": "category", **asdict(self), "categories": list(self.categories)}

    def _codes(self, column: Column, name: str) -> NDArray[np.int64]:
        """(n,) the place of each value among the titles, −1 for one that the rule does not know."""
        texts = column.values
        if column.kind == "date":
            raise _other_kind(column, "text", name)
        if column.kind != "text":  # a file may give the category "2" back as a number
            texts = texts_of(column.values.tolist(), column.missing.tolist())
        index: dict[str | None, int] = {text: i for i, text in enumerate(self.categories)}
        if self.missing:
            index[None] = len(self.categories)
        return np.array([index.get(text, -1) for text in texts], dtype=np.int64)


Rule = NumberRule | CategoryRule


def learn_rule(
    column: Column, title: str, scaling: Scaling | None, name: str
) -> tuple[Rule, list[str]]:
    """The rule for a column of the training rows, and what it does, in plain sentences.

    Raises
    ------
    DataError : no value at all, mixed kinds, infinity, too many categories
    """
    if column.missing.all():
        raise DataError(
            f"{column.label} holds no value at all",
            where=f"{name}, {column.label}",
            got=f"{len(column.values)} rows, all missing",
            mend="drop the column",
        )
    if column.kind == "text" and not _is_written(column, "date"):
        return _learn_categories(column, title, name)
    unit: Unit = "date" if column.kind == "text" else column.kind
    values = _in_unit(column, unit, name)
    present = values[~np.isnan(values)]
    if unit == "boolean":
        return NumberRule(title, unit, 0.0, 1.0, float(present.mean() > 0.5)), []
    notes = [f"{column.label} is a date: it became days since 1970-01-01."] * (unit == "date")
    return NumberRule.learn(title, unit, present, scaling), notes


def rule_from_config(record: Mapping[str, Any]) -> Rule:
    """The rule that `to_config` wrote; `ValueError`, `KeyError` or `TypeError` if it is none."""
    if record["kind"] == "category":
        categories = tuple(map(str, record["categories"]))
        return CategoryRule(str(record["name"]), categories, bool(record["missing"]))
    if record["kind"] != "number" or record["unit"] not in ("number", "boolean", "date"):
        raise ValueError(f"unknown column {record!r}")
    return NumberRule(
        str(record["name"]),
        record["unit"],
        usable(record["centre"]),
        usable(record["scale"], zero=False),
        usable(record["fill"]),
    )


def _learn_categories(column: Column, title: str, name: str) -> tuple[CategoryRule, list[str]]:
    check_not_numbers(column, name)
    present = Counter(column.values[~column.missing].tolist())
    if len(present) > MOST_CATEGORIES:
        raise DataError(
            f"{column.label} holds too many different texts to be categories",
            where=f"{name}, {column.label}",
            got=f"{len(present)} different texts in {len(column.values)} rows",
            wanted=f"at most {MOST_CATEGORIES}",
            mend="drop the column, or group its values",
        )
    rule = CategoryRule(title, tuple(sorted(present)), bool(column.missing.any()))
    made = counted(len(rule.titles), "column")
    notes = [f"{column.label} holds text: it became {made} of 0 and 1."]
    if len(present) > max(20, len(column.values) / 2):
        notes.append(f"{column.label} differs in most rows: if it names the row, drop it.")
    return rule, notes


def check_not_numbers(column: Column, name: str) -> None:
    """Refuse text that is mostly numbers: one bad cell turns a whole column of a file to text.

    Raises
    ------
    DataError : at least half of the texts are numbers
    """
    if column.categorical:
        return
    rows = np.flatnonzero(~column.missing)
    is_number = np.array([bool(PATTERNS["number"].fullmatch(text)) for text in column.values[rows]])
    bad = rows[~is_number]
    if len(bad) > len(rows) / 2:
        return
    if not len(bad):
        raise DataError(
            f"{column.label} holds numbers written as text",
            where=at_row(rows[0], name, column.label),
            got=f"{column.values[rows[0]]!r}",
            wanted="numbers, or names of categories",
            mend="write column.astype(float); or column.astype('category') if they are names",
        )
    raise DataError(
        f"{column.label} mixes numbers and text",
        where=at_row(bad[0], name, column.label),
        got=f"{column.values[bad[0]]!r} ({len(bad)} such beside {len(rows) - len(bad)} numbers)",
        wanted="numbers, or names of categories",
        mend="correct those cells, or leave them empty if the value is missing",
    )


def _is_written(column: Column, kind: Literal["number", "date"]) -> bool:
    present = column.values[~column.missing]
    return not column.categorical and all(PATTERNS[kind].fullmatch(text) for text in present)


def _in_unit(column: Column, unit: Unit, name: str) -> NDArray[np.float64]:
    """The values as floats, NaN where missing, if the column is of the kind it should be."""
    if column.missing.all():
        return np.full(len(column.values), np.nan)
    if column.kind == "text" and unit == "date" and _is_written(column, "date"):
        days = days_of(column.values[~column.missing], column.missing)
        _check_cells(column, np.isnan(days) & ~column.missing, "a day that does not exist", name)
        return days
    if column.kind != unit and {column.kind, unit} != {"number", "boolean"}:
        raise _other_kind(column, unit, name)
    values = column.values.astype(np.float64)
    _check_cells(column, np.isinf(values), "infinity", name)
    if unit == "boolean":
        _check_cells(column, ~np.isin(values, (0, 1)) & ~np.isnan(values), "neither 0 nor 1", name)
    return values


def _check_cells(column: Column, bad: NDArray[np.bool_], what: str, name: str) -> None:
    if bad.any():
        row = int(np.argmax(bad))
        raise DataError(
            f"{column.label} holds {what}",
            where=at_row(row, name, column.label),
            got=f"{column.shown(row)}, {int(bad.sum())} such",
            mend="correct those cells, or leave them empty if the value is missing",
        )


def _other_kind(column: Column, wanted: str, name: str) -> DataError:
    row = int(np.argmin(column.missing))
    if column.kind == "text" and wanted in PATTERNS:
        fits = [text is None or bool(PATTERNS[wanted].fullmatch(text)) for text in column.values]
        row = row if all(fits) else fits.index(False)
    return DataError(
        f"{column.label} holds {PLURALS[column.kind]}, and held {PLURALS[wanted]} in training",
        where=at_row(row, name, column.label),
        got=column.shown(row),
        wanted=PLURALS[wanted],
        mend="correct the cell, or leave it empty if the value is missing",
    )


def _missing_note(column: Column, done: str) -> list[str]:
    count = int(column.missing.sum())
    if not count:
        return []
    verb = "was" if count == 1 else "were"
    return [f"{counted(count, 'missing value')} of {column.label} {verb} {done}."]
