"""Holds: a dense layer is x Wᵀ + b, of any leading axes, and refuses what does not fit by name."""

from __future__ import annotations

import math

import numpy as np
import pytest

import pellucid as pel
from pellucid.errors import ArgumentError, GraphError, ShapeError
from pellucid.layers import Dropout, Linear, Module, ReLU, init

RNG = np.random.default_rng(3)


class Net(Module):
    def __init__(self) -> None:
        self.hidden = Linear(3, activation="relu")
        self.out = Linear(1)

    def forward(self, x: pel.Tensor) -> pel.Tensor:
        return self.out(self.hidden(x))


def test_it_computes_the_formula() -> None:
    layer = Linear(3, activation=lambda x: x * x)
    x = RNG.normal(size=(5, 2)).astype(np.float32)
    y = layer(x).numpy()
    np.testing.assert_allclose(y, (x @ layer.weight.numpy().T + layer.bias.numpy()) ** 2, rtol=1e-6)


def test_defaults_are_those_of_pytorch() -> None:
    layer = Linear(400)
    layer(np.zeros((1, 100)))
    for variable in (layer.weight, layer.bias):
        assert np.abs(variable.numpy()).max() <= 0.1
        assert variable.numpy().std() == pytest.approx(0.1 / math.sqrt(3), rel=0.1)


def test_without_a_bias() -> None:
    layer = Linear(3, bias=False)
    layer([[1.0, 2.0]])
    assert list(layer.parameters()) == ["weight"]


def test_leading_axes_are_kept() -> None:
    layer = Linear(3)
    x = RNG.normal(size=(4, 5, 2)).astype(np.float32)
    y = layer(x).numpy()
    assert y.shape == (4, 5, 3)
    np.testing.assert_allclose(y[1], layer(x[1]).numpy(), rtol=1e-6)
    assert layer(pel.placeholder((None, 5, 2))).shape == (None, 5, 3)
    assert layer(pel.placeholder((4, None, 2))).shape == (4, None, 3)
    assert layer(np.zeros((0, 2))).shape == (0, 3)


def test_integers_take_the_dtype_of_the_weights() -> None:
    assert Linear(3)(np.ones((2, 2), int)).dtype == np.float32


def test_gradients_of_first_and_second_order() -> None:
    layer = Linear(2, activation="tanh")
    layer(np.zeros((1, 3)))
    pel.check_gradient(lambda x: layer(x), RNG.normal(size=(4, 3)))


def test_an_activation_may_be_a_module() -> None:
    layer = Linear(2, activation=ReLU())
    assert (layer(RNG.normal(size=(9, 3))).numpy() >= 0).all()
    assert list(layer.modules()) == ["", "activation"]


def text_of(call) -> str:  # type: ignore[no-untyped-def]
    with pytest.raises(ShapeError) as caught:
        call()
    return str(caught.value)


def test_one_dimension_is_refused_with_both_mends() -> None:
    text = text_of(lambda: Linear(2)(np.zeros(3)))
    assert "write x.reshape(1, -1) for one row, x.reshape(-1, 1) for one column" in text
    built = Linear(2)
    built(np.zeros((1, 3)))
    assert "got     shape (3,)" in text_of(lambda: built(np.zeros(3)))
    assert "shape ()" in text_of(lambda: Linear(2)(1.0))


def test_another_width_later_is_refused_at_the_layer() -> None:
    net = Net()
    net(np.zeros((1, 4)))
    assert text_of(lambda: net(np.zeros((5, 3)))) == (
        "the input does not have the 4 columns that this layer was made for\n"
        "  where   Linear 'hidden'\n"
        "  got     input (5, 3), weight (3, 4)\n"
        "  wanted  input (…, 4)\n"
        "  mend    give 4 columns, or make a new network for other data"
    )


@pytest.mark.parametrize("make", [Linear, lambda units: Linear(units, activation="relu")])
@pytest.mark.parametrize("units", [0, -1, 2.5, "3", None, True])
def test_units_are_checked(make, units) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ArgumentError, match="where   Linear"):
        make(units)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"activation": "rlu"}, "write 'relu'"),
        ({"activation": ReLU}, r"write ReLU\(\), with parentheses"),
        ({"activation": 3}, "this is no activation"),
        ({"bias": "no"}, "bias is neither True nor False"),
        ({"weight_init": "zero"}, "write 'zeros'"),
    ],
)
def test_other_arguments_are_checked(arguments: dict[str, object], said: str) -> None:
    with pytest.raises(ArgumentError, match=said):
        Linear(2, **arguments)  # type: ignore[arg-type]


def test_an_activation_that_gives_no_tensor_is_refused() -> None:
    with pytest.raises(ArgumentError, match="not a tensor"):
        Linear(2, activation=lambda x: 3)([[1.0]])  # type: ignore[arg-type, return-value]


def test_a_layer_is_frozen() -> None:
    layer = Linear(2, weight_init=init.Ones())
    with pytest.raises(GraphError, match="frozen once made"):
        layer.units = 3
    with pytest.raises(AttributeError, match="variables are made at the first call"):
        layer.weight
    assert repr(layer) == "Linear(units=2, weight_init=Ones())"


def test_arguments_do_not_follow_a_list_that_changes() -> None:
    class Stack(Module):
        def __init__(self, layers: list[Module]) -> None:
            self.layers = tuple(layers)

        def forward(self, x: pel.Tensor) -> pel.Tensor:
            return x

    given: list[Module] = [Dropout(0.1)]
    stack = Stack(given)
    given.append(Dropout(0.2))
    assert len(stack.arguments["layers"]) == 1
