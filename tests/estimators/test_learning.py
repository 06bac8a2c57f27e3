"""Holds: what estimators learn is what Network.fit learns, from any labels, frames and weights."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import DataConversionWarning, NotFittedError

from pellucid import EarlyStopping, data, losses, nn, optim
from pellucid.errors import DataError
from pellucid.sklearn import NeuralClassifier, NeuralRegressor

X, SIDE = data.moons(120, seed=1)
RNG = np.random.default_rng(0)
FEATURES = RNG.normal(size=(120, 3))
THREE = np.where(FEATURES[:, 0] > 0.4, 2, np.where(FEATURES[:, 1] > 0, 1, 0))


def classifier(**wishes: Any) -> NeuralClassifier:
    given: dict[str, Any] = {"max_iter": 60, "learning_rate": 0.03, "random_state": 0}
    return NeuralClassifier((8,), **(given | wishes))


def regressor(**wishes: Any) -> NeuralRegressor:
    given: dict[str, Any] = {"max_iter": 80, "learning_rate": 0.03, "random_state": 0}
    return NeuralRegressor((8,), **(given | wishes))


def test_a_layer_alone_is_a_network_of_one() -> None:
    layer = nn.Linear(1)
    layer(X)
    before = layer.weight.numpy()
    model = classifier(network=layer, max_iter=5)
    learned = [one.fit(X, SIDE).coefs_[0] for one in (model, clone(model))]
    np.testing.assert_array_equal(*learned)
    assert layer.weight.numpy() is before
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))


def test_it_is_the_fit_of_a_network() -> None:
    network = nn.Sequential([nn.Linear(8, activation="relu"), nn.Linear(1)])
    history = network.fit(
        X, SIDE, optimizer=optim.Adam(0.03), epochs=60, batch_size=120, seed=7, prepare="standard",
        dtype="float64", progress=False,
    )  # fmt: skip
    model = classifier(random_state=7, n_iter_no_change=None).fit(X.astype(np.float64), SIDE)
    assert model.loss_curve_ == history["loss"]
    np.testing.assert_array_equal(model.predict_proba(X), network.predict_proba(X))
    np.testing.assert_array_equal(model.coefs_[0], network.parameters()["0.weight"].numpy().T)
    assert (model.n_iter_, model.t_, model.n_layers_, model.n_outputs_) == (60, 7200, 3, 1)


@pytest.mark.parametrize(
    "labels",
    [np.array(["no", "yes"]), np.array([False, True]), np.array([-3, 40]),
     np.array(["b", "a"], dtype=object), np.array([1.0, 2.0], dtype=np.float32)],
)  # fmt: skip
def test_labels_of_any_kind_come_back(labels: Any) -> None:
    y = labels[SIDE]
    model = classifier().fit(X, y)
    assert model.classes_.tolist() == sorted(labels.tolist())
    assert model.predict(X).dtype == y.dtype
    assert model.score(X, y) > 0.8
    sure = model.predict_proba(X).max(axis=1) > 0.9
    first = model.predict_proba(X)[:, 0] > 0.5
    assert (model.predict(X)[sure & first] == model.classes_[0]).all()


def test_quantities_come_back_in_their_units_and_shape() -> None:
    y = 5000 + 300 * FEATURES[:, 0]
    assert regressor().fit(FEATURES, y).score(FEATURES, y) > 0.9
    both = np.column_stack([y, -0.001 * y])
    model = regressor().fit(FEATURES, both)
    assert model.predict(FEATURES).shape == both.shape
    assert model.score(FEATURES, both) > 0.9
    with pytest.warns(DataConversionWarning):
        assert regressor().fit(FEATURES, y[:, None]).predict(FEATURES).shape == y.shape
    assert regressor().fit(FEATURES, THREE).predict(FEATURES).dtype == np.float64


def test_dtypes_follow_the_rows_as_in_scikit_learn() -> None:
    narrow = classifier(max_iter=2).fit(X.astype(np.float32), SIDE)
    assert narrow.predict_proba(X).dtype == np.float32
    assert classifier(max_iter=2).fit(X.astype(np.float64), SIDE).coefs_[0].dtype == np.float64
    assert classifier(max_iter=2, dtype="float32").fit(X, SIDE).coefs_[0].dtype == np.float32


def test_several_labels_at_once() -> None:
    y = np.column_stack([THREE == 0, THREE > 0, FEATURES[:, 2] > 0]).astype(int)
    model = classifier(max_iter=120).fit(FEATURES, y)
    assert model.predict(FEATURES).shape == y.shape
    assert (model.predict(FEATURES) == y).mean() > 0.9
    other = classifier(max_iter=120).fit(FEATURES, sparse.csr_matrix(y))
    np.testing.assert_array_equal(other.predict(FEATURES), model.predict(FEATURES))


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_frames_and_sparse_rows_are_the_rows_they_hold(frame: Any) -> None:
    named = frame({"width": X[:, 0], "height": X[:, 1]})
    model = classifier().fit(named, SIDE)
    assert model.feature_names_in_.tolist() == ["width", "height"]
    plain = classifier().fit(X, SIDE)
    np.testing.assert_array_equal(model.predict_proba(named), plain.predict_proba(X))
    thin = classifier().fit(sparse.csr_array(X), SIDE)
    np.testing.assert_array_equal(thin.predict_proba(sparse.csc_array(X)), plain.predict_proba(X))
    with pytest.raises(ValueError, match="feature names"):
        model.predict(frame({"height": X[:, 1], "width": X[:, 0]}))


@pytest.mark.parametrize("prepare", ["standard", "minmax"])
def test_a_weight_of_two_is_the_row_twice(prepare: str) -> None:
    weight = RNG.integers(0, 3, len(FEATURES))
    y = FEATURES @ [3.0, -2.0, 1.0]
    wishes = {"prepare": prepare, "max_iter": 20, "batch_size": 1000}
    one = regressor(**wishes).fit(FEATURES, y, weight).predict(FEATURES)
    two = regressor(**wishes).fit(FEATURES.repeat(weight, 0), y.repeat(weight)).predict(FEATURES)
    np.testing.assert_allclose(one, two, rtol=1e-7)


def test_weights_of_classes_are_weights_of_their_rows() -> None:
    y = np.where(SIDE == 1, "rare", "usual")
    by_class = classifier(class_weight={"rare": 5}, prepare=None).fit(X, y)
    by_row = classifier(prepare=None).fit(X, y, np.where(SIDE == 1, 5.0, 1.0))
    np.testing.assert_array_equal(by_class.predict_proba(X), by_row.predict_proba(X))
    assert (by_class.predict(X) == "rare").mean() > (classifier().fit(X, y).predict(X)
                                                     == "rare").mean()  # fmt: skip


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize(
    "loss", ["cross_entropy", "binary_cross_entropy_with_logits", "binary_cross_entropy",
             "categorical_cross_entropy", "nll", "focal", "multiclass_hinge", "mse", "mae",
             nn.CrossEntropy(label_smoothing=0.1)],
)  # fmt: skip
def test_any_loss_tells_classes(loss: Any, classes: int) -> None:
    rows = np.isin(THREE, np.arange(classes))
    y = np.array(["a", "b", "c"])[THREE]
    model = classifier(loss=loss, max_iter=100, engine="reference").fit(FEATURES[rows], y[rows])
    assert model.score(FEATURES[rows], y[rows]) > 0.85
    assert hasattr(model, "predict_proba") == (losses.get(loss).link is not None)
    if hasattr(model, "predict_proba"):
        found = model.predict_proba(FEATURES)
        assert found.shape == (120, classes)
        np.testing.assert_allclose(found.sum(axis=1), 1)
        np.testing.assert_array_equal(model.predict_log_proba(FEATURES), np.log(found))


def test_a_fit_ends_when_the_loss_no_longer_falls() -> None:
    model = classifier(tol=0.5, n_iter_no_change=3).fit(X, SIDE)
    assert model.n_iter_ < 60
    assert model.history_.stopped == "no longer improving"
    assert classifier(tol=0.5, n_iter_no_change=None).fit(X, SIDE).n_iter_ == 60


def test_the_rows_held_out_decide_the_end_and_the_best_weights_are_kept() -> None:
    held = X[::3], SIDE[::3]
    model = classifier(early_stopping=EarlyStopping(5), learning_rate=0.5, max_iter=200)
    model.fit(X, SIDE, validation=held)
    curve = model.validation_loss_curve_
    assert curve is not None
    assert len(curve) == model.n_iter_ < 200
    assert model.network_.evaluate(*held)["loss"] == pytest.approx(curve.min(), rel=1e-6)
    shared = classifier(early_stopping=True, validation_fraction=0.25).fit(X, SIDE)
    assert "val_accuracy" in shared.history_
    assert shared.t_ == shared.n_iter_ * 120


def test_callbacks_and_metrics_are_those_of_a_fit() -> None:
    epochs: list[int] = []
    model = classifier(
        callbacks=[lambda training: epochs.append(training.history.epochs)], metrics=["auc"],
        max_iter=3,
    ).fit(X, SIDE)  # fmt: skip
    assert epochs == [1, 2, 3]
    assert len(model.history_["auc"]) == 3


def test_dropout_batch_norm_and_the_penalty_reach_the_network() -> None:
    model = NeuralClassifier((6, 4), dropout=0.25, batch_norm=True, alpha=0.5, max_iter=1)
    layers = model.fit(X, SIDE).network_.layers
    names = [type(layer).__name__ for layer in layers]
    assert names == ["Linear", "BatchNorm1d", "Activation", "Dropout"] * 2 + ["Linear"]
    assert {one.weight_penalty for one in layers if isinstance(one, nn.Linear)} == {nn.L2(0.25)}
    small = classifier(alpha=10.0).fit(X, SIDE).coefs_[0]
    assert np.abs(small).sum() < np.abs(classifier().fit(X, SIDE).coefs_[0]).sum() / 2


def test_any_network_is_a_template() -> None:
    pictures = RNG.normal(size=(40, 1, 6, 6)) + np.repeat([0, 2], 20)[:, None, None, None]
    y = np.repeat(["dark", "light"], 20)
    network = nn.Sequential([nn.Conv2d(2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(2)])
    model = classifier(network=network, max_iter=20).fit(pictures, y)
    assert model.score(pictures, y) > 0.9
    assert not network.built
    made = classifier(network=lambda inputs, outputs: nn.Sequential([
        nn.Linear(2 * inputs, activation="tanh"), nn.Linear(outputs)])).fit(X, SIDE)  # fmt: skip
    assert [w.shape for w in made.coefs_] == [(2, 4), (4, 1)]


def test_a_trained_network_goes_on_as_it_reads_its_rows() -> None:
    first = classifier(max_iter=100).fit(1000 * X, SIDE)
    again = classifier(network=first.network_, learning_rate=0.0, max_iter=1).fit(X[:60], SIDE[:60])
    np.testing.assert_allclose(again.predict_proba(1000 * X), first.predict_proba(1000 * X))


def test_warm_starts_and_parts_go_on() -> None:
    warm = classifier(warm_start=True, max_iter=5)
    assert [warm.fit(X, SIDE).n_iter_ for _ in range(3)] == [5, 10, 15]
    assert len(warm.loss_curve_) == 15
    assert warm.loss_ < warm.loss_curve_[0]
    parts = classifier()
    for half in (SIDE == 0, SIDE == 1, SIDE >= 0):
        parts.partial_fit(X[half], SIDE[half], classes=[0, 1])
    assert parts.n_iter_ == 3
    numbers = regressor()
    for _ in range(60):
        numbers.partial_fit(FEATURES, 100 * FEATURES[:, 0])
    assert numbers.score(FEATURES, 100 * FEATURES[:, 0]) > 0.5


def test_a_failed_fit_leaves_the_estimator_as_it_was() -> None:
    model = classifier().fit(X, SIDE)
    before = model.predict_proba(X)
    with pytest.raises(ValueError, match="optimizer"):
        model.set_params(optimizer="adm").fit(FEATURES, THREE)
    np.testing.assert_array_equal(model.predict_proba(X), before)
    with pytest.raises(NotFittedError):
        classifier().predict(X)


def test_a_seed_repeats_and_none_follows_numpy() -> None:
    one, two = (classifier(random_state=3, max_iter=3).fit(X, SIDE) for _ in range(2))
    np.testing.assert_array_equal(one.predict_proba(X), two.predict_proba(X))
    three, four = (
        classifier(random_state=np.random.RandomState(1), max_iter=3).fit(X, SIDE) for _ in "ab"
    )
    np.testing.assert_array_equal(three.predict_proba(X), four.predict_proba(X))
    assert not np.array_equal(one.predict_proba(X), three.predict_proba(X))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [({"hidden": (0,)}, "hidden[0] is out of range"), ({"hidden": "64"}, "mend    write hidden=64"),
     ({"dropout": 1.5}, "0 ≤ dropout < 1"), ({"alpha": -1}, "alpha ≥ 0"),
     ({"optimizer": "adm"}, "write 'adam'"), ({"loss": "mce"}, "no loss called 'mce'"),
     ({"max_iter": 2.5}, "mend    write max_iter=2"), ({"batch_size": 0}, "write batch_size=1"),
     ({"batch_size": "all"}, "write batch_size='auto'"), ({"prepare": "std"}, "'standard'"),
     ({"network": nn.Linear}, "network=lambda inputs, outputs"), ({"tol": -1}, "tol ≥ 0"),
     ({"class_weight": "even"}, "write class_weight='balanced'"),
     ({"callbacks": 3}, "write callbacks=[…]"),
     ({"class_weight": {"x": 2}}, "'x' was not among the classes"),
     ({"early_stopping": "yes"}, "early_stopping=True"), ({"random_state": -1}, "random_state ≥ 0"),
     ({"early_stopping": True, "validation_fraction": 2}, "0 < validation_fraction < 1"),
     ({"n_iter_no_change": 0}, "n_iter_no_change ≥ 1"), ({"warm_start": "x"}, "warm_start=True")],
)  # fmt: skip
def test_an_error_says_what_to_write(wrong: dict[str, Any], words: str) -> None:
    model = NeuralClassifier(**wrong)
    with pytest.raises(ValueError) as found:  # noqa: PT011
        model.fit(X, np.where(SIDE == 1, "yes", "no"))
    assert words in str(found.value)


def test_texts_in_a_frame_are_named_with_what_encodes_them() -> None:
    frame = pd.DataFrame({"size": X[:, 0], "colour": np.where(SIDE, "red", "blue")})
    with pytest.raises(DataError, match="columns that are not numbers") as caught:
        classifier().fit(frame, SIDE)
    assert caught.value.got == "'colour'"
    assert "make_column_transformer((OneHotEncoder(), ['colour'])" in caught.value.mend
    model = classifier().fit(frame.assign(colour=SIDE), SIDE)
    with pytest.raises(DataError, match="columns that are not numbers"):
        model.predict(frame)


def test_errors_of_parts_and_validation_rows() -> None:
    with pytest.raises(ValueError, match="needs all classes"):
        classifier().partial_fit(X, SIDE)
    model = classifier(max_iter=1).fit(X, SIDE)
    with pytest.raises(ValueError, match="the label 7 was not among"):
        model.partial_fit(X, SIDE + 7 * (SIDE == 1) - (SIDE == 1))
    with pytest.raises(ValueError, match="how frequent"):
        classifier(class_weight="balanced").partial_fit(X, SIDE, classes=[0, 1])
    with pytest.raises(ValueError, match="validation_fraction"):
        model.fit(X, SIDE, validation=0.2)
    with pytest.raises(ValueError, match="one class only"):
        model.fit(X, np.ones(120))


def test_parts_go_on_as_one_training_would() -> None:
    wishes = {"random_state": 0, "shuffle": False, "batch_size": 50, "prepare": None}
    parts = NeuralClassifier(hidden=(8,), **wishes)
    for _ in range(4):
        parts.partial_fit(X, SIDE, classes=np.unique(SIDE))
    whole = NeuralClassifier(hidden=(8,), max_iter=4, n_iter_no_change=None, **wishes)
    whole.fit(X, SIDE)
    for one, other in zip(
        parts.network_.variables().values(), whole.network_.variables().values(), strict=True
    ):
        np.testing.assert_array_equal(one.numpy(), other.numpy())
