"""Labels, one-hot rows and distributions: looked at before anything is computed with them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import DTypeError, LabelError, ShapeError
from pellucid.graph.tensor import Tensor
from pellucid.ops.elementwise import cast
from pellucid.shapes import Shape

__all__ = ["check_distributions", "check_labels", "class_count", "whole"]


def class_count(prediction: Shape, name: str) -> int:
    """Count the classes for which a prediction (n, k, …) holds scores."""
    if len(prediction) < 2 or prediction[1] is None:
        raise ShapeError(
            f"{name} takes one row of scores for each example", got=f"prediction {prediction}",
            wanted="shape (rows, classes)", mend="write prediction.reshape(-1, classes)",
        )  # fmt: skip
    if prediction[1] < 2:
        raise ShapeError(
            f"{name} needs a score for each class, and there is a single column",
            got=f"prediction {prediction}", wanted="at least two columns",
            mend="give the last layer two units, or use binary_cross_entropy for one output",
        )  # fmt: skip
    return prediction[1]


def whole(labels: Tensor, name: str) -> Tensor:
    """See labels as integers; floating ones only when they were looked at."""
    if labels.dtype.kind == "f" and labels.value is None:
        raise DTypeError(
            f"{name} takes labels that are whole numbers", got=f"{labels.label}, {labels.dtype}",
            mend="write target.astype('int64')",
        )  # fmt: skip
    return labels if labels.dtype.kind in "iu" else cast(labels, np.int64)


def _place(index: NDArray[Any]) -> str:
    """Say where something stands, of which the first index is the row."""
    row, *inner = index.tolist()
    return f"row {row}" + (f", at {tuple(inner)}" if inner else "")


def check_labels(labels: NDArray[Any], classes: int, name: str) -> None:
    """Refuse labels that are fractional, or outside 0 … classes − 1."""
    if labels.dtype.kind in "iu":
        inside = (labels >= 0) & (labels < classes)
        if labels.size and np.count_nonzero(inside) == labels.size:
            return
    numbers = labels.astype(np.float64)
    for fault, wrong in (
        ("is a fraction", numbers != np.floor(numbers)),
        ("is out of range", (numbers < 0) | (numbers >= classes)),
    ):
        if wrong.any():
            first = np.argwhere(wrong)[0]
            raise LabelError(
                f"{name}: a label {fault}",
                got=f"label {labels[tuple(first)]} in {_place(first)}, "
                f"{np.count_nonzero(wrong)} such in all",
                wanted=f"whole numbers from 0 to {classes - 1}, as there are {classes} outputs",
                mend="number the classes from 0, or give the last layer one unit for each class",
            )


def check_distributions(rows: NDArray[Any], name: str) -> None:
    """Refuse rows (n, k, …) that do not sum to 1 over the classes."""
    sums = rows.sum(axis=1, dtype=np.float64)
    wrong = (np.abs(sums - 1) > 1e-3) | (rows < 0).any(axis=1)
    if wrong.any():
        first = np.argwhere(wrong)[0]
        row = rows[(first[0], slice(None), *first[1:])]
        raise LabelError(
            f"{name}: a row of the target does not say which class it is",
            got=f"{_place(first)}: {row}, sum {sums[tuple(first)]:g}",
            wanted="one-hot rows, or probabilities that sum to 1",
            mend="use binary_cross_entropy if a row may belong to several classes",
        )
