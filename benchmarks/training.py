"""Trainings of dense networks: by ``fit``, by a compiled step called from Python, and eagerly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.order import drawn, shuffled
from benchmarks.task import Array, Layer, Task, first_weights
from benchmarks.workload import Recipe, Target, Workload
from pellucid import data

SEED = 1
SHORT = 20  # steps whose numbers are compared


@dataclass(frozen=True)
class Training(Recipe):
    """A network, its rows, and how it is trained.

    Attributes
    ----------
    source : gives so many rows and their labels
    epochs, steps : how often all rows are met, or how many batches are drawn
    bound : of the first weights
    """

    source: Callable[[int], tuple[Array, Array]]
    rows: int
    layers: tuple[Layer, ...]
    optimizer: str
    rate: float
    batch_size: int
    epochs: int = 0
    steps: int = 0
    decay: float = 0.0
    loss: str = "cross_entropy"
    dtype: str = "float32"
    bound: float | None = None

    def task(self, share: float = 1.0) -> Task:
        """Train for that share of epochs or steps; of a single epoch, on that share of rows."""
        rows = round(self.rows * share) if self.epochs == 1 else self.rows
        epochs, steps = max(1, round(self.epochs * share)), round(self.steps * share)
        X, y = self.source(rows)
        X = np.ascontiguousarray(X, self.dtype)
        size = min(self.batch_size, rows)
        order = drawn(SEED, rows, steps, size) if steps else shuffled(SEED, rows, epochs)
        weights = first_weights(self.layers, X.shape[1:], self.dtype, self.bound)
        return Task(
            self.layers, weights, X, y.astype(np.int64), order, size, bool(steps), self.loss,
            self.optimizer, self.rate, self.decay, SEED,
        )  # fmt: skip

    def short(self) -> Task:
        """Train for an epoch of few steps, the last one smaller if it is; drop nothing out."""
        layers = tuple((k, 0.0) if k == "dropout" else (k, *rest) for k, *rest in self.layers)
        if self.steps:
            return replace(self, layers=layers, steps=SHORT).task()
        rows = min(self.rows, self.batch_size * SHORT + self.rows % self.batch_size)
        epochs = SHORT if rows == self.batch_size else 1
        return replace(self, layers=layers, rows=rows, epochs=epochs).task()


# --- rows ----------------------------------------------------------------------------------


def digits(rows: int) -> tuple[Array, Array]:
    found = data.digits()
    return found.X[:rows], found.y[:rows]


def quadrants(rows: int) -> tuple[Array, Array]:
    X, y = data.quadrants("xor")
    return X[:rows], y[:rows]


def moons(rows: int) -> tuple[Array, Array]:
    X, y = data.moons()
    return X[:rows], y[:rows]


def mortgage(rows: int) -> tuple[Array, Array]:
    X, y = data.mortgage()
    return (X - X.mean(axis=0)) / X.std(axis=0), y


def pictures(rows: int) -> tuple[Array, Array]:
    """Rows of 784 pixels between −1 and 1, ten classes."""
    return _ruled(
        rows, 784, 10, lambda generator, shape: 2 * generator.random(shape, np.float32) - 1
    )


def table(rows: int) -> tuple[Array, Array]:
    """Rows of 54 standardised columns, seven classes."""
    return _ruled(
        rows, 54, 7, lambda generator, shape: generator.standard_normal(shape, np.float32)
    )


def _ruled(
    rows: int,
    columns: int,
    classes: int,
    draw: Callable[[np.random.Generator, tuple[int, int]], Array],
) -> tuple[Array, Array]:
    """Draw rows, whose classes follow a linear rule that is drawn too."""
    generator = np.random.default_rng(0)
    rule = generator.standard_normal((columns, classes))
    X = draw(generator, (rows, columns))
    return X, ((X - X.mean(axis=0)) @ rule).argmax(axis=1)


# --- workloads -----------------------------------------------------------------------------


def _dense(*units: int, hidden: str = "relu", last: str | None = None) -> tuple[Layer, ...]:
    """List linear layers with an activation after each but the last."""
    layers: list[Layer] = []
    for k in units[:-1]:
        layers += [("linear", k), (hidden,)]
    return (*layers, ("linear", units[-1]), *([(last,)] if last else []))


DIGITS = Training(
    digits, 1257, _dense(10, 10, hidden="sigmoid"), "sgd", 0.01, 32, steps=20_000, bound=1.0
)  # fmt: skip
XOR = Training(
    quadrants, 200, _dense(4, 2, hidden="sigmoid"), "adam", 0.5, 10, epochs=200, decay=1e-4,
    dtype="float64",
)  # fmt: skip
MOONS = Training(
    moons, 700, _dense(4, 2, 1, hidden="sigmoid", last="sigmoid"), "adam", 0.05, 32, epochs=100,
    loss="binary_cross_entropy",
)  # fmt: skip
MORTGAGE = Training(
    mortgage, 20, _dense(50, 1, last="sigmoid"), "sgd", 0.1, 20, epochs=10_000,
    loss="binary_cross_entropy",
)  # fmt: skip
SMALL = Training(pictures, 12_800, _dense(128, 10), "adam", 0.001, 64, epochs=5)
MIDDLE = Training(pictures, 12_800, _dense(512, 512, 10), "adam", 0.001, 128, epochs=3)
TABULAR = Training(table, 500_000, _dense(256, 128, 7), "adam", 0.001, 256, epochs=1)
NORMALISED = replace(TABULAR, layers=(
    ("linear", 256), ("batch_norm",), ("relu",), ("dropout", 0.25),
    ("linear", 128), ("batch_norm",), ("relu",), ("dropout", 0.25), ("linear", 7),
))  # fmt: skip

FIT, ESTIMATOR, SKLEARN = "pellucid fit", "pellucid estimator", "scikit-learn"
TORCH, LOADER = "torch eager", "torch DataLoader"
LOOP, SCAN, KERAS, NUMPY, FLOOR = "JAX jit loop", "JAX scan", "Keras on JAX", "NumPy loop", "floor"

WORKLOADS = (
    Workload(
        "digits", "64-10-10 sigmoid, SGD, batch 32", DIGITS, FIT,
        (TORCH, SCAN, SKLEARN, NUMPY),
        (Target(TORCH, 100), Target(SCAN, 5), Target(SKLEARN, 60), Target(NUMPY, 60),
         Target(TORCH, 20, "first fit"), Target(SCAN, 3, "first fit")),
    ),
    Workload(
        "xor", "2-4-2 sigmoid, Adam, batch 10, float64", XOR, FIT,
        (LOADER, SCAN), (Target(LOADER, 300), Target(SCAN, 5)),
    ),
    Workload(
        "xor-long", "the same, ten times as long", replace(XOR, epochs=2000), FIT,
        (SCAN,), (Target(SCAN, 10),),
    ),
    Workload(
        "moons", "2-4-2-1 sigmoid, Adam, batch 32, 700 rows", MOONS, FIT,
        (KERAS, TORCH, SKLEARN),
        (Target(KERAS, 200), Target(TORCH, 80), Target(SKLEARN, 60),
         Target(TORCH, 5, "first fit"), Target(KERAS, 10, "first fit")),
    ),
    Workload(
        "mortgage", "2-50-1 ReLU, SGD, all 20 rows at once", MORTGAGE, FIT,
        (TORCH,), (Target(TORCH, 80),),
    ),
    Workload(
        "pictures-small", "784-128-10 ReLU, Adam, batch 64", SMALL, FIT,
        (TORCH, SCAN), (Target(TORCH, 5), Target(SCAN, 1.5)),
    ),
    Workload(
        "pictures", "784-512-512-10 ReLU, Adam, batch 128", MIDDLE, FIT,
        (TORCH, FLOOR), (Target(TORCH, 2.5), Target(FLOOR, 1 / 1.3)),
    ),
    Workload(
        "table", "54-256-128-7 ReLU, Adam, batch 256, 500,000 rows", TABULAR, FIT,
        (TORCH, SKLEARN), (Target(TORCH, 4), Target(SKLEARN, 4)),
    ),
    Workload(
        "table-normalised", "the same with batch norm and dropout", NORMALISED, FIT,
        (TORCH,), (Target(TORCH, 4),),
    ),
    Workload(
        "digits-estimator", "the digits through NeuralClassifier, 500 epochs of 40 steps",
        replace(DIGITS, steps=0, epochs=500), ESTIMATOR,
        (SKLEARN,), (Target(SKLEARN, 60),),
    ),
    Workload(
        "table-estimator", "the table through NeuralClassifier", TABULAR, ESTIMATOR,
        (SKLEARN,), (Target(SKLEARN, 4),),
    ),
    Workload(
        "function", "the digits step as a compiled function, called for each batch",
        replace(DIGITS, steps=5000), "pellucid function",
        (TORCH, LOOP), (Target(TORCH, 25), Target(LOOP, 5)),
    ),
    Workload(
        "eager", "the digits step as an eager loop with backward()",
        replace(DIGITS, steps=5000), "pellucid eager", (TORCH,), (Target(TORCH, 1),),
    ),
)  # fmt: skip
