"""Holds: rows D1 to D6, networks that bend space.

Rows of many thousand steps run with all of them on the native engine; the reference engine, which
would need minutes, takes their first steps, and both must take the same ones.
"""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.figure import Figure

import pellucid as pel
from pellucid import data, nn, optim, plot


def sigmoids(*units):
    return nn.Sequential([nn.Linear(k, activation="sigmoid") for k in units])


# --- D1: mortgages -------------------------------------------------------------------------


def mortgage_network(X, y, engine="native", epochs=100, progress=False, **options):
    model = nn.Sequential([nn.Linear(50, activation="relu"), nn.Linear(1, activation="sigmoid")])
    model.fit(
        X, y, loss="binary_cross_entropy", optimizer=optim.SGD(0.1), epochs=epochs, batch_size=20,
        engine=engine, progress=progress, **options,
    )  # fmt: skip
    return model


@pytest.mark.parametrize(
    ("prepare", "first", "last"), [(None, 1.05, 0.47), ("standard", 0.72, 0.31)]
)
def test_d1_scaling_is_the_lesson(prepare, first, last):
    """Median losses over the seeds 60 to 89 of draws and starts, near those that are stated.

    Over 120 seeds they are 0.93 and 0.46 unscaled, 0.70 and 0.30 scaled, and PyTorch's on the same
    draws 0.95 and 0.46, 0.70 and 0.30; over thirty, 0.83 to 1.08 and 0.41 to 0.50, 0.69 to 0.73
    and 0.29 to 0.35.
    """
    draws = [(*data.mortgage(seed=seed), seed) for seed in range(60, 90)]
    histories = [mortgage_network(X, y, seed=k, prepare=prepare).history for X, y, k in draws]
    losses = np.array([history["loss"] for history in histories])
    assert losses.shape == (30, 100)
    assert np.median(losses[:, 0]) == pytest.approx(first, rel=0.1)
    assert np.median(losses[:, -1]) == pytest.approx(last, rel=0.1)


def test_d1_the_engines_take_the_same_steps(same_steps):
    X, y = data.mortgage()
    for prepare in (None, "standard"):
        same_steps(lambda name, p=prepare: mortgage_network(X, y, name, seed=1, prepare=p).history)


def test_d1_progress_and_picture(engine, capsys):
    """A plain line every twenty epochs; large marks for what was predicted, at 0.7."""
    X, y = data.mortgage()
    model = mortgage_network(X, y, engine, seed=1, prepare="standard", progress=20)
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("epoch")]
    assert [line.split()[1] for line in lines] == [f"{k}/100" for k in (20, 40, 60, 80, 100)]
    assert f"loss {model.history['loss'][-1]:.4f}" in lines[-1]
    said = model.predict_proba(X)[:, 1] > 0.7
    ax = plot.scatter_classes(
        X, y, predicted=said, names=["defaulter", "payer"], features=["years in the job", "salary"]
    )
    wrong = int((said != y).sum())
    assert 0 < wrong < 10
    assert ax.get_title(loc="right") == f"{wrong} of 20 wrong"
    large, *small = ax.collections
    assert large.get_sizes()[0] > 4 * max(one.get_sizes()[0] for one in small)


def test_d1_a_target_of_another_shape_is_an_error(engine):
    """In a loss of one's own, eager or trained: never a mean over 20 × 20 differences."""

    def by_hand(prediction, target):
        return ((prediction - target.reshape(-1)) ** 2).mean()

    X, y = data.mortgage()
    model = nn.Sequential([nn.Linear(1)])
    for wrong in (
        lambda: nn.mse(model(X), y.astype(float)),
        lambda: nn.binary_cross_entropy(pel.sigmoid(model(X)), y),
        lambda: model.fit(X, y, loss=by_hand, epochs=1, engine=engine, progress=False),
    ):
        with pytest.raises(pel.errors.ShapeError) as caught:
            wrong()
        assert caught.value.mend == "write target.reshape(-1, 1)"


# --- D2: exclusive or ----------------------------------------------------------------------

CENTRES = 3 * np.array([(1, 1), (-1, 1), (-1, -1), (1, -1)])


def four_quadrants(seed, engine="native", epochs=200):
    X, y = data.quadrants("xor")
    model = nn.Sequential([nn.Linear(4, activation="sigmoid"), nn.Linear(2)])
    model.fit(
        X, y, optimizer=optim.Adam(0.5, weight_decay=1e-4), batch_size=10, epochs=epochs,
        dtype="float64", seed=seed, engine=engine, progress=False,
    )  # fmt: skip
    return model


def test_d2_four_quadrants():
    """At least seven of eight seeds part them (39 of the first 40 did).

    With a rate of 0.5 the last bit of a sum, and so the processor, decides which of them do not.
    """
    X, y = data.quadrants("xor")
    models = [four_quadrants(seed) for seed in range(8)]
    assert {model.history.steps for model in models} == {4000}
    parted = [model.classify(CENTRES).tolist() == [0, 1, 0, 1] for model in models]
    assert sum(parted) >= 7
    assert np.median([model.evaluate(X, y)["accuracy"] for model in models]) >= 0.99
    model = models[parted.index(True)]
    ax = plot.probability_surface(model.predict_proba, X, y, resolution=60)
    assert ax.figure.axes[1].get_ylabel() == "probability of class 1"


def test_d2_the_engines_take_the_same_steps(same_steps):
    same_steps(lambda name: four_quadrants(0, name, epochs=2).history, rtol=1e-9)


# --- D3: moons -----------------------------------------------------------------------------

MOONS, SIDES = data.moons(1000, noise=0.1, seed=1234)
KEPT, HELD = data.split(1000, 0.3, seed=1234)


def moon_fit(model, engine="native", epochs=100):
    return model.fit(
        MOONS[KEPT], SIDES[KEPT], loss="binary_cross_entropy", optimizer=optim.Adam(0.05),
        epochs=epochs, metrics=["accuracy"], seed=2, engine=engine, progress=False,
    )  # fmt: skip


def test_d3_moons_in_two_fits():
    """With seed 2, as with all of the seeds 0 to 19, the test accuracy is 0.99 or more."""
    assert (len(KEPT), len(HELD)) == (700, 300)
    data.check_disjoint(KEPT, HELD)
    model = sigmoids(4, 2, 1)
    first = moon_fit(model)
    weights = {name: v.numpy().copy() for name, v in model.variables().items()}
    second = moon_fit(model)
    assert len(first["loss"]) == len(second["accuracy"]) == 100
    assert second["loss"][0] < 1.5 * first["loss"][-1]
    assert second["loss"][-1] < first["loss"][-1]
    assert not np.array_equal(weights["0.weight"], model.variables()["0.weight"].numpy())
    assert model.evaluate(MOONS[HELD], SIDES[HELD])["accuracy"] >= 0.99
    ax = plot.probability_surface(model.predict_proba, MOONS, SIDES, margin=0.1, resolution=150)
    assert ax.get_xlim()[0] < MOONS[:, 0].min()
    drawn = first.plot()
    assert [one.get_title(loc="left") for one in drawn.axes] == ["loss", "accuracy"]


def test_d3_the_engines_take_the_same_steps(same_steps):
    same_steps(lambda name: moon_fit(sigmoids(4, 2, 1), name, epochs=2))


def test_d3_a_summary():
    model = nn.Sequential([*sigmoids(4, 2).layers, nn.Linear(1, activation="sigmoid").freeze()])
    moon_fit(model, epochs=0)
    summary = model.summary()
    assert [row.shape for row in summary.rows] == [(None, 4), (None, 2), (None, 1)]
    assert [row.parameters for row in summary.rows] == [12, 10, 3]
    assert (summary.total, summary.trainable) == (25, 22)
    assert str(summary).endswith("25 parameters: 22 trainable, 3 frozen")
    model.unfreeze()
    assert model.summary().trainable == 25


# --- D4: a softsign perceptron -------------------------------------------------------------

POINTS, SIGNS = data.line_points()


def test_d4_a_softsign_perceptron(engine):
    """The accuracy is 0.99 for all of the seeds 0 to 19."""
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


def test_d4_softsign_beside_sign():
    ax = plot.activation_curve(pel.softsign, title="softsign and sign")
    plot.activation_curve(pel.sign, ax=ax)
    soft, hard = (line.get_ydata() for line in ax.lines if len(line.get_ydata()) == 600)
    assert abs(soft).max() < 1
    assert set(hard[np.isfinite(hard)]) == {-1, 1}


# --- D5: the functional form ---------------------------------------------------------------


def chain():
    inputs = nn.Input((2,))
    three = nn.Linear(3, activation="sigmoid")(inputs)
    two = nn.Linear(2, activation="sigmoid")(three)
    return nn.Model(inputs, nn.Linear(1, activation="sigmoid")(two)), three, two


def chain_fit(model, engine="native", epochs=500):
    return model.fit(
        MOONS, SIDES, loss="binary_cross_entropy", optimizer=optim.Adam(0.05), epochs=epochs,
        seed=0, engine=engine, progress=False,
    )  # fmt: skip


def test_d5_the_layer_of_two_units_separates_the_moons():
    """With seed 0, as with all of the seeds 0 to 19, the accuracy is 0.99 or more."""
    model, three, two = chain()
    assert chain_fit(model).steps == 16_000
    assert model.evaluate(MOONS, SIDES)["accuracy"] >= 0.99
    inside, cube = model.probe(two)(MOONS), model.probe(three)(MOONS)
    assert (inside.shape, cube.shape) == ((1000, 2), (1000, 3))
    w, b = (model.variables()[f"2.{name}"].numpy() for name in ("weight", "bias"))
    right = ((inside @ w[0] + b[0] > 0) == (SIDES == 1)).mean()  # a line parts them there
    assert right >= 0.99
    for values, axes in ((inside, "rectilinear"), (cube, "3d")):
        assert 0 <= values.min() < values.max() <= 1
        ax = plot.scatter_classes(values, SIDES)
        assert (ax.name, len(ax.collections)) == (axes, 2)
        pyplot.close(ax.figure)


def test_d5_the_engines_take_the_same_steps(same_steps):
    same_steps(lambda name: chain_fit(chain()[0], name, epochs=2))


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
    X, y = data.moons(100)
    inputs = nn.Input((2,))
    three = nn.Linear(3, activation="sigmoid")(inputs)
    heads = {"answer": nn.Linear(1, activation="sigmoid")(three), "view": nn.Linear(2)(three)}
    model = nn.Model(inputs, heads)
    history = model.fit(X, {"answer": y}, epochs=1, seed=1, engine=engine, progress=False)
    assert history.notes == [
        "The output 'view' is not in the loss: it is not trained.",
        "No gradient reaches 2.weight, 2.bias: the loss does not depend on it.",
    ]
    assert {name: found.shape for name, found in model.predict(X).items()} == {
        "answer": (100, 1), "view": (100, 2),
    }  # fmt: skip
    assert model.probe(heads["view"])(X).shape == (100, 2)


# --- D6: digits ----------------------------------------------------------------------------

DIGITS = data.digits()
LEARN, ASK = data.split(1797, 0.3, seed=0)


def digit_fit(engine="native", steps=20_000):
    start = {"weight_init": nn.init.Uniform(-1, 1), "bias_init": nn.init.Uniform(-1, 1)}
    hidden, last = (
        nn.Linear(10, activation="sigmoid", **start),
        nn.Linear(10, activation="softmax", **start),
    )
    model = nn.Sequential([hidden, last])
    model.fit(
        DIGITS.X[LEARN], DIGITS.y[LEARN], optimizer=optim.SGD(0.01), steps=steps, batch_size=32,
        seed=1, engine=engine, progress=False,
    )  # fmt: skip
    return model


def test_d6_digits():
    """With seed 1; of the seeds 0 to 11 eleven end between 0.81 and 0.88, seed 0 at 0.74."""
    assert (len(LEARN), len(ASK), DIGITS.X.max()) == (1257, 540, 16)
    model = digit_fit()
    assert model.history.notes == []
    assert len(model.history.step_losses) == 20_000
    assert model.evaluate(DIGITS.X[ASK], DIGITS.y[ASK])["accuracy"] >= 0.77
    figure = Figure(figsize=(13, 4), layout="constrained")
    steps, *matrices = figure.subplots(1, 3)
    plot.step_losses(model.history.step_losses, ax=steps)
    assert len(steps.lines[0].get_ydata()) == 20_000
    for ax, rows, title in zip(matrices, (LEARN, ASK), ("training", "test"), strict=True):
        said = model.classify(DIGITS.X[rows])
        plot.confusion_matrix(DIGITS.y[rows], said, DIGITS.class_names, ax=ax, title=title)
        accuracy = np.mean(said == DIGITS.y[rows])
        assert ax.get_title(loc="left") == f"{title}: accuracy {accuracy:.3f}"
        assert ax.images[0].get_clim() == (0, 1)
        np.testing.assert_allclose(ax.images[0].get_array().sum(axis=1), 1)
        assert len(ax.texts) == 100


def test_d6_the_engines_take_the_same_steps(same_steps):
    same_steps(lambda name: digit_fit(name, steps=200).history)


@pytest.mark.parametrize("form", ["whole numbers", "one-hot rows"])
def test_d6_both_forms_of_targets(form, engine):
    """Categorical cross entropy of probabilities: the same training, and nothing to complain of."""
    y = DIGITS.y if form == "whole numbers" else data.one_hot(DIGITS.y, 10)
    model = nn.Sequential([nn.Linear(10, activation="softmax")])
    history = model.fit(
        DIGITS.X, y, loss="categorical_cross_entropy", optimizer=optim.SGD(0.01), steps=50, seed=1,
        engine=engine, progress=False,
    )  # fmt: skip
    assert history.notes == []
    assert history.step_losses[-1] == pytest.approx(0.60111, abs=1e-4)


def beat_it(seed):
    """Scaled pixels, two layers of kernels, dropout, and a rate that rises and falls."""
    model = nn.Sequential([
        nn.Reshape((1, 8, 8)), nn.Conv2d(16, 3, padding=1, activation="relu"), nn.MaxPool2d(2),
        nn.Conv2d(32, 3, padding=1, activation="relu"), nn.Flatten(), nn.Dropout(0.4),
        nn.Linear(128, activation="relu"), nn.Dropout(0.4), nn.Linear(10),
    ])  # fmt: skip
    model.fit(
        DIGITS.X[LEARN], DIGITS.y[LEARN], optimizer=optim.Adam(optim.OneCycle(0.01)), epochs=15,
        batch_size=64, prepare="minmax", seed=seed, engine="native", progress=False,
    )  # fmt: skip
    return model.evaluate(DIGITS.X[ASK], DIGITS.y[ASK])["accuracy"]


def test_d6_can_you_beat_it():
    """0.98 or more for each of the seeds 0 to 7, on this split."""
    assert beat_it(0) >= 0.98


def test_d6_samples_with_their_labels():
    images = DIGITS.X[:10].reshape(-1, *DIGITS.image_shape)
    drawn = plot.image_grid(images, DIGITS.y[:10], rows=2, columns=5)
    assert [ax.get_title() for ax in drawn.axes] == [str(k) for k in range(10)]
