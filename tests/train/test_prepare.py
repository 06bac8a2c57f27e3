"""Holds: what prepare= learns, it learns from the training rows, and every verb applies it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest

import pellucid as pel
from pellucid import data, nn, optim
from pellucid.errors import ArgumentError, DataError, ShapeError


def rows(n=30):
    rng = np.random.default_rng(3)
    X = np.column_stack([rng.normal(1e6, 1e3, n), rng.uniform(-1e-3, 1e-3, n)])
    return X, (X[:, 0] > 1e6).astype(int)


def network(outputs=2):
    return nn.Sequential([nn.Linear(outputs)])


def fit(model, X, y, engine="reference", **options):
    options = {"epochs": 2, "seed": 1, "prepare": "standard", "dtype": "float64"} | options
    return model.fit(X, y, **options, engine=engine, progress=False)


def scaled(X, kept, scaling):
    part = X[kept]
    if scaling == "standard":
        return (X - part.mean(axis=0)) / part.std(axis=0)
    return (X - part.min(axis=0)) / (part.max(axis=0) - part.min(axis=0))


@pytest.mark.parametrize("scaling", ["standard", "minmax"])
def test_scaling_is_learned_from_the_training_rows(engine, scaling):
    """The same numbers by hand: a twin that is given scaled rows becomes the same network."""
    X, y = rows()
    kept, held = data.split(len(X), 0.3, seed=1, stratify=y)
    model, twin = network(), network()
    history = fit(model, X, y, engine, validation=0.3, prepare=scaling)
    ready = scaled(X, kept, scaling)
    pair = (ready[held], y[held])
    other = fit(twin, ready[kept], y[kept], engine, validation=pair, prepare=None)
    for column in history:
        np.testing.assert_allclose(history[column], other[column], rtol=1e-9, err_msg=column)
    for ask in ("predict", "predict_proba", "classify"):
        np.testing.assert_allclose(getattr(model, ask)(X), getattr(twin, ask)(ready), rtol=1e-9)
    assert model.evaluate(X, y) == pytest.approx(twin.evaluate(ready, y), rel=1e-9)


def test_a_call_of_the_network_applies_nothing():
    X, y = rows()
    model = network()
    fit(model, X, y)
    ready = scaled(X, slice(None), "standard")
    np.testing.assert_allclose(model(ready).numpy(), model.predict(X), rtol=1e-9)
    assert abs(model(X).numpy()).max() > 1e4


def test_probes_apply_it():
    X, y = rows()
    inputs = nn.Input((2,))
    hidden = nn.Linear(3, activation="tanh")(inputs)
    model = nn.Model(inputs, nn.Linear(2)(hidden))
    fit(model, X, y)
    inside = nn.Model(inputs, hidden)
    wanted = inside(scaled(X, slice(None), "standard")).numpy()
    np.testing.assert_allclose(model.probe(hidden)(X), wanted, rtol=1e-9)


def test_it_is_saved_with_the_model(tmp_path):
    X, y = rows()
    model = network()
    fit(model, X, y)
    model.save(tmp_path / "model.safetensors")
    loaded = pel.load(tmp_path / "model.safetensors")
    assert loaded.predict(X).tobytes() == model.predict(X).tobytes()
    assert loaded.evaluate(X, y) == model.evaluate(X, y)
    assert np.array_equal(loaded.classify(X), model.classify(X))


def test_later_fits_go_on_with_it():
    X, y = rows()
    model, twin = network(), network()
    fit(model, X, y)
    fit(model, X[:10] + 5e3, y[:10], prepare=None)
    ready = scaled(X, slice(None), "standard")
    fit(twin, ready, y, prepare=None)
    fit(twin, ready[:10] + 5e3 / X.std(axis=0), y[:10], prepare=None)
    for name, variable in model.variables().items():
        wanted = twin.variables()[name].numpy()
        np.testing.assert_allclose(variable.numpy(), wanted, rtol=1e-6, err_msg=name)


# --- tables --------------------------------------------------------------------------------


def flowers():
    return pd.DataFrame(
        {
            "size": [1.0, 2.0, None, 4.0, 2.0, 3.0, 1.5, 2.5],
            "colour": ["red", "blue", "red", "green", "blue", "red", "red", "blue"],
            "wild": [True, False, True, True, False, True, False, True],
        }
    )


KINDS = ["rose", "iris", "rose", "lily", "iris", "rose", "rose", "iris"]


@pytest.mark.parametrize("library", [pd.DataFrame, pl.DataFrame], ids=["pandas", "polars"])
def test_a_table_with_texts_and_gaps(engine, library):
    frame = library(flowers().to_dict(orient="list"))
    model = nn.Sequential([nn.Linear(3)])
    history = fit(model, frame, KINDS, engine, epochs=200, optimizer=optim.Adam(0.1))
    assert history.notes == [
        "1 missing value of column 'size' was filled with 2, the median of the training rows.",
        "column 'colour' holds text: it became 3 columns of 0 and 1.",
    ]
    assert model.input_specs[0].shape == (None, 5)
    assert model.classify(frame).tolist() == KINDS
    assert model.evaluate(frame, KINDS)["accuracy"] == 1


def test_columns_of_a_table_are_found_by_name():
    model = nn.Sequential([nn.Linear(3)])
    fit(model, flowers(), KINDS)
    turned = flowers()[["wild", "colour", "size"]]
    assert model.predict(turned).tobytes() == model.predict(flowers()).tobytes()
    with pytest.raises(DataError, match="lacks columns"):
        model.predict(flowers()[["size", "wild"]])


def test_a_table_with_texts_needs_it():
    with pytest.raises(DataError, match="holds text") as caught:
        fit(nn.Sequential([nn.Linear(3)]), flowers().drop(columns="size"), KINDS, prepare=None)
    assert "prepare='standard'" in caught.value.mend


def test_another_width_later():
    X, y = rows()
    model = network()
    fit(model, X, y)
    with pytest.raises(ShapeError, match="another number of columns than the training rows"):
        model.predict(X[:, :1])


def test_the_validation_rows_are_told_apart_in_errors():
    X, y = rows()
    with pytest.raises(DataError) as caught:
        fit(network(), X, y, validation=(X * np.inf, y), prepare=None)
    assert caught.value.where.startswith("validation X, column 0")


@pytest.mark.parametrize("wrong", ["standrd", True, 3])
def test_another_wish_is_refused(wrong):
    with pytest.raises(ArgumentError, match="prepare cannot be"):
        fit(network(), *rows(), prepare=wrong)


# --- targets -------------------------------------------------------------------------------


def test_numbers_to_be_predicted_come_back_in_their_units(engine, tmp_path):
    X, _ = rows()
    y = 5000 + 200 * (X[:, 0] - 1e6) / 1e3
    model = network(1)
    history = fit(model, X, y, engine, epochs=300, optimizer=optim.Adam(0.1))
    assert any("in units of its standard deviation" in note for note in history.notes)
    np.testing.assert_allclose(model.predict(X)[:, 0], y, atol=20)
    in_deviations = np.mean(((model.predict(X)[:, 0] - y) / y.std()) ** 2)
    assert model.evaluate(X, y)["loss"] == pytest.approx(in_deviations, rel=1e-6)
    assert history["loss"][0] < 10
    model.save(tmp_path / "model.safetensors")
    loaded = pel.load(tmp_path / "model.safetensors")
    assert loaded.predict(X).tobytes() == model.predict(X).tobytes()
    assert loaded.evaluate(X, y) == model.evaluate(X, y)


def test_each_column_has_a_scale_of_its_own(engine):
    X, _ = rows()
    z = scaled(X, slice(None), "standard")
    Y = np.column_stack([1e5 * z[:, 0], 1e-4 * z[:, 1] + 1])
    model = network(2)
    fit(model, X, Y, engine, epochs=400, optimizer=optim.Adam(0.1))
    np.testing.assert_allclose(model.predict(X)[:, 0], Y[:, 0], atol=2e3)
    np.testing.assert_allclose(model.predict(X)[:, 1], Y[:, 1], atol=2e-6)


def test_the_scale_of_the_target_stays(engine):
    X, _ = rows()
    y = 5000 + 200 * (X[:, 0] - 1e6) / 1e3
    model = network(1)
    fit(model, X, y, engine, epochs=300, optimizer=optim.Adam(0.1))
    fit(model, X[:5], y[:5], engine, epochs=1, optimizer=optim.SGD(0.0))
    np.testing.assert_allclose(model.predict(X)[:, 0], y, rtol=0.2)


def test_a_loss_of_ones_own_gets_the_targets_as_they_are(engine):
    """What such a loss takes, only its author knows."""

    def loss(prediction, target):
        return (prediction - target) ** 2 @ np.ones(1)

    X, _ = rows()
    y = np.full(30, 7.0)
    model = network(1)
    history = fit(model, X, y, engine, loss=loss, optimizer=optim.SGD(0.0), epochs=1)
    assert not any("standardised" in note for note in history.notes)
    assert history["loss"][0] == pytest.approx(np.mean((model.predict(X)[:, 0] - 7) ** 2))
