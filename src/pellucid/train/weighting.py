"""How much rows and classes count."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import number_in, one_of
from pellucid.data import LabelCoding, Targets
from pellucid.errors import ArgumentError, ArgumentTypeError, DataError, LabelError, ShapeError

__all__ = ["class_weights", "row_weights"]


def row_weights(weight: Any, rows: int, name: str = "sample_weight") -> NDArray[np.float64]:
    """Check the weights of rows.

    Raises
    ------
    ShapeError : for another number of weights than rows
    DataError : for text, for weights below zero or not finite, and when all are zero

    Examples
    --------
    >>> row_weights([1, 2, 0], 3)
    array([1., 2., 0.])
    """
    try:
        found = np.array(weight, np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(
            f"{name} is no array of numbers", where=name, got=str(error),
            mend="give one number for each row",
        ) from error  # fmt: skip
    if found.shape not in {(rows,), (rows, 1)}:
        raise ShapeError(
            "the weights are not one number for each row", where=name, got=f"shape {found.shape}",
            wanted=f"shape ({rows},)", mend="select the same rows of X, y and the weights",
        )  # fmt: skip
    found = found.reshape(-1)
    wrong = np.flatnonzero(~np.isfinite(found) | (found < 0))
    if wrong.size:
        raise DataError(
            "a weight is less than zero, or not finite", where=f"{name}, row {wrong[0]}",
            got=f"{found[wrong[0]]:g}, {wrong.size} such in all", wanted="finite weights from 0",
            mend="give the rows that are not to count the weight 0",
        )  # fmt: skip
    if not found.any():
        raise DataError(
            "every weight is zero: no row counts", where=name, wanted="a weight above 0",
            mend="leave the weights out, and all rows count the same",
        )  # fmt: skip
    return found


def class_weights(wish: object, found: Targets) -> NDArray[np.float64]:
    """Give each row the weight of its class; a row of probabilities, their mean.

    Parameters
    ----------
    wish : "balanced", which gives classes weights in inverse proportion to their rows, 1 on
        average; or a dict from labels, as they were given, to weights, 1 for those left out
    found : the target

    Raises
    ------
    ArgumentError : for a target that is no classes, another word, and weights below zero
    LabelError : for a label that is none of the classes

    Examples
    --------
    >>> from pellucid.data import targets
    >>> y = targets(["cat", "cat", "cat", "dog"])
    >>> class_weights({"dog": 3}, y)
    array([1., 1., 1., 3.])
    >>> class_weights("balanced", y).round(3)
    array([0.667, 0.667, 0.667, 2.   ])
    """
    if found.coding is None:
        raise ArgumentError(
            "class_weight needs a target of classes, and this one is numbers", where="class_weight",
            got=f"a target of shape {found.array.shape}",
            mend="give sample_weight=, a weight for each row",
        )  # fmt: skip
    count = len(found.coding.classes)
    shares = found.array if found.array.ndim > 1 else np.eye(count)[found.array]
    if isinstance(wish, Mapping):
        table = _table(wish, found.coding)
    elif isinstance(wish, str):
        one_of(wish, "class_weight", ("balanced",))
        rows = shares.sum(axis=0, dtype=np.float64)
        present = rows > 0
        table = np.where(present, rows.sum() / np.where(present, rows * present.sum(), 1), 1.0)
    else:
        raise ArgumentTypeError(
            "class_weight= takes a word or a dict", got=repr(wish),
            mend='write class_weight="balanced", or {label: weight, …}',
        )  # fmt: skip
    weights: NDArray[np.float64] = shares.astype(np.float64) @ table
    if not weights.any():
        raise ArgumentError(
            "every class that is present has the weight zero", where="class_weight",
            got=repr(wish), wanted="a weight above 0", mend="leave class_weight out",
        )  # fmt: skip
    return weights


def _table(wish: Mapping[Any, Any], coding: LabelCoding) -> NDArray[np.float64]:
    table = np.ones(len(coding.classes))
    for label, weight in wish.items():
        place = _place(label, coding)
        table[place] = number_in(weight, f"class_weight[{label!r}]", low=0)
    return table


def _place(label: Any, coding: LabelCoding) -> int:
    try:
        return int(coding.encode([label], name="class_weight")[0])
    except LabelError as error:
        error.where = "class_weight"
        error.mend = "name the labels as they are in y"
        raise
