"""Holds: scikit-learn's tools take the estimators as they take its own."""

from __future__ import annotations

import contextlib
import copy
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
import sklearn
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_diabetes, load_iris
from sklearn.ensemble import StackingClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from pellucid import nn
from pellucid.errors import FileError
from pellucid.sklearn import NeuralClassifier, NeuralRegressor, PerceptronClassifier

X, CODES = load_iris(return_X_y=True)
NAMES = np.array(["setosa", "versicolor", "virginica"])[CODES]


def small(**wishes: Any) -> NeuralClassifier:
    given: dict[str, Any] = {"max_iter": 25, "learning_rate": 0.03, "random_state": 0}
    return NeuralClassifier(**({"hidden": (8,)} | given | wishes))


class TwiceAsMuch(nn.Module):
    """A layer of a user's own."""

    def forward(self, x: Any) -> Any:
        return x + x


def test_it_stands_in_a_pipeline() -> None:
    chain = make_pipeline(StandardScaler(), small(prepare=None)).fit(X, NAMES)
    assert chain.score(X, NAMES) > 0.9
    np.testing.assert_allclose(chain.predict_proba(X), small().fit(X, NAMES).predict_proba(X),
                               rtol=1e-6)  # fmt: skip


def search() -> GridSearchCV:
    wishes = {"learning_rate": [0.0001, 0.03]}
    return GridSearchCV(small(max_iter=8), wishes, cv=2)


@contextlib.contextmanager
def elsewhere(backend: str) -> Iterator[None]:
    """Let joblib's work be done by other processes, or by the workers of a cluster."""
    with contextlib.ExitStack() as stack:
        if backend == "dask":
            distributed = pytest.importorskip("distributed")
            cluster = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
            stack.enter_context(distributed.Client(processes=True, **cluster))
        if backend == "ray":
            ray = pytest.importorskip("ray")
            pytest.importorskip("ray.util.joblib").register_ray()
            stack.enter_context(ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False))
        stack.enter_context(joblib.parallel_backend(backend, n_jobs=2))
        yield


# What a cluster's own threads and sockets say while it ends is no concern of this test.
@pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::ResourceWarning", "ignore::UserWarning",
    "ignore::pytest.PytestUnraisableExceptionWarning",
    "ignore::pytest.PytestUnhandledThreadExceptionWarning",
)  # fmt: skip
@pytest.mark.parametrize("backend", ["loky", "dask", "ray"])
def test_a_search_finds_the_same_best_in_other_processes(backend: str) -> None:
    alone = search().fit(X, NAMES)
    with elsewhere(backend):
        together = search().fit(X, NAMES)
    assert alone.best_params_ == together.best_params_
    assert alone.best_score_ == together.best_score_
    np.testing.assert_array_equal(
        alone.cv_results_["mean_test_score"], together.cv_results_["mean_test_score"]
    )
    np.testing.assert_array_equal(alone.predict_proba(X), together.predict_proba(X))


def test_calibration_and_stacking() -> None:
    assert CalibratedClassifierCV(small(), cv=2).fit(X, NAMES).score(X, NAMES) > 0.9
    parts = [("wide", small()), ("deep", small(hidden=(4, 4), activation="tanh"))]
    stack = StackingClassifier(parts, LogisticRegression(max_iter=500), cv=2).fit(X, NAMES)
    assert stack.score(X, NAMES) > 0.9


def test_several_columns_of_labels_through_one_network_each() -> None:
    y = np.column_stack([NAMES, np.where(CODES == 0, "yes", "no")])
    with pytest.raises(ValueError, match="MultiOutputClassifier"):
        small().fit(X, y)
    assert MultiOutputClassifier(small()).fit(X, y).predict(X).shape == y.shape


def test_targets_transformed_outside() -> None:
    features, y = load_diabetes(return_X_y=True)
    inner = NeuralRegressor((8,), max_iter=60, learning_rate=0.01, random_state=0)
    model = TransformedTargetRegressor(inner, func=np.log, inverse_func=np.exp).fit(features, y)
    assert model.score(features, y) > 0.4


@pytest.mark.parametrize("again", [lambda one: pickle.loads(pickle.dumps(one)), copy.deepcopy])
def test_a_trained_estimator_survives_pickling(again: Any) -> None:
    model = small(
        network=nn.Sequential([nn.Linear(6, activation="tanh"), TwiceAsMuch(), nn.Linear(3)])
    ).fit(X, NAMES)
    twin = again(model)
    assert twin.get_params(deep=False).keys() == model.get_params(deep=False).keys()
    np.testing.assert_array_equal(twin.predict_proba(X), model.predict_proba(X))
    assert twin.history_["loss"] == model.history_["loss"]
    model.partial_fit(X, NAMES)
    np.testing.assert_array_equal(twin.partial_fit(X, NAMES).predict_proba(X),
                                  model.predict_proba(X))  # fmt: skip


def test_a_changed_byte_inside_a_pickle_is_noticed(tmp_path: Path) -> None:
    model = small().fit(X, NAMES)
    raw = pickle.dumps(model)
    model.network_.save(tmp_path / "network.safetensors")
    place = raw.index((tmp_path / "network.safetensors").read_bytes()[-40:])
    broken = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
    with pytest.raises(FileError):
        pickle.loads(broken)


def test_a_clone_shares_no_network() -> None:
    trained = small().fit(X, NAMES).network_
    for network in (nn.Sequential([nn.Linear(3)]), trained):
        model = small(network=network)
        twin = clone(model)
        assert twin.network is not network
        assert not hasattr(twin, "network_")
    assert clone(small(alpha=0.5)).alpha == 0.5


def test_weights_are_routed_by_name() -> None:
    weight = (CODES < 2).astype(float)
    with sklearn.config_context(enable_metadata_routing=True):
        model = clone(small().set_fit_request(sample_weight=True))
        chain = make_pipeline(model).fit(X, NAMES, sample_weight=weight)
    np.testing.assert_array_equal(
        chain.predict_proba(X), small().fit(X, NAMES, weight).predict_proba(X)
    )


def test_perceptrons_vote_beside_networks() -> None:
    parts = [("network", small()), ("perceptron", PerceptronClassifier(max_iter=50))]
    assert (
        VotingClassifier([*parts, ("tree", DecisionTreeClassifier())]).fit(X, NAMES).score(X, NAMES)
        > 0.9
    )
