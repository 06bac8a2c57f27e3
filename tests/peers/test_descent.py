"""Holds: minimisers reach what scipy.optimize reaches, by steps that its own checks accept."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize

import pellucid as pel
from pellucid import descent

FUNCTIONS = {
    "rosenbrock": (lambda x: (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2, [-1.2, 1.0]),
    "beale": (
        lambda x: (
            (1.5 - x[0] + x[0] * x[1]) ** 2
            + (2.25 - x[0] + x[0] * x[1] ** 2) ** 2
            + (2.625 - x[0] + x[0] * x[1] ** 3) ** 2
        ),
        [1.0, 0.5],
    ),
    "softplus": (
        lambda x: pel.softplus(x @ np.arange(-4.0, 5.0).reshape(3, 3)).sum() + (x * x).sum() / 2,
        [1.0, -2.0, 0.5],
    ),
}
PEERS = {
    "BFGS": descent.LBFGS(50),
    "L-BFGS-B": descent.LBFGS(),
    "CG": descent.ConjugateGradient(),
    "Newton-CG": descent.Newton(modified=True),
}


def arrays(function):
    """A function of tensors as SciPy wants it, and its gradient."""
    size = len(function[1])
    x = pel.placeholder((size,), dtype="float64", name="x")
    y = function[0](x)
    return pel.function(x, y, engine="reference"), pel.function(
        x, pel.grad(y, x), engine="reference"
    )


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("method", PEERS)
def test_the_same_minimum(name, method):
    value, gradient = arrays(FUNCTIONS[name])
    theirs = optimize.minimize(value, FUNCTIONS[name][1], jac=gradient, method=method, tol=1e-9)
    ours = descent.minimise(*FUNCTIONS[name], PEERS[method])
    assert ours.converged
    np.testing.assert_allclose(ours.x, theirs.x, atol=2e-5)
    assert ours.steps <= 2 * theirs.nit + 5


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("c2", [0.1, 0.5, 0.9])
def test_wolfe_steps_beside_line_search(name, c2):
    """Both end where the conditions hold."""
    value, gradient = arrays(FUNCTIONS[name])
    path = descent.minimise(
        *FUNCTIONS[name], descent.SteepestDescent(), descent.Wolfe(c2=c2), steps=8
    )
    for k in range(path.steps):
        x, p, g = path.points[k], path.directions[k], path.gradients[k]
        theirs = optimize.line_search(value, gradient, x, p, c1=1e-4, c2=c2)[0]
        for length in (theirs, path.lengths[k]):
            assert value(x + length * p) <= value(x) + 1e-4 * length * (g @ p)
            assert abs(gradient(x + length * p) @ p) <= c2 * abs(g @ p)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_exact_steps_beside_scalar_minimisation(name):
    value, _ = arrays(FUNCTIONS[name])
    path = descent.minimise(*FUNCTIONS[name], descent.SteepestDescent(), descent.Exact(), steps=4)
    for x, p, length in zip(path.points, path.directions, path.lengths, strict=False):
        near = (0.5 * length, 1.5 * length)
        theirs = optimize.minimize_scalar(
            lambda a, x=x, p=p: value(x + a * p), bounds=near, method="bounded",
            options={"xatol": 1e-12 * length},
        )  # fmt: skip
        assert length == pytest.approx(theirs.x, rel=1e-5)


def test_gradients_and_hessians_are_those_of_rosen():
    path = descent.minimise(*FUNCTIONS["rosenbrock"], descent.Newton())
    for k, (x, g) in enumerate(zip(path.points, path.gradients, strict=True)):
        np.testing.assert_allclose(g, optimize.rosen_der(x), rtol=1e-10, atol=1e-10)
        if k < path.steps:
            np.testing.assert_allclose(path.model(k).curvature, optimize.rosen_hess(x), rtol=1e-10)
