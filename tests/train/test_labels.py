"""Holds: labels of any kind go in, the right loss is chosen, and labels of that kind come out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pellucid import nn, optim
from pellucid.errors import DataError, GraphError, LabelError, ShapeError


def rows(n=40, seed=2):
    X = np.random.default_rng(seed).normal(size=(n, 3))
    return X, X.argmax(axis=1)


def network(outputs, activation=None):
    return nn.Sequential([nn.Linear(outputs, activation=activation)])


def fit(model, X, y, engine="reference", **options):
    options = {"epochs": 30, "optimizer": optim.Adam(0.2), "seed": 1} | options
    return model.fit(X, y, **options, engine=engine, progress=False)


def loss_of(model):
    return model._record.objective.loss.name


# --- the loss that is chosen ---------------------------------------------------------------

X, CLASS = rows()
SIDE = (X[:, 0] > 0).astype(int)
CHOICES = [
    ("integers", network(3), CLASS, "cross_entropy", "accuracy"),
    ("a softmax", network(3, "softmax"), CLASS, "categorical_cross_entropy", "accuracy"),
    (
        "a softmax layer", nn.Sequential([nn.Linear(3), nn.Softmax()]), CLASS,
        "categorical_cross_entropy", "accuracy",
    ),
    ("a sigmoid", network(1, "sigmoid"), SIDE, "binary_cross_entropy", "accuracy"),
    ("one logit", network(1), SIDE, "binary_cross_entropy_with_logits", "accuracy"),
    (
        "strings", network(1), np.where(SIDE, "b", "a"), "binary_cross_entropy_with_logits",
        "accuracy",
    ),
    ("booleans", network(1, "sigmoid"), SIDE == 1, "binary_cross_entropy", "accuracy"),
    ("signs", network(1, "sigmoid"), 2 * SIDE - 1, "binary_cross_entropy", "accuracy"),
    ("one-hot", network(3), np.eye(3)[CLASS], "cross_entropy", "accuracy"),
    ("floats", network(1), X[:, 0], "mse", "mae"),
    ("columns of floats", network(2), X[:, :2], "mse", "mae"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("model", "y", "loss", "metric"), [c[1:] for c in CHOICES], ids=[c[0] for c in CHOICES]
)
def test_the_loss_follows_from_targets_and_last_layer(model, y, loss, metric):
    history = fit(model, X, y, epochs=1)
    assert loss_of(model) == loss
    assert list(history) == ["loss", metric]


# --- labels in, labels out -----------------------------------------------------------------

LABELS = {
    "strings": np.array(["ant", "bee", "cat"])[CLASS],
    "a list of strings": list(np.array(["ant", "bee", "cat"])[CLASS]),
    "objects": np.array(["ant", "bee", "cat"], object)[CLASS],
    "integers": CLASS,
    "small integers": CLASS.astype(np.int8),
    "unsigned integers": CLASS.astype(np.uint16),
    "other integers": np.array([10, -3, 7])[CLASS],
    "a column": np.array(["ant", "bee", "cat"])[CLASS].reshape(-1, 1),
    "a series": pd.Series(np.array(["ant", "bee", "cat"])[CLASS]),
    "categories": pd.Series(np.array(["ant", "bee", "cat"])[CLASS]).astype("category"),
    "one-hot": np.eye(3)[CLASS],
}


@pytest.mark.parametrize("kind", LABELS)
def test_classify_gives_back_what_was_given(kind, engine):
    y = LABELS[kind]
    model = network(3)
    history = fit(model, X, y, engine)
    found = model.classify(X)
    wanted = CLASS if kind == "one-hot" else np.asarray(y).reshape(-1)
    assert found.shape == (40,)
    if wanted.dtype.kind != "O":
        assert found.dtype == wanted.dtype
    right = np.mean(found == wanted)
    assert right > 0.9
    assert model.evaluate(X, y)["accuracy"] == pytest.approx(right)
    assert history["accuracy"][-1] > 0.8


@pytest.mark.parametrize("y", [SIDE == 1, 2 * SIDE - 1, np.where(SIDE, "yes", "no"), SIDE])
@pytest.mark.parametrize("activation", [None, "sigmoid"])
def test_one_output_stands_for_two_labels(y, activation, engine):
    model = network(1, activation)
    fit(model, X, y, engine)
    found = model.classify(X)
    assert found.dtype == y.dtype
    right = np.mean(found == y)
    assert right > 0.9
    assert model.evaluate(X, y)["accuracy"] == pytest.approx(right)
    probabilities = model.predict_proba(X)
    assert probabilities.shape == (40, 2)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6, atol=1e-7)
    output = model.predict(X)[:, 0]
    p = output if activation else 1 / (1 + np.exp(-output))
    np.testing.assert_allclose(probabilities[:, 1], p, rtol=1e-5, atol=1e-6)
    assert np.array_equal(probabilities.argmax(axis=1), (p > 0.5).astype(int))


def test_integers_within_the_outputs_are_never_renumbered():
    """Classes 0 and 2 of three: output 1 stays the class that never came."""
    y = 2 * SIDE
    model = network(3)
    fit(model, X, y)
    assert set(model.classify(X)) <= {0, 2}
    p = model.predict_proba(X).mean(axis=0)
    assert p[1] < 0.1
    assert model.evaluate(X[:2], [1, 1])["accuracy"] == 0


def test_a_softmax_is_applied_once():
    bare, ended = network(3), network(3, "softmax")
    fit(bare, X, CLASS, epochs=0)
    fit(ended, X, CLASS, epochs=0)
    np.testing.assert_allclose(bare.predict_proba(X), ended.predict_proba(X), rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(ended.predict(X), ended.predict_proba(X), rtol=1e-6, atol=1e-7)
    assert abs(bare.predict(X).sum(axis=1) - 1).max() > 0.1


def test_one_hot_and_integers_train_alike(engine):
    numbered, hot = network(3), network(3)
    fit(numbered, X, CLASS, engine, epochs=3)
    fit(hot, X, np.eye(3)[CLASS], engine, epochs=3)
    np.testing.assert_allclose(numbered.predict(X), hot.predict(X), rtol=1e-5, atol=1e-6)


def test_rows_of_probabilities_are_targets_too(engine):
    soft = np.full((40, 3), 0.1) + 0.7 * np.eye(3)[CLASS]
    model = network(3)
    fit(model, X, soft, engine, loss="cross_entropy")
    assert np.mean(model.classify(X) == CLASS) > 0.9


def test_several_labels_at_once(engine):
    """Each of three columns is a yes or a no of its own; scaling the inputs leaves them alone."""
    several = (X > 0).astype(int)
    model = network(3, "sigmoid")
    history = fit(model, X, several, engine, loss="binary_cross_entropy", prepare="standard")
    found = model.predict(X)
    right = np.mean((found > 0.5) == several)
    assert right > 0.9
    assert history["accuracy"][-1] > 0.8
    assert model.evaluate(X, several)["accuracy"] == pytest.approx(right, abs=1e-6)
    assert np.array_equal(model.classify(X), (found > 0.5).astype(int))
    np.testing.assert_allclose(model.predict_proba(X), found, rtol=1e-6)
    assert not any("standardised" in note for note in history.notes)


def test_signs_with_a_loss_of_numbers_are_classes_for_the_metric(engine):
    model = network(1, "softsign")
    history = fit(model, X, 2.0 * SIDE - 1, engine, loss="mse", metrics=["accuracy"], epochs=60)
    found = model.predict(X)[:, 0]
    right = np.mean((found > 0) == (SIDE == 1))
    assert right > 0.85
    assert model.evaluate(X, 2.0 * SIDE - 1)["accuracy"] == pytest.approx(right)
    assert history["accuracy"][-1] > 0.8


# --- later rows ----------------------------------------------------------------------------


def test_the_coding_stays_for_later_fits(engine):
    """The second fit knows only one of the classes; the outputs keep their meaning."""
    names = np.array(["ant", "bee", "cat"])[CLASS]
    model = network(3)
    fit(model, X, names, engine)
    fit(model, X[CLASS == 2], names[CLASS == 2], engine, epochs=1)
    assert np.mean(model.classify(X) == names) > 0.8
    assert model.evaluate(X[:4], names[:4].reshape(-1, 1))["accuracy"] <= 1


@pytest.mark.parametrize("shape", [(-1,), (-1, 1)])
@pytest.mark.parametrize("verb", ["fit", "evaluate"])
def test_an_unknown_label_is_refused(verb, shape):
    names = np.array(["ant", "bee", "cat"])[CLASS]
    model = network(3)
    fit(model, X, names, epochs=1)
    strange = np.where(names == "bee", "bees", names).reshape(shape)
    ask = model.evaluate if verb == "evaluate" else lambda *data: fit(model, *data)
    with pytest.raises(LabelError) as caught:
        ask(X, strange)
    assert str(caught.value).startswith("the label 'bees' was not among the classes")
    assert "did you mean 'bee'?" in str(caught.value)


def test_an_unknown_label_among_the_validation_rows():
    names = np.array(["ant", "bee", "cat"])[CLASS]
    with pytest.raises(LabelError, match="was not among the classes") as caught:
        fit(network(3), X, names, validation=(X[:2], ["ant", "dog"]))
    assert caught.value.where.startswith("validation y, row 1")


def test_whole_numbers_may_be_targets_of_a_fit_to_numbers(engine):
    """Integers where floats were seen are numbers still, also with a loss of one's own."""

    def cubic(prediction, target):
        return (abs(prediction - target) ** 3).mean(axis=1)

    model = network(1)
    fit(model, X, X[:, 0], engine, loss=cubic, epochs=1, validation=(X[:4], [1, 0, 2, 5]))
    assert model.evaluate(X[:3], [1, 2, 3])["loss"] > 0


# --- numbers -------------------------------------------------------------------------------


def test_several_columns_of_numbers(engine):
    Y = X @ np.array([[1.0, 0.5], [0.0, -1.0], [2.0, 0.0]])
    model = network(2)
    fit(model, X, Y, engine, epochs=200, metrics=["r2"])
    assert model.predict(X).shape == (40, 2)
    np.testing.assert_allclose(model.predict(X), Y, atol=0.05)
    assert model.evaluate(X, Y)["r2"] > 0.99


def test_a_column_and_a_row_of_numbers_are_the_same_targets(engine):
    flat, column = network(1), network(1)
    fit(flat, X, X[:, 0], engine, epochs=2)
    fit(column, X, X[:, :1], engine, epochs=2)
    assert flat.predict(X).tobytes() == column.predict(X).tobytes()
    assert flat.evaluate(X, X[:, 0]) == column.evaluate(X, X[:, :1])


# --- what cannot be ------------------------------------------------------------------------

LETTERS = np.array(list("abc"))[CLASS]
REFUSED = [
    ("many classes", network(2), LETTERS, None, LabelError, r"Linear\(3\)"),
    ("fractions", network(3), CLASS + 0.5, None, ShapeError, 'write loss="cross_entropy"'),
    ("half classes", network(3), CLASS + 0.5, "cross_entropy", LabelError, "not whole numbers"),
    ("out of range", network(2), CLASS, None, LabelError, "the label 2 does not fit"),
    ("a single class", network(2), ["a"] * 40, None, LabelError, "single class"),
    ("a wide one-hot", network(2), np.eye(3)[CLASS], None, ShapeError, r"Linear\(3\)"),
    ("a narrow network", network(1), np.eye(2)[SIDE], None, ShapeError, "2 units"),
    ("no distribution", network(3), np.eye(3)[CLASS] / 2, "cross_entropy", LabelError, "sum"),
    ("missing", network(2), np.where(SIDE, "a", None), None, LabelError, "missing labels"),
    ("text for numbers", network(1), LETTERS, "mse", DataError, "holds text where"),
    ("two columns for one", network(1), X[:, :2], "mse", ShapeError, "2 units"),
    ("images", network(3), np.zeros((40, 2, 2)), "mse", ShapeError, r"reshape\(y"),
    ("one column for two", network(2), X[:, 0], "mse", ShapeError, "1 unit"),
]


@pytest.mark.parametrize(
    ("model", "y", "loss", "kind", "told"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED]
)
def test_targets_that_do_not_fit_are_refused(model, y, loss, kind, told):
    with pytest.raises(kind, match=told):
        fit(model, X, y, loss=loss)


@pytest.mark.parametrize(("y", "loss"), [(CLASS, None), (CLASS, "mse"), (np.eye(3)[CLASS], None)])
def test_pictures_have_to_be_flattened(y, loss):
    with pytest.raises(ShapeError) as caught:
        fit(network(3), np.zeros((40, 2, 2)), y, loss=loss)
    assert "nn.Flatten()" in caught.value.mend
    flat = nn.Sequential([nn.Flatten(), nn.Linear(3)])
    assert fit(flat, np.zeros((40, 2, 2)), CLASS, epochs=1).epochs == 1


@pytest.mark.parametrize("verb", ["classify", "predict_proba", "evaluate"])
def test_a_network_that_was_not_fitted(verb):
    arguments = (X, CLASS) if verb == "evaluate" else (X,)
    with pytest.raises(GraphError, match=f"{verb}: the network has not been fitted"):
        getattr(network(3), verb)(*arguments)
    assert network(3).predict(X).shape == (40, 3)


@pytest.mark.parametrize("verb", ["classify", "predict_proba"])
def test_a_network_of_numbers_has_no_classes(verb):
    model = network(1)
    fit(model, X, X[:, 0], epochs=1)
    with pytest.raises(GraphError, match=f"{verb}: the network was trained to give numbers"):
        getattr(model, verb)(X)


# --- labels before a loss of one's own -----------------------------------------------------


@pytest.mark.parametrize(("low", "high"), [(-1, 1), (10, 20), (0, 1)])
def test_a_loss_of_ones_own_sees_whole_numbers_as_they_were_given(low, high):
    y = np.where(X[:, 0] > 0, high, low)

    def distance(score, target):
        return ((score - target) ** 2).mean(axis=1)

    model = network(1)
    fit(model, X, y, loss=distance, epochs=1, batch_size=len(X), optimizer=optim.SGD(0.0))
    scores = model.predict(X)
    wanted = ((scores[:, 0] - y) ** 2).mean()
    assert model.history["loss"][-1] == pytest.approx(wanted, rel=1e-5)
    assert model.evaluate(X, y)["loss"] == pytest.approx(wanted, rel=1e-5)
