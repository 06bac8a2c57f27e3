"""Holds: an architecture survives a way through JSON, and what cannot is refused by name."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import pellucid as pel
from pellucid import layers
from pellucid.errors import FileError, PellucidError
from pellucid.layers import Activation, Dropout, Linear, Module, from_config, init, to_config
from pellucid.layers.module import REGISTRY


class Chain(Module):
    def __init__(self, first: Any, *rest: Module, times: int = 1, **named: Any) -> None:
        self.first, self.rest = first, rest

    def forward(self, x: pel.Tensor) -> pel.Tensor:
        return x


def through_json(module: Module) -> Module:
    return from_config(json.loads(json.dumps(to_config(module))))


MODULES: dict[str, Module] = {
    "linear": Linear(4, activation="relu", bias=False, weight_init=init.Uniform(-1, 1)),
    "a name for an initialiser": Linear(4, bias_init="zeros"),
    "a known function": Linear(4, activation=pel.tanh),
    "a module as an argument": Linear(4, activation=layers.LeakyReLU(0.2)),
    "activation": Activation("gelu"),
    "a penalty and a constraint": Linear(
        4, penalty=layers.L2(0.1), constraint=layers.MaxNorm(2.0, axis=1)
    ),
    "variable arguments": Chain(Linear(1), Dropout(0.1), times=2, last=Linear(3), sizes=(1, [2])),
    "numpy numbers": Chain(np.int64(3), rate=np.float32(0.5), none=None),
    **{name: cls() for name, cls in REGISTRY.items() if name in {"ReLU", "Softmax", "Flatten"}},
}


@pytest.mark.parametrize("case", MODULES)
def test_a_module_survives_json(case: str) -> None:
    module = MODULES[case]
    again = through_json(module)
    assert type(again) is type(module)
    assert to_config(again) == to_config(module)


def test_what_is_read_computes_the_same() -> None:
    one = Linear(2, activation=pel.tanh, weight_init=init.Constant(0.5), bias_init="ones")
    x = [[1.0, -2.0]]
    np.testing.assert_array_equal(one(x).numpy(), through_json(one)(x).numpy())


def test_a_shared_module_stays_one() -> None:
    drop = Dropout(0.1)
    again = through_json(Chain(Linear(2), drop, Chain(drop, Linear(3)), last=drop))
    first, second = again.rest
    assert first is second.first is again.arguments["named"]["last"]
    assert len([m for m in again.modules().values() if isinstance(m, Dropout)]) == 1


class Custom(init.Initializer):
    def __call__(self, shape: Any, key: Any) -> Any:
        return np.eye(*shape)


def test_initialisers_of_ones_own_survive() -> None:
    again = through_json(Linear(2, weight_init=Custom()))
    assert again([[1.0, 2.0]]).shape == (1, 2)


def square(x: pel.Tensor) -> pel.Tensor:
    return x * x


UNWRITABLE: dict[str, tuple[Module, str]] = {
    "a function": (Linear(2, activation=square), "the argument activation of Linear"),
    "its name": (Linear(2, activation=square), "the function square"),
    "an array": (Chain(np.zeros(3)), "the argument first of Chain"),
    "inside a list": (Chain([1, {2}]), "the argument first of Chain"),
}


@pytest.mark.parametrize("case", UNWRITABLE)
def test_what_cannot_be_written_is_named(case: str) -> None:
    module, said = UNWRITABLE[case]
    with pytest.raises(FileError) as caught:
        to_config(module)
    assert said in str(caught.value)
    assert "write a Module subclass" in str(caught.value)


def test_a_class_with_the_name_of_a_layer_is_refused() -> None:
    mine = type("Linear", (Module,), {"forward": lambda self, x: x, "__module__": "mine"})
    assert REGISTRY["Linear"] is Linear
    with pytest.raises(FileError, match="your class Linear has the name of another one"):
        to_config(mine())


def linear(**arguments: Any) -> dict[str, Any]:
    return {"class": "Linear", "arguments": arguments}


def nested(depth: int) -> Any:
    return [nested(depth - 1)] if depth else []


HOSTILE: dict[str, Callable[[], Any]] = {
    "an unknown class": lambda: {"class": "MyBlock", "arguments": {}},
    "a class of Python": lambda: {"class": "os.system", "arguments": {"command": "true"}},
    "an unknown initialiser": lambda: linear(
        units=2, weight_init={"class": "init.X", "arguments": {}}
    ),
    "an initialiser alone": lambda: {"class": "init.Zeros", "arguments": {}},
    "an unknown argument": lambda: linear(units=2, unit=3),
    "a missing argument": lambda: linear(),
    "a wrong value": lambda: linear(units="many"),
    "an unknown function": lambda: linear(units=2, activation={"function": "eval"}),
    "an unknown penalty": lambda: linear(units=2, penalty={"class": "penalty.L3", "arguments": {}}),
    "a wrong constraint": lambda: linear(
        units=2, constraint={"class": "constraint.MaxNorm", "arguments": {"limit": -1}}
    ),
    "an initialiser for a penalty": lambda: linear(
        units=2, penalty={"class": "init.Zeros", "arguments": {}}
    ),
    "an early reference": lambda: {"again": 0},
    "a negative reference": lambda: {"class": "Chain", "arguments": {"first": {"again": -1}}},
    "more keys": lambda: {**linear(units=2), "then": 1},
    "nothing": lambda: None,
    "a number": lambda: 3,
    "a list": lambda: [linear(units=2)],
    "too deep": lambda: {"class": "Chain", "arguments": {"first": nested(300)}},
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_file_is_refused(case: str) -> None:
    with pytest.raises(PellucidError):
        from_config(HOSTILE[case]())


def test_an_unknown_class_is_asked_for_by_name() -> None:
    config = to_config(Chain(1))
    with pytest.raises(FileError, match=r"pel\.load\(path, modules=\[Chain\]\)"):
        from_config(config, {"Linear": Linear})
    assert isinstance(from_config(config, {"Chain": Chain}), Chain)
