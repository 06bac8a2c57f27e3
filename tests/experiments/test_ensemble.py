"""Holds: the best networks as one model, whose mean and spread are calibrated."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import pellucid as pel
from pellucid import data, nn
from pellucid.errors import ArgumentError, GraphError

NAMES = np.array(["left", "right"])


def build(hidden: int = 32) -> nn.Sequential:
    return nn.Sequential([nn.Linear(hidden, activation="relu"), nn.Linear(2)])


def numbers(outputs: int = 1) -> nn.Sequential:
    return nn.Sequential([nn.Linear(24, activation="tanh"), nn.Linear(outputs)])


def noisy_classes(seed: int):
    """Points whose class is that of their side in 80 of 100 cases."""
    random = np.random.default_rng(seed)
    X = random.normal(size=(150 if seed == 1 else 4000, 2))
    return X, NAMES[((X[:, 0] > 0) ^ (random.random(len(X)) < 0.2)).astype(int)]


def surprise(probabilities, y) -> float:
    chosen = probabilities[np.arange(len(y)), np.searchsorted(NAMES, y)]
    return -float(np.log(np.maximum(chosen, 1e-12)).mean())


@pytest.fixture(scope="module")
def classes() -> pel.Sweep:
    return pel.sweep(build, {"learning_rate": [0.03]}, *noisy_classes(1), seeds=6, epochs=150,
                     validation=0.3, progress=False)  # fmt: skip


def test_a_mean_that_was_too_sure_is_made_less_sure(classes: pel.Sweep) -> None:
    model = classes.ensemble(5)
    X, y = noisy_classes(2)
    assert model.temperature > 1.2
    mean = np.mean([network.predict_proba(X) for network in model.networks], axis=0)
    found = model.predict_proba(X)
    np.testing.assert_allclose(found.sum(axis=1), 1)
    assert surprise(found, y) < surprise(mean, y) - 0.02
    assert surprise(found, y) < min(
        surprise(network.predict_proba(X), y) for network in model.networks
    )
    assert set(model.classify(X)) <= set(NAMES)
    np.testing.assert_array_equal(model.classify(X), NAMES[found.argmax(axis=1)])
    assert model.spread(X).shape == (4000, 2)
    assert (model.spread(X) > 0).any()
    assert repr(model).startswith("Ensemble(5 networks, temperature ")


def test_the_best_come_first_and_one_alone_says_what_it_says(classes: pel.Sweep) -> None:
    frame = classes.frame.sort_values("val_loss")
    model = classes.ensemble(3)
    found = [network.history["val_loss"][-1] for network in model.networks]
    assert found == frame["val_loss"].tolist()[:3]
    X, _ = noisy_classes(2)
    alone = classes.ensemble(1)
    np.testing.assert_array_equal(alone.predict(X), alone.networks[0].predict(X))
    assert (alone.spread(X) == 0).all()


@pytest.mark.parametrize("validation", [0.3, 4])
@pytest.mark.parametrize("outputs", [1, 2])
def test_numbers_have_a_deviation_that_holds(validation, outputs: int) -> None:
    random = np.random.default_rng(3)

    def drawn(count: int):
        X = random.uniform(-2, 2, size=(count, 1))
        y = np.sin(2 * X) @ np.ones((1, outputs)) + 0.3 * random.normal(size=(count, outputs))
        return X, y[:, 0] if outputs == 1 else y

    X, y = drawn(200)
    sweep = pel.sweep(lambda: numbers(outputs), {"learning_rate": [0.02]}, X, y, seeds=3,
                      epochs=60, validation=validation, progress=False)  # fmt: skip
    model = sweep.ensemble(3)
    test_X, test_y = drawn(3000)
    mean, deviation = model.predict(test_X), model.spread(test_X)
    assert mean.shape == deviation.shape
    error = np.abs(test_y.reshape(mean.shape) - mean)
    assert (error < deviation).mean() == pytest.approx(0.68, abs=0.08)
    assert (error < 2 * deviation).mean() == pytest.approx(0.95, abs=0.04)
    far = model.spread([[8.0]])
    assert (far > 0).all()
    assert "noise" in repr(model)
    with pytest.raises(ArgumentError, match="know no classes"):
        model.classify(test_X)


def test_an_ensemble_is_pickled(classes: pel.Sweep) -> None:
    model = classes.ensemble(2)
    X, _ = noisy_classes(2)
    twin = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(twin.predict_proba(X), model.predict_proba(X))


def test_what_cannot_be_an_ensemble(classes: pel.Sweep) -> None:
    with pytest.raises(ArgumentError, match="there are 6 runs that ended well"):
        classes.ensemble(7)
    X, y = data.moons(40, seed=1)
    given = {"seeds": 2, "epochs": 1, "progress": False}
    unheld = pel.sweep(build, {"learning_rate": [0.1]}, X, y, **given)
    with pytest.raises(ArgumentError, match="calibrated on rows that its networks have not seen"):
        unheld.ensemble(2)
    several = np.column_stack([y, 1 - y])
    yes_or_no = pel.sweep(build, {"learning_rate": [0.1]}, X, several, validation=0.5,
                          loss="binary_cross_entropy_with_logits", **given)  # fmt: skip
    with pytest.raises(GraphError, match="one output that tells one class, or numbers"):
        yes_or_no.ensemble(2)
