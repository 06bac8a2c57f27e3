"""Holds: blocks add and join what their layers give, under dotted names, or say what differs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from pellucid import nn
from pellucid.errors import ArgumentError, ShapeError

X = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)


def test_a_residual_adds_its_input() -> None:
    inner = nn.Linear(3)
    block = nn.Residual([inner, nn.Tanh()])
    y = block(X).numpy()
    np.testing.assert_allclose(y, X + np.tanh(inner(X).numpy()), rtol=1e-6)
    assert list(block.parameters()) == ["layers.0.weight", "layers.0.bias"]


def test_a_projection_brings_the_input_to_the_shape() -> None:
    block = nn.Residual(nn.Linear(4), projection=nn.Linear(4, bias=False))
    assert block(X).shape == (5, 4)
    assert list(block.parameters()) == ["layers.0.weight", "layers.0.bias", "projection.weight"]


def test_branches_are_joined() -> None:
    block = nn.Parallel([nn.Sequential([nn.Linear(2), nn.ReLU()]), nn.Identity()])
    np.testing.assert_array_equal(block(X).numpy()[:, 2:], X)
    assert list(block.parameters()) == ["branches.0.0.weight", "branches.0.0.bias"]
    assert nn.Parallel([nn.Identity(), nn.Identity()], axis=0)(X).shape == (10, 3)


def test_what_is_random_inside_rests_in_evaluation() -> None:
    block = nn.Residual([nn.Dropout(0.5)])
    np.testing.assert_array_equal(block(X).numpy(), 2 * X)
    assert (block(X, training=True).numpy() != 2 * X).any()


WRONG: dict[str, tuple[type[Exception], Callable[[], object], str]] = {
    "shapes": (ShapeError, lambda: nn.Residual([nn.Linear(1)])(X), r"projection=nn.Linear\(units"),
    "a column does not broadcast": (
        ShapeError,
        lambda: nn.Residual([nn.Linear(4)], projection=nn.Linear(1))(X),
        r"got     \(5, 1\) and \(5, 4\)",
    ),
    "no layers": (ArgumentError, lambda: nn.Residual([]), "an empty list"),
    "no layer": (ArgumentError, lambda: nn.Parallel([nn.ReLU(), 3]), "got     3"),  # type: ignore[list-item]
    "a class": (ArgumentError, lambda: nn.Residual(nn.ReLU), "takes a list of layers"),  # type: ignore[arg-type]
    "projection": (
        ArgumentError,
        lambda: nn.Residual([nn.ReLU()], projection=3),  # type: ignore[arg-type]
        "the projection of a Residual is a layer",
    ),
    "branches": (
        ShapeError,
        lambda: nn.Parallel([nn.Linear(2), nn.Linear(3)], axis=0)(X),
        "differ beside the joined axis",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_does_not_fit_is_refused(case: str) -> None:
    kind, call, said = WRONG[case]
    with pytest.raises(kind, match=said):
        call()
