"""Holds: after an error in fit, a network is what it was before, to the bit."""

from __future__ import annotations

import numpy as np
import pytest

from faults.conftest import rows
from pellucid import EarlyStopping, nn, optim
from pellucid.errors import PellucidError

X, Y, C = rows()

FAULTS = {
    "rows": lambda: {"X": np.where(X > 1, np.nan, X)},
    "width": lambda: {"X": X[:, :2]},
    "targets": lambda: {"y": np.column_stack([Y, Y])},
    "labels": lambda: {"y": np.where(C, "a", "b"), "loss": "mse"},
    "float64 and targets": lambda: {"y": Y[:, None] @ np.ones((1, 2)), "dtype": "float64"},
    "seed and metric": lambda: {"seed": 9, "metrics": ["accuracy"]},
    "a monitor": lambda: {"early_stopping": EarlyStopping(monitor="f1"), "dtype": "float64"},
    "a loss": lambda: {"loss": lambda p, t: p - t, "dtype": "float64"},
    "a loss that raises": lambda: {"loss": lambda p, t: 1 / 0, "dtype": "float64"},
    "held-out rows": lambda: {"validation": (X[:, :2], Y), "dtype": "float64"},
    "held-out targets": lambda: {"validation": (X, Y[:3]), "dtype": "float64"},
    "held-out labels": lambda: {"validation": (X, list("ab") * 10), "dtype": "float64"},
    "an option": lambda: {"batch_size": 0, "dtype": "float64"},
    "a callback": lambda: {"callbacks": [3], "dtype": "float64"},
    "an engine": lambda: {"engine": "none", "dtype": "float64"},
    "preparation": lambda: {"prepare": "standard", "X": X + 1j},
    "weights of rows": lambda: {"sample_weight": -np.ones(20), "dtype": "float64"},
    "weights of classes": lambda: {"class_weight": "balanced", "dtype": "float64"},
    "held-out weights": lambda: {"validation": (X, Y, Y[:3]), "dtype": "float64"},
    "a head": lambda: {"y": {"size": Y}, "dtype": "float64"},
    "a plateau": lambda: {
        "optimizer": optim.SGD(optim.ReduceOnPlateau(0.1, monitor="val_loss")),
        "dtype": "float64",
    },
    "a group": lambda: {
        "optimizer": optim.SGD(groups={"9.*": {"learning_rate": 1.0}}),
        "dtype": "float64",
    },
}


def state(model):
    return {
        name: (v.numpy().tobytes(), v.dtype, v.trainable) for name, v in model.variables().items()
    }


def fail(model, fault):
    given = {"X": X, "y": Y, "epochs": 2, "seed": 4, "progress": False} | FAULTS[fault]()
    with pytest.raises((PellucidError, ZeroDivisionError)):
        model.fit(given.pop("X"), given.pop("y"), **given)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_trained_network(fault, trained):
    twin = nn.Sequential([nn.Linear(4, activation="tanh"), nn.Dropout(0.3), nn.Linear(1)])
    twin.fit(X, Y, epochs=1, seed=1, progress=False)
    before, history = state(trained), trained.history
    assert before == state(twin)
    answers, measured = trained.predict(X), trained.evaluate(X, Y)
    fail(trained, fault)
    assert state(trained) == before
    assert trained.history is history
    assert trained.predict(X).tobytes() == answers.tobytes()
    assert trained.evaluate(X, Y) == measured
    options = {"epochs": 2, "seed": 2, "progress": False}
    assert dict(trained.fit(X, Y, **options)) == dict(twin.fit(X, Y, **options))
    assert state(trained) == state(twin)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_new_network(fault, engine):
    """Nothing was made for the rows that were refused: others, of another width, are welcome."""
    model, twin = (nn.Sequential([nn.Linear(4), nn.Dropout(0.3), nn.Linear(1)]) for _ in range(2))
    if fault != "width":  # two columns are as good as three for a new network
        fail(model, fault)
    assert not model.built
    assert model.variables() == {}
    assert model.history is None
    wide = np.column_stack([X, X])
    options = {"epochs": 2, "seed": 2, "engine": engine, "progress": False}
    assert dict(model.fit(wide, Y, **options)) == dict(twin.fit(wide, Y, **options))
    assert state(model) == state(twin)


def test_a_network_that_was_called_but_not_fitted():
    model = nn.Sequential([nn.Linear(4), nn.Linear(1)])
    before = model(X).numpy()
    fail(model, "float64 and targets")
    assert model(X).numpy().tobytes() == before.tobytes()
    assert model.history is None


def test_frozen_weights_stay_frozen(trained):
    trained.variables()["0.weight"].trainable = False
    before = state(trained)
    fail(trained, "a loss")
    assert state(trained) == before


@pytest.mark.parametrize(
    "options",
    [
        {"y": {"one": Y, "two": np.where(C, "a", "b"), "three": Y}},
        {"y": {"one": Y, "two": list("abcd") * 5}},
        {"y": {"one": Y, "two": C}, "class_weight": {"one": "balanced"}},
        {"y": {"one": Y, "two": C}, "loss": {"one": "mse", "two": "mse"}},
        {"y": {"one": Y, "two": C}, "prepare": {"other": "standard"}},
    ],
    ids=["a head", "labels", "weights", "a loss", "preparation"],
)
def test_a_network_of_several_heads(options):
    x = nn.Input((3,))
    model = nn.Model(x, {"one": nn.Linear(1)(x), "two": nn.Linear(2)(x)})
    model.fit(X, {"one": Y, "two": C}, epochs=1, seed=1, progress=False)
    before, history = state(model), model.history
    given = {"dtype": "float64", "seed": 2, "progress": False} | options
    with pytest.raises(PellucidError):
        model.fit(X, given.pop("y"), **given)
    assert state(model) == before
    assert model.history is history


def test_a_functional_network():
    inputs = nn.Input((3,))
    model = nn.Model(inputs, nn.Linear(1)(nn.Linear(4)(inputs)))
    fail(model, "float64 and targets")
    assert all("not drawn yet" in repr(v) for v in model.variables().values())
    assert model.fit(X, Y, seed=1, optimizer=optim.SGD(0.1), progress=False).epochs == 10
