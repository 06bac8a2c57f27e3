"""Holds: dropout keeps the mean, depends on seed, path and step alone, and rests in evaluation."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid as pel
from pellucid.errors import ArgumentError
from pellucid.graph import declared_updates
from pellucid.layers import Dropout, Module

ONES = np.ones((100, 100))


def seeded(rate: float, seed: int = 1) -> Dropout:
    layer = Dropout(rate)
    layer.name_parts()
    layer.seed(seed)
    return layer


@pytest.mark.parametrize("rate", [0.1, 0.25, 0.5, 0.9])
def test_the_share_dropped_and_the_mean(rate: float) -> None:
    y = seeded(rate)(ONES, training=True).numpy()
    assert np.mean(y == 0) == pytest.approx(rate, abs=5 * np.sqrt(rate * (1 - rate)) / 100)
    np.testing.assert_allclose(y[y != 0], 1 / (1 - rate), rtol=1e-6)


def test_evaluation_and_a_rate_of_zero_change_nothing() -> None:
    x = pel.tensor(np.random.default_rng(0).normal(size=(3, 4)))
    np.testing.assert_array_equal(seeded(0.5)(x).numpy(), x.numpy())
    still = seeded(0.0)
    np.testing.assert_array_equal(still(x, training=True).numpy(), x.numpy())
    assert not still.variables()


def test_the_mask_depends_on_the_seed_and_step() -> None:
    first = seeded(0.5)
    mask = first(ONES, training=True).numpy()
    np.testing.assert_array_equal(mask, seeded(0.5)(ONES, training=True).numpy())
    assert (mask != seeded(0.5, seed=2)(ONES, training=True).numpy()).any()
    first.step.assign(1)
    assert (mask != first(ONES, training=True).numpy()).any()


def test_the_mask_is_the_same_for_every_dtype() -> None:
    single, double = (
        seeded(0.3)(pel.tensor(ONES, d), training=True) for d in ("float32", "float64")
    )
    np.testing.assert_array_equal(single.numpy() == 0, double.numpy() == 0)
    assert double.dtype == np.float64


class Twice(Module):
    def __init__(self) -> None:
        self.drop = Dropout(0.5)

    def forward(self, x: pel.Tensor) -> pel.Tensor:
        return pel.concatenate([self.drop(x), self.drop(x)])


def test_called_twice_in_a_pass_it_draws_two_masks_and_one_step() -> None:
    net = Twice()
    net.seed(1)
    first, second = np.split(net(ONES, training=True).numpy(), 2)
    assert (first != second).any()
    repeated = net(ONES, training=True)
    np.testing.assert_array_equal(repeated.numpy()[:100], first)
    assert {v.name: t.item() for v, t in declared_updates([repeated]).items()} == {"drop.step": 1}


def test_paths_have_masks_of_their_own() -> None:
    class Pair(Module):
        def __init__(self) -> None:
            self.a, self.b = Dropout(0.5), Dropout(0.5)

        def forward(self, x: pel.Tensor) -> pel.Tensor:
            return pel.concatenate([self.a(x), self.b(x)])

    net = Pair()
    net.seed(1)
    a, b = np.split(net(ONES, training=True).numpy(), 2)
    assert (a != b).any()


def test_the_gradient_passes_through_what_is_kept() -> None:
    layer = seeded(0.25)
    x = pel.tensor(ONES, requires_grad=True)
    y = layer(x, training=True)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), y.numpy())
    assert [v.name for v in x.grad.updates] == ["step"]


@pytest.mark.parametrize("rate", [1.5, 1.0, -0.1, float("nan"), "0.5", True, None])
def test_rates_are_checked(rate: object) -> None:
    with pytest.raises(ArgumentError, match=r"where   Dropout(.|\n)*0 ≤ rate < 1"):
        Dropout(rate)  # type: ignore[arg-type]
