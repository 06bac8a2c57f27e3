"""Holds: scikit-learn's dense networks and ours become each other, with equal predictions."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor

from pellucid import interop, nn
from pellucid.errors import ArgumentTypeError, EngineError

rng = np.random.default_rng(0)
X = rng.normal(3.0, 2.0, (60, 4))
LABELS = {
    "two": np.where(X[:, 0] > 3, "yes", "no"),
    "three": np.digitize(X[:, 1], [2.0, 4.0]) * 10,
    "several": (X[:, :3] > 3).astype(int),
}


def fitted(estimator: Any, y: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return estimator.fit(X, y)


@pytest.mark.parametrize("kind", LABELS)
@pytest.mark.parametrize("activation", ["relu", "logistic"])
def test_their_classifier_becomes_ours_and_theirs_again(kind: str, activation: str) -> None:
    made = MLPClassifier((6, 5), activation=activation, max_iter=20, random_state=1)
    theirs = fitted(made, LABELS[kind])
    ours = interop.sklearn.from_mlp(theirs)
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), rtol=1e-10)
    np.testing.assert_array_equal(ours.classify(X), theirs.predict(X))
    again = interop.sklearn.to_mlp(ours)
    np.testing.assert_allclose(again.predict_proba(X), theirs.predict_proba(X), rtol=1e-10)
    np.testing.assert_array_equal(again.predict(X), theirs.predict(X))


@pytest.mark.parametrize("targets", [1, 2])
def test_their_regressor(targets: int) -> None:
    y = X[:, 0] if targets == 1 else X[:, :2]
    theirs = fitted(MLPRegressor(hidden_layer_sizes=(6,), activation="tanh", max_iter=9), y)
    ours = interop.sklearn.from_mlp(theirs)
    np.testing.assert_allclose(ours.predict(X).reshape(y.shape), theirs.predict(X), rtol=1e-10)
    again = interop.sklearn.to_mlp(ours)
    np.testing.assert_allclose(again.predict(X), theirs.predict(X), rtol=1e-10)


@pytest.mark.parametrize("kind", ["two", "three"])
def test_our_classifier_with_its_scaling(kind: str) -> None:
    outputs = 2 if kind == "two" else 3
    model = nn.Sequential([nn.Linear(8, activation="relu"), nn.Dropout(0.1), nn.Linear(outputs)])
    model.fit(X, LABELS[kind], epochs=4, prepare="standard", seed=1, progress=False)
    theirs = interop.sklearn.to_mlp(model)
    np.testing.assert_allclose(theirs.predict_proba(X), model.predict_proba(X), atol=1e-5)
    np.testing.assert_array_equal(theirs.predict(X), model.classify(X))


def test_our_regressor_with_its_scaling() -> None:
    model = nn.Sequential([nn.Linear(8), nn.Tanh(), nn.Linear(2)])
    model.fit(X, 100 * X[:, :2], epochs=4, prepare="standard", seed=1, progress=False)
    theirs = interop.sklearn.to_mlp(model)
    np.testing.assert_allclose(theirs.predict(X), model.predict(X), rtol=1e-5)


def test_what_is_refused() -> None:
    with pytest.raises(ArgumentTypeError, match="has been fitted"):
        interop.sklearn.from_mlp(MLPClassifier())
    picture = nn.Sequential([nn.Conv2d(2, 3), nn.Flatten(), nn.Linear(2)])
    picture(np.zeros((1, 1, 4, 4)))
    with pytest.raises(ArgumentTypeError, match="dense layers alone"):
        interop.sklearn.to_mlp(picture)
    bent = nn.Sequential([nn.Linear(2, activation="gelu"), nn.Linear(2)])
    bent([[1.0]])
    with pytest.raises(EngineError, match="one activation") as error:
        interop.sklearn.to_mlp(bent)
    assert error.value.got == "gelu, identity"
