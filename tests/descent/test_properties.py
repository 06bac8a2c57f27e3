"""Holds: what the theory promises of each method, on functions that are drawn at random."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import nnls

import pellucid as pel
from pellucid import descent, optim
from pellucid.errors import DataError

FEW = settings(max_examples=10, deadline=None)
SEEDS = st.integers(0, 10_000)
SIZES = st.integers(1, 6)


def quadratic(seed, size, condition=20.0):
    """A convex quadratic function, its matrix, its minimum and a start."""
    draw = np.random.default_rng(seed)
    Q, _ = np.linalg.qr(draw.normal(size=(size, size)))
    A = (Q * np.geomspace(1, condition, size)) @ Q.T
    b, start = draw.normal(size=size), draw.normal(size=size)
    return (lambda x: (x @ A @ x) / 2 - x @ b), A, np.linalg.solve(A, b), start


def smooth(seed, size):
    """A convex function that is not quadratic, and a start."""
    draw = np.random.default_rng(seed)
    A = draw.normal(size=(size, size + 2))
    return (lambda x: pel.softplus(x @ A).sum() + 0.1 * (x * x).sum()), 3 * draw.normal(size=size)


METHODS = [
    descent.SteepestDescent(),
    descent.Newton(),
    descent.ConjugateGradient(),
    descent.ConjugateGradient("fletcher-reeves"),
    descent.LBFGS(3),
]
RULES = [descent.Backtracking(), descent.Exact(), descent.Wolfe(), descent.Wolfe(c2=0.1)]


@pytest.mark.parametrize("rule", RULES, ids=repr)
@pytest.mark.parametrize("method", METHODS, ids=repr)
@FEW
@given(seed=SEEDS, size=SIZES)
def test_each_step_descends_along_a_descent_direction(method, rule, seed, size):
    path = descent.minimise(*smooth(seed, size), method, rule, steps=6)
    slopes = (path.gradients[:-1] * path.directions).sum(axis=1)
    assert (slopes < 0).all()
    assert (path.lengths > 0).all()
    assert (np.diff(path.values) < 0).all()
    moved = path.points[:-1] + path.lengths[:, None] * path.directions
    np.testing.assert_array_equal(path.points[1:], moved)


@pytest.mark.parametrize("method", METHODS, ids=repr)
@FEW
@given(seed=SEEDS, size=SIZES, c2=st.sampled_from([0.01, 0.1, 0.4, 0.9]))
def test_the_wolfe_conditions_hold(method, seed, size, c2):
    path = descent.minimise(*smooth(seed, size), method, descent.Wolfe(c2=c2), steps=6)
    slopes = (path.gradients[:-1] * path.directions).sum(axis=1)
    after = (path.gradients[1:] * path.directions).sum(axis=1)
    assert (path.values[1:] <= path.values[:-1] + 1e-4 * path.lengths * slopes).all()
    assert (abs(after) <= -c2 * slopes).all()


@FEW
@given(seed=SEEDS, size=SIZES, c1=st.sampled_from([1e-4, 0.3, 0.5]))
def test_armijo_holds_and_the_trial_before_broke_it(seed, size, c1):
    function, start = smooth(seed, size)
    rule = descent.Backtracking(c1=c1)
    path = descent.minimise(function, start, descent.SteepestDescent(), rule, steps=5)
    slopes = (path.gradients[:-1] * path.directions).sum(axis=1)
    assert (path.values[1:] <= path.values[:-1] + c1 * path.lengths * slopes).all()
    for k, trials in enumerate(path.trials):
        for refused in trials[:-1]:
            there = path.computed(path.points[k] + refused * path.directions[k])[0]
            assert there > path.values[k] + c1 * refused * slopes[k]


@FEW
@given(seed=SEEDS, size=SIZES)
def test_newton_needs_one_step_on_a_quadratic_function(seed, size):
    function, A, minimum, start = quadratic(seed, size)
    path = descent.minimise(function, start, descent.Newton(), tolerance=1e-10)
    assert path.steps == 1
    np.testing.assert_allclose(path.x, minimum, atol=1e-10)
    np.testing.assert_allclose(path.model(0).curvature, A, atol=1e-10)


@FEW
@given(seed=SEEDS, size=st.integers(1, 4))
def test_newton_converges_quadratically(seed, size):
    """The error is squared, up to a factor, until rounding ends it."""
    function, _ = smooth(seed, size)
    minimum = descent.minimise(function, np.zeros(size), descent.Newton(), tolerance=1e-13).x
    path = descent.minimise(function, minimum + 0.05, descent.Newton(), tolerance=1e-13)
    errors = np.linalg.norm(path.points - minimum, axis=1)
    large = errors[:-1][errors[:-1] > 1e-6]
    assert (errors[1 : 1 + len(large)] <= 100 * large**2 + 1e-12).all()


@pytest.mark.parametrize("beta", ["polak-ribiere+", "fletcher-reeves"])
@FEW
@given(seed=SEEDS, size=SIZES)
def test_conjugate_gradients_end_in_n_steps(beta, seed, size):
    function, A, minimum, start = quadratic(seed, size)
    method = descent.ConjugateGradient(beta)
    path = descent.minimise(function, start, method, descent.Exact(), tolerance=1e-7)
    assert path.converged
    assert path.steps <= size
    np.testing.assert_allclose(path.x, minimum, atol=1e-6)
    products = path.directions @ A @ path.directions.T
    scale = np.sqrt(np.outer(np.diag(products), np.diag(products)))
    np.testing.assert_allclose(products / scale, np.eye(path.steps), atol=1e-5)  # conjugate


@FEW
@given(seed=SEEDS, size=SIZES)
def test_lbfgs_and_conjugate_gradients_are_one_on_a_quadratic_function(seed, size):
    """Nocedal and Wright, section 7.2: with exact steps their points are the same."""
    function, _, _, start = quadratic(seed, size)
    run = [
        descent.minimise(function, start, method, descent.Exact(), tolerance=1e-5).points
        for method in (descent.LBFGS(), descent.ConjugateGradient())
    ]
    steps = min(map(len, run))
    np.testing.assert_allclose(run[0][:steps], run[1][:steps], atol=1e-5)


@FEW
@given(seed=SEEDS, size=SIZES)
def test_lbfgs_learns_the_curvature_along_its_last_step(seed, size):
    """The secant equation B s = y (6.6), and H its inverse."""
    path = descent.minimise(*smooth(seed, size), descent.LBFGS(), steps=5)
    for k in range(1, path.steps):
        s = path.points[k] - path.points[k - 1]
        y = path.gradients[k] - path.gradients[k - 1]
        B = path.model(k).curvature
        np.testing.assert_allclose(B @ s, y, rtol=1e-5, atol=1e-6 * np.linalg.norm(y))
        np.testing.assert_allclose(B @ path.directions[k], -path.gradients[k], rtol=1e-4, atol=1e-6)


@FEW
@given(seed=SEEDS, size=SIZES)
def test_gradient_descent_contracts_by_the_rate_of_the_theory(seed, size):
    """With α = 1/L: f(x) − f* falls by 1 − μ/L at each step at least."""
    function, A, minimum, start = quadratic(seed, size, condition=10.0)
    L = np.linalg.eigvalsh(A)[-1]
    path = descent.minimise(function, start, descent.SteepestDescent(), 1 / L, steps=20)
    least = float(path.computed(minimum)[0])
    above = path.values - least
    assert (above[1:] <= (1 - 1 / L) * above[:-1] + 1e-12).all()


@FEW
@given(seed=SEEDS, size=SIZES, momentum=st.sampled_from([0.3, 0.9]))
def test_momentum_and_nesterov_are_the_optimizers(seed, size, momentum):
    function, start = smooth(seed, size)
    for method, nesterov in ((descent.Momentum, False), (descent.Nesterov, True)):
        ours = descent.minimise(function, start, method(momentum), 0.01, steps=8)
        sgd = optim.SGD(0.01, momentum=momentum, nesterov=nesterov)
        theirs = descent.minimise(function, start, sgd, steps=8)
        np.testing.assert_allclose(ours.points, theirs.points, rtol=1e-9, atol=1e-12)


@FEW
@given(seed=SEEDS, size=SIZES)
def test_variables_by_name_are_one_vector(seed, size):
    function, start = smooth(seed, size + 1)
    whole = descent.minimise(function, start, steps=5)
    split = descent.minimise(
        lambda a, b: function(pel.concatenate([a, pel.reshape(b, (1,))])),
        {"a": start[:-1], "b": start[-1]}, steps=5,
    )  # fmt: skip
    np.testing.assert_allclose(split.points, whole.points, rtol=1e-9, atol=1e-12)
    assert split.x["a"].shape == (size,)
    assert split.x["b"].shape == ()


@FEW
@given(seed=SEEDS, size=st.integers(1, 3), count=st.integers(2, 30))
def test_a_perceptron_separates_or_proves_that_nothing_does(seed, size, count):
    draw = np.random.default_rng(seed)
    X, y = draw.normal(size=(count, size)), draw.choice([-1, 1], count)
    proofs = []
    try:
        path = descent.perceptron(X, y, epochs=20_000)
    except DataError as error:
        proofs.append(error.got)
    else:
        if path.separates:
            assert np.array_equal(path.predict(X), y)
        w = path.weights
        rows = np.column_stack([X, np.ones(count)])
        scores = (w[:-1] * rows[path.rows]).sum(axis=1)
        assert (np.sign(scores) != y[path.rows]).all()  # only mistakes were corrected
    for proof in proofs:  # the rows named do have a point in common
        names = [part.split(" of class")[0] for part in proof.split(", and it ")]
        sides = [[int(row) for row in re.findall(r"\d+", name)] for name in names]
        assert all((y[rows] == label).all() for rows, label in zip(sides, (-1, 1), strict=True))
        both = np.hstack([np.vstack([X[rows].T, np.ones(len(rows))]) * sign
                          for rows, sign in zip(sides, (1, -1), strict=True)])  # fmt: skip
        total = np.append(np.zeros(size + 1), 1)
        _, apart = nnls(
            np.vstack([both, np.append(np.ones(len(sides[0])), 0 * y[sides[1]])]), total
        )
        assert apart < 1e-6
