"""Holds: clipping, groups, constraints and averages treat the parameters of a network together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

import pellucid as pel
from pellucid import optim
from pellucid.errors import ArgumentError
from pellucid.optim import OPTIMIZERS, Optimizer

GRADIENTS = {"0.weight": [3.0, -4.0], "0.bias": [12.0], "1.bias": [0.5]}


def network() -> dict[str, pel.Variable]:
    return {
        name: pel.Variable(np.ones(len(g)), "float64", name=name) for name, g in GRADIENTS.items()
    }


def stepped(rule: Optimizer, steps: int = 1, only: Any = GRADIENTS) -> optim.Stepper:
    """A stepper that has met the same gradients at each step."""
    stepper = rule.over(network())
    for _ in range(steps):
        for name in only:
            stepper.parameters[name].grad = pel.tensor(GRADIENTS[name], "float64")
        stepper.step()
    return stepper


def values(stepper: optim.Stepper) -> dict[str, list[float]]:
    return {name: variable.numpy().tolist() for name, variable in stepper.parameters.items()}


def moves(rule: Optimizer) -> dict[str, list[float]]:
    """How far a rate of 1 goes: the gradient that the rule has seen."""
    found = values(stepped(rule))
    return {name: (1 - np.array(value)).tolist() for name, value in found.items()}


# --- clipping ------------------------------------------------------------------------------------


def test_values_are_bounded_on_both_sides() -> None:
    assert moves(optim.SGD(1.0, clip_value=2.0)) == {
        "0.weight": [2, -2],
        "0.bias": [2],
        "1.bias": [0.5],
    }


def test_the_norm_is_that_of_all_parameters_together() -> None:
    found = np.concatenate(list(moves(optim.SGD(1.0, clip_norm=1.0)).values()))
    assert np.linalg.norm(found) == pytest.approx(1, abs=1e-6)
    given = np.concatenate(list(GRADIENTS.values()))
    np.testing.assert_allclose(found / found[0], given / given[0])


def test_a_norm_beyond_float32_is_known_all_the_same() -> None:
    w = pel.Variable([0.0, 0.0], name="w")
    stepper = optim.SGD(1.0, clip_norm=5.0).over([w])
    w.grad = pel.tensor([3e30, -4e30])
    stepper.step()
    np.testing.assert_allclose(w.numpy(), [-3, 4], rtol=1e-6)


# --- groups --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", OPTIMIZERS.values())
def test_a_group_is_the_same_rule_with_other_numbers(kind: type[Optimizer]) -> None:
    groups = {"*.bias": {"weight_decay": 0.2}, "0.*": {"learning_rate": 0.3}}
    found = values(stepped(kind(0.1, groups=groups), 4))
    alone = {
        "0.weight": kind(0.3),
        "0.bias": kind(0.3, weight_decay=0.2),
        "1.bias": kind(0.1, weight_decay=0.2),
    }
    for name, rule in alone.items():
        assert found[name] == values(stepped(rule, 4))[name]


def test_the_last_group_that_gives_a_number_holds() -> None:
    groups = {"*.bias": {"learning_rate": 0.25}, "0.bias": {"learning_rate": 0.5}}
    assert moves(optim.SGD(1.0, groups=groups)) == {
        "0.weight": [3, -4],
        "0.bias": [6],
        "1.bias": [0.125],
    }


def test_a_group_may_have_what_the_others_lack() -> None:
    rule = optim.SGD(1.0, groups={"0.weight": {"momentum": 0.5, "nesterov": True}})
    kept = rule.kept(network())
    assert [list(slots) for slots in kept.values()] == [["velocity"], [], []]
    assert moves(rule)["0.weight"] == [4.5, -6]


def test_a_group_may_have_a_schedule_and_leave_one() -> None:
    halved = optim.Exponential(1.0, factor=0.5)
    rule = optim.SGD(halved, groups={"0.weight": {"learning_rate": 1.0}})
    assert values(stepped(rule, 2)) == {
        "0.weight": [-5, 9],
        "0.bias": [1 - 12 * 1.5],
        "1.bias": [0.25],
    }
    rule = optim.SGD(1.0, groups={"0.weight": {"learning_rate": halved}})
    assert values(stepped(rule, 2))["0.weight"] == [1 - 4.5, 7]


@pytest.mark.parametrize("pattern", ["2.*", "*.Bias", "weight"])
def test_a_group_of_nobody_is_refused(pattern: str) -> None:
    with pytest.raises(ArgumentError, match="no parameter belongs to a group") as caught:
        optim.SGD(groups={pattern: {"weight_decay": 0.1}}).over(network())
    assert caught.value.got == repr(pattern)
    assert "0.weight, 0.bias, 1.bias" in caught.value.wanted


def test_nobody_changes_groups_afterwards() -> None:
    groups: dict[str, Any] = {"*.bias": {"weight_decay": 0.5}}
    rule = optim.SGD(groups=groups)
    groups["*.bias"]["weight_decay"] = "much"
    assert rule.hyper()["groups/*.bias/weight_decay"] == 0.5


# --- constraints ---------------------------------------------------------------------------------


def test_a_constraint_has_the_last_word() -> None:
    w = pel.Variable([1.0, -1.0], name="w", constraint=lambda new: pel.maximum(new, -0.5))
    stepper = optim.SGD(1.0, averaging=optim.UniformAverage()).over([w])
    w.grad = pel.tensor([5.0, -5.0])
    stepper.step()
    assert w.numpy().tolist() == stepper.averaged()["w"].tolist() == [-0.5, 4]


# --- averages ------------------------------------------------------------------------------------


def test_a_training_ends_with_the_averages() -> None:
    rule = optim.SGD(1.0, averaging=optim.UniformAverage(start=1))
    stepper = stepped(rule, 3)
    assert values(stepper)["1.bias"] == [-0.5]
    assert stepper.averaged()["1.bias"].tolist() == [-0.25]  # of 0 and −0.5, without the first 0.5
    assert ended(rule, stepper)["1.bias"].tolist() == [-0.25]


def ended(rule: Optimizer, stepper: optim.Stepper) -> Mapping[str, Any]:
    weights = {name: variable.numpy() for name, variable in stepper.parameters.items()}
    return rule.final(weights, stepper.slots, stepper.steps)


def test_without_averages_it_ends_with_the_weights() -> None:
    stepper = stepped(optim.Adam(0.5))
    assert {name: a.tolist() for name, a in stepper.averaged().items()} == values(stepper)


def test_before_the_first_step_the_average_is_the_weight() -> None:
    stepper = stepped(optim.Adam(averaging=optim.ExponentialAverage(0.9)), 0)
    assert stepper.averaged()["0.weight"].tolist() == [1, 1]


@pytest.mark.parametrize("rule", [optim.ExponentialAverage(0.9), optim.UniformAverage()], ids=repr)
def test_what_no_gradient_reaches_is_averaged_too(rule: optim.Averaging) -> None:
    with pytest.warns(pel.errors.PellucidWarning, match="no gradient reaches 1.bias"):
        stepper = stepped(optim.SGD(1.0, averaging=rule), 3, only=["0.weight", "0.bias"])
    assert stepper.averaged()["1.bias"] == pytest.approx([1])
