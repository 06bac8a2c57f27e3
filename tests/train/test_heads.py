"""Holds: several inputs and several heads train together, as the sum of their losses says."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import pellucid as pel
from pellucid import EarlyStopping, data, nn, optim
from pellucid.errors import ArgumentError, DataError, LabelError, ShapeError

RNG = np.random.default_rng(3)
A, B = RNG.normal(size=(40, 2)), RNG.normal(size=(40, 3))
SIZE = A.sum(axis=1) - B[:, 0]
COLOUR = np.array(["red", "green", "blue"])[B.argmax(axis=1)]
X, Y = {"a": A, "b": B}, {"size": SIZE, "colour": COLOUR}


def network(form=dict):
    a, b = nn.Input((2,), name="a"), nn.Input((3,), name="b")
    hidden = nn.Linear(4, activation="tanh")(a) + nn.Linear(4)(b)
    heads = {"size": nn.Linear(1)(hidden), "colour": nn.Linear(3)(hidden)}
    return nn.Model([a, b], heads if form is dict else form(heads.values()))


def fit(model, x=X, y=Y, engine=None, **options):
    options = {"epochs": 3, "batch_size": 7, "seed": 1, "progress": False} | options
    return model.fit(x, y, engine=engine, **options)


def test_columns_and_answers(engine):
    model = network()
    history = fit(
        model, engine=engine, epochs=60, validation=0.25, optimizer=optim.Adam(0.03),
        loss_weights={"colour": 0.5},
    )  # fmt: skip
    own = ["loss", "size_loss", "size_mae", "colour_loss", "colour_accuracy"]
    assert list(history) == own + [f"val_{name}" for name in own]
    found = model.evaluate(X, Y)
    assert list(found) == own
    assert found["loss"] == pytest.approx(found["size_loss"] + 0.5 * found["colour_loss"], rel=1e-6)
    assert history["loss"][-1] < history["loss"][0] / 2
    predicted = model.predict(X)
    assert {name: array.shape for name, array in predicted.items()} == {
        "size": (40, 1), "colour": (40, 3),
    }  # fmt: skip
    np.testing.assert_allclose(
        np.mean((predicted["size"][:, 0] - SIZE) ** 2), found["size_loss"], rtol=1e-5
    )
    labels = model.classify(X)
    assert list(labels) == list(model.predict_proba(X)) == ["colour"]
    assert np.mean(labels["colour"] == COLOUR) == pytest.approx(found["colour_accuracy"])
    assert found["colour_accuracy"] > 0.8


@pytest.mark.parametrize("form", [tuple, list])
def test_by_place(form, engine):
    """Inputs, heads and targets by place are those by name."""
    named, placed = network(), network(form)
    one = fit(named, engine=engine)
    two = fit(placed, (A, B), (SIZE, COLOUR), engine)
    assert list(two.values()) == list(one.values())
    assert list(two)[:3] == ["loss", "head0_loss", "head0_mae"]
    size, _ = placed.predict((A, B))
    assert size.tobytes() == named.predict(X)["size"].tobytes()
    nothing, labels = placed.classify([A, B])
    assert nothing is None
    assert np.array_equal(labels, named.classify(X)["colour"])
    assert list(placed.evaluate((A, B), (SIZE, COLOUR)).values()) == list(
        named.evaluate(X, Y).values()
    )
    alone = fit(network(form), (A, B), (None, COLOUR), engine)
    assert list(alone) == ["loss", "head1_loss", "head1_accuracy"]


def test_the_head_that_has_no_loss_is_reported(engine):
    """Row D5 of the curriculum, second form: two heads on the 3-unit layer, one of them trained."""
    points, sides = data.moons(120, noise=0.1, seed=2)
    x = nn.Input((2,))
    three = nn.Linear(3, activation="sigmoid")(x)
    two = nn.Linear(2, activation="sigmoid")(three)
    model = nn.Model(x, {"pair": two, "side": nn.Linear(1, activation="sigmoid")(three)})
    model.seed(4)
    before = model.predict(points)
    history = model.fit(
        points, {"side": sides}, loss="binary_cross_entropy", optimizer=optim.Adam(0.05),
        epochs=100, seed=4, engine=engine, progress=False,
    )  # fmt: skip
    assert list(history) == ["loss", "side_loss", "side_accuracy"]
    assert history["loss"] == history["side_loss"]
    assert history["side_accuracy"][-1] > 0.85
    assert history.notes == [
        "The output 'pair' is not in the loss: it is not trained.",
        "No gradient reaches 1.weight, 1.bias: the loss does not depend on it.",
    ]
    after = model.predict(points)
    assert list(after) == ["pair", "side"]
    assert after["pair"].shape == (120, 2)
    assert abs(after["side"] - before["side"]).max() > 0.1
    assert list(model.classify(points)) == ["side"]
    assert model.probe(three)(points).shape == (120, 3)
    again = model.fit(points, sides, loss={"side": "mse"}, epochs=1, engine=engine, progress=False)
    assert list(again) == ["loss", "side_loss", "side_mae"]


def of_torch(model):
    """Make the same network in torch, with the same weights, float64."""
    values = {
        name: torch.tensor(v.numpy().astype(np.float64), requires_grad=True)
        for name, v in model.variables().items()
    }

    def forward(a, b):
        linear = torch.nn.functional.linear
        layer = lambda x, k: linear(x, values[f"{k}.weight"], values[f"{k}.bias"])  # noqa: E731
        hidden = torch.tanh(layer(a, 0)) + layer(b, 1)
        return layer(hidden, 2), layer(hidden, 3)

    return values, forward


def test_five_steps_are_those_of_torch(engine):
    """Two heads with weights of their own, rows and classes weighed."""
    rows = RNG.uniform(0.1, 2, 40)
    kinds = {"red": 2.0, "green": 0.5}
    model = network()
    fit(model, engine=engine, dtype="float64", epochs=0)
    values, forward = of_torch(model)
    rate, steps = 0.1, 5
    history = fit(
        model, engine=engine, dtype="float64", epochs=steps, batch_size=40, shuffle=False,
        optimizer=optim.SGD(rate), loss_weights={"size": 1.0, "colour": 0.3},
        sample_weight=rows, class_weight={"colour": kinds},
    )  # fmt: skip
    a, b, size = (torch.tensor(one) for one in (A, B, SIZE))
    codes = torch.tensor(np.unique(COLOUR, return_inverse=True)[1])
    w = torch.tensor(rows)
    own = w * torch.tensor([kinds.get(label, 1.0) for label in COLOUR])
    for step in range(steps):
        first, second = forward(a, b)
        squares = (w * (first[:, 0] - size) ** 2).sum() / w.sum()
        entropy = torch.nn.functional.cross_entropy(second, codes, reduction="none")
        entropies = (own * entropy).sum() / own.sum()
        loss = squares + 0.3 * entropies
        assert history["loss"][step] == pytest.approx(loss.item(), rel=1e-10)
        assert history["size_loss"][step] == pytest.approx(squares.item(), rel=1e-10)
        assert history["colour_loss"][step] == pytest.approx(entropies.item(), rel=1e-10)
        for value, slope in zip(
            values.values(), torch.autograd.grad(loss, list(values.values())), strict=True
        ):
            value.data -= rate * slope
    for name, variable in model.variables().items():
        np.testing.assert_allclose(
            variable.numpy(), values[name].detach().numpy(), rtol=1e-9, atol=1e-12
        )


def test_losses_and_metrics_of_each_head(engine):
    history = fit(
        network(), engine=engine, epochs=2,
        loss={"size": "mae", "colour": "cross_entropy"},
        metrics={"size": ["r2"], "colour": ["accuracy"]},
        early_stopping=EarlyStopping(1, "size_r2"),
    )  # fmt: skip
    assert list(history) == ["loss", "size_loss", "colour_loss", "colour_accuracy", "size_r2"]


def test_preparation_and_scaling(engine):
    """Each input is scaled by itself; numbers come back in their own units."""
    model = network()
    fit(model, {"a": 100 * A + 7, "b": B}, {**Y, "size": 1000 * SIZE}, engine, prepare="standard",
        optimizer=optim.Adam(0.03), epochs=80)  # fmt: skip
    size = model.predict({"a": 100 * A + 7, "b": B})["size"][:, 0]
    assert np.corrcoef(size, SIZE)[0, 1] > 0.9
    assert abs(size).max() > 500
    history = fit(network(), engine=engine, epochs=1, prepare={"b": "minmax"})
    assert history.epochs == 1
    with pytest.raises(ArgumentError, match="no input 'c'") as caught:
        fit(network(), prepare={"c": "minmax"})
    assert caught.value.wanted == "a or b"


def test_there_and_back(tmp_path, engine):
    model = network()
    fit(model, engine=engine)
    model.save(tmp_path / "heads.safetensors")
    again = pel.load(tmp_path / "heads.safetensors")
    assert repr(again) == repr(model)
    assert again.evaluate(X, Y) == model.evaluate(X, Y)
    assert {k: v.tobytes() for k, v in again.predict(X).items()} == {
        k: v.tobytes() for k, v in model.predict(X).items()
    }
    assert again.classify(X)["colour"].tolist() == model.classify(X)["colour"].tolist()


class TwoWays(nn.Network):
    """A network of a user's own with two inputs and two heads."""

    def __init__(self):
        self.left, self.right = nn.Linear(3, activation="tanh"), nn.Linear(3)
        self.size, self.colour = nn.Linear(1), nn.Linear(3)

    def forward(self, a, b):
        hidden = self.left(a) + self.right(b)
        return {"size": self.size(hidden), "colour": self.colour(hidden)}


def test_a_network_of_ones_own(tmp_path, engine):
    model = TwoWays()
    assert model.input_names == ("a", "b")
    history = fit(model, engine=engine, epochs=40, optimizer=optim.Adam(0.03), validation=0.2)
    assert history["colour_loss"][-1] < history["colour_loss"][0]
    model.save(tmp_path / "own.safetensors")
    again = pel.load(tmp_path / "own.safetensors", modules=[TwoWays])
    assert again.evaluate(X, Y) == model.evaluate(X, Y)
    inside = nn.Sequential([TwoWays()])
    assert list(fit(inside, engine=engine)) == list(history)[:5]


def test_heads_of_a_model_inside_another(engine):
    inner = network()
    a, b = nn.Input((2,), name="a"), nn.Input((3,), name="b")
    heads = inner(a, b)
    assert list(heads) == ["size", "colour"]
    outer = nn.Model([a, b], pel.concatenate([heads["size"], heads["colour"]], axis=1))
    assert [name.count(".") for name in outer.variables()] == [2] * 8
    joined = np.column_stack([SIZE, B])
    fit(outer, X, joined, engine, loss="mse")
    both = inner(A.astype(np.float32), B.astype(np.float32))
    np.testing.assert_allclose(outer.predict(X)[:, :1], both["size"].numpy(), rtol=1e-5, atol=1e-6)
    assert outer.copy().predict(X).tobytes() == outer.predict(X).tobytes()


def test_one_call_of_a_random_block_is_one_call():
    """Both heads of a block with dropout come from the same draw, also in a functional model."""

    class Pair(nn.Module):
        def __init__(self):
            self.drop = nn.Dropout(0.5)

        def forward(self, x):
            y = self.drop(x)
            return y, 2 * y

    x = nn.Input((6,))
    once, twice = Pair()(x)
    model = nn.Model(x, twice - 2 * once)
    assert not model(np.ones((5, 6)), training=True).numpy().any()


MISTAKES = {
    "one target": (X, SIZE, {}, ArgumentError, "has 2 outputs, and there is one target"),
    "no such head": (X, {"shape": SIZE}, {}, ArgumentError, "no output 'shape'"),
    "no such loss": (X, Y, {"loss": {"sise": "mse"}}, ArgumentError, "no output 'sise'"),
    "no target for a loss": (
        X, {"size": SIZE}, {"loss": {"colour": "cross_entropy", "size": "mse"}}, ArgumentError,
        "no output 'colour'",
    ),
    "too many": ((A, B), (SIZE, COLOUR, SIZE), {}, ArgumentError, "more targets than"),
    "no such metric": (X, Y, {"metrics": {"size": ["mae"], "x": []}}, ArgumentError, "output 'x'"),
    "no such weight": (X, Y, {"loss_weights": {"x": 1.0}}, ArgumentError, "no output 'x'"),
    "a weight below 0": (X, Y, {"loss_weights": {"size": -1.0}}, ArgumentError, "out of range"),
    "weights alone": (X, Y, {"loss_weights": 2.0}, ArgumentError, "takes a dict"),
    "an input too few": ({"a": A}, Y, {}, ArgumentError, "not those of the network's inputs"),
    "an input alone": (A, Y, {}, ArgumentError, "the network has 2 inputs"),
    "rows": ({"a": A, "b": B[:9]}, Y, {}, ShapeError, "different numbers of rows"),
    "targets": (X, {**Y, "size": SIZE[:9]}, {}, ShapeError, "different numbers of rows"),
    "labels": (X, {**Y, "colour": list("abcd") * 10}, {}, LabelError, "4 classes"),
    "nothing": (X, {}, {}, ArgumentError, "no output has a target"),
    "no targets": (X, None, {}, DataError, "there are no targets"),
}  # fmt: skip


@pytest.mark.parametrize(("x", "y", "options", "kind", "told"), MISTAKES.values(), ids=MISTAKES)
def test_what_does_not_fit_is_refused(x, y, options, kind, told):
    with pytest.raises(kind, match=told):
        fit(network(), x, y, **options)


def test_errors_name_input_and_head():
    with pytest.raises(DataError) as caught:
        fit(network(), {"a": A, "b": np.where(B.max() == B, np.nan, B)}, Y)
    assert "X['b']" in caught.value.where
    with pytest.raises(LabelError) as caught:
        fit(network(), X, {**Y, "colour": [None, *COLOUR[1:]]})
    assert "y['colour']" in caught.value.where
