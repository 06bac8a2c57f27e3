"""Holds: rows A4, A6 and D4, single neurons, and the points of row A3."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

import pellucid as pel
from pellucid import Callback, data, nn, optim

POINTS, SIGNS = data.line_points()
ABOVE = (SIGNS > 0).astype(int)


def test_a3_the_points():
    assert POINTS.shape == (100, 2)
    assert abs(POINTS).max() <= 3
    assert np.array_equal(SIGNS, np.where(POINTS[:, 1] < POINTS[:, 0], -1, 1))


# --- A4 ------------------------------------------------------------------------------------


class Trajectory(Callback):
    """Record the weights after each step."""

    granularity = "step"

    def __init__(self):
        self.weights, self.biases = [], []

    def on_progress(self, training):
        variables = training.model.variables()
        self.weights.append(variables["0.weight"].numpy()[0].copy())
        self.biases.append(variables["0.bias"].numpy().item())


def perceptron(activation="sigmoid"):
    start = nn.init.Uniform(-1, 1)
    neuron = nn.Linear(1, activation=activation, weight_init=start, bias_init=start)
    return nn.Sequential([neuron])


def learn(model, loss, engine, seed, y=ABOVE, **options):
    path = Trajectory()
    history = model.fit(
        POINTS, y, loss=loss, optimizer=optim.SGD(1.0), steps=100, batch_size=8, seed=seed,
        engine=engine, callbacks=[path], progress=False, **options,
    )  # fmt: skip
    return path, history


@pytest.mark.parametrize("seed", range(4))
def test_a4_a_sigmoid_perceptron(engine, seed):
    model = perceptron()
    path, history = learn(model, "binary_cross_entropy", engine, seed)
    assert history.steps == len(path.weights) == len(history.step_losses) == 100
    assert history.step_losses[-20:].mean() < history.step_losses[:20].mean()
    assert np.array_equal(path.weights[-1], model.variables()["0.weight"].numpy()[0])
    assert np.mean(model.classify(POINTS) == (SIGNS > 0)) >= 0.95


def test_a4_the_bias_may_be_held_fixed(engine):
    model = perceptron()
    model(POINTS)
    bias = model.variables()["0.bias"]
    bias.assign([0.0])
    bias.trainable = False
    path, _ = learn(model, "binary_cross_entropy", engine, 1)
    assert set(path.biases) == {0.0}
    assert np.mean(model.classify(POINTS) == (SIGNS > 0)) >= 0.95


@pytest.mark.parametrize(("activation", "loss"), [("tanh", "mse"), ("softsign", "mae")])
def test_a4_activation_and_loss_are_exchangeable(activation, loss, engine):
    model = perceptron(activation)
    learn(model, loss, engine, 2, SIGNS.astype(float), metrics=["accuracy"])
    assert model.evaluate(POINTS, SIGNS)["accuracy"] >= 0.95


def test_a4_the_loss_is_finite_at_zero_and_one():
    assert nn.binary_cross_entropy([0.0, 1.0], [1.0, 0.0]).item() == 100
    assert nn.binary_cross_entropy([0.0, 1.0], [0.0, 1.0]).item() == 0


# --- A6 ------------------------------------------------------------------------------------

STATED = [2.3349, -0.0162, -0.5982]


def penalised(X, y, engine, steps=2500, rate=0.5):
    """Descend on the mean loss and half the square of the weights over the number of rows."""
    w = pel.Variable(np.zeros(2), dtype="float64", name="w")
    b = pel.Variable(0.0, dtype="float64", name="b")
    rows, labels = pel.tensor(X, dtype="float64"), pel.tensor(y, dtype="float64")
    loss = nn.binary_cross_entropy_with_logits(rows @ w + b, labels)
    loss = loss + 0.5 * (w * w).sum() / len(X)
    gw, gb = pel.grad(loss, [w, b])
    updates = {w: w - rate * gw, b: b - rate * gb}
    step = pel.function([], loss, updates=updates, engine=engine)
    for _ in range(steps):
        step()
    return [*w.numpy(), b.numpy().item()]


def test_a6_logistic_regression_as_scikit_learn_has_it(engine):
    X, y = data.quadrants("side")
    peer = LogisticRegression(C=1.0).fit(X, y)
    wanted = [*peer.coef_[0], peer.intercept_[0]]
    np.testing.assert_allclose(wanted, STATED, atol=1e-4)
    np.testing.assert_allclose(penalised(X, y, engine), wanted, atol=1e-3)


def test_a6_a_neuron_separates_the_sides(engine):
    X, y = data.quadrants("side")
    model = nn.Sequential([nn.Linear(1)])
    model.fit(X, y, optimizer=optim.Adam(0.1), epochs=30, seed=1, engine=engine, progress=False)
    assert model.evaluate(X, y)["accuracy"] >= 0.99
    grid = np.stack(np.meshgrid(*[np.linspace(-10, 10, 21)] * 2), axis=-1).reshape(-1, 2)
    surface = model.predict_proba(grid)
    assert surface.shape == (441, 2)
    assert np.isfinite(surface).all()


def test_a6_features_by_hand(engine):
    """One neuron fails on XOR of the same points; the quadrants, one-hot, make it easy."""
    X, y = data.quadrants("xor")
    _, quadrant = data.quadrants("quadrant")
    options = {"epochs": 40, "seed": 1, "engine": engine, "progress": False}
    plain, helped = nn.Sequential([nn.Linear(1)]), nn.Sequential([nn.Linear(1)])
    plain.fit(X, y, optimizer=optim.Adam(0.1), **options)
    assert plain.evaluate(X, y)["accuracy"] <= 0.6
    hot = data.one_hot(quadrant, 4)
    helped.fit(hot, y, optimizer=optim.Adam(0.1), **options)
    assert helped.evaluate(hot, y)["accuracy"] == 1


# --- D4 ------------------------------------------------------------------------------------


def test_d4_a_softsign_perceptron(engine):
    model = nn.Sequential([nn.Linear(1, activation="softsign")])
    history = model.fit(
        POINTS, SIGNS, loss="mse", metrics=["accuracy"], optimizer=optim.SGD(0.01), epochs=300,
        seed=3, engine=engine, progress=False,
    )  # fmt: skip
    assert len(history["loss"]) == len(history["accuracy"]) == 300
    assert history["accuracy"][0] < 0.5 < history["loss"][0]
    assert history["accuracy"][-1] >= 0.97
    assert history["loss"][-1] < 0.15
    w = model.variables()["0.weight"].numpy()[0]
    assert w[0] < 0 < w[1]
