"""Holds: steps that are replayed have the bits of steps whose rule is built each time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, final

import numpy as np
import pytest

import pellucid as pel
from pellucid import nn, optim
from pellucid.graph import Replay, Tensor, constant
from pellucid.optim import OPTIMIZERS, Optimizer
from pellucid.optim import stepper as module

RULES: list[Optimizer] = [
    *[kind(0.1, weight_decay=0.01) for kind in OPTIMIZERS.values()],
    optim.SGD(0.1, momentum=0.9, nesterov=True),
    optim.Adam(optim.Cosine(0.1), clip_value=1.5, clip_norm=1.0),
    optim.SGD(0.1, groups={"*.bias": {"weight_decay": 0.2}, "0.*": {"learning_rate": 0.3}}),
    optim.RMSProp(0.1, averaging=optim.ExponentialAverage(0.9)),
]


def network(dtype: str = "float32") -> dict[str, pel.Variable]:
    draw = np.random.default_rng(0).standard_normal
    shapes = {"0.weight": (3, 2), "0.bias": (3,), "1.weight": (2, 3)}
    return {name: pel.Variable(draw(shape), dtype, name=name) for name, shape in shapes.items()}


def gradients(parameters: Mapping[str, pel.Variable], seed: int) -> dict[str, Tensor]:
    draw = np.random.default_rng(seed).standard_normal
    return {k: constant(draw(v.shape).astype(v.dtype)) for k, v in parameters.items()}


def built(rule: Optimizer, steps: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """The rule as it is written, on tensors with values."""
    parameters = network()
    start = rule.over(parameters, total_steps=10, steps_per_epoch=5)
    slots = {k: {n: constant(x) for n, x in kept.items()} for k, kept in start.slots.items()}
    hyper = {k: constant(np.asarray(x, np.float64)) for k, x in start._hyper.items()}
    for step in range(1, steps + 1):
        values, slots = rule.updates(
            parameters, gradients(parameters, step), slots, hyper, constant(np.asarray(step))
        )
        for name, value in values.items():
            parameters[name].assign(value)
    kept = {k: {n: x.numpy().tobytes() for n, x in one.items()} for k, one in slots.items()}
    return {k: v.numpy().tobytes() for k, v in parameters.items()}, kept


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: type(rule).__name__)
def test_replayed_steps_have_the_bits_of_built_ones(rule: Optimizer) -> None:
    stepper = rule.over(network(), total_steps=10, steps_per_epoch=5)
    for step in range(1, 6):
        for name, gradient in gradients(stepper.parameters, step).items():
            stepper.parameters[name].grad = gradient
        stepper.step()
    values = {k: v.numpy().tobytes() for k, v in stepper.parameters.items()}
    slots = {k: {n: x.tobytes() for n, x in one.items()} for k, one in stepper.slots.items()}
    assert (values, slots) == built(rule, 5)
    arrays = [x for one in stepper.slots.values() for x in one.values()]
    arrays += [v.numpy() for v in stepper.parameters.values()]
    assert all(x.flags.c_contiguous and not x.flags.writeable for x in arrays if x.ndim)


def test_a_rule_is_built_once_and_again_when_something_changes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    built = []

    class Counted(Replay):  # type: ignore[misc]
        def __init__(self, *args: Any) -> None:
            built.append(args)
            super().__init__(*args)

    monkeypatch.setattr(module, "Replay", Counted)
    stepper = optim.Adam(0.1).over(network())

    def count(*names: str) -> int:
        for name, gradient in gradients(stepper.parameters, 1).items():
            stepper.parameters[name].grad = gradient if not names or name in names else None
        stepper.step()
        return len(built)

    assert [count(), count()] == [1, 1]
    assert stepper.learning_rate == 0.1
    stepper.observe(loss=1.0)
    assert count() == 1
    with pytest.warns(pel.errors.PellucidWarning, match="no gradient reaches"):
        assert count("0.bias") == 2
    assert [count("0.bias"), count()] == [2, 3]
    stepper.optimizer = optim.Adam(0.2)
    assert [count(), count()] == [4, 4]
    stepper.parameters["0.weight"].constraint = nn.MaxNorm(1.0)
    assert [count(), count()] == [5, 5]
    assert np.linalg.norm(stepper.parameters["0.weight"].numpy(), axis=1).max() < 1 + 1e-6


def test_numbers_of_the_rule_change_without_building() -> None:
    w = pel.Variable(1.0, "float64", name="w")
    stepper = optim.SGD(optim.ReduceOnPlateau(0.5, factor=0.1, patience=0)).over([w])
    for wanted in (0.5, 0.45):
        w.grad = pel.tensor(1.0, "float64")
        stepper.step()
        assert w.numpy().item() == pytest.approx(wanted)
        stepper.observe(loss=1.0)
        stepper.observe(loss=1.0)


def test_a_constraint_that_is_no_declaration_may_do_something_else_each_time() -> None:
    w, bounds = pel.Variable(1.0, "float64", name="w"), [0.75, 0.25]
    w.constraint = lambda x: pel.tensor(min(x.item(), bounds.pop(0)), "float64")
    stepper = optim.SGD(0.1).over([w])
    for wanted in (0.75, 0.25):
        w.grad = pel.tensor(0.0, "float64")
        stepper.step()
        assert w.numpy().item() == wanted


@final
class _Looking(Optimizer):
    """A rule that looks at its numbers, as only a loop of one's own allows."""

    def change(self, gradient: Any, slots: Any, hyper: Any, step: Any) -> Any:
        return hyper["learning_rate"].astype("float64") * gradient * (step.item() % 2), {}


def test_a_rule_that_looks_at_numbers_is_built_at_every_step() -> None:
    w = pel.Variable(1.0, "float64", name="w")
    stepper, found = _Looking(0.5).over([w]), []
    for _ in range(4):
        w.grad = pel.tensor(1.0, "float64")
        stepper.step()
        found.append(w.numpy().item())
    assert found == [0.5, 0.5, 0.0, 0.0]


def test_running_statistics_are_committed_by_replayed_steps() -> None:
    layer = nn.BatchNorm1d(momentum=0.5)
    layer(np.zeros((2, 1), "float32"))
    stepper = optim.SGD(0.1).over(layer.parameters())
    for mean in (1.0, 1.5, 1.75):
        stepper.zero_grad()
        layer(np.array([[1.0], [3.0]], "float32"), training=True).sum().backward()
        stepper.step()
        assert layer.running_mean.numpy().item() == mean
