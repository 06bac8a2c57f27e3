"""Holds: twenty steps of fit give the weights that torch has after the same twenty batches."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest
import torch

from pellucid import data, nn, optim
from pellucid.engines import ENGINES, EXTRAS

HERE = sorted([*ENGINES, *(EXTRAS if find_spec("jax") else ())])
RULES = {
    "SGD": (
        optim.SGD(0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
        lambda p: torch.optim.SGD(p, 0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
    ),
    "Adam": (optim.Adam(0.02), lambda p: torch.optim.Adam(p, 0.02)),
    "AdamW": (
        optim.AdamW(0.02, weight_decay=0.1),
        lambda p: torch.optim.AdamW(p, 0.02, weight_decay=0.1),
    ),
}
TASKS = {
    "mse": (2, torch.nn.MSELoss()),
    "cross_entropy": (3, torch.nn.CrossEntropyLoss()),
    "binary_cross_entropy_with_logits": (1, torch.nn.BCEWithLogitsLoss()),
}


def task(loss):
    """Give 80 rows, and targets as the loss wants them in both libraries."""
    rng = np.random.default_rng(1)
    X = rng.normal(size=(80, 4))
    if loss == "mse":
        y = X[:, :2] ** 2
        return X, y, y
    y = X[:, :3].argmax(1) if loss == "cross_entropy" else (X[:, 0] > X[:, 1]).astype(int)
    return X, y, y if loss == "cross_entropy" else y.reshape(-1, 1).astype(float)


def peer_of(weights, outputs):
    peer = torch.nn.Sequential(
        torch.nn.Linear(4, 6), torch.nn.Tanh(), torch.nn.Linear(6, outputs)
    ).double()
    names = {"0.weight": "0.weight", "0.bias": "0.bias", "2.weight": "1.weight", "2.bias": "1.bias"}
    peer.load_state_dict({mine: torch.tensor(weights[name]) for mine, name in names.items()})
    return peer


@pytest.mark.parametrize("engine", HERE)
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("loss", TASKS)
def test_twenty_steps(engine, rule, loss):
    X, y, y_torch = task(loss)
    outputs, criterion = TASKS[loss]
    optimizer, make = RULES[rule]
    model = nn.Sequential([nn.Linear(6, activation="tanh"), nn.Linear(outputs)])
    options = {"loss": loss, "dtype": "float64", "engine": engine, "seed": 4, "progress": False}
    model.fit(X, y, **options, epochs=0)
    peer = peer_of({k: v.numpy().copy() for k, v in model.variables().items()}, outputs)
    history = model.fit(X, y, **options, optimizer=optimizer, epochs=5, batch_size=20)

    stepper, losses = make(peer.parameters()), []
    batches = data.batches(X, y_torch, 20, seed=4)
    for _ in range(5):
        for xb, yb in batches:
            value = criterion(peer(torch.tensor(xb)), torch.tensor(yb))
            stepper.zero_grad()
            value.backward()
            stepper.step()
            losses.append(value.item())
    assert history.steps == len(losses) == 20
    np.testing.assert_allclose(history.step_losses, losses, rtol=1e-10)
    for mine, his in zip(model.variables().values(), peer.parameters(), strict=True):
        np.testing.assert_allclose(mine.numpy(), his.detach().numpy(), rtol=1e-9, atol=1e-11)
