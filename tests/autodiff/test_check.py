"""Holds: the gradient checker passes what is right and names the worst entry of what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import pellucid as pel
from pellucid.autodiff.check import GradientCheck
from pellucid.errors import ArgumentError, GradientError
from pellucid.graph import OPS, Tensor, apply

POINT = [[0.3, -0.7, 1.1], [0.9, 0.2, -1.3]]


def planted(name: str, vjp: Callable[..., Any]) -> Callable[[Tensor], Tensor]:
    """The operation `name`, with a gradient rule that is wrong."""
    op = replace(OPS[name], vjp=(vjp,))
    return lambda x: apply(op, x)


FAULTS: dict[str, tuple[str, Callable[..., Any], str]] = {
    "a wrong factor": ("sin", lambda g, y, x: 2 * g * pel.cos(x), "order 1, argument 0"),
    "a wrong sign": ("cos", lambda g, y, x: g * pel.sin(x), "order 1, argument 0"),
    "one wrong entry": (
        "tanh", lambda g, y, x: g * (1 - y * y) + pel.equal(x, 1.1) * 0.01, "argument 0 at [0, 2]",
    ),
    "a wrong second derivative": (
        "exp", lambda g, y, x: g * pel.stop_gradient(y), "order 2, argument 0",
    ),
    "a gradient that is lost": ("sin", lambda g, y, x: g * 0, "automatic 0"),
    "a gradient summed too far": ("sin", lambda g, y, x: (g * pel.cos(x)).sum(0), "another shape"),
    "a gradient stretched": (
        "sin", lambda g, y, x: pel.expand_dims(g * pel.cos(x), -1), "float64[2,3,1]",
    ),
    "a gradient in another dtype": (
        "sin", lambda g, y, x: pel.cast(g * pel.cos(x), "float32"), "float32[2,3]",
    ),
    "a not-a-number": ("sin", lambda g, y, x: g * pel.sqrt(x), "automatic nan"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(fault: str) -> None:
    name, vjp, said = FAULTS[fault]
    with pytest.raises(GradientError) as caught:
        pel.check_gradient(planted(name, vjp), POINT)
    assert said in str(caught.value)


def test_a_wrong_second_derivative_is_not_seen_at_first_order() -> None:
    name, vjp, _ = FAULTS["a wrong second derivative"]
    assert pel.check_gradient(planted(name, vjp), POINT, order=1).error < 1e-8


def test_a_gradient_of_a_kink_is_refused() -> None:
    with pytest.raises(GradientError, match="automatic 0, numerical"):
        pel.check_gradient(lambda x: pel.relu(x), [0.0])


def test_what_is_right_passes_and_says_how_well() -> None:
    found = pel.check_gradient(lambda x, y: pel.sin(x) * y, POINT, [2.0, 0.5, 1.5])
    assert isinstance(found, GradientCheck)
    assert found.error < 1e-8
    assert str(found).startswith("largest error ")


def test_integers_are_passed_on_and_not_moved() -> None:
    found = pel.check_gradient(lambda x, i: pel.take(x, i), [0.5, 1.5, 2.5], [2, 0, 2])
    assert found.argument == 0


def test_points_may_be_tensors_and_variables() -> None:
    w = pel.Variable([0.3, 0.4])
    assert pel.check_gradient(pel.tanh, w).error < 1e-8
    assert pel.check_gradient(pel.tanh, pel.tensor([0.3, 0.4])).error < 1e-8
    np.testing.assert_array_equal(w.numpy(), np.float32([0.3, 0.4]))


def test_nothing_to_differentiate_by_is_refused() -> None:
    with pytest.raises(ArgumentError, match="nothing to differentiate by"):
        pel.check_gradient(lambda i: pel.cast(i, "float64"), [1, 2])
