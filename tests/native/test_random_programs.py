"""Holds: random programs, wide enough for vectors and rests, compute what the reference does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings

import pellucid as pel
from native.programs import executable, program
from pellucid.engines.reference import ReferenceExecutable
from properties.graphs import Recipe, recipes, whole_recipes

each_width = pytest.mark.parametrize("vector_bytes", [16, 32, 64])
wide = recipes(
    rough=True, dtypes=("float32", "float64"), extents=(1, 7, 16, 19), most_axes=2, most_steps=6
)


@each_width
@pytest.mark.parametrize("seen", [True, False])  # what nobody sees may lie in another order
@settings(max_examples=15)
@given(recipe=wide)
def test_of_floating_numbers(vector_bytes: int, seen: bool, recipe: Recipe) -> None:
    symbols = recipe.placeholders()
    y = recipe.result(symbols)
    nodes = recipe.build(symbols)[len(symbols) :: 2] if seen else []
    one = program(symbols, [y, *nodes, *pel.grad(y, symbols, unused="zero")])
    wanted = ReferenceExecutable(one)(recipe.data(), [])
    assume(all(np.isfinite(value).all() for value in wanted))
    near = recipe.nearness(1e-10, 1e-3)
    found = executable(one, vector_bytes=vector_bytes)(recipe.data(), [])
    for value, known in zip(found, wanted, strict=True):
        np.testing.assert_allclose(value, known, rtol=near, atol=near, strict=True)


@each_width
@settings(max_examples=15)
@given(recipe=whole_recipes())
def test_of_whole_numbers(vector_bytes: int, recipe: Recipe) -> None:
    symbols = recipe.placeholders()
    one = program(symbols, recipe.build(symbols)[len(symbols) :])
    wanted = ReferenceExecutable(one)(recipe.data(), [])
    found = executable(one, vector_bytes=vector_bytes)(recipe.data(), [])
    for value, known in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(value, known, strict=True)
