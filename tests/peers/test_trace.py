"""Holds: a trace gives what hooks find in a torch model with the same weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import pellucid as pel
from pellucid import nn

RNG = np.random.default_rng(4)
T = torch.nn
ROWS, IMAGES = RNG.normal(size=(6, 3)), RNG.normal(size=(4, 2, 8, 8))

# pellucid's layers; torch's, with the quantity that the output of each is
CASES: dict[str, tuple[Any, Any, Any, Any]] = {
    "dense": (
        lambda: [nn.Linear(5, activation="tanh"), nn.Linear(4, activation="gelu"), nn.Linear(3)],
        lambda: [(T.Linear(3, 5), "Z1"), (T.Tanh(), "A1"), (T.Linear(5, 4), "Z2"), (T.GELU(), "A2"),
                 (T.Linear(4, 3), "Z3")],
        ROWS, np.array([0, 1, 2, 2, 1, 0]),
    ),
    "convolution": (
        lambda: [nn.Conv2d(3, 3, padding=1), nn.BatchNorm2d(), nn.ELU(), nn.MaxPool2d(2),
                 nn.Conv2d(4, 2, stride=2, activation="silu"), nn.AvgPool2d(2), nn.Flatten(),
                 nn.Linear(3)],
        lambda: [(T.Conv2d(2, 3, 3, padding=1), "Z1"), (T.BatchNorm2d(3), "norm1"),
                 (T.ELU(), "A1"), (T.MaxPool2d(2), "pool1"), (T.Conv2d(3, 4, 2, 2), "Z2"),
                 (T.SiLU(), "A2"), (T.AvgPool2d(2), "pool2"), (T.Flatten(), "flat2"),
                 (T.Linear(4, 3), "Z3")],
        IMAGES, np.array([0, 1, 2, 2]),
    ),
    "embedding": (
        lambda: [nn.Embedding(9, 4), nn.LayerNorm(), nn.Flatten(), nn.Linear(3)],
        lambda: [(T.Embedding(9, 4), "E1"), (T.LayerNorm(4), "norm1"), (T.Flatten(), "flat1"),
                 (T.Linear(20, 3), "Z2")],
        RNG.integers(0, 9, (4, 5)), np.array([0, 1, 2, 2]),
    ),
}  # fmt: skip


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("name", CASES)
def test_hooks_find_the_same(name: str, training: bool) -> None:
    ours, theirs, rows, labels = CASES[name]
    with pel.default_dtype("float64"):
        model = nn.Sequential(ours())
        model.seed(2)
        trace = model.trace(rows, labels, loss="cross_entropy", training=training)
    layers = theirs()
    peer = T.Sequential(*[layer for layer, _ in layers]).double().train(training)
    weights = list(peer.parameters())
    with torch.no_grad():
        for weight, variable in zip(weights, model.parameters().values(), strict=True):
            weight.copy_(torch.tensor(variable.numpy()))
    found: dict[str, torch.Tensor] = {}

    def hook(quantity: str) -> Any:
        def keep(layer: Any, inputs: Any, output: torch.Tensor) -> None:
            output.retain_grad()
            found[quantity] = output

        return keep

    for layer, quantity in layers:
        layer.register_forward_hook(hook(quantity))
    loss = T.functional.cross_entropy(peer(torch.tensor(rows)), torch.tensor(labels))
    loss.backward()

    near = {"rtol": 1e-10, "atol": 1e-13}
    np.testing.assert_allclose(trace["L"].value, loss.item(), **near)
    for quantity, output in found.items():
        np.testing.assert_allclose(trace[quantity].value, output.detach(), **near)
        np.testing.assert_allclose(trace[f"dL/d{quantity}"].value, output.grad, **near)
    for weight, path in zip(weights, model.parameters(), strict=True):
        gradient = trace[f"dL/d{trace[path].name}"]
        np.testing.assert_allclose(gradient.value, weight.grad, **near)
