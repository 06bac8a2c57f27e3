"""Holds: rows D2, D3 and D5, small networks that bend space.

The reference engine would need many seconds for the rows of ten thousand steps; those run on the
native engine alone, with all their steps.
"""

from __future__ import annotations

import numpy as np
import pytest

from pellucid import data, nn, optim


def sigmoids(*units):
    return nn.Sequential([nn.Linear(k, activation="sigmoid") for k in units])


# --- D2 ------------------------------------------------------------------------------------

CENTRES = 3 * np.array([(1, 1), (-1, 1), (-1, -1), (1, -1)])


def surface(seed, engine):
    """Train the XOR network; give its accuracy, and the probability of class 1 at the centres."""
    X, y = data.quadrants("xor")
    model = nn.Sequential([nn.Linear(4, activation="sigmoid"), nn.Linear(2)])
    history = model.fit(
        X, y, optimizer=optim.Adam(0.5, weight_decay=1e-4), batch_size=10, epochs=200,
        dtype="float64", seed=seed, engine=engine, progress=False,
    )  # fmt: skip
    assert history.steps == 4000
    return model.evaluate(X, y)["accuracy"], model.predict_proba(CENTRES)[:, 1]


def test_d2_four_quadrants():
    """At least seven of eight seeds part them (39 of the first 40 did).

    With a rate of 0.5 the last bit of a sum, and so the processor, decides which of them do not.
    """
    found = [surface(seed, "native") for seed in range(8)]
    parted = [np.array_equal(probability > 0.5, [0, 1, 0, 1]) for _, probability in found]
    assert sum(parted) >= 7
    assert np.median([accuracy for accuracy, _ in found]) >= 0.99


# --- D3 ------------------------------------------------------------------------------------


def test_d3_moons_in_two_fits():
    X, y = data.moons(1000, noise=0.1, seed=1234)
    kept, held = data.split(1000, 0.3, seed=1234)
    assert (len(kept), len(held)) == (700, 300)
    model = sigmoids(4, 2, 1)
    options = {
        "loss": "binary_cross_entropy", "optimizer": optim.Adam(0.05), "epochs": 100,
        "metrics": ["accuracy"], "seed": 2, "engine": "native", "progress": False,
    }  # fmt: skip
    first = model.fit(X[kept], y[kept], **options)
    weights = {name: v.numpy().copy() for name, v in model.variables().items()}
    second = model.fit(X[kept], y[kept], **options)
    assert len(first["loss"]) == len(second["accuracy"]) == 100
    assert second["loss"][0] < 1.5 * first["loss"][-1]
    assert second["loss"][-1] < first["loss"][-1]
    assert not np.array_equal(weights["0.weight"], model.variables()["0.weight"].numpy())
    assert model.evaluate(X[held], y[held])["accuracy"] >= 0.99
    summary = model.summary()
    assert [row.shape for row in summary.rows] == [(None, 4), (None, 2), (None, 1)]
    assert [row.parameters for row in summary.rows] == [12, 10, 3]
    assert (summary.total, summary.trainable) == (25, 25)
    ends = zip(X.min(axis=0) - 0.1, X.max(axis=0) + 0.1, strict=True)
    grid = np.meshgrid(*[np.linspace(low, high, 150) for low, high in ends])
    surface = model.predict_proba(np.stack(grid, axis=-1).reshape(-1, 2))[:, 1]
    assert surface.shape == (22500,)
    assert surface.min() < 0.01 < 0.99 < surface.max()


# --- D5 ------------------------------------------------------------------------------------


def chain():
    inputs = nn.Input((2,))
    three = nn.Linear(3, activation="sigmoid")(inputs)
    two = nn.Linear(2, activation="sigmoid")(three)
    return nn.Model(inputs, nn.Linear(1, activation="sigmoid")(two)), three, two


def test_d5_the_layer_of_two_units_separates_the_moons():
    X, y = data.moons()
    model, three, two = chain()
    history = model.fit(
        X, y, loss="binary_cross_entropy", optimizer=optim.Adam(0.05), epochs=500,
        seed=0, engine="native", progress=False,
    )  # fmt: skip
    assert history.steps == 16_000
    assert model.evaluate(X, y)["accuracy"] >= 0.99
    inside, cube = model.probe(two)(X), model.probe(three)(X)
    assert (inside.shape, cube.shape) == ((1000, 2), (1000, 3))
    for values in (inside, cube):
        assert 0 <= values.min() < values.max() <= 1
    w, b = (model.variables()[f"2.{name}"].numpy() for name in ("weight", "bias"))
    right = ((inside @ w[0] + b[0] > 0) == (y == 1)).mean()  # a line parts them there
    assert right >= 0.99


@pytest.mark.parametrize("place", ["three", "two"])
def test_d5_any_inner_layer_is_a_function_of_the_input(place, engine):
    X, y = data.moons(100)
    model, three, two = chain()
    model.fit(X, y, epochs=2, seed=1, engine=engine, progress=False)
    node = {"three": three, "two": two}[place]
    w = {name: v.numpy() for name, v in model.variables().items()}
    wanted = X
    for k in range(1 if place == "three" else 2):
        wanted = 1 / (1 + np.exp(-(wanted @ w[f"{k}.weight"].T + w[f"{k}.bias"])))
    np.testing.assert_allclose(model.probe(node)(X), wanted, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(model.probe(node)(X[:1]), wanted[:1], rtol=1e-5, atol=1e-6)


def test_d5_an_untrained_head_is_reported(engine):
    """Two heads on the layer of three units, one of them in the loss."""

    class TwoHeads(nn.Network):
        def __init__(self):
            self.trunk = sigmoids(3)
            self.answer = nn.Linear(1, activation="sigmoid")
            self.view = nn.Linear(2, activation="sigmoid")

        def forward(self, x):
            inside = self.trunk(x)
            self.view(inside)
            return self.answer(inside)

    X, y = data.moons(100)
    history = TwoHeads().fit(X, y, epochs=1, seed=1, engine=engine, progress=False)
    assert history.notes == [
        "No gradient reaches view.weight, view.bias: the loss does not depend on it."
    ]
