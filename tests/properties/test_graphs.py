"""Holds: random graphs have right specs as symbols, right derivatives, one value everywhere."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings

import pellucid as pel
from conformance.engines import ENGINES, run
from conformance.numpy_builder import computed
from pellucid.errors import ShapeError
from pellucid.graph import Leaf, Tensor, constant, topological
from pellucid.shapes import agreed
from properties.graphs import Recipe, recipes

MIXED = ("float32", "float64")


def values(recipe: Recipe, inputs: list[Tensor]) -> list[Tensor]:
    """The result, and the derivatives of the result."""
    y = recipe.result(inputs)
    return [y, *pel.grad(y, inputs, unused="zero")]


@given(recipes(rough=True, dtypes=MIXED))
def test_symbols_have_the_specs_of_the_values(recipe: Recipe) -> None:
    eager = recipe.build([constant(x) for x in recipe.data()])
    for node in eager:
        assert node.spec == (node.numpy().shape, node.numpy().dtype)
    assert [x.spec for x in recipe.build(recipe.placeholders())] == [x.spec for x in eager]


@given(recipes(dtypes=MIXED))
def test_unknown_extents_contradict_nothing(recipe: Recipe) -> None:
    known = values(recipe, [constant(x) for x in recipe.data()])
    for said, node in zip(values(recipe, recipe.placeholders(unknown=True)), known, strict=True):
        assert said.dtype == node.dtype
        assert agreed([said.shape, node.shape]) == node.shape


@given(recipes())
def test_derivatives_along_a_direction_are_those_of_finite_differences(recipe: Recipe) -> None:
    data, direction = recipe.data(), recipe.data(seed=1)

    def moved(step: float) -> tuple[Tensor, Tensor, list[Tensor]]:
        inputs = [constant(x + step * v) for x, v in zip(data, direction, strict=True)]
        y, *gradients = values(recipe, inputs)
        pairs = zip(gradients, direction, strict=True)
        return y, sum(((g * v).sum() for g, v in pairs), start=constant(np.zeros(()))), inputs

    h = 1e-5
    (before, slope_before, _), (_, slope, inputs), (after, slope_after, _) = map(moved, (-h, 0, h))
    numerical = (after.item() - before.item()) / (2 * h)
    np.testing.assert_allclose(slope.item(), numerical, rtol=1e-5, atol=1e-6)
    second = pel.grad(slope, inputs, unused="zero")
    curvature = sum((g.numpy() * v).sum() for g, v in zip(second, direction, strict=True))
    numerical = (slope_after.item() - slope_before.item()) / (2 * h)
    np.testing.assert_allclose(curvature, numerical, rtol=1e-4, atol=1e-5)


@settings(max_examples=25)
@given(recipes(rough=True, dtypes=MIXED, most_steps=5))
def test_every_body_computes_what_its_operation_means(recipe: Recipe) -> None:
    y = recipe.result([constant(x) for x in recipe.data()])
    for node in topological([y]):
        if not isinstance(node.op.body, Leaf):
            near = 1e-4 if node.dtype == "float32" else 1e-12
            np.testing.assert_allclose(computed(node), node.numpy(), rtol=near, atol=near)


@pytest.mark.parametrize("engine", ENGINES)
@settings(max_examples=25)
@given(recipe=recipes(rough=True, dtypes=MIXED))
def test_engines_agree_on_values(engine: str, recipe: Recipe) -> None:
    symbols = recipe.placeholders(unknown=True)
    try:
        (found,) = run(engine, symbols, [recipe.result(symbols)], recipe.data())
    except ShapeError as error:  # what is unknown never stretches, though what is known may
        if "never stretches" not in error.wanted:
            raise
        symbols = recipe.placeholders()
        (found,) = run(engine, symbols, [recipe.result(symbols)], recipe.data())
    wanted = recipe.result([constant(x) for x in recipe.data()])
    assert found.dtype == wanted.dtype
    near = recipe.nearness(1e-11, 1e-4)
    np.testing.assert_allclose(found, wanted.numpy(), rtol=near, atol=near)


@pytest.mark.parametrize("engine", ENGINES)
@settings(max_examples=25)
@given(recipe=recipes(dtypes=MIXED))
def test_engines_agree_on_derivatives(engine: str, recipe: Recipe) -> None:
    wanted = values(recipe, [constant(x) for x in recipe.data()])
    assume(all(np.isfinite(node.numpy()).all() for node in wanted))
    symbols = recipe.placeholders()
    near = recipe.nearness(1e-10, 1e-3)
    for found, node in zip(
        run(engine, symbols, values(recipe, symbols), recipe.data()), wanted, strict=True
    ):
        assert found.dtype == node.dtype
        np.testing.assert_allclose(found, node.numpy(), rtol=near, atol=near)
