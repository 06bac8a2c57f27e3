"""Holds: how much is trained, on which rows, and what the history says of it."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import numpy as np
import pytest

from pellucid import data, nn, optim
from pellucid.errors import ArgumentError, DataError


def small(outputs=1):
    return nn.Sequential([nn.Linear(4, activation="tanh"), nn.Linear(outputs)])


def test_by_epochs_with_a_ragged_last_batch(engine, numbers):
    X, y = numbers
    history = small().fit(X, y, epochs=3, batch_size=5, seed=1, engine=engine, progress=False)
    assert (history.epochs, history.steps, history.seed) == (3, 15, 1)
    assert list(history) == ["loss", "mae"]
    assert {len(column) for column in history.values()} == {3}
    losses = history.step_losses.reshape(3, 5)
    np.testing.assert_allclose(history["loss"], losses @ [5, 5, 5, 5, 3] / 23, rtol=1e-6)
    assert history.seconds > 0
    assert history.steps_per_second == history.steps / history.seconds
    assert history.engine in ("native", "reference")
    assert (history.stopped, history.notes, history.best_epoch) == ("", [], None)


def test_ten_epochs_of_batches_of_32_are_the_default(engine):
    X = np.random.default_rng(0).normal(size=(70, 2))
    history = small().fit(X, X[:, 0], seed=1, engine=engine, progress=False)
    assert (history.epochs, history.steps) == (10, 30)


def test_by_steps(engine, numbers):
    X, y = numbers
    model = small()
    history = model.fit(X, y, steps=7, batch_size=5, seed=1, engine=engine, progress=False)
    assert (history.epochs, history.steps) == (1, 7)
    assert history["loss"] == pytest.approx([history.step_losses.mean()])
    assert len(history.step_losses) == 7


def test_steps_draw_each_batch_anew_without_repeating_a_row(engine):
    """The bias ends at minus the sum of the rows that were drawn, one unit of rate for each."""
    X, y = np.eye(6), np.zeros(6)
    first = nn.Sequential([nn.Linear(1, bias=False, weight_init="zeros")])
    loss = lambda prediction, target: prediction.mean(axis=1)  # noqa: E731
    first.fit(
        X, y, loss=loss, optimizer=optim.SGD(1.0), steps=1, batch_size=4,
        seed=2, engine=engine, progress=False,
    )  # fmt: skip
    drawn = -4 * first.variables()["0.weight"].numpy()[0]
    assert sorted(drawn) == [0, 0, 1, 1, 1, 1]
    many = nn.Sequential([nn.Linear(1, bias=False, weight_init="zeros")])
    many.fit(
        X, y, loss=loss, optimizer=optim.SGD(1.0), steps=300, batch_size=4,
        seed=2, engine=engine, progress=False,
    )  # fmt: skip
    counts = -4 * many.variables()["0.weight"].numpy()[0]
    assert counts.sum() == 1200
    assert counts.min() > 170  # 200 ± 8 are expected of each row
    assert counts.max() < 230


def test_none_at_all(engine, numbers):
    X, y = numbers
    model = small()
    history = model.fit(X, y, epochs=0, seed=1, validation=0.2, engine=engine, progress=False)
    assert (history.epochs, history.steps, len(history.step_losses)) == (0, 0, 0)
    assert history["loss"] == []
    assert history.lines() == []
    assert set(model.evaluate(X, y)) == {"loss", "mae"}
    fresh = small()
    fresh(X[:1])
    fresh.reset(1)
    assert model.predict(X).tobytes() == fresh.predict(X, engine=engine).tobytes()
    assert model.fit(X, y, steps=0, seed=1, engine=engine, progress=False).steps == 0


def test_a_batch_larger_than_the_data_is_one_smaller_batch_and_said(engine, numbers):
    X, y = numbers
    history = small().fit(X, y, epochs=2, batch_size=64, seed=1, engine=engine, progress=False)
    assert history.steps == 2
    assert history.notes == ["batch_size is 64 and there are 23 rows: each batch is all of them."]


def test_one_row_and_batches_of_one(engine, numbers):
    X, y = numbers
    assert small().fit(X[:1], y[:1], epochs=3, seed=1, engine=engine, progress=False).steps == 3
    assert small().fit(X, y, epochs=2, batch_size=1, engine=engine, progress=False).steps == 46


# --- validation ----------------------------------------------------------------------------


def test_validation_by_a_pair(engine, numbers):
    X, y = numbers
    model = small()
    history = model.fit(
        X[:15], y[:15], validation=(X[15:], y[15:]), epochs=3, batch_size=4,
        seed=1, engine=engine, progress=False,
    )  # fmt: skip
    assert list(history) == ["loss", "mae", "val_loss", "val_mae"]
    assert history.steps == 12
    measured = model.evaluate(X[15:], y[15:])
    assert history["val_loss"][-1] == pytest.approx(measured["loss"], rel=1e-6)
    assert history["val_mae"][-1] == pytest.approx(measured["mae"], rel=1e-6)


def test_validation_rows_do_not_train(engine, numbers):
    X, y = numbers
    alone, watched = small(), small()
    options = {"epochs": 3, "batch_size": 4, "seed": 1, "engine": engine, "progress": False}
    alone.fit(X[:15], y[:15], **options)
    watched.fit(X[:15], y[:15], validation=(X[15:], y[15:]), **options)
    assert alone.predict(X).tobytes() == watched.predict(X).tobytes()


def test_validation_by_a_fraction_is_the_split_of_the_seed(engine, classes):
    X, y = classes
    by_fraction, by_hand = small(3), small(3)
    options = {"epochs": 2, "batch_size": 4, "seed": 7, "engine": engine, "progress": False}
    history = by_fraction.fit(X, y, validation=0.3, **options)
    kept, held = data.split(len(X), 0.3, seed=7, stratify=y)
    assert set(kept) | set(held) == set(range(23))
    assert len(held) == 7
    assert len(set(y[held])) == 3
    other = by_hand.fit(X[kept], y[kept], validation=(X[held], y[held]), **options)
    assert dict(history) == dict(other)


def test_a_fraction_of_one_hot_rows(engine, classes):
    X, y = classes
    options = {"epochs": 1, "seed": 7, "engine": engine, "validation": 0.3, "progress": False}
    numbered = small(3).fit(X, y, **options)
    hot = small(3).fit(X, np.eye(3)[y], **options)
    assert hot["val_accuracy"] == numbered["val_accuracy"]
    assert hot["val_loss"] == pytest.approx(numbered["val_loss"], rel=1e-6)


@pytest.mark.parametrize(
    ("fraction", "labels", "told"),
    [
        (0.01, ["a", "b"] * 5, "a part of the split is too small to hold every class"),
        (0.3, ["a", "b"] * 4 + ["a", "c"], "the class 'c' has a single row"),
        (0.999, [0.5] * 10, "a part of the split would be empty"),
    ],
)
def test_a_fraction_that_leaves_too_little(fraction, labels, told):
    X = np.zeros((10, 2))
    with pytest.raises(DataError, match=told) as caught:
        small(3).fit(X, labels, validation=fraction, progress=False)
    assert caught.value.where.split(",")[0] in ("validation", "y")
    assert caught.value.mend.startswith("give rows of your own, validation=(X, y)")


def test_a_fraction_keeps_the_shares_of_the_classes(engine):
    """Of 90 and 10 rows a fifth is 18 and 2: seen in the accuracy of a constant answer."""
    X = np.random.default_rng(1).normal(size=(100, 2))
    y = np.repeat(["common", "rare"], [90, 10])
    model = nn.Sequential([nn.Linear(2, weight_init="zeros", bias_init="zeros")])
    history = model.fit(
        X, y, optimizer=optim.SGD(0.0), epochs=1, validation=0.2,
        seed=5, engine=engine, progress=False,
    )  # fmt: skip
    assert history["accuracy"] == pytest.approx([0.9])
    assert history["val_accuracy"] == pytest.approx([0.9])


def test_validation_after_a_fit_by_steps(engine, numbers):
    X, y = numbers
    model = small()
    history = model.fit(
        X, y, steps=5, validation=0.2, batch_size=4, seed=1, engine=engine, progress=False
    )
    assert len(history["val_loss"]) == 1


# --- metrics -------------------------------------------------------------------------------


def test_metrics_are_weighted_by_rows(engine, classes):
    """With a rate of zero, the mean over ragged batches is the measure of all rows."""
    X, y = classes
    model = small(3)
    history = model.fit(
        X, y, optimizer=optim.SGD(0.0), metrics=["accuracy"], epochs=1, batch_size=5,
        seed=1, engine=engine, progress=False,
    )  # fmt: skip
    assert history["accuracy"] == pytest.approx([np.mean(model.classify(X) == y)])
    assert history["loss"] == pytest.approx([model.evaluate(X, y)["loss"]], rel=1e-6)


def test_metrics_of_all_rows_together(engine):
    from sklearn.metrics import f1_score, roc_auc_score

    X = np.random.default_rng(2).normal(size=(60, 2))
    y = (X[:, 0] + X[:, 1] ** 2 > 0.5).astype(int)
    model = nn.Sequential([nn.Linear(1)])
    history = model.fit(
        X[:40], y[:40], metrics=["auc", "accuracy", "f1"], validation=(X[40:], y[40:]),
        optimizer=optim.Adam(0.1), epochs=3, batch_size=16, seed=1, engine=engine, progress=False,
    )  # fmt: skip
    assert {len(column) for column in history.values()} == {3}
    probability, answer = model.predict_proba(X)[:, 1], model.classify(X)
    for part, prefix in ((slice(0, 40), ""), (slice(40, 60), "val_")):
        assert history[prefix + "auc"][-1] == pytest.approx(
            roc_auc_score(y[part], probability[part])
        )
        assert history[prefix + "f1"][-1] == pytest.approx(f1_score(y[part], answer[part]))
    found = model.evaluate(X[40:], y[40:])
    assert sorted(found) == ["accuracy", "auc", "f1", "loss"]
    assert found["auc"] == pytest.approx(history["val_auc"][-1])


def test_the_variance_explained(engine, numbers):
    from sklearn.metrics import r2_score

    X, y = numbers
    model = small()
    history = model.fit(X, y, metrics=["r2", "mse"], epochs=2, engine=engine, progress=False)
    assert history["r2"][-1] == pytest.approx(r2_score(y, model.predict(X)[:, 0]), abs=1e-5)


def test_a_function_as_a_metric(engine, numbers):
    X, y = numbers

    def largest(prediction, target):
        return abs(prediction - target).max(axis=1)

    model = small()
    history = model.fit(
        X, y, metrics=[largest], optimizer=optim.SGD(0.0), epochs=1, batch_size=5,
        engine=engine, progress=False,
    )  # fmt: skip
    wanted = np.abs(model.predict(X)[:, 0] - y).mean()
    assert history["largest"] == pytest.approx([wanted], rel=1e-5)


@pytest.mark.parametrize("names", [["mae", "mae"], [lambda p, t: p, lambda p, t: t]])
def test_two_metrics_of_one_name_are_refused(names, numbers):
    with pytest.raises(ArgumentError, match="two columns of the history would be called"):
        small().fit(*numbers, metrics=names, progress=False)


# --- the history as a thing ----------------------------------------------------------------


def test_a_history_reads_like_a_mapping(numbers):
    history = small().fit(*numbers, epochs=2, seed=3, engine="reference", progress=False)
    assert "loss" in history
    assert "val_loss" not in history
    assert history.get("val_loss") is None
    assert len(history) == 2
    with pytest.raises(ArgumentError, match="the history has no 'val_loss'"):
        history["val_loss"]
    lines = [json.loads(line) for line in history.lines()]
    assert [line["epoch"] for line in lines] == [0, 1]
    assert [line["loss"] for line in lines] == history["loss"]
    text = repr(history)
    assert text.startswith("History(2 epochs, 2 steps, ")
    assert "reference, seed=3; loss=" in text


def test_a_notebook_shows_a_history_as_a_table_with_curves(numbers):
    history = small().fit(*numbers, epochs=5, seed=3, metrics=["mae"], progress=False)
    history.notes.append("a < b")
    shown = history._repr_html_()
    ElementTree.fromstring(f"<div>{shown}</div>")
    assert shown.count("<polyline") == 2
    assert f"{history['loss'][0]:.4g}" in shown
    assert "a &lt; b" in shown
    once = small().fit(*numbers, epochs=1, seed=3, progress=False)._repr_html_()
    assert "<polyline" not in once


def test_a_notebook_shows_a_network_by_its_summary(numbers):
    network = nn.Sequential([nn.Linear(2)])
    assert network._repr_html_().startswith("<pre>Sequential([Linear(units=2")
    network(np.ones((1, 3)))
    assert network._repr_html_() == network.summary()._repr_html_()


def test_the_model_keeps_the_history_of_its_last_fit(numbers):
    model = small()
    assert model.history is None
    first = model.fit(*numbers, epochs=1, progress=False)
    assert model.history is first
    second = model.fit(*numbers, epochs=1, progress=False)
    assert model.history is second
