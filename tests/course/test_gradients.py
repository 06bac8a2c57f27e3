"""Holds: rows B1, B2 and B8, gradients of any order, and the checker that doubts them."""

from __future__ import annotations

import math

import numpy as np
import pytest

import pellucid as pel
from pellucid import nn
from pellucid.errors import GradientError

# --- B1 ------------------------------------------------------------------------------------


def test_b1_a_gradient_at_once():
    theta = pel.tensor(1.0, dtype="float64", requires_grad=True)
    z = (1 - pel.log(1 + pel.exp(theta))) ** 2
    z.backward()
    by_hand = -2 * (1 - math.log(1 + math.e)) * math.e / (1 + math.e)
    assert z.item() == pytest.approx(0.0981328848, abs=1e-10)
    assert theta.grad.item() == pytest.approx(0.458025288032617, abs=1e-15)
    assert theta.grad.item() == pytest.approx(by_hand, abs=1e-15)


def test_b1_the_same_compiled(engine):
    theta = pel.placeholder((), dtype="float64", name="θ")
    z = (1 - pel.log(1 + pel.exp(theta))) ** 2
    found = pel.function(theta, [z, pel.grad(z, theta)], engine=engine)(1.0)
    np.testing.assert_allclose(found, [0.0981328848, 0.458025288032617], rtol=1e-9)
    assert found[1] == pytest.approx(0.458025288032617, abs=1e-15)


def test_b1_the_chain_can_be_walked():
    theta = pel.tensor(1.0, dtype="float64", requires_grad=True, name="θ")
    node = (1 - pel.log(1 + pel.exp(theta))) ** 2
    met = []
    while node.inputs:
        met.append((node.op.name, node.item()))
        node = max(node.inputs, key=lambda x: x.requires_grad)
    assert node is theta
    names, values = zip(*met, strict=True)
    assert names == ("multiply", "subtract", "log", "add", "exp")
    log = math.log(1 + math.e)
    np.testing.assert_allclose(values, [(1 - log) ** 2, 1 - log, log, 1 + math.e, math.e])


# --- B2 ------------------------------------------------------------------------------------


def rosenbrock(x):
    return (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2


def hessian(function, point):
    """Differentiate the gradient, entry by entry."""
    x = pel.tensor(point, dtype="float64")
    slope = pel.grad(function(x), x)
    return np.array([pel.grad(slope[k], x).numpy() for k in range(len(point))])


@pytest.mark.parametrize("x", [(1.0, 1.0), (-1.2, 1.0), (0.0, 0.0)])
def test_b2_a_hessian(x):
    a, b = x
    wanted = [[2 - 400 * b + 1200 * a * a, -400 * a], [-400 * a, 200]]
    np.testing.assert_allclose(hessian(rosenbrock, x), wanted, rtol=1e-14)


def test_b2_a_hessian_compiled(engine):
    x = pel.placeholder((2,), dtype="float64", name="x")
    slope = pel.grad(rosenbrock(x), x)
    curvature = pel.function(x, [pel.grad(slope[k], x) for k in range(2)], engine=engine)
    for point in ((-1.2, 1.0), (0.0, 0.0)):
        np.testing.assert_allclose(curvature(point), hessian(rosenbrock, point), rtol=1e-14)


def test_b2_a_hessian_times_a_vector():
    x, v = pel.tensor([-1.2, 1.0], dtype="float64"), np.array([0.3, -2.0])
    slope = pel.grad(rosenbrock(x), x)
    product = pel.grad((slope * v).sum(), x)
    np.testing.assert_allclose(product.numpy(), hessian(rosenbrock, [-1.2, 1.0]) @ v, rtol=1e-14)


def test_b2_newton_uses_them():
    """Row C2's function: from 2, five steps with the values that are stated there."""
    f = lambda x: 2 - 3 * x**3 + x**4  # noqa: E731
    x, values = 2.0, []
    for _ in range(6):
        node = pel.tensor(x, dtype="float64")
        y = f(node)
        first = pel.grad(y, node)
        values.append(y.item())
        x -= first.item() / pel.grad(first, node).item()
    stated = [-6, -6.4691358, -6.54265522, -6.54296874, -6.54296875, -6.54296875]
    np.testing.assert_allclose(values, stated, atol=1e-8)
    assert x == pytest.approx(2.25)


def test_b2_the_third_derivative():
    x = pel.tensor(0.7, dtype="float64")
    y = pel.sin(x) * x
    for _ in range(3):
        y = pel.grad(y, x)
    assert y.item() == pytest.approx(-3 * math.sin(0.7) - 0.7 * math.cos(0.7), rel=1e-13)


# --- B8 ------------------------------------------------------------------------------------


def test_b8_functions_and_layers_pass_to_second_order():
    for function in (rosenbrock, lambda x: pel.exp(pel.sin(x)), lambda x: nn.mse(x, [0.0, 1.0])):
        assert pel.check_gradient(function, [0.3, -0.8], order=2).error < 1e-5
    with pel.default_dtype("float64"):
        layer = nn.Linear(3, activation="tanh")
        layer(np.zeros((1, 2)))
        assert pel.check_gradient(layer, [[0.3, -0.8], [1.0, 2.0]]).error < 1e-5


def test_b8_the_worst_entry_is_named():
    def faulty(x):
        """Forget, for the entry at [1, 0], that it stands there twice."""
        mask = np.array([[0.0, 0.0], [1.0, 0.0]])
        return (x * x * (1 - mask) + x * pel.stop_gradient(x) * mask).sum()

    with pytest.raises(GradientError) as caught:
        pel.check_gradient(faulty, [[1.0, 2.0], [3.0, 4.0]], order=1)
    assert "at [1, 0]: automatic" in caught.value.got
