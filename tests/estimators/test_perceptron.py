"""Holds: the perceptron is Rosenblatt's rule, step by step, and tells several classes apart."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from pellucid.errors import LabelError
from pellucid.sklearn import PerceptronClassifier


def rosenblatt(X: NDArray[np.float64], t: NDArray[np.float64]) -> NDArray[np.float64]:
    """The rule as it was published, until an epoch has no mistake: the weights, then the bias."""
    rows, w = np.column_stack([X, np.ones(len(X))]), np.zeros(X.shape[1] + 1)
    wrong = True
    while wrong:
        wrong = False
        for x, sign in zip(rows, t, strict=True):
            if sign * (w @ x) <= 0:
                w, wrong = w + sign * x, True
    return w


@pytest.mark.parametrize("seed", range(5))
def test_it_takes_the_steps_of_the_published_rule(seed: int) -> None:
    rng = np.random.default_rng(seed)
    X = rng.integers(-8, 9, (30, 3)).astype(float)  # whole numbers: sums are exact
    t = np.where(X @ [2, -1, 1] + 0.5 > 0, 1.0, -1.0)
    model = PerceptronClassifier(shuffle=False).fit(X, t)
    w = rosenblatt(X, t)
    np.testing.assert_array_equal(model.coef_, w[None, :-1])
    np.testing.assert_array_equal(model.intercept_, w[-1:])
    assert model.mistakes_[-1] == 0 < min(model.mistakes_[:-1])
    assert model.n_iter_ == len(model.mistakes_)


def test_the_learning_rate_scales_the_weights_and_changes_no_decision() -> None:
    X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 1]
    one = PerceptronClassifier(shuffle=False).fit(X, y)
    two = PerceptronClassifier(0.25, shuffle=False).fit(X, y)
    np.testing.assert_array_equal(one.coef_, 4 * two.coef_)


def test_classes_that_no_plane_parts_end_with_the_last_epoch() -> None:
    X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], ["even", "odd", "odd", "even"]
    model = PerceptronClassifier(max_iter=7).fit(X, y)
    assert model.n_iter_ == 7
    assert min(model.mistakes_) > 0


def test_several_classes_have_a_perceptron_each() -> None:
    rng = np.random.default_rng(3)
    y = np.repeat(["a", "b", "c"], 20)
    X = rng.normal(size=(60, 2)) + np.repeat([[0, 9], [-9, -9], [9, -9]], 20, axis=0)
    model = PerceptronClassifier(random_state=1).fit(X, y)
    assert model.score(X, y) == 1
    assert model.coef_.shape == (3, 2)
    scores = model.decision_function(X)
    np.testing.assert_allclose(scores, X @ model.coef_.T + model.intercept_, rtol=1e-9, atol=1e-9)


def test_parts_go_on_where_the_last_ended() -> None:
    X, y = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 0, 0, 1])
    parts = PerceptronClassifier(shuffle=False)
    for _ in range(20):
        parts.partial_fit(X, y, classes=[0, 1])
    whole = PerceptronClassifier(shuffle=False).fit(X, y)
    np.testing.assert_array_equal(parts.coef_, whole.coef_)
    assert parts.n_iter_ == 20


def test_the_first_part_names_all_classes() -> None:
    with pytest.raises(LabelError, match="needs all classes") as found:
        PerceptronClassifier().partial_fit([[1.0]], [1])
    assert "classes=numpy.unique" in str(found.value)
