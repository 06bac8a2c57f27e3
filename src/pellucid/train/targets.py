"""Targets as they come, brought to what the loss of a head compares with its output."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid import losses
from pellucid.data import LabelCoding, Targets, TargetScaling, targets
from pellucid.data.labels import Task
from pellucid.diagnose.building import is_softmax, last_operation
from pellucid.errors import ShapeError
from pellucid.graph import Tensor
from pellucid.losses import Loss
from pellucid.shapes import Shape
from pellucid.train.objective import Head
from pellucid.wording import counted

__all__ = [
    "are_signs", "default_loss", "is_column", "outputs_of", "prepared_target", "read_target",
    "shaped", "task_of",
]  # fmt: skip


def task_of(loss: Loss | None, y: Any, outputs: int | None = None) -> Task | None:
    """Say what targets are meant to be; several yes-or-no columns are taken as they are.

    A loss of the user's own gets whole numbers as they were given: what is no number of an output
    is a quantity, never renumbered behind the loss's back.
    """
    if loss is None:
        return None
    if loss.task == "any":
        return "regression" if outputs is not None and _are_quantities(y, outputs) else None
    if loss.task == "regression" or (loss.task == "binary" and not is_column(y)):
        return "regression"
    return "classification"


def _are_quantities(y: Any, outputs: int) -> bool:
    """Whether whole numbers go beyond 0 to the number of outputs − 1 (or 1 for one output)."""
    array = np.asarray(y)
    whole = array.dtype.kind in "iu" and array.size > 0 and is_column(array)
    return whole and bool(array.min() < 0 or array.max() >= max(outputs, 2))


def is_column(y: Any) -> bool:
    """Whether targets are one thing for each row."""
    return np.ndim(y) <= 1 or np.shape(y)[1:] == (1,)


def are_signs(found: Targets) -> bool:
    """Labels of −1 and 1 are classes also for a loss of numbers."""
    return found.coding is None and set(np.unique(found.array[:10_000])) == {-1.0, 1.0}


def outputs_of(prediction: Tensor) -> int | None:
    """Count what a network gives for each row."""
    return prediction.shape[-1] if len(prediction.shape) > 1 else 1


def read_target(
    y: Any,
    task: Task | None,
    prediction: Tensor | None,
    known: LabelCoding | None,
    dtype: np.dtype[Any],
    name: str = "y",
) -> Targets:
    """Check a target and say what it is, with the coding of an earlier fit if there was one."""
    outputs = None if prediction is None else outputs_of(prediction)
    if known is not None and task != "regression" and is_column(y):
        return Targets(known.encode(y, name=name), "classification", known)
    return targets(y, task=task, outputs=outputs, dtype=dtype, name=name)


def prepared_target(
    y: Any, head: Head, prediction: Tensor, dtype: np.dtype[Any], name: str = "y"
) -> NDArray[Any]:
    """Encode, scale and shape targets as the fit of this head does."""
    task = task_of(head.loss, y) or head.task
    found = read_target(y, task, prediction, head.coding, dtype, name)
    return shaped(found.array, prediction, head.loss, dtype, head.scaling)


# --- the loss that fits --------------------------------------------------------------------


def default_loss(prediction: Tensor, found: Targets) -> Loss:
    """Choose what fits the targets and the network's last operation."""
    if found.task == "regression":
        return losses.get("mse")
    last = last_operation(prediction)
    if prediction.shape[-1] == 1:
        is_probability = last.op.name == "sigmoid"
        return losses.get("binary_cross_entropy" + "_with_logits" * (not is_probability))
    return losses.get("categorical_cross_entropy" if is_softmax(last) else "cross_entropy")


# --- shapes --------------------------------------------------------------------------------


def shaped(
    array: NDArray[Any],
    prediction: Tensor,
    loss: Loss,
    dtype: np.dtype[Any],
    scaling: TargetScaling | None,
) -> NDArray[Any]:
    """Bring targets to the shape, dtype and scale that the loss compares with the output.

    The task is known here, so that a one-dimensional y for one output is a column.
    """
    if loss.task == "classes" and len(prediction.shape) > 2:
        raise _unlike(array, prediction.shape, prediction, loss)
    if loss.task == "classes" and array.ndim == 1:
        return array
    if scaling is not None:
        array = scaling.apply(array)
    wanted = prediction.shape if loss.task == "classes" else loss.target_shape(prediction.shape)
    if array.ndim == 1 and wanted[1:] == (1,):
        array = array.reshape(-1, 1)
    if array.shape[1:] not in (wanted[1:], prediction.shape[1:]):
        raise _unlike(array, wanted, prediction, loss)
    found = np.ascontiguousarray(array, dtype=dtype)
    loss.check(prediction.shape, found)
    return found


def _unlike(array: NDArray[Any], wanted: Shape, prediction: Tensor, loss: Loss) -> ShapeError:
    rows = f"{len(array):,} rows"
    numbers = array.shape[1] if array.ndim > 1 else 1
    mend = f"end the network with {numbers} unit" + "s" * (numbers > 1)
    if len(prediction.shape) > max(array.ndim, 2):
        mend = "make one row of numbers of each example: begin the network with nn.Flatten()"
    elif array.ndim > 2:
        mend = "write numpy.reshape(y, (len(y), -1))"
    elif numbers == 1 and loss.task != "binary":
        mend += '; for labels that are floats, write loss="cross_entropy"'
    return ShapeError(
        f"{loss.name}: the targets do not fit the network's output",
        got=f"{rows} of {_numbers(array.shape[1:])}",
        wanted=f"{rows} of {_numbers(wanted[1:])}, as the network gives them",
        mend=mend,
    )


def _numbers(extents: Sequence[int | None]) -> str:
    if len(extents) > 1:
        return f"shape {tuple(extents)}"
    count = extents[0] if extents else 1
    return "numbers" if count is None else counted(count, "number")
