"""What is to be done, as plain data, and what every library's way of doing it has in common.

A task is made once, written to a file, and read by the process of each library: all of them start
from the same weights and meet the same rows in the same order.
"""

from __future__ import annotations

import json
import math
import resource
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

Layer = tuple[Any, ...]  # a kind and its arguments: ("linear", 10), ("relu",), ("conv", 32, 3, 1)
Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Task:
    """A training, or rows to be answered one by one.

    Attributes
    ----------
    layers : of the network, one after another
    weights : what it starts from, named as in torch: "0.weight", "0.bias", …
    X, y : the rows and their labels
    order : numbers of rows as they are met, one line an epoch
    batch_size : how many of a line make a step; the last batch of a line may be smaller
    drawn : whether each batch is drawn anew, so that there are no epochs and one long line
    loss : "cross_entropy" of logits, or "binary_cross_entropy" of probabilities
    optimizer, rate, decay : "sgd" or "adam", its learning rate, and its weight decay
    seed : from which pellucid makes the same order
    learns : whether it is a training; otherwise rows are only answered
    """

    layers: tuple[Layer, ...] = ()
    weights: Mapping[str, Array] = field(default_factory=dict)
    X: Array = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    y: Array = field(default_factory=lambda: np.zeros(0, np.int64))
    order: Array = field(default_factory=lambda: np.zeros((1, 1), np.int64))
    batch_size: int = 1
    drawn: bool = False
    loss: str = "cross_entropy"
    optimizer: str = "sgd"
    rate: float = 0.0
    decay: float = 0.0
    seed: int = 0
    learns: bool = True

    @cached_property
    def batches(self) -> list[Array]:
        """The rows of each step."""
        size = self.batch_size
        return [line[k : k + size] for line in self.order for k in range(0, len(line), size)]

    @property
    def is_full_batch(self) -> bool:
        """Whether each step sees all rows, so that none need be picked."""
        return self.batch_size >= len(self.X)

    @property
    def in_order(self) -> tuple[Array, Array] | None:
        """The rows laid out as they are met, for a library that will not be told the order."""
        if len(self.order) > 1:
            return None
        return self.X[self.order[0]], self.y[self.order[0]]

    @property
    def linears(self) -> list[tuple[Array, Array]]:
        """Weight and bias of each linear layer."""
        places = [k for k, (kind, *_) in enumerate(self.layers) if kind == "linear"]
        return [(self.weights[f"{k}.weight"], self.weights[f"{k}.bias"]) for k in places]

    @property
    def operations(self) -> int:
        """Multiplications and additions of all products: forward, and two backward.

        The first layer needs no gradient of its input.
        """
        sizes, shape = [], self.X.shape[1:]
        for k, layer in enumerate(self.layers):
            shape = shape_after(layer, shape)
            if layer[0] in ("linear", "conv"):
                sizes.append(self.weights[f"{k}.weight"].size * math.prod(shape[1:]))
        passes = 3 * sum(sizes) - sum(sizes[:1]) if self.learns else sum(sizes)
        return 2 * passes * self.order.size

    @property
    def steps(self) -> int:
        """The number of batches."""
        return len(self.batches)

    def save(self, path: Path) -> None:
        """Write it to one file, arrays as arrays and the rest as JSON."""
        arrays = {"X": self.X, "y": self.y, "order": self.order}
        plain = {k: v for k, v in vars(self).items() if k not in (*arrays, "weights", "batches")}
        named = {f"weights/{name}": value for name, value in self.weights.items()}
        np.savez(path, settings=np.array(json.dumps(plain)), **arrays, **named)  # type: ignore[arg-type]

    @classmethod
    def load(cls, path: Path) -> Task:
        """Read what `save` wrote."""
        with np.load(path) as file:
            found = dict(file)
        settings = json.loads(str(found.pop("settings")))
        settings["layers"] = tuple(tuple(layer) for layer in settings["layers"])
        weights = {k.removeprefix("weights/"): found.pop(k) for k in [*found] if "/" in k}
        return cls(**settings, **found, weights=weights)


def shape_after(layer: Layer, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Give the shape of a row behind a layer: a width, or channels, height and width."""
    kind, *settings = layer
    if kind == "linear":
        return (settings[0],)
    if kind == "conv":
        units, kernel, padding = settings
        return (units, *(n + 2 * padding - kernel + 1 for n in shape[1:]))
    if kind == "max_pool":
        return (shape[0], *(n // settings[0] for n in shape[1:]))
    return (math.prod(shape),) if kind == "flatten" else shape


def first_weights(
    layers: tuple[Layer, ...], shape: tuple[int, ...], dtype: str, bound: float | None = None
) -> dict[str, Array]:
    """Draw where to start, evenly from ±bound, or as torch does from ±1/√inputs."""
    generator, found = np.random.default_rng(7), {}
    for k, layer in enumerate(layers):
        kind, *settings = layer
        if kind in ("linear", "conv"):
            kernel = (settings[1],) * 2 if kind == "conv" else ()
            sizes = {"weight": (settings[0], shape[0], *kernel), "bias": settings[:1]}
            b = bound or 1 / math.sqrt(math.prod(sizes["weight"][1:]))
            for name, extents in sizes.items():
                found[f"{k}.{name}"] = generator.uniform(-b, b, extents).astype(dtype)
        elif kind == "batch_norm":
            start = {"weight": 1, "bias": 0, "running_mean": 0, "running_var": 1}
            for name, value in start.items():
                found[f"{k}.{name}"] = np.full(shape[0], value, dtype)
        shape = shape_after(layer, shape)
    return found


class Side(ABC):
    """One library's way of doing a task.

    Attributes
    ----------
    computes : whether `run` gives numbers, which must be those of every other side
    """

    computes: ClassVar[bool] = True

    def __init__(self, task: Task) -> None:
        self.task = task

    def restart(self) -> None:  # noqa: B027
        """Go back to the starting weights; not timed."""

    @abstractmethod
    def run(self) -> Any:
        """Do all of it, as its user would; give the loss of each step, or their mean alone.

        They are given as the library has them: whatever makes an array will do.
        """

    def peak_memory(self) -> float:
        """Give the most memory that this process has had, in MiB."""
        return own_peak()


def own_peak() -> float:
    """Read it from the kernel, which counts from the start of the program.

    The figure of `getrusage` also remembers the process that started this one, and is taken only
    where there is no other.
    """
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().split("VmHWM:")[1].split()[0]) / 1024
    return peak_of(resource.RUSAGE_SELF)


def peak_of(who: int) -> float:
    """Give the peak memory of this process or of its largest child, in MiB."""
    peak = resource.getrusage(who).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 1024)


def mean_loss(losses: Array, task: Task) -> float:
    """Give the mean over the rows of all steps."""
    return float(np.average(losses, weights=[len(rows) for rows in task.batches]))


def rows_of(task: Task) -> Iterator[tuple[Array, Array]]:
    """Give each step's rows and labels."""
    return ((task.X[rows], task.y[rows]) for rows in task.batches)
