"""Holds: activations are finite with their derivatives far out, and each is a layer and a name."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid as pel
from pellucid import functional, layers
from pellucid.errors import ArgumentError
from pellucid.layers import Activation, Module

CLASSES: dict[str, Module] = {
    "elu": layers.ELU(),
    "gelu": layers.GELU(),
    "hardsigmoid": layers.Hardsigmoid(),
    "hardswish": layers.Hardswish(),
    "hardtanh": layers.Hardtanh(),
    "identity": layers.Identity(),
    "leaky_relu": layers.LeakyReLU(),
    "linear": layers.Identity(),
    "log_softmax": layers.LogSoftmax(),
    "mish": layers.Mish(),
    "relu": layers.ReLU(),
    "relu6": layers.ReLU6(),
    "selu": layers.SELU(),
    "sigmoid": layers.Sigmoid(),
    "sign": layers.Sign(),
    "silu": layers.SiLU(),
    "softmax": layers.Softmax(),
    "softplus": layers.Softplus(),
    "softsign": layers.Softsign(),
    "tanh": layers.Tanh(),
}
MORE: dict[str, Module] = {
    "gelu tanh": layers.GELU(approximate="tanh"),
    "hardtanh wide": layers.Hardtanh(-2, 2),
    "prelu": layers.PReLU(),
    "threshold": layers.Threshold(0.2, -1),
}
STRAIGHT = {
    "identity", "linear", "relu", "leaky_relu", "sign", "hardsigmoid", "hardtanh",
    "hardtanh wide", "relu6",
    "threshold", "prelu",
}  # fmt: skip
FAR = np.array([[-1e30, -1e4, -700.0, -90.0, 90.0, 700.0, 1e4, 1e30]])


def test_every_name_has_a_class() -> None:
    assert CLASSES.keys() == functional.ACTIVATIONS.keys()


@pytest.mark.parametrize("name", CLASSES)
def test_name_class_and_function_agree(name: str) -> None:
    x = pel.tensor([[-2.0, -0.5, 0.0, 0.5, 2.0]])
    by_function = functional.ACTIVATIONS[name](x).numpy()
    for layer in (CLASSES[name], Activation(name)):
        np.testing.assert_array_equal(layer(x).numpy(), by_function)
    assert layers.Linear(3, activation=name)(x).shape == (1, 3)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", [*CLASSES, *MORE])
def test_value_and_two_derivatives_are_finite_far_out(name: str, dtype: str) -> None:
    layer = (CLASSES | MORE)[name]
    x = pel.tensor(FAR, dtype, requires_grad=True)
    y = layer(x)
    assert y.dtype == dtype
    first = pel.grad(y.sum(), x)
    assert np.isfinite(y.numpy()).all()
    assert np.isfinite(first.numpy()).all()
    if name not in STRAIGHT:
        assert np.isfinite(pel.grad(first.sum(), x).numpy()).all()


@pytest.mark.parametrize("name", sorted({*CLASSES, *MORE} - {"sign"}))
def test_derivatives_are_right_to_second_order(name: str) -> None:
    layer = (CLASSES | MORE)[name]
    pel.check_gradient(lambda x: layer(x), np.array([[-1.7, -0.4, 0.3, 1.9]]))


def test_limits() -> None:
    assert functional.gelu(1e4).item() == 1e4
    assert functional.softmax([[1e4, 0.0]]).numpy().tolist() == [[1.0, 0.0]]
    assert functional.log_softmax([[1e4, 0.0]]).numpy().tolist() == [[0.0, -1e4]]
    assert functional.logsumexp([-np.inf, -np.inf]).item() == -np.inf
    assert functional.logsumexp(np.zeros((2, 3)), axis=0, keepdims=True).shape == (1, 3)
    assert functional.logsumexp(np.zeros((2, 1)), axis=0).shape == (1,)


def test_softmax_along_another_axis_sums_to_one() -> None:
    x = np.random.default_rng(0).normal(size=(3, 4, 5))
    np.testing.assert_allclose(layers.Softmax(axis=1)(x).numpy().sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_allclose(
        np.exp(layers.LogSoftmax(axis=0)(x).numpy()).sum(axis=0), 1, rtol=1e-6
    )


def test_unknown_extents_are_kept() -> None:
    x = pel.placeholder((None, 3))
    for name, layer in CLASSES.items():
        assert layer(x).shape == (None, 3), name


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: layers.LeakyReLU("0.1"), "slope is not a number"),
        (lambda: layers.ELU(float("nan")), "alpha is out of range"),
        (lambda: layers.GELU(approximate="tan"), "write approximate='tanh'"),
        (lambda: layers.Softmax(axis=0.5), "axis is not a whole number"),
        (lambda: Activation("softmx"), "write 'softmax'"),
        (lambda: layers.Hardtanh(1, 1), "high > 1"),
        (lambda: layers.PReLU(per_channel="yes"), "per_channel is neither True nor False"),
    ],
)
def test_arguments_are_checked(make, said: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ArgumentError, match=said):
        make()
