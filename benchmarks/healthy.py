"""Healthy trainings: the recipes of the course and the sets that come with scikit-learn."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

import pellucid as pel
from pellucid import data, nn, optim
from pellucid.diagnose import Findings

__all__ = ["RECIPES", "Recipe"]

Recipe = Callable[[int], Findings | None]


def found(
    model: Any,
    X: Any,
    y: Any,
    seed: int,
    *,
    accuracy: float = 0.0,
    most: float = np.inf,
    **options: Any,
) -> Findings | None:
    """Ask for all that can be said, train with a watch, and ask again.

    A start that does not lead to the accuracy, or to the loss, that the recipe is known for is no
    healthy run.
    """
    asked = {k: v for k, v in options.items() if k in ("loss", "prepare", "validation")}
    before = model.diagnose(X, y, **asked)
    history = model.fit(X, y, seed=seed, progress=False, callbacks=[pel.Watch()], **options)
    if history["loss"][-1] > most or (accuracy and history["accuracy"][-1] < accuracy):
        return None
    return before + model.diagnose(X, y)


def dense(*units: int, activation: str = "relu", last: str | None = None) -> nn.Sequential:
    """Layers of these many units."""
    inner = [nn.Linear(k, activation=activation) for k in units[:-1]]
    return nn.Sequential([*inner, nn.Linear(units[-1], activation=last)])


# --- A and B: a neuron ---------------------------------------------------------------------


def sigmoid_perceptron(seed: int) -> Findings | None:
    X, y = data.line_points(seed=seed)
    return found(dense(1, last="sigmoid"), X, y > 0, seed, optimizer=optim.SGD(1.0), steps=100,
                 batch_size=8, loss="binary_cross_entropy")  # fmt: skip


def xor(activation: str) -> Recipe:
    def recipe(seed: int) -> Findings | None:
        X, y = data.xor_blobs(seed=seed)
        return found(dense(3, 2, activation=activation), X, y, seed, optimizer=optim.SGD(0.1),
                     steps=10_000, accuracy=0.95)  # fmt: skip

    return recipe


def logistic_regression(seed: int) -> Findings | None:
    X, y = data.quadrants("side", seed=seed)
    return found(dense(1), X, y, seed, optimizer=optim.SGD(0.1), steps=1000, batch_size=50)


def quadrant_columns(seed: int) -> Findings | None:
    X, y = data.quadrants("xor", seed=seed)
    quadrant = np.eye(4)[2 * (X[:, 0] > 0) + (X[:, 1] > 0)]
    return found(dense(1), quadrant, y, seed, optimizer=optim.Adam(0.05), epochs=50)


def least_squares(seed: int) -> Findings | None:
    A = np.array([[6, 6, 4], [3, 4, 0], [7, 2, 2], [0, 2, 1], [1, 6, 3]], float)
    b = np.array([1.0, 2, 3, 4, 5])
    return found(nn.Sequential([nn.Linear(1, bias=False)]), A, b, seed, optimizer=optim.SGD(0.005),
                 epochs=500, batch_size=5)  # fmt: skip


# --- D: networks ---------------------------------------------------------------------------


def mortgage(seed: int) -> Findings | None:
    X, y = data.mortgage(seed=seed)
    model = dense(50, 1, last="sigmoid")
    return found(model, X, y, seed, loss="binary_cross_entropy", optimizer=optim.SGD(0.1),
                 epochs=100, batch_size=20, prepare="standard")  # fmt: skip


def four_quadrants(seed: int) -> Findings | None:
    X, y = data.quadrants("xor", seed=seed)
    return found(dense(4, 2, activation="sigmoid"), X, y, seed, epochs=200, batch_size=10,
                 optimizer=optim.Adam(0.5, weight_decay=1e-4), dtype="float64",
                 accuracy=0.95)  # fmt: skip


def moons(seed: int) -> Findings | None:
    X, y = data.moons(1000, 0.1, seed=seed)
    return found(dense(4, 2, 1, activation="sigmoid", last="sigmoid"), X, y, seed, epochs=100,
                 optimizer=optim.Adam(0.05), loss="binary_cross_entropy", validation=0.3,
                 accuracy=0.95)  # fmt: skip


def softsign(seed: int) -> Findings | None:
    X, y = data.line_points(seed=seed)
    return found(dense(1, last="softsign"), X, np.where(y > 0, 1.0, -1.0), seed, loss="mse",
                 optimizer=optim.SGD(0.05), epochs=300)  # fmt: skip


def functional(seed: int) -> Findings | None:
    X, y = data.moons(1000, 0.1, seed=seed)
    x = nn.Input((2,))
    inner = nn.Linear(2, activation="sigmoid")(nn.Linear(3, activation="sigmoid")(x))
    model = nn.Model(x, nn.Linear(1, activation="sigmoid")(inner))
    return found(model, X, y, seed, optimizer=optim.Adam(0.05), epochs=500, batch_size=100,
                 loss="binary_cross_entropy", accuracy=0.95)  # fmt: skip


@cache
def digits() -> tuple[Any, Any]:
    X, y = data.digits().X, data.digits().y
    return np.asarray(X, np.float32)[:1257] / 16, np.asarray(y)[:1257]


def digits_dense(seed: int) -> Findings | None:
    X, y = digits()
    X = X.reshape(len(X), -1)
    return found(dense(64, 10), X, y, seed, optimizer=optim.Adam(0.003), epochs=30, validation=0.2)


def digits_softmax(seed: int) -> Findings | None:
    X, y = digits()
    X = X.reshape(len(X), -1)
    return found(dense(32, 10, activation="sigmoid", last="softmax"), X, y, seed, epochs=30,
                 optimizer=optim.Adam(0.01), loss="categorical_cross_entropy")  # fmt: skip


# --- E: images -----------------------------------------------------------------------------


def slashes(seed: int) -> Findings | None:
    X, y = data.slashes(seed=seed)
    layers = [nn.Conv2d(2, 3, padding="same", bias=False), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()]
    model = nn.Sequential([*layers, nn.Linear(2)])
    return found(model, X.reshape(-1, 1, 6, 6), y, seed, epochs=500,
                 optimizer=optim.SGD(0.01, momentum=0.9, nesterov=True))  # fmt: skip


def convolutions(seed: int) -> Findings | None:
    """The network for clothes, made small, on digits."""
    X, y = digits()
    layers: list[Any] = []
    for channels in (8, 16):
        layers += [nn.Conv2d(channels, 3, padding=1), nn.BatchNorm2d(), nn.ReLU(), nn.MaxPool2d(2)]
    layers += [nn.Flatten(), nn.Linear(60), nn.Dropout(0.25), nn.Linear(30, activation="relu")]
    return found(nn.Sequential([*layers, nn.Linear(10)]), X.reshape(-1, 1, 8, 8), y, seed,
                 optimizer=optim.Adam(0.001), batch_size=64, epochs=3)  # fmt: skip


# --- sets of columns -----------------------------------------------------------------------


def scaled(name: str, **options: Any) -> Recipe:
    def recipe(seed: int) -> Findings | None:
        found_set = data.named(name)
        outputs = len(np.unique(found_set.y)) if found_set.task == "classification" else 1
        return found(dense(32, outputs), found_set.X, found_set.y, seed, prepare="standard",
                     **{"epochs": 30, **options})  # fmt: skip

    return recipe


def three_blobs(seed: int) -> Findings | None:
    X, y = data.blobs(300, 3, seed=seed)
    return found(dense(16, 3, activation="tanh"), X, y, seed, epochs=40,
                 optimizer=optim.Adam(0.01))  # fmt: skip


def curve(seed: int) -> Findings | None:
    X, y = data.regression_curve(seed=seed)
    return found(dense(32, 1, activation="tanh"), X, y, seed, optimizer=optim.Adam(0.01),
                 epochs=200, prepare="standard")  # fmt: skip


RECIPES: dict[str, Recipe] = {
    "A4 sigmoid perceptron": sigmoid_perceptron,
    **{f"A5 exclusive or, {name}": xor(name) for name in ("sigmoid", "tanh", "relu")},
    "A6 logistic regression": logistic_regression,
    "A6 columns of quadrants": quadrant_columns,
    "B5 least squares": least_squares,
    "D1 mortgages, scaled": mortgage,
    "D2 four quadrants": four_quadrants,
    "D3 moons": moons,
    "D4 softsign": softsign,
    "D5 functional": functional,
    "D6 digits, ReLU": digits_dense,
    "D6 digits, softmax": digits_softmax,
    "E3 slashes": slashes,
    "E4 convolutions": convolutions,
    "iris": scaled("iris"),
    "wine": scaled("wine"),
    "breast cancer": scaled("breast_cancer", validation=0.2),
    "diabetes": scaled("diabetes"),
    "three blobs": three_blobs,
    "a curve": curve,
}
