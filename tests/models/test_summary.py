"""Holds: what a network says of itself, letter by letter."""

from __future__ import annotations

import numpy as np

import pellucid as pel
from pellucid import nn

X = np.ones((4, 2), np.float32)

MOONS = """\
Sequential
path  layer   output shape  parameters
──────────────────────────────────────
0     Linear  (None, 4)             12
1     Linear  (None, 2)             10
2     Linear  (None, 1)              3
──────────────────────────────────────
25 parameters: 25 trainable, 0 frozen"""


def moons():
    units = [nn.Linear(n, activation="sigmoid") for n in (4, 2, 1)]
    return nn.Sequential(units)


def test_the_network_for_the_moons():
    """Row D3 of the curriculum: 12 + 10 + 3 = 25, with an unknown batch."""
    model = moons()
    model(X)
    assert str(model.summary()) == repr(model.summary()) == MOONS


def test_a_fit_shows_no_batch_either():
    model = moons()
    model.fit(X, [0, 1, 1, 0], epochs=1, batch_size=3, progress=False)
    assert str(model.summary()) == MOONS
    assert [row.parameters for row in model.summary().rows] == [12, 10, 3]


def test_a_functional_model_needs_no_data():
    x = nn.Input((2,))
    hidden = nn.Sequential([nn.Linear(3), nn.Dropout(0.5)])(x)
    model = nn.Model(x, nn.Linear(1)(hidden))
    assert (
        str(model.summary())
        == """\
Model
path  layer       output shape  parameters
──────────────────────────────────────────
0     Sequential  (None, 3)
0.0   Linear      (None, 3)              9
0.1   Dropout     (None, 3)              0
1     Linear      (None, 1)              4
──────────────────────────────────────────
13 parameters: 13 trainable, 0 frozen"""
    )


def test_nothing_is_drawn_by_it():
    x = nn.Input((2,))
    model = nn.Model(x, nn.Linear(1)(x))
    model.summary()
    assert "not drawn yet" in repr(model.variables()["0.weight"])


def test_frozen_weights_are_counted_apart():
    model = moons()
    model(X)
    model.variables()["0.weight"].trainable = False
    assert str(model.summary()).endswith("25 parameters: 17 trainable, 8 frozen")
    assert "0.weight" not in model.parameters()


def test_a_shared_layer_is_counted_once():
    shared = nn.Linear(2)
    model = nn.Sequential([shared, nn.Tanh(), shared])
    model(X)
    assert [(row.path, row.parameters) for row in model.summary().rows] == [
        ("0", 6), ("1", 0), ("0", 0),
    ]  # fmt: skip
    assert model.summary().total == 6


def test_weights_of_a_network_beside_its_layers():
    class Scaled(nn.Network):
        def __init__(self):
            self.inner = nn.Linear(1)

        def build(self, x):
            self.create("factor", (1,), nn.init.Constant(2.0))

        def forward(self, x):
            return self.inner(x) * self.factor

    model = Scaled()
    model(X)
    assert (
        str(model.summary())
        == """\
Scaled
path   layer   output shape  parameters
───────────────────────────────────────
inner  Linear  (None, 1)              3
·      Scaled  (None, 1)              1
───────────────────────────────────────
4 parameters: 4 trainable, 0 frozen"""
    )


def test_large_numbers_are_grouped():
    model = nn.Sequential([nn.Linear(1000), nn.Linear(1000)])
    model(X)
    text = str(model.summary())
    assert "1,001,000" in text
    assert text.endswith("1,004,000 parameters: 1,004,000 trainable, 0 frozen")


def test_in_a_notebook():
    model = moons()
    model(X)
    page = model.summary()._repr_html_()
    assert page.startswith("<table>")
    assert "<td>0</td><td>Linear</td><td>(None, 4)</td><td>12</td>" in page
    assert "25 parameters: 25 trainable, 0 frozen" in page


def test_repr():
    assert repr(nn.Sequential([nn.Linear(2, activation="relu"), nn.Dropout(0.5)])) == (
        "Sequential([Linear(units=2, activation='relu'), Dropout(rate=0.5)])"
    )
    x, z = nn.Input((2,)), nn.Input((3,), name="z")
    joined = pel.concatenate([x, z], axis=1)
    model = nn.Model([x, z], nn.Linear(1)(nn.Linear(4)(joined)))
    assert repr(model) == "Model(input (None, 2), z (None, 3) → (None, 1), 2 layers)"

    class Own(nn.Network):
        def __init__(self, units, deep=False):
            self.layer = nn.Linear(units)

        def forward(self, x):
            return self.layer(x)

    assert repr(Own(3, deep=True)) == "Own(units=3, deep=True)"
