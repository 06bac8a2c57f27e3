"""Targets: class labels and their coding, rows of probabilities, and quantities."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Literal, final, get_args

import numpy as np
from numpy.typing import DTypeLike, NDArray

from pellucid.arguments import Frozen, one_of
from pellucid.data.arrays import as_array, is_frame, is_series
from pellucid.data.columns import Column, columns_of, read_column
from pellucid.data.intake import features, numbers
from pellucid.errors import DataError, LabelError, ShapeError
from pellucid.lazy import load
from pellucid.wording import at_row, counted, listed

__all__ = [
    "LabelCoding",
    "Targets",
    "Task",
    "check_task",
    "distinct",
    "label_values",
    "listed_labels",
    "one_hot",
    "targets",
]

Task = Literal["classification", "regression"]
Label = str | int | float | bool

SUM_TOLERANCE = 1e-4  # rows of float16 probabilities still pass, a forgotten class does not


@final
class LabelCoding(Frozen):
    """Which label each output stands for. Plain data: it is saved with a model.

    Parameters
    ----------
    classes : the labels as they were given; label i is output i
    dtype : the dtype they came in: ``"str"``, ``"bool"``, ``"int64"``, ``"float64"``, …

    Examples
    --------
    >>> coding = LabelCoding.learn(np.array(["no", "yes", "no"]))
    >>> coding.encode(["yes", "no"])
    array([1, 0])
    >>> coding.decode(np.array([0, 0, 1]))
    array(['no', 'no', 'yes'], dtype='<U3')
    """

    classes: tuple[Label, ...]
    dtype: str

    @classmethod
    def learn(cls, y: Any, *, outputs: int | None = None, name: str = "y") -> LabelCoding:
        """The coding that certainly fits these labels.

        Whole numbers within 0…outputs−1 stand for themselves and are never renumbered. Other
        labels are numbered in sorted order, if there are exactly as many as outputs; two if the
        network has one output.

        Parameters
        ----------
        y : (n,) or (n, 1) strings, booleans, whole numbers
        outputs : how many outputs the network has, if that is known

        Raises
        ------
        LabelError : missing, fractional, mixed, or not as many as outputs
        """
        return _learn(label_values(y, name=name), outputs, name)

    @property
    def renumbers(self) -> bool:
        """Whether a label differs from the number of its output."""
        return self.dtype in ("str", "bool") or self.classes != tuple(range(len(self.classes)))

    @cached_property
    def _index(self) -> dict[Label, int]:
        return {label: i for i, label in enumerate(self.classes)}

    def encode(self, y: Any, *, name: str = "y") -> NDArray[np.int64]:
        """Labels to class indices.

        Raises
        ------
        LabelError : a label that is none of `classes`
        """
        values = label_values(y, name=name)
        present, places = listed_labels(values)
        found = np.array([self._index.get(label, -1) for label in present.tolist()], np.int64)
        codes: NDArray[np.int64] = found[places]
        if codes.min() < 0:
            row = int(np.argmax(codes < 0))
            raise self._unknown(row, values[row].item(), name)
        return codes

    def decode(self, indices: NDArray[Any]) -> NDArray[Any]:
        """Class indices to labels as they were given.

        Raises
        ------
        LabelError : an index that is not 0…classes−1
        """
        indices = np.asarray(indices)
        if indices.dtype.kind not in "iu" or (
            indices.size and not 0 <= indices.min() <= indices.max() < len(self.classes)
        ):
            raise LabelError(
                "these are not class indices",
                got=f"{indices.dtype}" + (f" up to {indices.max()}" if indices.size else ""),
                wanted=f"whole numbers from 0 to {len(self.classes) - 1}",
                mend="write the labels as whole numbers from 0",
            )
        return np.array(self.classes, dtype=self.dtype)[indices]

    def to_config(self) -> dict[str, Any]:
        """The coding as JSON values."""
        return {"classes": list(self.classes), "dtype": self.dtype}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> LabelCoding:
        """The coding that `to_config` wrote.

        Raises
        ------
        DataError : the record is not one that `to_config` wrote
        """
        try:
            labels = np.array(config["classes"], dtype=config["dtype"])
            coding = cls(tuple(labels.tolist()), str(config["dtype"]))
            whole = list(coding.classes) == config["classes"] and labels.dtype.kind in "Ubiuf"
            if not whole or len(coding._index) < len(coding.classes):
                raise ValueError(f"no list of different labels: {config['classes']!r:.80}")
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(
                "a saved label coding cannot be read",
                got=repr(error),
                mend="save the network anew, or load it with the version that saved it",
            ) from error
        return coding

    def _unknown(self, row: int, label: Label, name: str) -> LabelError:
        near = load("difflib").get_close_matches(str(label), map(str, self.classes), n=1)
        return LabelError(
            f"the label {label!r} was not among the classes",
            where=at_row(row, name),
            got=repr(label),
            wanted=listed(self.classes),
            mend=f"did you mean {near[0]!r}?"
            if near
            else "train on data that hold this class, or drop the row",
        )


@final
class Targets(Frozen):
    """A checked target.

    Parameters
    ----------
    array : class indices (n,) int64; rows of probabilities (n, classes); or quantities (n, …)
    task : ``"classification"`` or ``"regression"``
    coding : which label each class index stands for; None for regression

    Examples
    --------
    >>> targets([True, False]).array
    array([1, 0])
    """

    array: NDArray[Any]
    task: Task
    coding: LabelCoding | None = None

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def __repr__(self) -> str:
        size = " × ".join(map(str, self.array.shape))
        classes = f", {len(self.coding.classes)} classes" if self.coding else ""
        return f"Targets({self.task}, {size} {self.array.dtype}{classes})"


def targets(
    y: Any,
    *,
    task: Task | None = None,
    outputs: int | None = None,
    dtype: DTypeLike = "float32",
    name: str = "y",
) -> Targets:
    """Take a target as it comes and say what it is.

    Without `task` strings, booleans and whole numbers of an integer dtype are classes, floats are
    quantities, and a matrix is classes if most of its rows are one-hot: then all have to sum to 1.

    Parameters
    ----------
    y : (n,) or (n, 1) labels, (n, classes) one-hot rows or probabilities, (n, …) quantities
    task : what it is meant to be
    outputs : how many outputs the network has, if that is known
    dtype : of quantities and probabilities

    Raises
    ------
    LabelError : labels that are missing, fractional, mixed or not as many as outputs; rows that
        do not sum to 1
    DataError : quantities that are text, missing or not finite
    ShapeError : no rows

    Examples
    --------
    >>> targets(["cat", "dog", "cat"])
    Targets(classification, 3 int64, 2 classes)
    >>> targets([0.5, 2.0]).task
    'regression'
    """
    check_task(task)
    if _is_matrix(y, name):
        return _matrix_targets(y, task, outputs, dtype, name)
    column = _single_column(y, name)
    task = task or ("classification" if _names_classes(column) else "regression")
    if task == "classification":
        coding = LabelCoding.learn(y, outputs=outputs, name=name)
        return Targets(coding.encode(y, name=name), task, coding)
    if column.kind in ("text", "date"):
        raise _not_a_quantity(column, name)
    shape = (-1, 1) if not is_series(y) and (is_frame(y) or as_array(y).ndim == 2) else (-1,)
    return Targets(numbers(column.values.reshape(shape), dtype=dtype, name=name), task)


def distinct(values: NDArray[Any]) -> NDArray[Any]:
    """The different labels in rows of them, sorted.

    Examples
    --------
    >>> distinct(np.array([3, 1, 3]))
    array([1, 3])
    """
    if (offsets := _offsets(values)) is None:
        return np.unique(values)
    return (np.flatnonzero(np.bincount(offsets)) + int(values.min())).astype(values.dtype)


def check_task(task: object) -> None:
    """Refuse a word that is no task.

    Raises
    ------
    ArgumentError : neither ``"classification"``, ``"regression"`` nor None
    """
    if task is not None:
        one_of(task, "task", get_args(Task))


def one_hot(indices: NDArray[Any], classes: int, *, dtype: DTypeLike = "float32") -> NDArray[Any]:
    """(n, classes) rows with a single 1, at the class index.

    Raises
    ------
    LabelError : an index that is not 0…classes−1

    Examples
    --------
    >>> one_hot(np.array([2, 0]), 3)
    array([[0., 0., 1.],
           [1., 0., 0.]], dtype=float32)
    """
    coding = LabelCoding(tuple(range(classes)), "int64")
    return np.eye(classes, dtype=dtype)[coding.decode(indices)]


def _is_matrix(y: Any, name: str) -> bool:
    if is_frame(y):
        return len(columns_of(y, name=name)[0]) > 1
    found = as_array(y, name=name)
    return found.ndim > 2 or (found.ndim == 2 and found.shape[1] > 1)


def _single_column(y: Any, name: str) -> Column:
    """The one column of a target, checked to hold rows and nothing infinite or missing."""
    if is_frame(y):
        found = columns_of(y, name=name)[0][0]
        column = Column(name, found.kind, found.values)
    else:
        column = read_column(y if is_series(y) else as_array(y, name=name).reshape(-1), name)
    if not len(column.values):
        raise ShapeError(
            f"{name} has no rows",
            where=name,
            got="shape (0,)",
            wanted="one row or more",
            mend="check that the data are not empty",
        )
    return column


def label_values(y: Any, *, name: str = "y") -> NDArray[Any]:
    """(n,) the labels, checked: text as str, numbers whole, none missing.

    Raises
    ------
    LabelError : missing, fractional or mixed labels, dates
    """
    column = _single_column(y, name)
    if column.missing.any():
        row = int(np.argmax(column.missing))
        raise LabelError(
            f"{name} holds missing labels",
            where=at_row(row, name),
            got=f"{int(column.missing.sum())} missing of {len(column.values)}",
            wanted="a label in every row",
            mend="drop those rows from X and y",
        )
    if column.kind == "date":
        raise _not_a_quantity(column, name)
    if column.kind == "text":
        return column.values.astype(str)
    odd = (
        column.values != np.floor(column.values) if column.values.dtype.kind == "f" else np.zeros(1)
    )
    if odd.any() or not np.isfinite(column.values).all():
        row = int(np.argmax(odd | ~np.isfinite(column.values)))
        raise LabelError(
            f"{name} holds labels that are not whole numbers",
            where=at_row(row, name),
            got=f"{column.values[row]:g}",
            wanted="names, booleans or whole numbers, one for each class",
            mend="for a quantity choose a regression loss such as loss='mse'; "
            "for classes cut it: numpy.digitize(y, edges)",
        )
    return column.values


def listed_labels(values: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """List labels in order, among them all that occur, and say where in the list each row's is.

    Examples
    --------
    >>> listed_labels(np.array(["no", "yes", "no"]))
    (array(['no', 'yes'], dtype='<U3'), array([0, 1, 0]))
    """
    if (offsets := _offsets(values)) is None:
        present, places = np.unique(values, return_inverse=True)
        return present, places.reshape(-1)
    low = int(values.min())
    return np.arange(low, low + int(offsets.max()) + 1), offsets


def _offsets(values: NDArray[Any]) -> NDArray[np.int64] | None:
    """Whole numbers less the least of them, if they lie near each other, as classes do.

    To count them then takes a hundredth of the time of sorting.
    """
    if not values.size or not np.can_cast(values.dtype, np.int64):
        return None
    low, high = int(values.min()), int(values.max())
    return values.astype(np.int64) - low if high - low <= len(values) else None


def _learn(values: NDArray[Any], outputs: int | None, name: str) -> LabelCoding:
    kind = values.dtype.kind
    dtype = {"U": "str", "b": "bool"}.get(kind, values.dtype.name)
    present = distinct(values)
    wanted = max(outputs, 2) if outputs is not None else None
    if kind == "b":
        present = np.array([False, True])
    elif kind != "U" and wanted is not None and present[0] >= 0 and present[-1] < wanted:
        if kind != "f" and wanted - 1 > np.iinfo(dtype).max:
            dtype = np.min_scalar_type(wanted - 1).name
        present = np.arange(wanted).astype(dtype)
    if len(present) == (wanted or len(present)) > 1:
        return LabelCoding(tuple(present.tolist()), dtype)
    raise _misfit(values, present, outputs, wanted, name)


def _misfit(
    values: NDArray[Any], present: NDArray[Any], outputs: int | None, wanted: int | None, name: str
) -> LabelError:
    if len(present) == 1:
        return LabelError(
            f"{name} holds a single class",
            where=name,
            got=f"{present[0].item()!r} in all {len(values)} rows",
            wanted="two classes or more" if wanted is None else f"{wanted} classes",
            mend="add examples of the other classes",
        )
    ends = counted(outputs or 0, "output")
    if values.dtype.kind in "Ub":
        return LabelError(
            f"{name} holds {len(present)} classes, and the network has {ends}",
            where=name,
            got=listed(present.tolist()),
            wanted=f"{wanted} classes",
            mend=f"end the network with Linear({len(present)})",
        )
    outside = (values < 0) | (values >= wanted)
    row = int(np.argmax(outside))
    return LabelError(
        f"the label {values[row].item()!r} does not fit a network with {ends}",
        where=at_row(row, name),
        got=f"{len(present)} classes: {listed(present.tolist())}",
        wanted=f"whole numbers below {wanted}, or exactly {wanted} different labels",
        mend=f"end the network with Linear({len(present)})"
        + (f", or subtract {present[0].item()} from the labels" if present[0] == 1 else ""),
    )


def _names_classes(column: Column) -> bool:
    return column.kind in ("text", "boolean") or column.values.dtype.kind in "iu"


def _not_a_quantity(column: Column, name: str) -> DataError:
    row = int(np.argmin(column.missing))
    is_date = column.kind == "date"
    return DataError(
        f"{name} holds {'dates' if is_date else 'text'} where numbers are wanted",
        where=at_row(row, name),
        got=column.shown(row),
        wanted="numbers",
        mend="subtract a first day and divide by numpy.timedelta64(1, 'D')"
        if is_date
        else "names of classes need a classification loss: loss='cross_entropy'",
    )


def _matrix_targets(
    y: Any, task: Task | None, outputs: int | None, dtype: DTypeLike, name: str
) -> Targets:
    array = features(y, dtype=dtype, name=name).array
    if task == "regression" or (task is None and not _are_classes(array)):
        return Targets(array, "regression")
    if array.ndim != 2:
        raise ShapeError(
            f"{name} cannot be rows of class probabilities",
            where=name,
            got=f"shape {array.shape}",
            wanted="(rows, classes) or (rows,)",
            mend="give one row for each example",
        )
    if outputs is not None and max(outputs, 2) != array.shape[1]:
        raise ShapeError(
            f"{name} has {array.shape[1]} columns and the network {counted(outputs, 'output')}",
            where=name,
            got=f"shape {array.shape}",
            wanted=f"(rows, {max(outputs, 2)})",
            mend=f"end the network with Linear({array.shape[1]})",
        )
    _check_probabilities(array, name)
    return Targets(array, "classification", LabelCoding(tuple(range(array.shape[1])), "int64"))


def _are_classes(array: NDArray[Any]) -> bool:
    """Whether most rows are one-hot; those that are not were meant to be so, and are an error."""
    if array.ndim != 2:
        return False
    is_one_hot = ((array == 0) | (array == 1)).all(axis=1) & (array.sum(axis=1) == 1)
    return bool(2 * np.count_nonzero(is_one_hot) > len(array))


def _check_probabilities(array: NDArray[Any], name: str) -> None:
    sums = array.sum(axis=1, dtype=np.float64)
    wrong = (np.abs(sums - 1) > SUM_TOLERANCE) | (array < 0).any(axis=1)
    if not wrong.any():
        return
    row = int(np.argmax(wrong))
    raise LabelError(
        f"rows of {name} are not probabilities of the classes",
        where=at_row(row, name),
        got=f"{np.array2string(array[row], threshold=8)} with the sum {sums[row]:g} "
        f"({counted(int(wrong.sum()), 'such row')})",
        wanted="one-hot rows, or probabilities from 0 that sum to 1",
        mend="for several labels at once choose loss='binary_cross_entropy', for numbers "
        "loss='mse'; otherwise give class labels, one for each row",
    )
