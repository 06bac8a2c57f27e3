"""The equation of a small network: its output as one expression of its inputs, with numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pellucid.arguments import whole_number
from pellucid.data import Preparation, TargetScaling
from pellucid.data.rules import NumberRule
from pellucid.errors import GraphError
from pellucid.graph import Tensor, placeholder, symbolic
from pellucid.inspect.formulas import Objects, expressions, symbols_of
from pellucid.layers.module import Module
from pellucid.lazy import load

if TYPE_CHECKING:
    import sympy

__all__ = ["equation"]

MOST_WEIGHTS = 500


def equation(
    network: Module,
    preparations: Sequence[Preparation | None] = (),
    scaling: TargetScaling | None = None,
    *,
    digits: int | None = 4,
) -> sympy.Expr | sympy.Matrix:
    """Write what ``predict`` computes for one row; see ``Network.equation``."""
    if digits is not None:
        digits = whole_number(digits, "digits", at_least=1)
    sympy = load("sympy", extra="symbolic")
    _check(network)
    rows = [placeholder((1, *spec.shape[1:]), spec.dtype) for spec in network.input_specs]
    names = getattr(network, "input_names", None) if len(rows) > 1 else None
    known: dict[int, Objects] = {}
    for k, x in enumerate(rows):
        prepared = preparations[k] if preparations else None
        known[id(x)] = _inputs(sympy, x, names[k] if names else "x", prepared, digits)
    for variable in network.variables().values():
        known[id(variable)] = _numbers(sympy, variable.numpy(), digits)
    with symbolic():
        output = network(*rows)
    if not isinstance(output, Tensor):
        raise GraphError(
            "the network has several outputs, and an equation is of one",
            mend="make an nn.Model that gives one of them",
        )
    found = expressions(output, {}, known)[0]
    if scaling is not None:
        scale, centre = (
            _numbers(sympy, np.array(numbers), digits)
            for numbers in (scaling.scale, scaling.centre)
        )
        found = found * scale + centre
    return found.reshape(-1)[0] if found.size == 1 else sympy.Matrix(found)


def _check(network: Module) -> None:
    if not network.built:
        raise GraphError(
            "the network has no weights yet: the size of its inputs is not known",
            mend="fit it, or call it on one row",
        )
    weights = sum(variable.size for variable in network.variables().values())
    if weights > MOST_WEIGHTS:
        raise GraphError(
            "the network is too large for its equation to be read", got=f"{weights:,} weights",
            wanted=f"at most {MOST_WEIGHTS}", mend="look at model.trace(X, y), or model.summary()",
        )  # fmt: skip


def _inputs(
    sympy: Any, x: Tensor, name: str, prepared: Preparation | None, digits: int | None
) -> Objects:
    """Give what the network takes, as it is made of the columns that ``predict`` takes."""
    shape = tuple(extent or 1 for extent in x.shape)
    if prepared is None or prepared.shape:
        if prepared is not None:
            raise GraphError(
                "the network takes pictures, which are prepared pixel by pixel",
                mend="look at model.trace(X, y)",
            )
        several = math.prod(shape) > 1
        found = symbols_of(sympy, name, shape[1:]) if several else sympy.Symbol(name)
        whole = np.empty(shape, dtype=object)
        whole[0] = found
        return whole
    columns = list(_prepared(sympy, prepared, name, digits))
    return np.array([columns], dtype=object)


def _prepared(sympy: Any, prepared: Preparation, name: str, digits: int | None) -> Iterator[Any]:
    for k, rule in enumerate(prepared.rules):
        if isinstance(rule, NumberRule):
            centre, scale = _numbers(sympy, np.array([rule.centre, rule.scale]), digits)
            title = rule.name if prepared.named else f"{name}{k + 1}"
            yield (sympy.Symbol(title) - centre) / scale
        else:
            yield from map(sympy.Symbol, rule.titles)


def _numbers(sympy: Any, value: Any, digits: int | None) -> Objects:
    """Give the numbers of an array, rounded to so many digits."""
    found = np.empty(np.shape(value), dtype=object)
    for place in np.ndindex(found.shape):
        x = value[place]
        found[place] = sympy.Float(str(x)) if digits is None else sympy.Float(float(x), digits)
    return found
