"""Holds: fit is the loop that a user would write by hand, step by step."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid as pel
from pellucid import data, nn, optim

OPTIMIZERS = [
    optim.SGD(0.05),
    optim.SGD(0.05, momentum=0.9, nesterov=True, weight_decay=1e-3),
    optim.Adam(0.02),
    optim.AdamW(0.02, weight_decay=0.1),
]
TOLERANCE = {"float32": 1e-6, "float64": 1e-12}


def network(outputs):
    layers = [nn.Linear(5, activation="tanh"), nn.Dropout(0.3), nn.Linear(outputs)]
    return nn.Sequential(layers)


def by_hand(model, loss, optimizer, X, y, *, epochs, size):
    """Train as a user's own loop does; give the weighted mean of the losses of each epoch."""
    model(X[:1])
    model.reset(seed=3)
    stepper = optimizer.over(model.parameters())
    batches = data.batches(X, y, size, seed=3)
    history = []
    for _ in range(epochs):
        losses, rows = [], []
        for xb, yb in batches:
            value = loss(model(xb, training=True), yb)
            stepper.zero_grad()
            value.backward()
            stepper.step()
            losses.append(value.item())
            rows.append(len(xb))
        history.append(np.average(losses, weights=rows))
    return history


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=repr)
def test_numbers(engine, optimizer, dtype, numbers):
    X, y = (part.astype(dtype) for part in numbers)
    fitted, written = network(1), network(1)
    history = fitted.fit(
        X, y, loss="mse", optimizer=optimizer, epochs=3, batch_size=5,
        seed=3, dtype=dtype, engine=engine, progress=False,
    )  # fmt: skip
    with pel.default_dtype(dtype):
        losses = by_hand(written, nn.mse, optimizer, X, y.reshape(-1, 1), epochs=3, size=5)
    assert history.steps == 15
    np.testing.assert_allclose(history["loss"], losses, rtol=10 * TOLERANCE[dtype])
    for name, variable in fitted.variables().items():
        found, wanted = variable.numpy(), written.variables()[name].numpy()
        assert found.dtype == wanted.dtype
        np.testing.assert_allclose(found, wanted, atol=TOLERANCE[dtype], err_msg=name)


def test_classes(engine, classes):
    X, y = classes
    fitted, written = network(3), network(3)
    history = fitted.fit(
        X, y, optimizer=optim.Adam(0.05), epochs=2, batch_size=8,
        seed=3, dtype="float64", engine=engine, progress=False,
    )  # fmt: skip
    with pel.default_dtype("float64"):
        losses = by_hand(written, nn.cross_entropy, optim.Adam(0.05), X, y, epochs=2, size=8)
    np.testing.assert_allclose(history["loss"], losses, rtol=1e-11)
    for name, variable in fitted.variables().items():
        wanted = written.variables()[name].numpy()
        np.testing.assert_allclose(variable.numpy(), wanted, atol=1e-12, err_msg=name)


def test_rows_as_they_are(engine, numbers):
    """Without shuffling, the batches are the rows in order."""
    X, y = numbers
    fitted, written = network(1), network(1)
    options = {"loss": "mse", "optimizer": optim.SGD(0.05), "seed": 3, "dtype": "float64"}
    fitted.fit(
        X, y, **options, epochs=1, batch_size=5, shuffle=False, engine=engine, progress=False
    )
    with pel.default_dtype("float64"):
        written(X[:1])
        written.reset(3)
        stepper = optim.SGD(0.05).over(written.parameters())
        for k in range(0, len(X), 5):
            loss = nn.mse(written(X[k : k + 5], training=True), y[k : k + 5].reshape(-1, 1))
            stepper.zero_grad()
            loss.backward()
            stepper.step()
    for name, variable in fitted.variables().items():
        wanted = written.variables()[name].numpy()
        np.testing.assert_allclose(variable.numpy(), wanted, atol=1e-12, err_msg=name)
