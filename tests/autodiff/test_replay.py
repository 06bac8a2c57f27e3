"""Holds: gradients of a structure that was seen before have the bits of those that are built."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import pellucid as pel
from pellucid import nn
from pellucid.autodiff import reverse
from pellucid.graph import Tensor, Variable, replay

Leaf = Tensor | Variable
DRAW = np.random.default_rng(0)


def leaf(*shape: int, dtype: str = "float32") -> Tensor:
    return pel.tensor(DRAW.standard_normal(shape), dtype, requires_grad=True)


def bits(tensors: list[Tensor | None]) -> list[bytes]:
    return [b"" if one is None else one.numpy().tobytes() for one in tensors]


def replayed(loss: Tensor, leaves: list[Leaf]) -> list[bytes]:
    for one in leaves:
        one.grad = None
    loss.backward()
    assert all(one.grad is None or one.grad.inputs == () for one in leaves)
    return bits([one.grad for one in leaves])


def built(loss: Tensor, leaves: list[Leaf]) -> list[bytes]:
    for one in leaves:
        one.grad = None
    loss.backward(create_graph=True)
    return bits([one.grad for one in leaves])


Graph = Callable[[], tuple[Tensor, list[Leaf]]]


def shared() -> tuple[Tensor, list[Leaf]]:
    w, x = leaf(3, 3), leaf(2, 3)
    return pel.tanh(pel.tanh(x @ w) @ w).sum(), [w, x]


def branched() -> tuple[Tensor, list[Leaf]]:
    x, y = leaf(4), leaf(4)
    return (pel.exp(x) * y if DRAW.random() < 0.5 else pel.log(y * y) - x).mean(), [x, y]


def growing() -> tuple[Tensor, list[Leaf]]:
    x = leaf(int(DRAW.integers(1, 4)), 2)
    return (pel.sigmoid(x).sum(int(DRAW.integers(2))) ** 2).sum(), [x]


def picked() -> tuple[Tensor, list[Leaf]]:
    x, w = leaf(5, 3), pel.Variable(DRAW.standard_normal(3), "float64")
    rows = DRAW.integers(5, size=4)
    return (x[rows] * w).max(1).sum() + (w * w).sum(), [x, w]


def unused() -> tuple[Tensor, list[Leaf]]:
    x, like = leaf(1, 3), leaf(4, 3)
    return (pel.broadcast_like(x, like) * 2.0).sum(), [x, like]


def classified() -> tuple[Tensor, list[Leaf]]:
    x, w, b = leaf(6, 4), leaf(4, 3), leaf(3)
    return nn.cross_entropy(pel.relu(x @ w + b), DRAW.integers(3, size=6)), [x, w, b]


@pytest.mark.parametrize("graph", [shared, branched, growing, picked, unused, classified])
def test_replayed_gradients_have_the_bits_of_built_ones(graph: Graph) -> None:
    for _ in range(12):
        loss, leaves = graph()
        assert replayed(loss, leaves) == built(loss, leaves)


def test_a_structure_is_built_once() -> None:
    x = leaf(3)

    def run() -> int:
        (pel.cos(x) * 3.25).sum().backward()
        return reverse._seen.cache_info().misses

    first = run()
    assert [run(), run()] == [first, first]
    (pel.cos(x) * 4.25).sum().backward()  # another constant is another value, no other structure
    assert reverse._seen.cache_info().misses == first
    (pel.cos(x) + 3.25).sum().backward()
    assert reverse._seen.cache_info().misses == first + 1


def test_few_structures_are_kept_and_none_of_a_long_graph() -> None:
    assert reverse._seen.cache_info().maxsize == reverse.STRUCTURES
    x = y = leaf()
    for _ in range(reverse.LONGEST):
        y = -y
    before = reverse._seen.cache_info()
    y.backward()
    assert reverse._seen.cache_info() == before
    assert x.grad is not None
    assert abs(x.grad.item()) == 1.0


def test_a_variable_that_is_frozen_in_between_has_no_gradient() -> None:
    w, v = pel.Variable(2.0), pel.Variable(3.0)
    for trainable, wanted in ((True, [3.0, 2.0]), (False, [None, 2.0]), (True, [3.0, 2.0])):
        w.trainable, w.grad, v.grad = trainable, None, None
        (w * v).backward()
        assert [g if g is None else g.item() for g in (w.grad, v.grad)] == wanted


def test_the_gradient_that_is_given_may_be_any_also_the_result_itself() -> None:
    x = leaf(3, dtype="float64")
    for gradient in ([1.0, 2.0, 3.0], np.ones(3), None):
        x.grad, y = None, x * x
        y.backward(y if gradient is None else gradient)
        seed = y.numpy() if gradient is None else np.asarray(gradient)
        assert x.grad is not None
        np.testing.assert_array_equal(x.grad.numpy(), 2 * x.numpy() * seed)


@pytest.mark.parametrize("rows", [3, 5, replay.LARGEST + 1])
def test_what_is_the_same_each_time_follows_shape_and_seed(rows: int) -> None:
    for seed in (None, 2.0, 1.0, None, 3.0):
        x = leaf(rows, dtype="float64")
        y = (x.mean() - pel.exp(x).mean()) * 2.0
        y.backward(seed)
        assert x.grad is not None
        want = (1 - np.exp(x.numpy())) * (2.0 * (seed or 1.0) / rows)
        np.testing.assert_allclose(x.grad.numpy(), want, rtol=1e-12, atol=1e-18)
        assert not x.grad.numpy().flags.writeable


def test_gradients_add_up_and_second_derivatives_follow_a_replay() -> None:
    x = pel.tensor(2.0, requires_grad=True)
    for k in range(1, 4):
        (x**3).backward()
        assert x.grad is not None
        assert x.grad.item() == 12.0 * k
    x.grad = None
    (x**3).backward(create_graph=True)
    assert x.grad is not None
    second = pel.grad(x.grad, x)
    assert isinstance(second, Tensor)
    assert second.item() == 12.0


def test_declared_updates_are_those_of_the_pass_at_hand() -> None:
    layer, draw = nn.BatchNorm1d(), np.random.default_rng(1)
    for _ in range(3):
        x = draw.standard_normal((8, 2)).astype("float32")
        layer(x, training=True).sum().backward()
        mean = layer.running_mean
        found = layer.weight.grad.updates[mean].numpy()
        np.testing.assert_allclose(found, 0.9 * mean.numpy() + 0.1 * x.mean(0), rtol=1e-5)
        layer.weight.grad = layer.bias.grad = None


def test_threads_replay_at_once() -> None:
    data = [DRAW.standard_normal((16, 4)).astype("float32") for _ in range(64)]

    def gradient(x: NDArray[Any]) -> bytes:
        w = pel.tensor(x.T, requires_grad=True)
        pel.tanh(pel.tensor(x) @ w).mean().backward()
        assert w.grad is not None
        return w.grad.numpy().tobytes()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(gradient, data)) == [gradient(x) for x in data]
