"""Holds: networks nest, share layers and give every variable one dotted name."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid as pel
from pellucid import nn, optim
from pellucid.errors import ArgumentError, ArgumentTypeError, GraphError, ShapeError


class Residual(nn.Network):
    """A network of a user's own: attributes, a list and a dict of layers."""

    def __init__(self, units):
        self.inner = nn.Linear(units, activation="tanh")
        self.blocks = [nn.Linear(units), nn.Linear(units)]
        self.heads = {"out": nn.Linear(1)}

    def forward(self, x):
        x = x + self.inner(x)
        for block in self.blocks:
            x = x + block(x)
        return self.heads["out"](x)


RESIDUAL = ["inner", "blocks.0", "blocks.1", "heads.out"]


def both(*layers):
    return [f"{layer}.{name}" for layer in layers for name in ("weight", "bias")]


def functional():
    inputs = nn.Input((2,))
    hidden = nn.Linear(3, activation="tanh")(inputs)
    return nn.Model(inputs, nn.Linear(1)(hidden)), hidden


# --- names ---------------------------------------------------------------------------------

SHARED = nn.Linear(2)
NAMES = {
    "sequential": (nn.Sequential([nn.Linear(4), nn.ReLU(), nn.Linear(1)]), both("0", "2")),
    "nested": (
        nn.Sequential([nn.Sequential([nn.Linear(3), nn.Tanh()]), nn.Linear(1)]), both("0.0", "1"),
    ),
    "random": (
        nn.Sequential([nn.Linear(8), nn.Dropout(0.1), nn.Linear(1)]),
        [*both("0"), "1.key", "1.step", *both("2")],
    ),
    "functional": (functional()[0], both("0", "1")),
    "functional inside": (nn.Sequential([functional()[0], nn.Linear(1)]), both("0.0", "0.1", "1")),
    "own": (Residual(2), both(*RESIDUAL)),
    "own inside": (
        nn.Sequential([Residual(2), nn.Linear(1)]),
        both(*[f"0.{path}" for path in RESIDUAL], "1"),
    ),
    "shared": (nn.Sequential([SHARED, nn.Tanh(), SHARED]), both("0")),
}  # fmt: skip


@pytest.mark.parametrize(("model", "names"), NAMES.values(), ids=NAMES)
def test_every_variable_has_one_name(model, names, rows):
    assert model(rows).shape[0] == 8
    assert list(model.variables()) == names
    assert [variable.name for variable in model.variables().values()] == names
    assert list(model.parameters()) == [n for n in names if not n.endswith(("key", "step"))]
    assert model.built


@pytest.mark.parametrize(("model", "names"), NAMES.values(), ids=NAMES)
def test_every_kind_of_network_trains(model, names, rows, engine):
    y = rows.sum(axis=1)
    target = y if model(rows).shape[1] == 1 else np.stack([y, -y], axis=1)
    model.reset(1)
    options = {"loss": "mse", "seed": 1, "engine": engine, "progress": False}
    model.fit(rows, target, **options, epochs=0)
    before = model.evaluate(rows, target)["loss"]
    model.fit(rows, target, **options, optimizer=optim.Adam(0.05), epochs=40)
    assert model.evaluate(rows, target)["loss"] < before / 2
    assert list(model.variables()) == names


def test_a_shared_layer_is_one_layer(rows):
    model = NAMES["shared"][0]
    weight, bias = (v.numpy() for v in model.variables().values())
    inner = np.tanh(rows @ weight.T + bias)
    np.testing.assert_allclose(model(rows).numpy(), inner @ weight.T + bias, rtol=1e-5, atol=1e-6)


def test_gradients_of_a_shared_layer_add_up(rows):
    model = NAMES["shared"][0]
    value = lambda: (model(rows) ** 2).sum()  # noqa: E731
    value().backward()
    weight = model.variables()["0.weight"]
    found = weight.grad.numpy()[0, 1]
    before = weight.numpy().copy()
    ends = []
    for sign in (1, -1):
        moved = before.copy()
        moved[0, 1] += sign * 1e-2
        weight.assign(moved)
        ends.append(value().item())
    weight.assign(before)
    assert found == pytest.approx((ends[0] - ends[1]) / 2e-2, rel=1e-2)


def test_a_sequential_is_a_list_of_layers():
    layers = [nn.Linear(2), nn.ReLU()]
    model = nn.Sequential(layers)
    assert (len(model), model[0], model[-1]) == (2, *layers)
    assert nn.Sequential(iter(layers)).layers == tuple(layers)


# --- functional models ---------------------------------------------------------------------


@pytest.mark.parametrize("join", ["addition", "concatenation"])
def test_two_inputs(join):
    left, right = nn.Input((2,), name="left"), nn.Input((3,), name="right")
    a, b = nn.Linear(4)(left), nn.Linear(4)(right)
    both_ = a + b if join == "addition" else pel.concatenate([a, b], axis=1)
    model = nn.Model([left, right], nn.Linear(1, bias=False)(both_))
    x, z = np.ones((5, 2), np.float32), np.full((5, 3), 2, np.float32)
    w = {name: v.numpy() for name, v in model.variables().items()}
    first = x @ w["0.weight"].T + w["0.bias"]
    second = z @ w["1.weight"].T + w["1.bias"]
    joined = first + second if join == "addition" else np.hstack([first, second])
    np.testing.assert_allclose(model(x, z).numpy(), joined @ w["2.weight"].T, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(model.probe(both_)(x, z), joined, rtol=1e-5, atol=1e-6)
    with pytest.raises(ArgumentError, match="another number of inputs"):
        model(x)
    with pytest.raises(ArgumentError, match="the network has 2 inputs"):
        model.probe(both_)(x)
    with pytest.raises(ShapeError, match="different numbers of rows"):
        model.probe(both_)(x, z[:3])
    for ask in (lambda: model.fit(x, np.ones(5)), lambda: model.predict(x)):
        with pytest.raises(ArgumentError, match="the network has 2 inputs") as caught:
            ask()
        assert caught.value.mend == "write {'left': …, 'right': …}"
    np.testing.assert_allclose(model.probe(both_)({"right": z, "left": x}), joined, rtol=1e-5)
    named = model.predict({"right": z, "left": x})
    np.testing.assert_allclose(named, model(x, z).numpy(), rtol=1e-6, atol=1e-7)
    assert model.predict((x, z)).tobytes() == named.tobytes()


def test_probes_follow_the_weights(rows):
    model, hidden = functional()
    inside = model.probe(hidden)
    before = inside(rows)
    w, b = (model.variables()[f"0.{name}"].numpy() for name in ("weight", "bias"))
    np.testing.assert_allclose(before, np.tanh(rows @ w.T + b), rtol=1e-5, atol=1e-6)
    model.fit(rows, rows[:, 0], optimizer=optim.Adam(0.1), epochs=3, seed=1, progress=False)
    assert abs(inside(rows) - before).max() > 0.01
    np.testing.assert_allclose(
        model.probe(model.outputs)(rows), model.predict(rows), rtol=1e-6, atol=1e-7
    )
    np.testing.assert_allclose(model.probe(model.inputs[0])(rows), rows)


def test_a_model_computes_what_it_was_made_of(rows):
    """Operations, constants and layers between input and output, in training and evaluation."""
    x = nn.Input((2,))
    y = nn.Dropout(0.5)(2.0 * x + np.array([1.0, 2.0], np.float32))
    model = nn.Model(x, pel.exp(-y))
    known = 2 * rows + np.float32([1, 2])
    np.testing.assert_allclose(model(rows).numpy(), np.exp(-known), rtol=1e-5, atol=1e-6)
    trained = model(rows, training=True).numpy()
    kept = ~np.isclose(trained, 1)
    np.testing.assert_allclose(trained[kept], np.exp(-2 * known)[kept], rtol=1e-5, atol=1e-6)
    assert 0 < kept.sum() < 16


def test_a_model_of_a_model():
    inner, _ = functional()
    x = nn.Input((2,))
    outer = nn.Model(x, inner(x) + inner(2 * x))
    rows = np.ones((3, 2), np.float32)
    wanted = inner(rows).numpy() + inner(2 * rows).numpy()
    np.testing.assert_allclose(outer(rows).numpy(), wanted, rtol=1e-5, atol=1e-6)
    assert list(outer.variables()) == both("0.0", "0.1")


def test_a_chain_of_five_hundred_layers(rows, tmp_path):
    x = nn.Input((2,))
    y = x
    for _ in range(500):
        y = nn.Softsign()(y)
    model = nn.Model(x, y)
    wanted = rows.astype(float)
    for _ in range(500):
        wanted = wanted / (1 + abs(wanted))
    np.testing.assert_allclose(model(rows).numpy(), wanted, rtol=1e-4)
    np.testing.assert_allclose(model.predict(rows), wanted, rtol=1e-4)
    assert len(model.summary().rows) == 500
    model.save(tmp_path / "deep.safetensors")
    again = pel.load(tmp_path / "deep.safetensors")
    assert again.predict(rows).tobytes() == model.predict(rows).tobytes()
    stack = nn.Sequential([nn.Softsign() for _ in range(500)])
    np.testing.assert_allclose(stack(rows).numpy(), wanted, rtol=1e-4)


REFUSED = {
    "no input": (lambda a, b: nn.Model(nn.Linear(1)(a), nn.Linear(1)(a)), "is no nn.Input"),
    "unused": (lambda a, b: nn.Model([a, b], nn.Linear(1)(a)), "not depend on the input 'b'"),
    "missing": (lambda a, b: nn.Model(a, nn.Linear(1)(a + b)), "also depends on the input 'b'"),
    "values": (lambda a, b: nn.Model(a, nn.Linear(1)([[1.0]])), "not depend on the input 'a'"),
}


@pytest.mark.parametrize(("make", "told"), REFUSED.values(), ids=REFUSED)
def test_a_graph_that_is_no_function_of_the_inputs(make, told):
    with pytest.raises(GraphError, match=told):
        make(nn.Input((2,), name="a"), nn.Input((2,), name="b"))


@pytest.mark.parametrize("make", [lambda: nn.Model("x", 3), lambda: nn.Model(nn.Input((2,)), [1])])
def test_a_model_is_made_of_tensors(make):
    with pytest.raises(ArgumentTypeError, match="a Model is made of tensors"):
        make()


# --- what users do wrong -------------------------------------------------------------------

MISTAKES = {
    "no list": (lambda: nn.Sequential(nn.Linear(2), nn.ReLU()), "takes one list of layers"),
    "one layer": (lambda: nn.Sequential(nn.Linear(2)), "takes one list of layers"),
    "nothing": (lambda: nn.Sequential([]), "takes one list of layers"),
    "names": (lambda: nn.Sequential([nn.Linear(2), "relu"]), "takes one list of layers"),
    "classes": (lambda: nn.Sequential([nn.ReLU]), "takes one list of layers"),
    "a number": (lambda: nn.Sequential(3), "takes one list of layers"),
}


@pytest.mark.parametrize(("make", "told"), MISTAKES.values(), ids=MISTAKES)
def test_sequential_says_what_it_takes(make, told):
    with pytest.raises(ArgumentTypeError, match=told) as caught:
        make()
    assert "nn.Sequential([nn.Linear(4" in caught.value.mend


def test_wrong_inputs_are_located_at_the_layer(rows):
    inner = nn.Sequential([nn.Linear(3), nn.Linear(4)])
    model = nn.Sequential([nn.Linear(2), inner])
    model(rows)
    with pytest.raises(ShapeError) as caught:
        model(np.ones((4, 5)))
    assert caught.value.where == "Linear '0'"
    assert str(caught.value) == (
        "the input does not have the 2 columns that this layer was made for\n"
        "  where   Linear '0'\n"
        "  got     input (4, 5), weight (2, 2)\n"
        "  wanted  input (…, 2)\n"
        "  mend    give 2 columns, or make a new network for other data"
    )
    with pytest.raises(ShapeError, match="this has no columns") as caught:
        model(rows[0])
    assert caught.value.where == "Linear '0'"
    with pytest.raises(ShapeError) as caught:
        inner(np.ones((4, 5)))
    assert caught.value.where == "Linear '1.0'"
    with pytest.raises(ArgumentError, match="another number of inputs"):
        model(rows, rows)


def test_what_a_network_cannot_do(rows):
    model = nn.Sequential([nn.Linear(2)])
    with pytest.raises(GraphError, match="the network has no shapes yet"):
        model.summary()
    with pytest.raises(GraphError, match="a module is frozen once made"):
        model.layers = ()
    with pytest.raises(AttributeError, match="Sequential has no attribute 'wieght'"):
        model.wieght

    class Foreign(nn.Network):
        def __init__(self):
            self.own = nn.Linear(2)

        def forward(self, x):
            return nn.Linear(3)(self.own(x))

    with pytest.raises(GraphError, match="inside a network that does not own it"):
        Foreign()(rows)

    class Leaving(nn.Network):
        def __init__(self):
            self.own = nn.Linear(2)

        def forward(self, x):
            return self.own(x).numpy()

    with pytest.raises(ArgumentTypeError, match="gave something that is not a tensor"):
        Leaving()(rows)
    with pytest.raises(GraphError, match="has no value yet"):
        Leaving().fit(rows, rows)


def test_a_network_without_weights_has_nothing_to_train(rows):
    with pytest.raises(GraphError, match="nothing to train"):
        nn.Sequential([nn.ReLU()]).fit(rows, rows, progress=False)
    model = nn.Sequential([nn.Linear(2)])
    model(rows)
    for variable in model.variables().values():
        variable.trainable = False
    with pytest.raises(GraphError, match="nothing to train"):
        model.fit(rows, rows, progress=False)


def test_a_layer_that_the_loss_does_not_see_is_named(rows, engine):
    class TwoHeads(nn.Network):
        def __init__(self):
            self.used, self.idle = nn.Linear(1), nn.Linear(1)

        def forward(self, x):
            self.idle(x)
            return self.used(x)

    model = TwoHeads()
    history = model.fit(rows, rows[:, 0], seed=1, engine=engine, progress=False)
    (note,) = history.notes
    assert note.startswith("No gradient reaches idle.weight, idle.bias")
    fresh = TwoHeads()
    fresh(rows)
    fresh.reset(1)
    for name in ("idle.weight", "idle.bias"):
        found, wanted = (m.variables()[name].numpy().tobytes() for m in (model, fresh))
        assert found == wanted
