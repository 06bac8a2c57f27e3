"""Holds: random programs over whole numbers and truth values give the same bits on every engine."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from conformance.engines import ENGINES, run
from pellucid.graph import constant
from properties.graphs import Recipe, whole_recipes


@pytest.mark.parametrize("engine", ENGINES)
@settings(max_examples=40)
@given(recipe=whole_recipes())
def test_engines_agree_to_the_bit(engine: str, recipe: Recipe) -> None:
    symbols = recipe.placeholders()
    nodes = recipe.build(symbols)[len(symbols) :]
    found = run(engine, symbols, nodes, recipe.data())
    wanted = recipe.build([constant(x) for x in recipe.data()])[len(symbols) :]
    for value, known in zip(found, wanted, strict=True):
        assert value.dtype == known.dtype
        np.testing.assert_array_equal(value, known.numpy())
