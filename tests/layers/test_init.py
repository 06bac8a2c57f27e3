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
        (init.KaimingUniform(mode="fan_out", nonlinearity="relu"), math.sqrt(6 / 300)),
        (init.KaimingUniform(nonlinearity="tanh"), 5 / 3 * math.sqrt(3 / 200)),
        (init.LecunUniform(), math.sqrt(3 / 200)),
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
        (init.KaimingNormal(mode="fan_out", nonlinearity="linear"), 0.0, math.sqrt(1 / 300)),
        (init.LecunNormal(), 0.0, math.sqrt(1 / 200)),
        (init.TruncatedNormal(2, 0.5, -9, 9), 2.0, 0.5),
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


@pytest.mark.parametrize("shape", [(30, 20), (20, 30), (8, 3, 5, 5), (300, 3, 5)])
def test_orthogonal_rows_or_columns(shape: tuple[int, ...]) -> None:
    w = init.Orthogonal(gain=2)(shape, KEY)
    assert w.shape == shape
    matrix = w.reshape(shape[0], -1)
    short = matrix if len(matrix) <= matrix.shape[1] else matrix.T
    np.testing.assert_allclose(short @ short.T, 4 * np.eye(len(short)), atol=1e-12)


def test_a_truncated_normal_stays_within_its_ends() -> None:
    values = init.TruncatedNormal(0, 1, -0.5, 1.5)(WIDE, KEY)
    assert -0.5 <= values.min() < -0.499
    assert 1.499 < values.max() <= 1.5
    density = [math.exp(-(z**2) / 2) / math.sqrt(2 * math.pi) for z in (-0.5, 1.5)]
    share = 0.5 * (math.erf(1.5 / math.sqrt(2)) + math.erf(0.5 / math.sqrt(2)))
    assert values.mean() == pytest.approx((density[0] - density[1]) / share, abs=0.01)


def test_an_image_kernel_counts_its_window() -> None:
    assert init.fans((8, 3, 5, 5), "x") == (75, 200)


@pytest.mark.parametrize("name", ["xavier_uniform", "kaiming_normal", "lecun_normal", "orthogonal"])
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
    with pytest.raises(ArgumentError, match=r"write Uniform\(low=0.0, high=1.0\)"):
        init.Uniform(1, 0)
    with pytest.raises(ArgumentError, match="deviation ≥ 0"):
        init.Normal(0, -1)
    with pytest.raises(ArgumentError, match=r"write TruncatedNormal\(low=1.0, high=2.0\)"):
        init.TruncatedNormal(0, 1, 2, 1)
    with pytest.raises(ArgumentError, match="write mode='fan_out'"):
        init.KaimingNormal(mode="fanout")
    with pytest.raises(ArgumentError, match="write 'leaky_relu'"):
        init.gain("leakyrelu")
