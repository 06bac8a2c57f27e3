"""What a lab begins with, written by whoever opens it into the session's folder, for the worker."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid import data
from pellucid.arguments import Frozen
from pellucid.data.arrays import is_table
from pellucid.errors import ArgumentError, ArgumentTypeError
from pellucid.files import read_bytes, write_atomically
from pellucid.layers.config import to_config
from pellucid.losses import LOSSES
from pellucid.models import Network, Sequential
from pellucid.studio.setting import RATE_FOR_PICTURES, SMALL_CNN, Setting
from pellucid.studio.sources import PICTURES, Given, Shelf

__all__ = ["Opening", "of_file", "of_model", "of_name", "of_network", "opened", "put"]

TOLD, ARRAYS = "opening.json", "opening.npz"


class Opening(Frozen, kw_only=True):
    """What a lab begins with.

    Attributes
    ----------
    change : of the setting
    path, target : a table or another file, and the column to predict
    arrays : X and y that were given, and weights by dotted name
    flat : whether pictures are rows of numbers to the network
    """

    change: Mapping[str, Any] = field(default_factory=dict)
    path: str | None = None
    target: str | None = None
    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    flat: bool = False

    __hash__ = object.__hash__


def of_name(name: str) -> Opening:
    """Begin with a data set by name."""
    change: dict[str, Any] = {"data": {"name": name}}
    if name in PICTURES:
        change |= {"layers": SMALL_CNN, "learning_rate": RATE_FOR_PICTURES}
    return Opening(change=change)


def of_file(path: str, target: str | None) -> Opening:
    """Begin with a table, or another file that ``data.read`` can read."""
    data.read(path, target)  # so that a mistake is told where the command was given
    return Opening(change={"data": {"name": "given"}}, path=str(Path(path).resolve()),
                   target=target)  # fmt: skip


def of_model(model: Any, X: Any, y: Any) -> Opening:
    """Begin with a network from Python, its present weights, and rows.

    Raises
    ------
    ArgumentTypeError : for a network that is no Sequential of layers that pellucid knows
    """
    if is_table(X):
        raise ArgumentTypeError(
            "the lab takes rows as an array", got=type(X).__name__,
            mend="write the frame to a file, and pellucid lab FILE --target COLUMN",
        )  # fmt: skip
    X, y = np.asarray(X), np.asarray(y)
    if X.dtype.kind not in "fiub" or X.ndim not in (2, 4) or len(X) != len(y):
        raise ArgumentError(
            "the lab takes a matrix of numbers or pictures, and a target for each row",
            got=f"X {X.shape} {X.dtype}, y {y.shape}",
            wanted="X (rows, columns) or (rows, channels, height, width)",
            mend="write pel.lab(model, X, y)",
        )  # fmt: skip
    change: dict[str, Any] = {"data": {"name": "given"}}
    arrays = {"X": X, "y": y}
    if model is not None:
        change |= of_network(model)
        if model.built:
            arrays |= {f"weight/{name}": v.numpy() for name, v in model.variables().items()}
    return Opening(change=change, arrays=arrays)


def of_network(model: Any) -> dict[str, Any]:
    """Choose the layers of a network, and how it was trained, if it was."""
    if not isinstance(model, Sequential):
        kind = "a network of another kind" if isinstance(model, Network) else "no network"
        raise ArgumentTypeError(
            f"the lab takes a Sequential network, and this is {kind}", got=type(model).__name__,
            mend="write nn.Sequential([…]) of pellucid's layers",
        )  # fmt: skip
    layers = [to_config(one) for one in model.layers]
    found: dict[str, Any] = {
        "layers": [{"type": one["class"], "arguments": one["arguments"]} for one in layers]
    }
    if model._record is not None:  # it goes on as it was trained
        preparation, loss = model._record.preparations[0], model._record.objective.heads[0].loss
        found["prepare"] = None if preparation is None else preparation.scaling
        found["loss"] = next((name for name, one in LOSSES.items() if one == loss), None)
    return found


# --- to the worker -------------------------------------------------------------------------


def put(opening: Opening, folder: Path) -> None:
    """Write it into the folder of a session."""
    told = {
        "change": dict(opening.change), "path": opening.path, "target": opening.target,
        "flat": opening.flat,
    }  # fmt: skip
    write_atomically(folder / TOLD, json.dumps(told))
    if opening.arrays:
        np.savez(folder / ARRAYS, allow_pickle=False, **opening.arrays)


def opened(folder: Path) -> tuple[Shelf, Setting, dict[str, NDArray[Any]]]:
    """Read what a session is to begin with."""
    told = json.loads(read_bytes(folder / TOLD))
    shelf, arrays = Shelf(), {}
    if (folder / ARRAYS).exists():
        with np.load(folder / ARRAYS, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    if told["path"] is not None:
        shelf = Shelf(given=_read(told["path"], told["target"], flat=told["flat"]))
    elif arrays:
        shelf = Shelf(given=Given(arrays["X"], arrays["y"]))
    weights = {name.removeprefix("weight/"): array for name, array in arrays.items()
               if name.startswith("weight/")}  # fmt: skip
    return shelf, Setting().changed(told["change"]), weights


def _read(path: str, target: str | None, *, flat: bool) -> Given:
    found = data.read(path, target)
    line = f"found = data.read({path!r}, {target!r})" if target else f"found = data.read({path!r})"
    X = found.X
    lines: Sequence[str] = (line, "X, y = found.X, found.y")
    if found.image_shape is not None and X.ndim == 2 and not flat:
        height, width = found.image_shape
        X = X.reshape(-1, 1, height, width)
        lines = (*lines, f"X = X.reshape(-1, 1, {height}, {width})")
    return Given(X, found.y, Path(path).name, found.feature_names, tuple(lines), found.task,
                 found.class_names, found.notes)  # fmt: skip
