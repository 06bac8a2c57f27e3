"""Holds: optimizers are checked declarations whose rule serves the eager loop and symbols alike."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import pellucid as pel
from pellucid import optim
from pellucid.arguments import declared
from pellucid.errors import (
    ArgumentError,
    ArgumentTypeError,
    GradientError,
    NonFiniteError,
    PellucidWarning,
)
from pellucid.layers import Dropout, Linear, Module
from pellucid.optim import OPTIMIZERS, Optimizer

RULES: list[Optimizer] = [
    optim.SGD(0.1),
    optim.SGD(0.1, momentum=0.9, weight_decay=0.01),
    optim.SGD(0.1, momentum=0.9, nesterov=True),
    optim.SGD(0.1, momentum=0.9, dampening=0.5),
    optim.Adam(0.1, weight_decay=0.01),
    optim.AdamW(0.1),
    optim.RMSProp(0.05),
    optim.RMSProp(0.01, momentum=0.5, centered=True),
    optim.AdaGrad(1.0),
    optim.Adadelta(10.0),
    optim.Adamax(0.1),
    optim.NAdam(0.1),
    optim.RAdam(0.1),
    optim.Lion(0.02, beta2=0.9, weight_decay=0.01),
    optim.SGD(optim.Cosine(0.1, 400), clip_norm=5.0, clip_value=4.0),
    optim.Adam(
        optim.WarmUp(0.1, steps=10),
        groups={"w": {"learning_rate": optim.Exponential(0.2, factor=0.995)}},
        averaging=optim.ExponentialAverage(0.9),
    ),
]


def test_every_optimizer_is_tried() -> None:
    assert {type(rule).__name__ for rule in RULES} == OPTIMIZERS.keys()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("rule", RULES, ids=repr)
def test_a_compiled_step_gives_the_same_bits(rule: Optimizer, dtype: str) -> None:
    eager, w = start(dtype), start(dtype)
    stepper, step = rule.over({"w": eager}), compiled(rule, w, "reference")
    for _ in range(5):
        stepper.zero_grad()
        loss_of(eager).backward()
        stepper.step()
        step()
        np.testing.assert_array_equal(w.numpy(), eager.numpy())
        assert w.dtype == dtype


@pytest.mark.parametrize("rule", RULES, ids=repr)
def test_engines_agree_and_it_descends(rule: Optimizer) -> None:
    slow, quick = start("float64"), start("float64")
    one, other = compiled(rule, slow, "reference"), compiled(rule, quick, "native")
    for _ in range(7):
        one()
        other()
        np.testing.assert_allclose(quick.numpy(), slow.numpy(), rtol=1e-13, atol=1e-13)
    for _ in range(393):
        other()
    np.testing.assert_allclose(quick.numpy(), [1, -2], atol=0.05)


def start(dtype: str) -> pel.Variable:
    return pel.Variable([4.0, 4.0], dtype=dtype, name="w")


def loss_of(w: pel.Variable) -> pel.Tensor:
    distance = w - np.array([1.0, -2.0], w.dtype)
    return (distance**2 * np.array([1.0, 3.0], w.dtype)).sum()


def compiled(rule: Optimizer, w: pel.Variable, engine: str) -> Callable[[], Any]:
    """A step as training compiles it: the rule's numbers are inputs, its state is updated."""
    count = pel.Variable(np.int64(0))
    kept = {
        slot: pel.Variable(np.zeros(spec.shape, spec.dtype), spec.dtype)
        for slot, spec in rule.kept({"w": w})["w"].items()
    }
    hyper = {name: pel.placeholder((), "float64", name=name) for name in rule.hyper()}
    loss = loss_of(w)
    reads = {"w": {slot: v.read() for slot, v in kept.items()}}
    values, moved = rule.updates({"w": w}, {"w": pel.grad(loss, w)}, reads, hyper, count + 1)
    updates = {w: values["w"], count: count + 1}
    updates |= {kept[slot]: new for slot, new in moved["w"].items()}
    function = pel.function(list(hyper.values()), loss, updates=updates, engine=engine)
    return lambda: function(*rule.hyper().values())


def test_numbers_are_inputs_and_structure_is_the_kind() -> None:
    assert optim.SGD(0.1).kind == optim.SGD(0.2, weight_decay=1).kind
    assert optim.Adam(0.1).kind == optim.Adam(0.2, beta1=0.5).kind
    kinds = [
        optim.SGD(),
        optim.SGD(momentum=0.5),
        optim.SGD(momentum=0.5, nesterov=True),
        optim.Adam(),
        optim.AdamW(),
        optim.RMSProp(centered=True),
        optim.RMSProp(momentum=0.1),
        optim.Adam(clip_norm=1),
        optim.Adam(clip_value=1),
        optim.Adam(optim.Cosine()),
        optim.Adam(optim.Cosine(steps=5)),
        optim.Adam(optim.Cosine(unit="epoch")),
        optim.Adam(optim.WarmUp(optim.Cosine())),
        optim.Adam(averaging=optim.UniformAverage()),
        optim.SGD(groups={"a": {"momentum": 0.0}}),
        optim.SGD(groups={"a": {"momentum": 0.5}}),
        optim.SGD(groups={"b": {"momentum": 0.5}}),
    ]
    assert len({rule.kind for rule in kinds}) == len(kinds)
    assert optim.Adam(optim.Cosine(0.1, 5)).kind == optim.Adam(optim.Cosine(0.2, 9)).kind
    assert optim.SGD(0.1, momentum=0.5).hyper() == {
        "learning_rate": 0.1,
        "momentum": 0.5,
        "dampening": 0.0,
        "weight_decay": 0.0,
    }


@pytest.mark.parametrize("rule", RULES, ids=repr)
def test_it_is_made_anew_from_plain_data(rule: Optimizer) -> None:
    assert declared(json.loads(json.dumps(rule.config)), OPTIMIZERS) == rule
    assert hash(rule) == hash(replace(rule))


def test_its_text_shows_what_was_said() -> None:
    assert repr(optim.AdamW()) == "AdamW(learning_rate=0.001, beta1=0.9, beta2=0.999, eps=1e-08)"
    rule = optim.SGD(optim.StepDecay(0.5), groups={"a": {"momentum": 0.5}}, clip_norm=1)
    assert repr(rule) == (
        "SGD(learning_rate=StepDecay(initial=0.5, factor=0.1, every=30), momentum=0.0, "
        "nesterov=False, dampening=0.0, clip_norm=1.0, groups={'a': {'momentum': 0.5}})"
    )


# --- the eager loop --------------------------------------------------------------------------


class Net(Module):
    def __init__(self) -> None:
        self.hidden, self.drop, self.out = Linear(8, activation="tanh"), Dropout(0.5), Linear(1)

    def forward(self, x: pel.Tensor) -> pel.Tensor:
        return self.out(self.drop(self.hidden(x)))


def built() -> Net:
    net = Net()
    net.seed(1)
    net(np.zeros((1, 2)))
    return net


def test_the_loop_commits_what_layers_declare() -> None:
    net = built()
    stepper = optim.SGD(0.1).over(net.parameters())
    assert list(stepper.parameters) == ["hidden.weight", "hidden.bias", "out.weight", "out.bias"]
    for count in range(3):
        assert net.drop.step.numpy() == count
        stepper.zero_grad()
        (net(np.ones((4, 2)), training=True) ** 2).mean().backward()
        stepper.step()
    assert net.drop.step.numpy() == 3


def test_gradients_add_up_until_they_are_forgotten() -> None:
    w = pel.Variable(1.0, name="w")
    stepper = optim.SGD(1.0).over([w])
    for _ in range(2):
        (w * 0.25).backward()
    stepper.step()
    assert w.numpy() == 0.5
    stepper.zero_grad()
    assert w.grad is None


def test_the_learning_rate_may_change_but_not_the_kind() -> None:
    w = pel.Variable(1.0, name="w")
    stepper = optim.SGD(0.5).over([w])
    stepper.optimizer = replace(stepper.optimizer, learning_rate=0.25)
    (w * 1.0).backward()
    stepper.step()
    assert w.numpy() == 0.75
    with pytest.raises(ArgumentError, match="another kind of optimizer"):
        stepper.optimizer = optim.Adam()


def test_a_step_without_gradients_is_refused() -> None:
    stepper = optim.SGD(0.1).over(built().parameters())
    with pytest.raises(GradientError, match=r"write loss.backward\(\)"):
        stepper.step()


def test_a_parameter_that_no_gradient_reaches_is_told_once() -> None:
    used, idle = pel.Variable(1.0, name="used"), pel.Variable(1.0, name="idle")
    stepper = optim.SGD(0.1).over([used, idle])
    (used * used).backward()
    with pytest.warns(PellucidWarning, match="no gradient reaches idle") as told:
        stepper.step()
    assert told[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        stepper.zero_grad()
        (used * used).backward()
        stepper.step()
    assert idle.numpy() == 1


def test_a_gradient_that_is_not_finite_changes_nothing() -> None:
    good, bad = pel.Variable(1.0, name="good"), pel.Variable([1.0, 0.0], name="bad")
    stepper = optim.Adam(0.1).over([good, bad])
    (good + pel.log(bad).sum()).backward()
    with pytest.raises(NonFiniteError, match=r"the gradient of bad(.|\n)*inf at \[1\]"):
        stepper.step()
    assert (good.numpy(), stepper.steps) == (1, 0)


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ([], "call the network once before"),
        ({}, "call the network once before"),
        ([3], "write net.parameters()"),
        (
            [pel.Variable(np.int64(1), name="count")],
            "parameter count is nothing that training can change",
        ),
        ([pel.tensor([1.0])], "floating Variables"),
    ],
    ids=["none", "no names", "a number", "a counter", "a tensor"],
)
def test_what_cannot_be_stepped_is_refused(parameters: Any, said: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        optim.SGD(0.1).over(parameters)
    assert said in str(caught.value)


def test_a_variable_named_twice_is_stepped_once() -> None:
    w = pel.Variable(1.0, name="w")
    stepper = optim.SGD(1.0).over([w, w])
    (w * 0.5).backward()
    stepper.step()
    assert w.numpy() == 0.5


def test_two_variables_of_one_name_are_kept_apart() -> None:
    a, b = pel.Variable(1.0, name="w"), pel.Variable(1.0, name="w")
    stepper = optim.SGD(1.0).over([a, b])
    (a * b * 0.5).backward()
    stepper.step()
    assert (a.numpy(), b.numpy()) == (0.5, 0.5)


# --- arguments -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", OPTIMIZERS.values())
@pytest.mark.parametrize("rate", [float("nan"), float("inf"), -1, "0.1", None, True])
def test_learning_rates_are_checked(kind: type[Optimizer], rate: Any) -> None:
    with pytest.raises(ArgumentError) as caught:
        kind(rate)
    assert f"got     learning_rate={rate!r}" in str(caught.value)
    assert f"where   {kind.__name__}" in str(caught.value)
    assert "wanted  learning_rate ≥ 0" in str(caught.value)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: optim.SGD(momentum=1.0), "0 ≤ momentum < 1"),
        (lambda: optim.SGD(nesterov=True), "write momentum=0.9"),
        (lambda: optim.SGD(momentum=0.9, nesterov=1), "nesterov is neither True nor False"),
        (lambda: optim.Adam(beta2=1), "0 ≤ beta2 < 1"),
        (lambda: optim.Adam(eps=-1e-8), "eps ≥ 0"),
        (lambda: optim.AdamW(weight_decay=-1), "weight_decay ≥ 0"),
        (lambda: optim.SGD(momentum=0.9, nesterov=True, dampening=0.1), "leave dampening out"),
        (lambda: optim.SGD(dampening=1.5), "0 ≤ dampening ≤ 1"),
        (lambda: optim.RMSProp(alpha=1), "0 ≤ alpha < 1"),
        (lambda: optim.RMSProp(centered=1), "centered is neither True nor False"),
        (lambda: optim.AdaGrad(initial_accumulator=-1), "initial_accumulator ≥ 0"),
        (lambda: optim.Adadelta(rho=-0.1), "0 ≤ rho < 1"),
        (lambda: optim.NAdam(momentum_decay=float("nan")), "momentum_decay ≥ 0"),
        (lambda: optim.Adam(clip_norm=0), "clip_norm > 0"),
        (lambda: optim.Adam(clip_value=-1), "clip_value > 0"),
        (lambda: optim.Adam(averaging=0.99), "averaging=optim.ExponentialAverage(0.999)"),
        (lambda: optim.Adam(averaging=optim.ExponentialAverage(1)), "0 ≤ decay < 1"),
        (lambda: optim.Adam(averaging=optim.UniformAverage(every=0)), "every ≥ 1"),
        (lambda: optim.Adam(optim.Cosine), "write optim.Cosine(…)"),
        (lambda: optim.Adam(groups=[("*", {})]), 'groups={"*.bias": {"weight_decay": 0.0}}'),
        (lambda: optim.Adam(groups={"*": 0.1}), 'groups={"*.bias": {"weight_decay": 0.0}}'),
        (lambda: optim.Adam(groups={"*.bias": {"decay": 1}}), "write 'weight_decay'"),
        (
            lambda: optim.Adam(groups={"*": {"clip_norm": 1}}),
            "no number of the rule called 'clip_norm'",
        ),
        (lambda: optim.Adam(groups={"*.bias": {"beta1": 2}}), "Adam, group '*.bias'"),
        (lambda: optim.get("adm"), "write 'adam'"),
        (lambda: optim.get(optim.Adam), r"optim.Adam(), with parentheses"),
        (lambda: optim.get(None), "this is no optimizer"),
    ],
)
def test_other_arguments_are_checked(make: Any, said: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        make()
    assert said in str(caught.value)


def test_names_find_optimizers() -> None:
    assert optim.get("adamw") == optim.AdamW()
    assert optim.get(optim.SGD(0.5)) == optim.SGD(0.5)
    for name, kind in OPTIMIZERS.items():
        assert type(optim.get(name.lower())) is kind
    with pytest.raises(ArgumentTypeError):
        optim.get(0.1)
