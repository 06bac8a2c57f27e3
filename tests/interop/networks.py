"""Networks of every layer, with rows for them, for the tests of all exchanges."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np
from tests.layers.cases import CASES, IMAGES, ROWS

from pellucid import nn
from pellucid.functional.activations import ACTIVATIONS
from pellucid.layers import Module
from pellucid.models import Network

NAMED = ("ELU", "GELU", "SELU", "LeakyReLU", "Mish", "Hardtanh", "ReLU6", "Hardsigmoid",
         "Hardswish", "Softplus", "Softsign", "Sign", "Sigmoid", "Tanh", "ReLU", "SiLU", "Softmax",
         "LogSoftmax")  # fmt: skip


class Example(NamedTuple):
    """A network and rows that it takes."""

    model: Network
    X: Any


def _made(layer: Module, x: np.ndarray) -> Example:
    """Let the layer stand in a network, in float32, with weights that are nowhere special."""
    model = nn.Sequential([layer])
    model.seed(3)
    x = x if x.dtype.kind in "iu" else x.astype(np.float32)
    model(x)
    rng = np.random.default_rng(3)
    for name, variable in model.variables().items():
        if variable.dtype.kind == "f":
            low = 0.5 if name.endswith("running_var") else -0.5
            variable.assign(variable.numpy() + rng.uniform(low, 0.5, variable.shape))
    return Example(model, x)


def _convolutional() -> Module:
    return nn.Sequential([
        nn.Conv2d(8, 3, padding=1, bias=False), nn.BatchNorm2d(), nn.ReLU(), nn.MaxPool2d(2),
        nn.Residual([nn.Conv2d(8, 3, padding="same"), nn.BatchNorm2d(), nn.Tanh()]),
        nn.AvgPool2d(2, padding=1), nn.Dropout(0.5), nn.Flatten(),
        nn.Linear(16, activation="relu"), nn.Linear(3), nn.Softmax(),
    ])  # fmt: skip


@cache
def layers() -> dict[str, Example]:
    """Every layer, some in several forms, and some networks."""
    rows, images = (np.random.default_rng(1).normal(size=shape) for shape in (ROWS, IMAGES))
    found = {name: _made(case.make(), case.input()) for name, case in CASES.items()}
    found |= {name: _made(getattr(nn, name)(), rows) for name in NAMED}
    found |= {f"dense, {one}": _made(nn.Linear(4, activation=one), rows) for one in ACTIVATIONS}
    found["threshold"] = _made(nn.Threshold(0.2, 1.0), rows)
    found["dropout"] = _made(nn.Dropout(0.5), rows)
    found["convolutional"] = _made(_convolutional(), images)
    return found
