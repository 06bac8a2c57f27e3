"""Preparation: a raw table to the matrix a network trains on, learned from training rows alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import DTypeLike, NDArray

from pellucid.data.columns import Column, columns_of
from pellucid.data.intake import Features, numbers
from pellucid.data.rules import Rule, learn_rule, rule_from_config
from pellucid.data.scaling import Scaling, check_scaling
from pellucid.data.wording import listed
from pellucid.errors import ArgumentError, DataError, ShapeError

__all__ = ["Preparation"]


@final
@dataclass(frozen=True)
class Preparation:
    """How raw columns become the float matrix of a network. Plain data: it is saved with a model.

    Numbers are scaled; booleans become 0 and 1; text becomes one column for each category; dates
    become days since 1970-01-01 and are scaled. Missing numbers are filled with the median,
    missing booleans with the more frequent value, missing text is a category of its own.
    All of it is learned from the rows given to `fit`.

    Parameters
    ----------
    rules : one for each raw column
    scaling : ``"standard"``: mean 0 and deviation 1; ``"minmax"``: from 0 to 1; None: as they are
    named : whether the columns are found by name (a frame) or by place (a matrix)
    notes : what was done to the training rows, in plain sentences

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"size": [1.0, 3.0, None], "colour": ["red", "blue", "red"]})
    >>> preparation = Preparation.fit(frame)
    >>> preparation.apply(frame)
    Features(3 × 3 float32, names size, colour=blue, colour=red)
    >>> print(*preparation.notes, sep=chr(10))
    1 missing value of column 'size' was filled with 2, the median of the training rows.
    column 'colour' holds text: it became 2 columns of 0 and 1.
    >>> Preparation.from_config(preparation.to_config()) == preparation
    True
    """

    rules: tuple[Rule, ...]
    scaling: Scaling | None
    named: bool
    notes: tuple[str, ...] = ()

    @classmethod
    def fit(cls, X: Any, *, scaling: Scaling | None = "standard", name: str = "X") -> Preparation:
        """Learn the rules from the training rows.

        Parameters
        ----------
        X : (rows, columns) a frame or a matrix
        scaling : of numbers and dates
        name : what messages call it

        Raises
        ------
        DataError : a column without any value, of mixed kinds, with infinity, with too many texts
        ShapeError : no rows or no columns
        """
        check_scaling(scaling)
        columns, names = _read(X, name)
        rules: list[Rule] = []
        notes: list[str] = []
        for place, column in enumerate(columns):
            title = names[place] if names else f"column {place}"
            rule, said = learn_rule(column, title, scaling, name)
            rules.append(rule)
            notes += [*said, *rule.notes(column)]
        return cls(tuple(rules), scaling, names is not None, (*notes, *_constant_note(columns)))

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the columns that `apply` makes."""
        return tuple(title for rule in self.rules for title in rule.titles)

    def apply(self, X: Any, *, dtype: DTypeLike = "float32", name: str = "X") -> Features:
        """The float matrix of these rows; columns of a frame are found by name.

        Raises
        ------
        DataError : a column is absent, or holds another kind of value, infinity, a new category
        ShapeError : a matrix of another width, or without rows
        """
        columns = self._matched(*_read(X, name), name)
        pairs = list(zip(self.rules, columns, strict=True))
        matrix = np.concatenate([rule.apply(column, name) for rule, column in pairs])
        labels = [f"column {title!r}" for title in self.feature_names]
        array = numbers(matrix.T, dtype=dtype, name=f"prepared {name}", labels=labels)
        notes = tuple(note for rule, column in pairs for note in rule.notes(column))
        return Features(array, self.feature_names, notes)

    def to_config(self) -> dict[str, Any]:
        """The preparation as JSON values; floats survive exactly."""
        return {
            "scaling": self.scaling,
            "named": self.named,
            "notes": list(self.notes),
            "columns": [rule.to_config() for rule in self.rules],
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Preparation:
        """The preparation that `to_config` wrote.

        Raises
        ------
        DataError : the record is not one that `to_config` wrote
        """
        try:
            check_scaling(config["scaling"])
            rules = tuple(rule_from_config(record) for record in config["columns"])
            notes = tuple(str(note) for note in config["notes"])
            return cls(rules, config["scaling"], bool(config["named"]), notes)
        except (ArgumentError, KeyError, TypeError, ValueError) as error:
            raise DataError("a saved preparation cannot be read", got=repr(error)) from error

    def _matched(
        self, columns: list[Column], names: tuple[str, ...] | None, name: str
    ) -> list[Column]:
        if self.named and names is not None:
            found = dict(zip(names, columns, strict=True))
            absent = [rule.name for rule in self.rules if rule.name not in found]
            if not absent:
                return [found[rule.name] for rule in self.rules]
            raise DataError(
                f"{name} lacks columns that the training rows had",
                where=name,
                got=f"the columns {listed(names)}",
                wanted=f"also {listed(absent)}",
                mend="add them, and leave the values that are not known empty",
            )
        if len(columns) != len(self.rules):
            raise ShapeError(
                f"{name} has another number of columns than the training rows",
                where=name,
                got=f"shape ({len(columns[0].values)}, {len(columns)})",
                wanted=f"(rows, {len(self.rules)})",
                mend="give the same columns in the same order",
            )
        return columns


def _read(X: Any, name: str) -> tuple[list[Column], tuple[str, ...] | None]:
    columns, names = columns_of(X, name=name)
    if not columns or not len(columns[0].values):
        raise ShapeError(
            f"{name} has no {'rows' if columns else 'columns'}",
            where=name,
            got=f"shape ({len(columns[0].values) if columns else len(X)}, {len(columns)})",
            wanted="at least one row and one column",
            mend="look at the selection that made it: it kept nothing",
        )
    return columns, names


def _constant_note(columns: list[Column]) -> list[str]:
    present = [column.values[~column.missing] for column in columns]
    constant = [c.label for c, values in zip(columns, present, strict=True) if _all_equal(values)]
    if not constant:
        return []
    if len(constant) == 1:
        return [f"{constant[0]} is constant: it was kept, and tells nothing."]
    shown = ", ".join(label.removeprefix("column ") for label in constant[:8])
    more = ", …" * (len(constant) > 8)
    return [
        f"{len(constant)} columns are constant: {shown}{more}; they were kept, and tell nothing."
    ]


def _all_equal(values: NDArray[Any]) -> bool:
    return bool((values == values[0]).all())
