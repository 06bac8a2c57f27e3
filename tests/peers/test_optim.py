"""Holds: every optimizer moves as PyTorch's and Keras' do, and schedules and averages as PyTorch's.

With weight decay, clipping and groups, in float64 and float32.
"""

from __future__ import annotations

import inspect
import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
import torch

import pellucid as pel
from pellucid import optim
from pellucid.optim import OPTIMIZERS, Optimizer, Schedule

STEPS = 10
Arrays = list[np.ndarray]
Make = Callable[[Any], Any]
TINY = 1e-60  # an ε so small that its place in the formula does not matter

# Each rule, and PyTorch's for the same numbers.
TORCH: list[tuple[Optimizer, Make]] = [
    (optim.SGD(0.1), lambda w: torch.optim.SGD(w, 0.1)),
    (optim.SGD(0.1, weight_decay=0.05), lambda w: torch.optim.SGD(w, 0.1, weight_decay=0.05)),
    (optim.SGD(0.1, momentum=0.9), lambda w: torch.optim.SGD(w, 0.1, momentum=0.9)),
    (
        optim.SGD(0.1, momentum=0.9, nesterov=True, weight_decay=0.05),
        lambda w: torch.optim.SGD(w, 0.1, momentum=0.9, nesterov=True, weight_decay=0.05),
    ),
    (
        optim.SGD(0.1, momentum=0.9, dampening=0.3),
        lambda w: torch.optim.SGD(w, 0.1, momentum=0.9, dampening=0.3),
    ),
    (optim.Adam(), torch.optim.Adam),
    (
        optim.Adam(0.05, beta1=0.8, beta2=0.95, eps=1e-3, weight_decay=0.1),
        lambda w: torch.optim.Adam(w, 0.05, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.1),
    ),
    (optim.AdamW(), torch.optim.AdamW),
    (
        optim.AdamW(0.05, beta1=0.8, beta2=0.95, eps=1e-3, weight_decay=0.1),
        lambda w: torch.optim.AdamW(w, 0.05, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.1),
    ),
    (optim.RMSProp(), torch.optim.RMSprop),
    (
        optim.RMSProp(0.05, alpha=0.9, eps=1e-3, momentum=0.8, weight_decay=0.1),
        lambda w: torch.optim.RMSprop(w, 0.05, 0.9, 1e-3, 0.1, 0.8),
    ),
    (
        optim.RMSProp(0.05, alpha=0.9, eps=1e-3, momentum=0.8, centered=True),
        lambda w: torch.optim.RMSprop(w, 0.05, 0.9, 1e-3, 0, 0.8, centered=True),
    ),
    (optim.AdaGrad(), torch.optim.Adagrad),
    (
        optim.AdaGrad(
            0.05, learning_rate_decay=0.2, initial_accumulator=0.3, eps=1e-3, weight_decay=0.1
        ),
        lambda w: torch.optim.Adagrad(w, 0.05, 0.2, 0.1, 0.3, 1e-3),
    ),
    (optim.Adadelta(), torch.optim.Adadelta),
    (
        optim.Adadelta(0.5, rho=0.8, eps=1e-3, weight_decay=0.1),
        lambda w: torch.optim.Adadelta(w, 0.5, 0.8, 1e-3, 0.1),
    ),
    (optim.Adamax(), torch.optim.Adamax),
    (
        optim.Adamax(0.05, beta1=0.8, beta2=0.95, eps=1e-3, weight_decay=0.1),
        lambda w: torch.optim.Adamax(w, 0.05, (0.8, 0.95), 1e-3, 0.1),
    ),
    (optim.NAdam(), torch.optim.NAdam),
    (
        optim.NAdam(
            0.05, beta1=0.8, beta2=0.95, eps=1e-3, momentum_decay=0.1, weight_decay=0.1
        ),
        lambda w: torch.optim.NAdam(w, 0.05, (0.8, 0.95), 1e-3, 0.1, 0.1),
    ),
    (optim.RAdam(), torch.optim.RAdam),
    (
        optim.RAdam(0.05, beta1=0.8, beta2=0.95, eps=1e-3, weight_decay=0.1),
        lambda w: torch.optim.RAdam(w, 0.05, (0.8, 0.95), 1e-3, 0.1),
    ),
]  # fmt: skip
NOT_IN_TORCH = {"Lion": "PyTorch has no such rule"}

# Each rule, and Keras' for the same numbers. Keras decouples the weight decay of every rule, and
# puts ε elsewhere: a tiny one makes the formulas equal.
KERAS: list[tuple[Optimizer, Make]] = [
    (optim.SGD(0.1, weight_decay=0.05), lambda k: k.SGD(0.1, weight_decay=0.05)),
    (
        optim.SGD(0.1, momentum=0.9, nesterov=True),
        lambda k: k.SGD(0.1, momentum=0.9, nesterov=True),
    ),
    (
        optim.Adam(0.05, beta1=0.8, beta2=0.95, eps=TINY),
        lambda k: k.Adam(0.05, 0.8, 0.95, TINY),
    ),
    (
        optim.AdamW(0.05, beta1=0.8, beta2=0.95, eps=TINY, weight_decay=0.1),
        lambda k: k.AdamW(0.05, 0.1, 0.8, 0.95, TINY),
    ),
    (
        optim.RMSProp(0.05, alpha=0.9, momentum=0.8, eps=TINY),
        lambda k: k.RMSprop(0.05, 0.9, 0.8, TINY),
    ),
    (
        optim.RMSProp(0.05, alpha=0.9, eps=TINY, centered=True),
        lambda k: k.RMSprop(0.05, 0.9, 0.0, TINY, centered=True),
    ),
    (
        optim.AdaGrad(0.05, initial_accumulator=0.3, eps=TINY),
        lambda k: k.Adagrad(0.05, 0.3, TINY),
    ),
    (optim.Adadelta(0.5, rho=0.8, eps=1e-3), lambda k: k.Adadelta(0.5, 0.8, 1e-3)),
    (
        optim.Adamax(0.05, beta1=0.8, beta2=0.95, eps=TINY),
        lambda k: k.Adamax(0.05, 0.8, 0.95, TINY),
    ),
    (
        optim.NAdam(0.05, beta1=0.8, beta2=0.95, eps=1e-3, momentum_decay=1.0),
        lambda k: k.Nadam(0.05, 0.8, 0.95, 1e-3),
    ),
    (optim.Lion(0.05, beta1=0.8, beta2=0.95), lambda k: k.Lion(0.05, 0.8, 0.95)),
    (optim.Lion(0.05, weight_decay=0.1), lambda k: k.Lion(0.05, weight_decay=0.1)),
]
NOT_IN_KERAS = {"RAdam": "Keras has no such rule"}


def public_rules() -> set[str]:
    """The rules that users find in the module, whether or not they stand in its table."""
    found = [getattr(optim, name) for name in dir(optim)]
    return {
        one.__name__
        for one in found
        if inspect.isclass(one) and issubclass(one, Optimizer) and not inspect.isabstract(one)
    }


@pytest.mark.parametrize(
    ("table", "missing"), [(TORCH, NOT_IN_TORCH), (KERAS, NOT_IN_KERAS)], ids=["torch", "keras"]
)
def test_every_optimizer_has_a_peer(table: Any, missing: dict[str, str]) -> None:
    compared = {type(rule).__name__ for rule, _ in table}
    assert compared | missing.keys() == public_rules() == OPTIMIZERS.keys()
    assert not compared & missing.keys()
    assert not NOT_IN_TORCH.keys() & NOT_IN_KERAS.keys()


def named(table: list[tuple[Optimizer, Make]]) -> Any:
    return pytest.mark.parametrize(
        ("rule", "peer"), table, ids=lambda x: repr(x) if isinstance(x, Optimizer) else ""
    )


# --- the two sides -------------------------------------------------------------------------------


def gradients(dtype: str, sizes: Sequence[float] = (1e-6, 1e-2, 1.0, 1e3, 0.0)) -> Iterator[Arrays]:
    """Gradients of widely different size, some of them zero, that change from step to step."""
    rng = np.random.default_rng(4)
    for _ in range(STEPS):
        yield [(rng.normal(size=shape) * np.array(sizes)).astype(dtype) for shape in [(3, 5), (5,)]]


def starts(dtype: str) -> Arrays:
    rng = np.random.default_rng(3)
    return [rng.normal(size=shape).astype(dtype) for shape in [(3, 5), (5,)]]


def variables(dtype: str) -> dict[str, pel.Variable]:
    return {
        name: pel.Variable(start, dtype, name=name)
        for name, start in zip("wb", starts(dtype), strict=True)
    }


def check(
    rule: Optimizer, take: Callable[[Arrays], Arrays], dtype: str, tolerance: float, **sizes: Any
) -> None:
    """Compare ours, step by step, with what `take` makes of the gradients."""
    ours = {
        name: pel.Variable(x, dtype, name=name) for name, x in zip("wb", starts(dtype), strict=True)
    }
    stepper = rule.over(ours)
    for step in gradients(dtype, **sizes):
        stepper.zero_grad()
        sum((p * g).sum() for p, g in zip(ours.values(), step, strict=True)).backward()
        stepper.step()
        for (name, mine), theirs in zip(ours.items(), take(step), strict=True):
            assert mine.dtype == dtype
            np.testing.assert_allclose(
                mine.numpy(), theirs, rtol=tolerance, atol=tolerance, err_msg=name
            )


class Torch:
    """PyTorch's side: parameters, an optimizer over them, and what is done around a step."""

    def __init__(self, peer: Make, dtype: str) -> None:
        self.parameters = [torch.tensor(x, requires_grad=True) for x in starts(dtype)]
        self.optimizer = peer(self.parameters)
        self.before: Callable[[], Any] = lambda: None
        self.after: Callable[[], Any] = lambda: None

    def __call__(self, step: Arrays) -> Arrays:
        for parameter, gradient in zip(self.parameters, step, strict=True):
            parameter.grad = torch.tensor(gradient)
        self.before()
        self.optimizer.step()
        self.after()
        return [p.detach().numpy() for p in self.parameters]


@pytest.fixture(autouse=True)
def _double() -> Iterator[None]:
    """PyTorch's NAdam keeps a product of its own in the default dtype."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


# --- PyTorch -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-12), ("float32", 2e-6)])
@named(TORCH)
def test_the_same_steps(rule: Optimizer, peer: Make, dtype: str, tolerance: float) -> None:
    check(rule, Torch(peer, dtype), dtype, tolerance)


def with_options(rule: Optimizer, **options: Any) -> Optimizer:
    """The rule with further options."""
    return type(rule)(**{**rule.arguments, **options})


@named(TORCH)
def test_clipped_alike(rule: Optimizer, peer: Make) -> None:
    both = Torch(peer, "float64")

    def clip() -> None:
        torch.nn.utils.clip_grad_value_(both.parameters, 2.0)
        torch.nn.utils.clip_grad_norm_(both.parameters, 1.5)

    both.before = clip
    check(with_options(rule, clip_value=2.0, clip_norm=1.5), both, "float64", 1e-12)


@named(TORCH)
def test_grouped_alike(rule: Optimizer, peer: Make) -> None:
    apart = {"lr": 0.02, "weight_decay": 0.3}
    grouped = Torch(lambda w: peer([{"params": w[:1]}, {"params": w[1:], **apart}]), "float64")
    groups = {"b": {"learning_rate": 0.02, "weight_decay": 0.3}}
    check(with_options(rule, groups=groups), grouped, "float64", 1e-12)


def test_small_gradients_are_not_clipped() -> None:
    both = Torch(lambda w: torch.optim.SGD(w, 0.1), "float64")
    both.before = lambda: torch.nn.utils.clip_grad_norm_(both.parameters, 1e6)
    check(optim.SGD(0.1, clip_norm=1e6), both, "float64", 1e-14)


AVERAGES = [
    (optim.ExponentialAverage(0.8), torch.optim.swa_utils.get_ema_multi_avg_fn(0.8), 0, 1),
    (optim.ExponentialAverage(0.8, start=3), torch.optim.swa_utils.get_ema_multi_avg_fn(0.8), 3, 1),
    (optim.UniformAverage(), None, 0, 1),
    (optim.UniformAverage(start=4), None, 4, 1),
    (optim.UniformAverage(start=1, every=3), None, 1, 3),
]


@pytest.mark.parametrize(("rule", "function", "start", "every"), AVERAGES)
def test_averaged_alike(rule: Any, function: Any, start: int, every: int) -> None:
    net = torch.nn.ParameterList([torch.tensor(x) for x in starts("float64")])
    twin = torch.optim.swa_utils.AveragedModel(net, multi_avg_fn=function)
    stepper = optim.SGD(0.1, averaging=rule).over(
        {
            name: pel.Variable(x, "float64", name=name)
            for name, x in zip("wb", starts("float64"), strict=True)
        }
    )
    for k, step in enumerate(gradients("float64", (0.1, 1, 1, 2, 0)), start=1):
        for variable, g in zip(stepper.parameters.values(), step, strict=True):
            variable.grad = pel.tensor(g, "float64")
        stepper.step()
        for theirs, ours in zip(net, stepper.parameters.values(), strict=True):
            theirs.data = torch.tensor(ours.numpy())
        if k > start and (k - start) % every == 0:
            twin.update_parameters(net)
        if k >= start + every:
            for theirs, mine in zip(twin.module, stepper.averaged().values(), strict=True):
                np.testing.assert_allclose(mine, theirs.detach().numpy(), rtol=1e-13, atol=1e-13)
        elif k <= start:
            for name, mine in stepper.averaged().items():
                np.testing.assert_array_equal(mine, stepper.parameters[name].numpy())


# --- Keras ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def keras(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Keras over PyTorch, in float64."""
    home = str(tmp_path_factory.mktemp("keras"))
    with patch.dict(os.environ, KERAS_BACKEND="torch", KERAS_HOME=home), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = pytest.importorskip("keras")
    before = module.config.floatx()
    module.config.set_floatx("float64")
    yield module
    module.config.set_floatx(before)


def keras_side(keras: Any, optimizer: Any) -> Callable[[Arrays], Arrays]:
    theirs = [keras.Variable(x, dtype="float64") for x in starts("float64")]

    def take(step: Arrays) -> Arrays:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of how it calls NumPy
            optimizer.apply([torch.tensor(g) for g in step], theirs)
        return [variable.value.detach().numpy() for variable in theirs]

    return take


SIZES = (1e-6, 1e-2, 1.0, 1e3, 0.1)  # without zeros, for which a tiny ε is none


@named(KERAS)
def test_the_same_steps_as_keras(rule: Optimizer, peer: Make, keras: Any) -> None:
    side = keras_side(keras, peer(keras.optimizers))
    check(rule, side, "float64", 1e-12, sizes=SIZES)


@named(KERAS)
def test_clipped_as_keras_does(rule: Optimizer, peer: Make, keras: Any) -> None:
    optimizer = peer(keras.optimizers)
    optimizer.global_clipnorm = 1.5
    side = keras_side(keras, optimizer)
    # Keras leaves out the 10⁻⁶ in the denominator, which a norm near 1,000 hardly notices.
    check(with_options(rule, clip_norm=1.5), side, "float64", 1e-7, sizes=SIZES)


# --- schedules -----------------------------------------------------------------------------------

scheduler = torch.optim.lr_scheduler

SCHEDULES: list[tuple[Schedule, Make]] = [
    (optim.StepDecay(0.2, factor=0.5, every=7), lambda o: scheduler.StepLR(o, 7, 0.5)),
    (optim.Exponential(0.2, factor=0.9), lambda o: scheduler.ExponentialLR(o, 0.9)),
    (optim.Cosine(0.2, 50, final=0.01), lambda o: scheduler.CosineAnnealingLR(o, 50, 0.01)),
    (
        optim.Cosine(0.2, final=0.01, cycles=5),
        lambda o: scheduler.CosineAnnealingWarmRestarts(o, 10, eta_min=0.01),
    ),
    (optim.Polynomial(0.2, 40, power=2), lambda o: scheduler.PolynomialLR(o, 40, 2)),
    (
        optim.OneCycle(0.2),
        lambda o: scheduler.OneCycleLR(o, 0.2, 50, cycle_momentum=False),
    ),
    (
        optim.OneCycle(0.2, rise=0.45, divide=10, final_divide=100, shape="linear"),
        lambda o: scheduler.OneCycleLR(
            o, 0.2, 50, None, None, 0.45, "linear", False, div_factor=10, final_div_factor=100
        ),
    ),
    (
        optim.WarmUp(0.2, steps=8, start=0.25),
        lambda o: scheduler.LinearLR(o, 0.25, total_iters=8),
    ),
    (
        optim.WarmUp(optim.Cosine(0.2), steps=8),
        lambda o: scheduler.SequentialLR(
            o,
            [scheduler.LinearLR(o, 1 / 3, total_iters=8), scheduler.CosineAnnealingLR(o, 42)],
            milestones=[8],
        ),
    ),
    (
        optim.Piecewise((0.2, 0.02, 0.002), changes=(11, 30)),
        lambda o: scheduler.MultiStepLR(o, [11, 30]),
    ),
    (
        optim.InverseTimeDecay(0.2, decay=0.3),
        lambda o: scheduler.LambdaLR(o, lambda t: 1 / (1 + 0.3 * t)),
    ),
]


def rates(make: Make, count: int) -> Iterator[float]:
    """The rates that PyTorch's scheduler gives an optimizer of rate 0.2."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], 0.2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # SequentialLR warns of its own way to step
        twin = make(optimizer)
        for _ in range(count):
            yield optimizer.param_groups[0]["lr"]
            optimizer.step()
            twin.step()


@pytest.mark.parametrize(("schedule", "make"), SCHEDULES, ids=lambda x: type(x).__name__)
def test_the_same_rates(schedule: Schedule, make: Make) -> None:
    theirs = list(rates(make, 50))
    np.testing.assert_allclose(schedule.values(50), theirs, rtol=1e-12, atol=1e-15)


def test_the_same_rates_when_epochs_are_counted() -> None:
    theirs = list(rates(lambda o: scheduler.CosineAnnealingLR(o, 10), 10))
    ours = optim.Cosine(0.2, unit="epoch").values(50, steps_per_epoch=5)
    np.testing.assert_allclose(ours, np.repeat(theirs, 5), rtol=1e-12)


PLATEAUS: list[tuple[optim.ReduceOnPlateau, dict[str, Any]]] = [
    (optim.ReduceOnPlateau(0.2, patience=2), {"patience": 2}),
    (
        optim.ReduceOnPlateau(0.2, factor=0.5, patience=1, cooldown=3, threshold=0.05),
        {"factor": 0.5, "patience": 1, "cooldown": 3, "threshold": 0.05},
    ),
    (
        optim.ReduceOnPlateau(0.2, factor=0.3, patience=0, least=0.03),
        {"factor": 0.3, "patience": 0, "min_lr": 0.03},
    ),
    (
        optim.ReduceOnPlateau(0.2, patience=2, threshold=0.2, relative=False),
        {"patience": 2, "threshold": 0.2, "threshold_mode": "abs"},
    ),
    (
        optim.ReduceOnPlateau(0.2, factor=0.5, patience=1, greater_is_better=True),
        {"factor": 0.5, "patience": 1, "mode": "max"},
    ),
]


@pytest.mark.parametrize(("rule", "options"), PLATEAUS, ids=lambda x: repr(x)[:60])
def test_the_same_reductions(rule: optim.ReduceOnPlateau, options: dict[str, Any]) -> None:
    rng = np.random.default_rng(1)
    values = [*np.abs(rng.normal(1, 0.5, 20) + np.linspace(1, 0, 20)), 0.1, np.nan, *[0.1] * 12]
    if rule.greater_is_better:
        values = [1 / value for value in values]
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], 0.2)
    twin = scheduler.ReduceLROnPlateau(optimizer, **options)
    rate, seen = rule.initial, set()
    for k, value in enumerate(values, start=1):
        twin.step(value)
        rate = rule.next(rate, values[:k])
        assert rate == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-12)
        seen.add(rate)
    assert len(seen) > 2
