"""Holds: initialisers draw what they say, the same for every dtype, from seed and path alone."""

from __future__ import annotations

import math

import numpy as np
import pytest

import pellucid as pel
from pellucid.errors import ArgumentError, ArgumentTypeError
from pellucid.layers import Linear, Module, init
from pellucid.ops.random import derive_key

KEY = derive_key(7, "weight")
WIDE = (300, 200)


@pytest.mark.parametrize(
    ("drawn", "bound"),
    [
        (init.Uniform(-1, 1), 1.0),
        (init.XavierUniform(), math.sqrt(6 / 500)),
        (init.XavierUniform(gain=2), 2 * math.sqrt(6 / 500)),
        (init.KaimingUniform(), math.sqrt(6 / 200)),
        (init.KaimingUniform(slope=1), math.sqrt(3 / 200)),
    ],
    ids=repr,
)
def test_uniform_ones_fill_their_bounds_evenly(drawn: init.Initializer, bound: float) -> None:
    values = drawn(WIDE, KEY)
    assert values.dtype == np.float64
    assert np.abs(values).max() <= bound
    assert np.abs(values).max() > 0.999 * bound
    assert abs(values.mean()) < 5 * bound / math.sqrt(3 * values.size)
    assert values.std() == pytest.approx(bound / math.sqrt(3), rel=0.02)


@pytest.mark.parametrize(
    ("drawn", "mean", "deviation"),
    [
        (init.Normal(2, 0.5), 2.0, 0.5),
        (init.XavierNormal(), 0.0, math.sqrt(2 / 500)),
        (init.KaimingNormal(), 0.0, math.sqrt(2 / 200)),
    ],
    ids=repr,
)
def test_normal_ones_have_their_moments(
    drawn: init.Initializer, mean: float, deviation: float
) -> None:
    values = (drawn(WIDE, KEY) - mean) / deviation
    assert abs(values.mean()) < 5 / math.sqrt(values.size)
    assert values.std() == pytest.approx(1, rel=0.02)
    assert np.mean(np.abs(values) > 1.96) == pytest.approx(0.05, abs=0.01)


def test_the_plain_ones() -> None:
    assert not init.Zeros()((2, 3), KEY).any()
    assert (init.Ones()((2, 3), KEY) == 1).all()
    assert (init.Constant(-2.5)((2, 3), KEY) == -2.5).all()


def test_an_image_kernel_counts_its_window() -> None:
    assert init.fans((8, 3, 5, 5), "x") == (75, 200)


@pytest.mark.parametrize("name", ["xavier_uniform", "kaiming_normal"])
def test_a_bias_has_no_fans(name: str) -> None:
    layer = Linear(2, bias_init=name)
    with pytest.raises(ArgumentError, match=r"write bias_init=\"zeros\""):
        layer([[1.0]])


def drawn(dtype: str, seed: int, name: str) -> dict[str, np.ndarray]:
    class Holder(Module):
        def __init__(self) -> None:
            setattr(self, name, Linear(4, weight_init=init.Normal(0, 1)))

        def forward(self, x: pel.Tensor) -> pel.Tensor:
            return getattr(self, name)(x)

    with pel.default_dtype(dtype):
        module = Holder()
        module.seed(seed)
        module(pel.tensor(np.ones((1, 3))))
        return {key: v.numpy() for key, v in module.variables().items()}


def test_float32_and_float64_start_from_the_same_numbers() -> None:
    single, double = drawn("float32", 1, "hidden"), drawn("float64", 1, "hidden")
    for name, value in double.items():
        assert value.dtype == np.float64
        np.testing.assert_array_equal(single[name], value.astype(np.float32))


def test_seed_and_path_decide_the_numbers() -> None:
    here = drawn("float64", 1, "hidden")
    np.testing.assert_array_equal(
        here["hidden.weight"], drawn("float64", 1, "hidden")["hidden.weight"]
    )
    assert (here["hidden.weight"] != drawn("float64", 2, "hidden")["hidden.weight"]).all()
    assert (here["hidden.weight"] != drawn("float64", 1, "other")["other.weight"]).all()
    assert (here["hidden.weight"][0, :3] != here["hidden.bias"][:3]).all()


def test_names_find_initialisers() -> None:
    assert init.initializer("zeros") == init.Zeros()
    assert init.initializer(init.Uniform(0, 1)) == init.Uniform(0, 1)


@pytest.mark.parametrize(
    ("given", "kind", "said"),
    [
        ("xavier_unifrom", ArgumentError, "write 'xavier_uniform'"),
        (0.5, ArgumentTypeError, r"write nn.init.Constant\(0.5\)"),
        (True, ArgumentTypeError, 'write "zeros"'),
        (np.zeros(3), ArgumentTypeError, "this is no initialiser"),
    ],
)
def test_what_is_no_initialiser(given: object, kind: type[Exception], said: str) -> None:
    with pytest.raises(kind, match=said):
        init.initializer(given)


def test_bad_numbers_are_refused() -> None:
    with pytest.raises(ArgumentError, match=r"write Uniform\(0.0, 1.0\)"):
        init.Uniform(1, 0)
    with pytest.raises(ArgumentError, match="deviation ≥ 0"):
        init.Normal(0, -1)
