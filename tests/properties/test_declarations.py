"""Holds: what must be so of every layer, loss and optimizer, in whatever order numbers come."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import pellucid as pel
from layers.cases import CASES
from losses.test_losses import SAMPLES
from optim.test_optimizers import RULES
from pellucid.graph import constant
from pellucid.losses import LOSSES

few = settings(max_examples=5)
orders = st.permutations(range(6))


@pytest.mark.parametrize("name", CASES)
@few
@given(data=st.data())
def test_in_evaluation_a_layer_looks_at_each_row_alone(name: str, data: st.DataObject) -> None:
    case = CASES[name]
    layer, x = case.built(), case.input()
    rows = data.draw(st.lists(st.integers(0, len(x) - 1), min_size=1, max_size=4))
    whole, some = layer(x).numpy(), layer(x[rows]).numpy()
    np.testing.assert_allclose(some, whole[rows], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", LOSSES)
@few
@given(order=orders, factor=st.sampled_from([0.25, 2.0, 1024.0]))
def test_a_loss_does_not_depend_on_the_order_of_rows_or_on_the_unit_of_weights(
    name: str, order: list[int], factor: float
) -> None:
    loss, (prediction, target) = LOSSES[name], SAMPLES[name]
    weights = np.arange(1.0, 7.0)
    whole = loss(prediction, target, weights).item()
    moved = loss(prediction[order], target[order], factor * weights[order]).item()
    assert moved == pytest.approx(whole, rel=1e-12)


@pytest.mark.parametrize("rule", RULES, ids=repr)
@few
@given(order=orders)
def test_an_optimizer_treats_all_elements_alike(rule: Any, order: list[int]) -> None:
    generator = np.random.default_rng(3)
    start, gradients = generator.normal(size=6), generator.normal(size=(4, 6))
    whole, moved = stepped(rule, start, gradients), stepped(rule, start[order], gradients[:, order])
    np.testing.assert_allclose(moved, whole[order], rtol=1e-12)


def stepped(rule: Any, start: NDArray[Any], gradients: NDArray[Any]) -> NDArray[Any]:
    """Take a step for each gradient."""
    w = pel.Variable(start, dtype="float64", name="w")
    stepper = rule.over([w], steps_per_epoch=2, total_steps=400)
    for gradient in gradients:
        w.grad = constant(gradient)
        stepper.step()
    return w.numpy()
