"""Preparation: a raw table to the matrix a network trains on, learned from training rows alone."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeGuard, final

import numpy as np
from numpy.typing import DTypeLike, NDArray

from pellucid.arguments import Frozen
from pellucid.data.arrays import as_array, is_table
from pellucid.data.columns import Column, columns_of
from pellucid.data.intake import Features, features, is_finite, numbers
from pellucid.data.mapping import VALUES_AT_ONCE, is_mapped, parts, room
from pellucid.data.rules import NumberRule, Rule, learn_rule, rule_from_config
from pellucid.data.scaling import Scaling, check_scaling
from pellucid.errors import ArgumentError, DataError, PellucidWarning, ShapeError
from pellucid.wording import listed

__all__ = ["Preparation"]

COLUMNS_AT_ONCE = 16  # are turned into rows together: a line of memory is read once for all of them
ROWS_TURNED = 1024  # at once, so that what is written stays in the processor's cache
ROWS_AT_ONCE = 256  # are scaled together: their float64 numbers stay in the processor's cache


@final
class Preparation(Frozen):
    """How raw columns become the float matrix of a network. Plain data: it is saved with a model.

    Numbers are scaled; booleans become 0 and 1; text becomes one column for each category; dates
    become days since 1970-01-01 and are scaled. Missing numbers are filled with the median,
    missing booleans with the more frequent value, missing text is a category of its own. A category
    that the training rows did not have becomes zeros, with a warning.

    Arrays of pictures, (n, height, width) or (n, channels, height, width), are scaled channel by
    channel: pixels of 8 bits by ``"minmax"`` from 0…255 to 0…1.
    All of it is learned from the rows given to `fit`.

    Parameters
    ----------
    rules : one for each raw column, or for each channel of pictures
    scaling : ``"standard"``: mean 0 and deviation 1; ``"minmax"``: from 0 to 1; None: as they are
    named : whether the columns are found by name (a frame) or by place (a matrix)
    notes : what was done to the training rows, in plain sentences
    shape : of one picture; empty for tables

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
    shape: tuple[int, ...] = ()

    @classmethod
    def fit(cls, X: Any, *, scaling: Scaling | None = "standard", name: str = "X") -> Preparation:
        """Learn the rules from the training rows.

        Parameters
        ----------
        X : (rows, columns) a frame or a matrix; or pictures
        scaling : of numbers, dates and pixels
        name : what messages call it

        Raises
        ------
        DataError : a column without any value, of mixed kinds, with infinity, with too many texts
        ShapeError : no rows or no columns
        """
        check_scaling(scaling)
        array = _numbers_without_gaps(X, name)
        if array is None:
            return cls._fit_columns(X, scaling, name)
        if array.ndim > 2:
            rules, notes = _pixel_rules(array, scaling)
            return cls(rules, scaling, False, notes, array.shape[1:])
        rules = tuple(
            NumberRule.learn(f"column {j}", "number", column, scaling)
            for j, column in enumerate(_columns_in_turn(array))
        )
        same = [(array[some] == array[0]).all(axis=0) for some in parts(array)]
        constant = np.flatnonzero(np.logical_and.reduce(same))
        return cls(rules, scaling, False, _constant_note([f"column {j}" for j in constant]))

    @classmethod
    def _fit_columns(cls, X: Any, scaling: Scaling | None, name: str) -> Preparation:
        columns, names = _read(X, name)
        rules: list[Rule] = []
        notes: list[str] = []
        for place, column in enumerate(columns):
            title = names[place] if names else f"column {place}"
            rule, said = learn_rule(column, title, scaling, name)
            rules.append(rule)
            notes += [*said, *rule.notes(column)]
        notes += _constant_note([column.label for column in columns if _is_constant(column)])
        return cls(tuple(rules), scaling, names is not None, tuple(notes))

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the columns that `apply` makes."""
        titles = [] if self.shape else [title for rule in self.rules for title in rule.titles]
        return tuple(titles)

    def apply(self, X: Any, *, dtype: DTypeLike = "float32", name: str = "X") -> Features:
        """The float matrix of these rows, or the pictures; columns of a frame are found by name.

        Raises
        ------
        DataError : a column is absent, or holds another kind of value, or infinity
        ShapeError : a matrix of another width, pictures of another shape, or no rows

        Warns
        -----
        PellucidWarning : values of a category that the training rows did not have
        """
        array = _numbers_without_gaps(X, name)
        if self.shape:
            return Features(
                self._scaled(self._pictures(X if array is None else array, name), dtype, name)
            )
        if array is not None and array.ndim == 2 and all(map(_takes_numbers, self.rules)):
            self._check_width(array.shape, name)
            return Features(self._scaled(array, dtype, name), self.feature_names)
        columns = self._matched(*_read(X, name), name)
        pairs = list(zip(self.rules, columns, strict=True))
        matrix = np.concatenate([rule.apply(column, name) for rule, column in pairs])
        array = numbers(matrix.T, dtype=dtype, name=f"prepared {name}", labels=self._labels)
        unknown = [note for rule, column in pairs for note in rule.unknown(column, name)]
        for note in unknown:
            warnings.warn(note, PellucidWarning, stacklevel=2)
        notes = [note for rule, column in pairs for note in rule.notes(column)]
        return Features(array, self.feature_names, (*notes, *unknown))

    def to_config(self) -> dict[str, Any]:
        """The preparation as JSON values; floats survive exactly."""
        return {
            "scaling": self.scaling,
            "named": self.named,
            "notes": list(self.notes),
            "shape": list(self.shape),
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
            shape = tuple(map(int, config.get("shape", ())))
            return cls(rules, config["scaling"], bool(config["named"]), notes, shape)
        except (ArgumentError, AttributeError, KeyError, TypeError, ValueError) as error:
            raise DataError(
                "a saved preparation cannot be read",
                got=repr(error),
                mend="save the network anew, or load it with the version that saved it",
            ) from error

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
        self._check_width((len(columns[0].values), len(columns)), name)
        return columns

    def _check_width(self, shape: tuple[int, ...], name: str) -> None:
        if shape[1] != len(self.rules):
            raise ShapeError(
                f"{name} has another number of columns than the training rows",
                where=name,
                got=f"shape {shape}",
                wanted=f"(rows, {len(self.rules)})",
                mend="give the same columns in the same order",
            )

    def _pictures(self, array: Any, name: str) -> NDArray[Any]:
        if np.shape(array)[1:] == self.shape:
            return np.asarray(array)
        raise ShapeError(
            f"{name} has pictures of another shape than the training rows",
            where=name,
            got=f"shape {np.shape(array)}",
            wanted=str((None, *self.shape)).replace("None", "rows"),
            mend="bring them to one size: data.read_pictures(folder, size=…), data.images(array)",
        )

    def _scaled(self, array: NDArray[Any], dtype: DTypeLike, name: str) -> NDArray[Any]:
        """(value − centre) / scale of all columns or channels in one pass."""
        shape = (-1, *[1] * (len(self.shape) - 1)) if self.shape else (-1,)
        centre = np.array([rule.centre for rule in self.rules if _takes_numbers(rule)])
        scale = np.array([rule.scale for rule in self.rules if _takes_numbers(rule)])
        centre, scale = centre.reshape(shape), scale.reshape(shape)
        scaled = room(array, array.shape, dtype)
        with np.errstate(over="ignore"):
            for start in range(0, len(array), ROWS_AT_ONCE):
                rows = slice(start, start + ROWS_AT_ONCE)
                scaled[rows] = (array[rows] - centre) / scale
            raw = scaled if is_finite(scaled) else (array - centre) / scale
        return numbers(raw, dtype=dtype, name=f"prepared {name}", labels=self._labels)

    @property
    def _labels(self) -> list[str] | None:
        return [f"column {title!r}" for title in self.feature_names] or None


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


def _numbers_without_gaps(X: Any, name: str) -> NDArray[Any] | None:
    """The array, if it is one pass of arithmetic to prepare it; pictures always are."""
    if is_table(X):
        return None
    array = as_array(X, name=name)
    if array.ndim > 2 and array.dtype.kind not in "iu":
        return features(array, dtype="float64", name=name).array
    is_plain = array.ndim >= 2 and array.size > 0 and array.dtype.kind in "iuf"
    return array if is_plain and is_finite(array) else None


def _takes_numbers(rule: Rule) -> TypeGuard[NumberRule]:
    return isinstance(rule, NumberRule) and rule.unit == "number"


def _columns_in_turn(matrix: NDArray[Any]) -> Iterator[NDArray[np.float64]]:
    most = VALUES_AT_ONCE if is_mapped(matrix) else 4 * VALUES_AT_ONCE
    step = min(COLUMNS_AT_ONCE, max(1, most // len(matrix)))
    for start in range(0, matrix.shape[1], step):
        some = matrix[:, start : start + step]
        columns = np.empty(some.shape[::-1])
        for row in range(0, len(matrix), ROWS_TURNED):
            rows = slice(row, row + ROWS_TURNED)
            columns[:, rows] = some[rows].T
        yield from columns


def _pixel_rules(
    array: NDArray[Any], scaling: Scaling | None
) -> tuple[tuple[NumberRule, ...], tuple[str, ...]]:
    """One rule for each channel of (n, channels, …), or for all values of (n, height, width)."""
    channels = np.moveaxis(array, 1, 0) if array.ndim > 3 else array[None]
    if scaling == "minmax" and array.dtype == np.uint8:
        rule = NumberRule("pixels", "number", 0.0, 255.0, 0.0)
        return (rule,) * len(channels), ("the pixels were divided by 255: they are from 0 to 1.",)
    rules = tuple(_pixel_rule(f"channel {c}", values, scaling) for c, values in enumerate(channels))
    if scaling is None:
        return rules, ()
    did = "standardised" if scaling == "standard" else "brought from 0 to 1"
    told = ", ".join(f"less {rule.centre:.4g}, by {rule.scale:.4g}" for rule in rules)
    return rules, (f"the pixels of each channel were {did}: {told}.",)


def _pixel_rule(name: str, values: NDArray[Any], scaling: Scaling | None) -> NumberRule:
    centre, scale = 0.0, 1.0
    if scaling == "minmax":
        centre = float(values.min())
        scale = float(values.max()) - centre or 1.0
    if scaling == "standard":  # a few pictures at a time: all of them as float64 are too many
        parts = [values[i : i + ROWS_AT_ONCE] for i in range(0, len(values), ROWS_AT_ONCE)]
        centre = math.fsum(part.sum(dtype=np.float64) for part in parts) / values.size
        squares = math.fsum(np.square(part - np.float64(centre)).sum() for part in parts)
        scale = math.sqrt(squares / values.size) or 1.0
    return NumberRule(name, "number", centre, scale, centre)


def _is_constant(column: Column) -> bool:
    values = column.values[~column.missing] if column.missing.any() else column.values
    return bool((values == values[0]).all())


def _constant_note(constant: Sequence[str]) -> tuple[str, ...]:
    if not constant:
        return ()
    if len(constant) == 1:
        return (f"{constant[0]} is constant: it was kept, and tells nothing.",)
    shown = ", ".join(label.removeprefix("column ") for label in constant[:8])
    more = ", …" * (len(constant) > 8)
    return (
        f"{len(constant)} columns are constant: {shown}{more}; they were kept, and tell nothing.",
    )
