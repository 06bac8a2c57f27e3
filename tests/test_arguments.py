"""Holds: arguments are checked in one wording, and declarations survive as plain data."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import FrozenInstanceError, replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from pellucid import arguments, losses, optim
from pellucid.arguments import Declaration, number_in, one_of, ranged, truth, whole_number
from pellucid.errors import ArgumentError, ArgumentTypeError, FileError
from pellucid.layers import init


@pytest.mark.parametrize("given", [3, np.int8(3), np.uint64(3)])
def test_whole_numbers_become_plain(given: Any) -> None:
    found = whole_number(given, "units", at_least=1)
    assert (found, type(found)) == (3, int)


@pytest.mark.parametrize("given", [0.5, np.float32(0.5), Fraction(1, 2)])
def test_numbers_become_plain(given: Any) -> None:
    found = number_in(given, "rate", low=0, high=1)
    assert (found, type(found)) == (0.5, float)


BAD: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "text": (lambda: number_in("0.1", "rate", 0), ArgumentTypeError, "mend    write rate=0.1"),
    "truth": (lambda: number_in(True, "rate", 0), ArgumentTypeError, "rate is not a number"),
    "truth of NumPy": (lambda: whole_number(np.True_, "units", 1), ArgumentTypeError, "units=1"),
    "none": (lambda: number_in(None, "rate", 0), ArgumentTypeError, "got     rate=None"),
    "complex": (lambda: number_in(1j, "rate", 0), ArgumentTypeError, "rate=1j"),
    "an array": (lambda: number_in(np.ones(2), "rate", 0), ArgumentTypeError, "wanted  rate ≥ 0"),
    "not a number": (lambda: number_in(float("nan"), "rate", 0), ArgumentError, "rate=nan"),
    "infinite": (lambda: number_in(float("inf"), "rate", 0), ArgumentError, "rate=inf"),
    "below": (lambda: number_in(-1, "rate", 0), ArgumentError, "wanted  rate ≥ 0"),
    "at an open end": (lambda: number_in(1, "rate", 0, below=1), ArgumentError, "0 ≤ rate < 1"),
    "open at both ends": (
        lambda: number_in(0, "rate", above=0, below=1),
        ArgumentError,
        "write rate=0.5",
    ),
    "above": (lambda: number_in(2, "rate", high=1), ArgumentError, "wanted  rate ≤ 1"),
    "anything finite": (lambda: number_in("x", "rate"), ArgumentTypeError, "wanted  a finite rate"),
    "a fraction": (lambda: whole_number(2.5, "units", 1), ArgumentTypeError, "write units=2"),
    "whole but floating": (
        lambda: whole_number(2.0, "units", 1),
        ArgumentTypeError,
        "write units=2",
    ),
    "too few": (lambda: whole_number(-1, "units", 1), ArgumentError, "wanted  units ≥ 1"),
    "too many": (lambda: whole_number(9, "axis", -2, 1), ArgumentError, "-2 ≤ axis ≤ 1"),
    "no truth": (lambda: truth(1, "bias"), ArgumentTypeError, "bias is neither True nor False"),
    "a misspelling": (
        lambda: arguments.named("Sigmod", "activation", {"relu": 1, "sigmoid": 2}),
        ArgumentError,
        "mend    write 'sigmoid'",
    ),
    "no name at all": (
        lambda: arguments.named(3, "loss", {"mse": 1}),
        ArgumentTypeError,
        "this is no loss",
    ),
    "far from any name": (
        lambda: arguments.named("zzzz", "loss", {"mse": 1}),
        ArgumentError,
        "write one of these names",
    ),
    "another word": (
        lambda: one_of("tan", "approximate", ("none", "tanh")),
        ArgumentError,
        "write approximate='tanh'",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_argument_is_named_with_its_range_and_mend(case: str) -> None:
    call, kind, said = BAD[case]
    with pytest.raises(kind) as caught:
        call()
    assert type(caught.value) is kind
    assert said in str(caught.value)


class Decay(Declaration):
    rate: float = ranged(0.1, low=0)
    limit: float | None = ranged(None, above=0)
    ahead: bool = False


def test_a_declaration_checks_every_field_also_when_it_is_changed() -> None:
    decay = Decay(np.float64(0.5), ahead=np.True_)  # type: ignore[arg-type]
    assert decay.arguments == {"rate": 0.5, "limit": None, "ahead": True}
    assert type(decay.ahead) is bool
    with pytest.raises(ArgumentError, match="where   Decay"):
        replace(decay, rate=-1)
    with pytest.raises(ArgumentTypeError, match="ahead is neither"):
        Decay(ahead=1)  # type: ignore[arg-type]
    with pytest.raises(FrozenInstanceError):
        decay.rate = 1.0  # type: ignore[misc]


DECLARATIONS = [
    (optim.SGD(0.1, momentum=0.9, nesterov=True), optim.OPTIMIZERS),
    (optim.AdamW(eps=1e-6), optim.OPTIMIZERS),
    (losses.BinaryCrossEntropy(eps=1e-7), {"BinaryCrossEntropy": losses.BinaryCrossEntropy}),
    (init.Uniform(-2, 2), init.INITIALIZERS),
]


@pytest.mark.parametrize(("one", "classes"), DECLARATIONS, ids=lambda x: type(x).__name__)
def test_a_declaration_survives_json(one: Declaration, classes: dict[str, type[Any]]) -> None:
    assert arguments.declared(json.loads(json.dumps(one.config)), classes) == one


@pytest.mark.parametrize(
    "config",
    [{}, {"class": "SGDs"}, {"class": "SGD", "arguments": {"rate": 1}}, {"class": ["SGD"]}],
)
def test_a_file_cannot_declare_what_does_not_exist(config: dict[str, Any]) -> None:
    with pytest.raises(FileError):
        arguments.declared(config, optim.OPTIMIZERS)


def test_no_one_takes_the_name_of_one_of_pellucids_own() -> None:
    foreign, again = type("SGD", (), {}), type("Mine", (), {})
    table: dict[str, type] = {"SGD": optim.SGD, "Mine": type("Mine", (), {})}
    arguments.register(table, foreign)
    arguments.register(table, again)
    assert table == {"SGD": optim.SGD, "Mine": again}
