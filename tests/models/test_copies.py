"""Holds: copies share nothing, networks nest in every way, and constants follow the dtype."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid as pel
from pellucid import nn, optim
from pellucid.errors import ArgumentError, GraphError

X = np.random.default_rng(1).normal(size=(12, 2))
Y = X.sum(axis=1)


class Block(nn.Module):
    """A module of a user's own around any other."""

    def __init__(self, inner, scale=1.0):
        self.inner, self.scale = inner, scale

    def forward(self, x):
        return x + self.scale * self.inner(x)


def functional():
    x = nn.Input((2,))
    return nn.Model(x, nn.Linear(2)(nn.Tanh()(x)))


def shared():
    layer = nn.Linear(2)
    return nn.Sequential([layer, nn.Sequential([nn.Tanh(), layer]), nn.Linear(1)])


NESTED = {
    "sequential in sequential": lambda: nn.Sequential(
        [nn.Sequential([nn.Linear(2)]), nn.Linear(1)]
    ),
    "model in sequential": lambda: nn.Sequential([functional(), nn.Dropout(0.2), nn.Linear(1)]),
    "module around sequential": lambda: nn.Sequential(
        [Block(nn.Sequential([nn.Linear(2), nn.ReLU()]), 0.5), nn.Linear(1)]
    ),
    "module around model": lambda: nn.Sequential([Block(functional()), nn.Linear(1)]),
    "shared": shared,
    "frozen": lambda: nn.Sequential([functional().freeze(), nn.Linear(1)]),
}


@pytest.mark.parametrize("make", NESTED.values(), ids=NESTED)
def test_nests_are_saved_copied_and_summed_up(make, tmp_path, engine):
    model = make()
    model.fit(X, Y, epochs=2, seed=1, engine=engine, progress=False)
    model.save(tmp_path / "nest.safetensors")
    again = pel.load(tmp_path / "nest.safetensors", modules=[Block])
    twin = model.copy()
    for other in (again, twin):
        assert list(other.variables()) == list(model.variables())
        assert list(other.modules()) == list(model.modules())
        assert other.predict(X).tobytes() == model.predict(X).tobytes()
        assert other.evaluate(X, Y) == model.evaluate(X, Y)
        assert str(other.summary()) == str(model.summary())
        assert not set(other.variables().values()) & set(model.variables().values())
    assert list(twin.parameters()) == list(model.parameters())
    before = model.predict(X)
    twin.fit(X, -Y, epochs=3, optimizer=optim.Adam(0.1), engine=engine, progress=False)
    assert model.predict(X).tobytes() == before.tobytes()
    assert abs(twin.predict(X) - before).max() > 0.01


def test_a_copy_trains_like_the_first(engine):
    model = nn.Sequential([nn.Linear(4), nn.Dropout(0.5), nn.Linear(1)])
    model.fit(X, Y, epochs=1, seed=1, engine=engine, dtype="float64", progress=False)
    twin = model.copy()
    assert twin.history is model.history
    assert twin.dtype == np.float64
    one, two = (m.fit(X, Y, epochs=3, seed=2, engine=engine, progress=False) for m in (model, twin))
    assert dict(one) == dict(two)


def test_a_copy_of_what_was_not_called_yet():
    model = nn.Sequential([nn.Linear(1)])
    twin = model.copy()
    assert not twin.built
    assert twin.predict(X).shape == model.predict(X).shape
    drawn = functional()
    assert drawn.copy().predict(X).tobytes() == drawn.predict(X).tobytes()


def test_load_weights_into_a_copy(tmp_path):
    model = nn.Sequential([functional(), nn.Linear(1)])
    model.predict(X)
    model.save(tmp_path / "w.safetensors")
    other = NESTED["model in sequential"]()
    fresh = nn.Sequential([functional(), nn.Linear(1)])
    fresh.load_weights(tmp_path / "w.safetensors")
    assert fresh.predict(X).tobytes() == model.predict(X).tobytes()
    with pytest.raises(OSError, match="do not fit"):
        other.load_weights(tmp_path / "w.safetensors")


def test_the_summary_of_a_nest():
    a, b = nn.Input((2,), name="a"), nn.Input((3,), name="b")
    inner = nn.Sequential([nn.Linear(4), nn.Sequential([nn.Tanh(), nn.Linear(4)])])
    hidden = inner(a) + nn.Linear(4)(b)
    model = nn.Model([a, b], {"one": nn.Linear(1)(hidden), "two": nn.Linear(2)(hidden)})
    assert (
        str(model.summary())
        == """\
Model
path   layer       output shape  parameters
───────────────────────────────────────────
a      Input       (None, 2)
b      Input       (None, 3)
0      Sequential  (None, 4)
0.0    Linear      (None, 4)             12
0.1    Sequential  (None, 4)
0.1.0  Tanh        (None, 4)              0
0.1.1  Linear      (None, 4)             20
1      Linear      (None, 4)             16
2      Linear      (None, 1)              5
3      Linear      (None, 2)             10
───────────────────────────────────────────
63 parameters: 63 trainable, 0 frozen"""
    )


def test_a_block_of_two_heads_in_a_summary():
    class Pair(nn.Module):
        def __init__(self):
            self.left, self.right = nn.Linear(1), nn.Linear(2)

        def forward(self, x):
            return self.left(x), self.right(x)

    x = nn.Input((2,))
    one, two = Pair()(x)
    text = str(nn.Model(x, [one, two]).summary())
    assert "0        Pair    (None, 1), (None, 2)" in text
    with pytest.raises(GraphError, match="a layer gives several heads") as caught:
        nn.Sequential([Pair(), nn.Linear(1)])(X)
    assert caught.value.got == "head0, head1"


# --- constants -----------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_constants_follow_the_dtype(dtype, engine, tmp_path):
    """An array, a number and a tensor in a formula: none widens or rounds what it meets."""
    x = nn.Input((2,))
    parts = np.array([0.1, 0.2]), 0.3, pel.tensor([0.4, 0.7])
    y = parts[0] * x + parts[1]
    model = nn.Model(x, pel.maximum(y, parts[2]) + 0 * nn.Linear(2)(x))
    model.fit(X, X, epochs=0, seed=1, dtype=dtype, engine=engine, progress=False)
    wanted = np.maximum(np.array([0.1, 0.2]) * X + 0.3, [0.4, 0.7])
    found = model.predict(X)
    assert found.dtype == dtype
    np.testing.assert_allclose(found, wanted, rtol=1e-6 if dtype == "float32" else 1e-15)
    history = model.fit(X, X, epochs=1, seed=1, dtype=dtype, engine=engine, progress=False)
    assert np.isfinite(history["loss"]).all()
    model.save(tmp_path / "constants.safetensors")
    again = pel.load(tmp_path / "constants.safetensors")
    for other in (again, model.copy()):
        assert other.predict(X).tobytes() == model.predict(X).tobytes()


# --- names and texts -----------------------------------------------------------------------


def test_a_function_is_shown_by_its_name():
    def bent(x):
        return x * x

    model = nn.Sequential([nn.Linear(2, activation=bent), nn.Linear(1, activation=pel.sigmoid)])
    assert repr(model) == (
        "Sequential([Linear(units=2, activation=bent), Linear(units=1, activation=sigmoid)])"
    )
    assert repr(Block(nn.Linear(1), [bent, (pel.exp,), {"a": pel.log}])) == (
        "Block(inner=Linear(units=1), scale=[bent, (exp,), {'a': log}])"
    )
    assert " at 0x" not in repr(nn.Sequential([Block(nn.Linear(1), lambda x: x)]))


def test_the_text_of_a_model():
    a, b = nn.Input((2,)), nn.Input((3,))
    hidden = nn.Linear(1)(a) + nn.Linear(1)(b)
    model = nn.Model({"left": a, "right": b}, {"one": hidden, "two": nn.Linear(2)(hidden)})
    assert repr(model) == (
        "Model(left (None, 2), right (None, 3) → one (None, 1), two (None, 2), 3 layers)"
    )
    assert nn.Model([a, b], hidden).input_names == ("input", "input1")


REFUSED = {
    "no inputs": lambda x: nn.Model([], nn.Linear(1)(x)),
    "no outputs": lambda x: nn.Model(x, []),
    "an empty name": lambda x: nn.Model(x, {"": nn.Linear(1)(x)}),
    "a number for a name": lambda x: nn.Model(x, {1: nn.Linear(1)(x)}),
}


@pytest.mark.parametrize("make", REFUSED.values(), ids=REFUSED)
def test_a_model_has_named_ends(make):
    with pytest.raises(ArgumentError, match="a Model has inputs and outputs"):
        make(nn.Input((2,)))
