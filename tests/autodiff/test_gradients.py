"""Holds: gradients are graphs, reach what they should, and stop where they should."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest

import pellucid as pel
from pellucid.errors import GradientError
from pellucid.graph import Tensor, topological


def leaf(value: object, dtype: str = "float64", name: str = "") -> Tensor:
    return pel.tensor(value, dtype, requires_grad=True, name=name)


# --- values --------------------------------------------------------------------------------


def test_the_readme_of_the_field() -> None:
    theta = leaf(1.0)
    z = (1 - pel.log(1 + pel.exp(theta))) ** 2
    z.backward()
    e = np.e
    assert theta.grad is not None
    assert theta.grad.item() == pytest.approx(-2 * (1 - np.log(1 + e)) * e / (1 + e), rel=1e-15)


def test_derivatives_of_every_order_of_a_power() -> None:
    x = pel.tensor(2.0, "float64")
    y = x**5
    for wanted in (80.0, 160.0, 240.0, 240.0, 120.0):
        y = pel.grad(y, x)
        assert y.item() == wanted
    assert pel.grad(y, x, unused="zero").item() == 0.0


def test_a_mixed_derivative_of_a_power_with_exponent_zero() -> None:
    x, y = pel.tensor(2.0, "float64"), pel.tensor(0.0, "float64")
    assert pel.grad(pel.grad(x**y, x), y).item() == 0.5


def test_a_hessian_is_symmetric_and_right() -> None:
    a = np.array([[2.0, 1.0], [1.0, 3.0]])
    x = pel.tensor([0.4, -0.3], "float64")
    g = pel.grad((x @ a @ x) / 2 + pel.exp(x[0] * x[1]), x)
    hessian = np.stack([pel.grad(g[i], x).numpy() for i in range(2)])
    u, v = x.numpy()
    e = np.exp(u * v)
    extra = e * np.array([[v * v, 1 + u * v], [1 + u * v, u * u]])
    np.testing.assert_allclose(hessian, a + extra, rtol=1e-14)


TIES: list[tuple[Callable[[Tensor], Tensor], list[float], list[float]]] = [
    (pel.max, [3.0, 1.0, 3.0, 3.0], [1 / 3, 0, 1 / 3, 1 / 3]),
    (pel.min, [3.0, 1.0, 1.0], [0, 1 / 2, 1 / 2]),
    (lambda x: pel.maximum(x, 1.0).sum(), [1.0, 0.0, 2.0], [1 / 2, 0, 1]),
    (lambda x: pel.minimum(x, 1.0).sum(), [1.0, 0.0, 2.0], [1 / 2, 1, 0]),
    (lambda x: pel.relu(x).sum(), [0.0, -1.0, 2.0], [0, 0, 1]),
    (lambda x: pel.abs(x).sum(), [0.0, -1.0, 2.0], [0, -1, 1]),
    (lambda x: (x**0.0).sum(), [0.0, -1.0, 2.0], [0, 0, 0]),
    (lambda x: (x**1.0).sum(), [0.0, -1.0, 2.0], [1, 1, 1]),
    (lambda x: pel.sigmoid(x).sum(), [800.0, -800.0], [0, 0]),
    (lambda x: pel.softplus(x).sum(), [800.0, -800.0], [1, 0]),
    (lambda x: pel.where(x > 0, pel.log(pel.where(x > 0, x, 1)), 0.0).sum(), [2.0, 0.0], [0.5, 0]),
]


@pytest.mark.parametrize("k", range(len(TIES)))
def test_conventions_at_ties_kinks_and_far_out(k: int) -> None:
    function, point, wanted = TIES[k]
    x = leaf(point)
    function(x).backward()
    assert x.grad is not None
    np.testing.assert_allclose(x.grad.numpy(), wanted, rtol=1e-15)


# --- where gradients go --------------------------------------------------------------------


def test_gradients_accumulate_until_they_are_cleared() -> None:
    x = leaf(3.0)
    (x * x).backward()
    (x * 2).backward()
    assert x.grad is not None
    assert x.grad.item() == 8.0
    x.grad = None
    (x * 2).backward()
    assert x.grad.item() == 2.0


def test_a_left_gradient_keeps_no_graph_unless_it_is_asked_to() -> None:
    x = leaf(3.0)
    (x**3).backward()
    assert x.grad is not None
    assert x.grad.inputs == ()
    x.grad = None
    (x**3).backward(create_graph=True)
    assert x.grad.inputs != ()
    assert pel.grad(x.grad, x).item() == 18.0


def test_a_gradient_is_given_for_what_is_not_a_scalar() -> None:
    x = leaf([1.0, 2.0])
    (x * x).backward([1.0, 10.0])
    assert x.grad is not None
    np.testing.assert_array_equal(x.grad.numpy(), [2.0, 40.0])


def test_inner_results_can_be_differentiated_by() -> None:
    x = pel.tensor([1.0, 2.0], "float64")
    h = x * 3
    y = (h * h).sum()
    np.testing.assert_array_equal(pel.grad(y, h).numpy(), 2 * h.numpy())
    np.testing.assert_array_equal(pel.grad(y, y).numpy(), 1.0)


def test_one_variable_read_many_times_has_one_gradient() -> None:
    w = pel.Variable(2.0, "float64")
    y = w * w * w
    assert pel.grad(y, w).item() == 12.0
    y.backward()
    assert w.grad is not None
    assert w.grad.item() == 12.0


def test_a_gradient_has_the_dtype_of_what_it_is_the_gradient_of() -> None:
    w = pel.Variable([1.0, 2.0], "float32")
    y = (pel.tensor([3.0, 4.0], "float64") * w).sum()
    assert y.dtype == "float64"
    y.backward()
    assert w.grad is not None
    assert w.grad.dtype == "float32"
    half = leaf([1.0], "float16")
    assert pel.grad((half * np.float64(2)).sum(), half).dtype == "float16"


def test_gradients_pass_between_floating_dtypes_and_stop_at_integers() -> None:
    x = pel.tensor([1.7, -2.3], "float64")
    y = pel.cast(x, "float32")
    np.testing.assert_array_equal(pel.grad((y * y).sum(), x).numpy(), 2 * np.float32(x.numpy()))
    whole = pel.cast(pel.cast(x, "int32"), "float64") * 2.5
    np.testing.assert_array_equal(pel.grad(whole.sum(), x, unused="zero").numpy(), [0, 0])
    with pytest.raises(GradientError, match="through differentiable operations"):
        pel.grad(whole.sum(), x)


def test_detach_and_stop_gradient_stop_it() -> None:
    x = leaf(3.0)
    (x * x.detach()).backward()
    assert x.grad is not None
    assert x.grad.item() == 3.0
    assert not x.detach().requires_grad
    assert x.detach().item() == 3.0


def test_zeros_for_what_is_not_used() -> None:
    x, unused = pel.placeholder((None, 2)), pel.placeholder((None, 3), "float64")
    zero = pel.grad(x.sum(), unused, unused="zero")
    assert (zero.shape, zero.dtype) == ((None, 3), "float64")


def test_a_leaf_that_lends_its_shape_alone_gets_no_gradient() -> None:
    like, w = leaf([1.0, 2.0, 3.0, 4.0]), leaf([[1.0, 2.0], [3.0, 4.0]])
    g = pel.grad((like.reshape(2, 2) * w).sum(), like)
    g.sum().backward()
    assert like.grad is None
    assert w.grad is not None
    np.testing.assert_array_equal(w.grad.numpy(), np.ones((2, 2)))


# --- variables -----------------------------------------------------------------------------


def test_an_eager_gradient_uses_the_snapshot_of_its_pass() -> None:
    w = pel.Variable(3.0)
    y = w * w
    w.assign(100.0)
    y.backward()
    assert w.grad is not None
    assert w.grad.item() == 6.0
    assert (w * w).item() == 10_000.0


def test_a_variable_that_is_not_trained_gets_no_gradient() -> None:
    w, frozen = pel.Variable(3.0), pel.Variable(2.0, trainable=False)
    (w * frozen).backward()
    assert w.grad is not None
    assert w.grad.item() == 2.0
    assert frozen.grad is None
    assert pel.grad(w * frozen, frozen).item() == 3.0  # but it can be asked for


def test_a_counter_is_never_trained() -> None:
    steps = pel.Variable(0)
    assert not steps.trainable
    assert steps.dtype == "int64"


# --- provenance ----------------------------------------------------------------------------


def test_a_gradient_says_whose_it_is() -> None:
    w = pel.Variable([[1.0], [2.0]], name="hidden.weight")
    x = pel.placeholder((None, 2), name="x")
    with pel.graph.provenance(path="hidden"):
        h = pel.tanh(x @ w)
    g = pel.grad(h.sum(), w)
    assert h.label == "hidden.tanh"
    assert g.label == "hidden.matmul in the gradient of hidden.matmul"
    assert g.origin.path == "hidden"
    assert g.origin.forward is h.inputs[0]
    inner = [node for node in topological([g]) if node.origin.forward is h]
    assert {node.op.name for node in inner} >= {"multiply", "subtract"}


def test_a_second_derivative_says_so_too() -> None:
    x = pel.tensor(1.0, name="x")
    g = pel.grad(pel.grad(pel.sin(x), x), x)
    assert g.label.endswith("in the gradient of cos in the gradient of sin")


# --- long chains ---------------------------------------------------------------------------


def test_a_chain_of_a_hundred_thousand_operations_forward_and_backward() -> None:
    start = time.process_time()
    w = pel.Variable(1.0, "float64", name="w")
    y = w.read()
    for k in range(100_000):
        y = y + w if k % 1000 == 0 else pel.negative(y)
    y.backward()
    assert w.grad is not None
    np.testing.assert_allclose(w.grad.item(), y.item(), rtol=1e-12)  # it is linear in w
    del y
    assert time.process_time() - start < 60  # a walk that is not linear takes minutes


def test_a_long_symbolic_chain() -> None:
    x = pel.placeholder((), "float64")
    y = x
    for _ in range(5_000):
        y = pel.sin(y)
    g = pel.grad(y, x)
    assert len(topological([g])) > 10_000
