"""Holds: what was built once is used again, and rows may come in any number at a time."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid import nn, optim
from pellucid.compile import Program
from pellucid.engines import choose
from pellucid.errors import ShapeError
from pellucid.train import running


def network(outputs=1):
    return nn.Sequential([nn.Linear(4, activation="tanh"), nn.Linear(outputs)])


@pytest.fixture
def built(monkeypatch):
    """Count how often the programs of a training are built."""
    calls = []
    original = running.step_programs

    def counting(*args):
        calls.append(args)
        return original(*args)

    monkeypatch.setattr(running, "step_programs", counting)
    return calls


def test_fits_of_one_kind_build_one_graph(engine, numbers, built):
    model = network()
    options = {"epochs": 1, "engine": engine, "progress": False}
    model.fit(*numbers, **options)
    model.fit(*numbers, **options, optimizer=optim.Adam(0.5), seed=8, batch_size=4)
    model.fit(*numbers, **options, loss="mse", metrics=["mae"], validation=0.2)
    assert len(built) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"loss": "mae"},
        {"metrics": ["mse"]},
        {"optimizer": optim.SGD(0.1)},
        {"dtype": "float64"},
    ],
    ids=str,
)
def test_fits_of_another_kind_build_another(other, numbers, built, engine):
    model = network()
    model.fit(*numbers, epochs=1, engine=engine, progress=False)
    model.fit(*numbers, epochs=1, engine=engine, progress=False, **other)
    model.fit(*numbers, epochs=1, engine=engine, progress=False, dtype="float32")
    assert len(built) == 2


def test_freezing_builds_another(numbers, built, engine):
    model = network()
    options = {"epochs": 1, "seed": 1, "engine": engine, "progress": False}
    model.fit(*numbers, **options)
    model.variables()["0.weight"].trainable = False
    frozen = model.variables()["0.weight"].numpy().copy()
    model.fit(*numbers, **options)
    assert len(built) == 2
    assert model.variables()["0.weight"].numpy().tobytes() == frozen.tobytes()


class Counting(nn.Network):
    """Counts how often its forward pass is written down."""

    def __init__(self):
        self.layer = nn.Linear(1)
        self.calls = []

    def forward(self, x):
        self.calls.append(x.shape)
        return self.layer(x)


def test_a_fit_of_one_kind_calls_the_network_once(engine, numbers):
    model, (X, y) = Counting(), numbers
    options = {"epochs": 1, "engine": engine, "progress": False}
    model.fit(X, y, **options)
    calls = len(model.calls)
    model.fit(X[:7], y[:7], **options, seed=3)
    assert len(model.calls) == calls
    model.fit(X, y, **options, dtype="float64")
    assert len(model.calls) > calls
    with pytest.raises(ShapeError):
        model.fit(X[:, :1], y, **options)


@pytest.fixture
def compiled(monkeypatch):
    """Collect the numbers of rows for which a program was compiled."""
    rows = []
    engine = type(choose(None))
    original = engine.compile

    def counting(self, program: Program):
        rows.append(program.instructions[program.inputs[0]].spec.shape[0])
        return original(self, program)

    monkeypatch.setattr(engine, "compile", counting)
    return rows


def test_predict_compiles_once_for_each_number_of_rows(compiled):
    model = network()
    X = np.random.default_rng(0).normal(size=(600, 3))
    for _ in range(3):
        model.predict(X)
    assert compiled == [256, 88]
    model.predict(X[:512])
    assert compiled == [256, 88]


def test_rows_together_are_rows_one_by_one(engine):
    X = np.random.default_rng(0).normal(size=(600, 3))
    model = network(2)
    model.fit(X, X.argmax(axis=1) % 2, epochs=1, seed=1, engine=engine, progress=False)
    for ask in (model.predict, model.predict_proba):
        together = ask(X)
        assert together.shape == (600, 2)
        alone = np.concatenate([ask(X[k : k + 1]) for k in range(600)])
        np.testing.assert_allclose(together, alone, rtol=1e-5, atol=1e-7)
    assert np.array_equal(model.classify(X), model.predict(X).argmax(axis=1))


def test_evaluate_weighs_every_row_the_same(engine):
    X = np.random.default_rng(0).normal(size=(600, 3))
    y = X.sum(axis=1)
    model = network()
    model.fit(X, y, epochs=1, seed=1, engine=engine, dtype="float64", progress=False)
    error = model.predict(X)[:, 0] - y
    found = model.evaluate(X, y)
    assert found["loss"] == pytest.approx(np.mean(error**2), rel=1e-12)
    assert found["mae"] == pytest.approx(np.mean(abs(error)), rel=1e-12)
