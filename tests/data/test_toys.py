"""Holds: the drawn sets are those of the curriculum, and stay what they are."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import correlate2d
from sklearn.datasets import make_moons
from sklearn.linear_model import LogisticRegression

from pellucid import data
from pellucid.errors import ArgumentError

TOYS = [
    *(data.blobs, data.circles, data.line_points, data.logistic_1d, data.moons, data.mortgage),
    *(data.quadrants, data.regression_curve, data.slashes, data.spirals, data.surfaces),
    data.xor_blobs,
]


@pytest.mark.parametrize("draw", TOYS, ids=lambda draw: draw.__name__)
def test_a_seed_decides_everything(draw):
    X, y = draw()
    again, other = draw(), draw(seed=99)
    assert np.array_equal(X, again[0])
    assert np.array_equal(y, again[1])
    assert not np.array_equal(X, other[0])
    assert X.dtype == (np.uint8 if draw is data.surfaces else np.float64)
    assert X.ndim == (4 if draw in (data.slashes, data.surfaces) else 2)
    assert len(X) == len(y)


@pytest.mark.parametrize(
    ("draw", "first"),
    [
        (data.line_points, "-0x1.7ce803ddcfa82p+1"),
        (data.quadrants, "0x1.bf94545152610p+1"),
        (data.xor_blobs, "0x1.066ff89d8b01bp+0"),
        (data.mortgage, "0x1.87431b9a77a51p+3"),
        (data.logistic_1d, "0x1.8a1edb8261000p-9"),
    ],
)
def test_draws_stay_what_they_are(draw, first):
    assert draw()[0][0, 0].hex() == first


def test_quadrants_give_the_coefficients_of_row_a6():
    X, y = data.quadrants()
    model = LogisticRegression().fit(X, y)
    found = np.round([*model.coef_[0], model.intercept_[0]], 4)
    assert found.tolist() == [2.3349, -0.0162, -0.5982]
    _, xor = data.quadrants("xor")
    assert LogisticRegression().fit(X, xor).score(X, xor) <= 0.6
    _, quadrant = data.quadrants("quadrant")
    by_hand = data.one_hot(quadrant, 4)
    assert LogisticRegression().fit(by_hand, xor).score(by_hand, xor) == 1
    assert np.array_equal(xor, quadrant % 2)
    assert np.array_equal(y, np.isin(quadrant, [0, 3]))


def test_moons_are_those_of_row_d3():
    X, y = data.moons()
    wanted = make_moons(1000, noise=0.1, random_state=1234)
    assert np.array_equal(X, wanted[0])
    assert np.array_equal(y, wanted[1])


def test_line_points_of_row_a3_are_separated_by_the_diagonal():
    X, y = data.line_points()
    assert X.shape == (100, 2)
    assert np.abs(X).max() <= 3
    assert np.array_equal(y, np.where(X[:, 1] < X[:, 0], -1, 1))
    assert 40 < np.sum(y == 1) < 60


def test_line_points_lead_row_b4_to_its_weights():
    X, y = data.line_points()
    weights, bias = np.zeros(2), 0.0
    generator = np.random.default_rng(0)
    for size in (100, 1, 50):  # the three ways follow each other on the same weights
        for _ in range(1000):
            rows = generator.choice(100, size, replace=False)
            error = 1 / (1 + np.exp(-(X[rows] @ weights + bias))) - (y[rows] > 0)
            weights -= 0.1 * error @ X[rows] / size
            bias -= 0.1 * error.mean()
    assert np.allclose(weights, [-4.7, 4.6], atol=0.1)


def test_xor_blobs_of_row_a5_stand_at_the_corners():
    X, y = data.xor_blobs()
    assert np.bincount(y).tolist() == [50, 50]
    assert np.array_equal(y, (X[:, 0] > 0) != (X[:, 1] > 0))
    for corner in [(1, 1), (-1, 1), (-1, -1), (1, -1)]:
        near = X[(np.sign(X) == corner).all(axis=1)]
        assert len(near) == 25
        assert np.allclose(near.mean(axis=0), corner, atol=0.15)
        assert np.allclose(near.std(axis=0), 0.2, atol=0.07)


def test_the_mortgage_of_rows_a7_and_d1():
    X, y = data.mortgage()
    assert y.tolist() == [1] * 10 + [0] * 10
    assert X.min() > 0
    cost = {}
    for years in range(5, 10):
        for salary in range(5, 15):
            accepted = (X[:, 0] > years) & (X[:, 1] > salary)
            cost[years, salary] = np.sum(~accepted & (y == 1)) + 3 * np.sum(accepted & (y == 0))
    assert cost[6, 6] == 2 + 3 * 7
    assert min(cost.values()) < 10


def test_mortgage_draws_have_the_stated_moments():
    drawn = np.array([data.mortgage(seed=seed)[0] for seed in range(400)])
    payers = drawn[:, :10].reshape(-1, 2)
    assert np.allclose(payers.mean(axis=0), [10, 10], atol=0.2)
    assert np.allclose(np.cov(payers.T), 6 * np.eye(2), atol=0.4)
    defaulters = drawn[:, 10:].reshape(-1, 2)
    assert np.allclose(np.cov(defaulters.T), [[8.3, -1.8], [-1.8, 8.3]], atol=0.6)


def test_logistic_1d_of_row_a8_is_learned_as_stated():
    X, y = data.logistic_1d()
    assert X.shape == (500, 1)
    assert np.sum((X[:, 0] > 5) != (y == 1)) == 50
    model = LogisticRegression(C=0.5, tol=1e-10).fit(X, y)
    grid = np.linspace(0, 10, 200)
    wanted = model.predict_proba(grid[:, None])[:, 1]
    bias = weight = 0.1
    gaps = {}
    for step in range(1, 10_001):
        slope = -y / (1 + np.exp(y * (bias + weight * X[:, 0])))
        bias, weight = (
            bias - 0.0002 * slope.sum(),
            weight - 0.0002 * (slope @ X[:, 0] + 2 * weight),
        )
        if step in (1000, 10_000):
            gaps[step] = np.abs(1 / (1 + np.exp(-bias - weight * grid)) - wanted).max()
    assert gaps[1000] < 0.04
    assert gaps[10_000] < 1e-4


def test_slashes_are_those_of_row_e3():
    X, y = data.slashes()
    assert X.shape == (20, 1, 6, 6)
    assert y.tolist() == [1] * 10 + [0] * 10
    assert set(np.unique(X)) == {-1, 1}
    assert len({picture.tobytes() for picture in X}) == 20
    for picture, label in zip(X[:, 0] > 0, y, strict=True):
        seen = picture if label else picture[::-1]
        rows, columns = np.nonzero(seen)
        assert 2 <= len(rows) <= 6
        assert (np.diff(rows) == 1).all()
        assert (np.diff(columns) == 1).all()


def test_the_fixed_slashes_are_drawn_from_the_seed_that_is_named():
    assert np.array_equal(data.slashes(seed=501)[0], data.slashes()[0])


def test_two_fixed_kernels_tell_all_slashes_as_row_e3_says():
    X, y = data.slashes()
    diagonal = (2 * np.eye(3) - 1) / 9
    seen = np.array([
        [correlate2d(picture, kernel, "same") for kernel in (diagonal, diagonal[:, ::-1])]
        for picture in X[:, 0]
    ]).clip(0)  # fmt: skip
    seen = seen.reshape(20, 2, 3, 2, 3, 2).max(axis=(3, 5)).reshape(20, 18)
    weights, speed = np.zeros(19), np.zeros(19)  # for two classes a softmax is a sigmoid of this
    rows = np.column_stack([seen, np.ones(20)])
    for _ in range(500):
        slope = rows.T @ (1 / (1 + np.exp(-rows @ weights)) - y) / 20
        speed = 0.9 * speed + 2 * slope  # both columns of the softmax learn
        weights -= 0.01 * (2 * slope + 0.9 * speed)
    right = 1 / (1 + np.exp(-(2 * y - 1) * (rows @ weights)))
    assert right.min() > 0.55


def test_surfaces_are_told_by_thresholds_of_100_as_row_a1_says():
    X, y = data.surfaces(300)
    red, green, blue = X.mean(axis=(2, 3)).T
    is_ice = (red > 100) & (green > 100) & (blue > 100)
    rule = np.select([is_ice, green > 100, red > 100], [1, 0, 2], default=3)
    assert np.array_equal(rule, y)


@pytest.mark.parametrize(
    ("kind", "curve"),
    [
        ("sine", np.sin),
        ("steps", np.floor),
        ("polynomial", lambda x: x**3 / 4 - x),
    ],
)
def test_each_curve_is_what_it_is_called(kind, curve):
    X, y = data.regression_curve(200, 0, kind)
    assert np.allclose(y, curve(X[:, 0]))
    assert 0.05 < np.std(data.regression_curve(200, 0.1, kind)[1] - y) < 0.2


def test_the_sizes_can_be_chosen():
    assert data.blobs(90, 3)[0].shape == (90, 2)
    assert data.blobs(12, 4, 0.1)[1].max() == 3
    assert data.circles(11)[0].shape == (11, 2)
    assert data.spirals(31, noise=0)[0].shape == (31, 2)
    assert data.regression_curve(7)[1].shape == (7,)
    X, y = data.regression_curve(50, noise=0)
    assert np.allclose(y, np.sin(2 * X[:, 0]) + X[:, 0] / 2)


@pytest.mark.parametrize(
    "call",
    [
        lambda: data.moons(0),
        lambda: data.moons(2.5),
        lambda: data.moons(noise=-1),
        lambda: data.spirals(noise=np.nan),
        lambda: data.xor_blobs(3),
        lambda: data.blobs(2, 3),
        lambda: data.logistic_1d(flipped=1.5),
        lambda: data.quadrants("sides"),
        lambda: data.regression_curve("many"),
        lambda: data.regression_curve(kind="sinus"),
        lambda: data.slashes(seed=-1),
        lambda: data.surfaces(0),
        lambda: data.surfaces(size=0),
    ],
)
def test_a_parameter_outside_its_range_is_refused(call):
    with pytest.raises(ArgumentError):
        call()
