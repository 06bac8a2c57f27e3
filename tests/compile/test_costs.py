"""Holds: flops and bytes are what one counts by hand."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid as pel
from pellucid.compile import optimised, trace
from pellucid.compile.costs import Cost, cost
from pellucid.compile.schedule import scheduled


def total(inputs, outputs, updates=None) -> Cost:
    program = optimised(trace(inputs, outputs, updates)[0])
    schedule = scheduled(program)
    return sum((cost(program, one, schedule.base) for one in schedule.kernels), Cost())


def array(*shape, dtype="float32"):
    return pel.placeholder(shape, dtype)


COUNTED = {
    "a chain counts each operation, and each array once": (
        lambda x: pel.relu(x * x + 1), [array(4, 5)], Cost(60, 80, 80),
    ),
    "what is read at broadcast is counted once": (
        lambda x, y: x + y, [array(4, 5), array(5)], Cost(20, 100, 80),
    ),
    "a sum takes in each element": (lambda x: x.sum(1), [array(4, 5)], Cost(20, 80, 16)),
    "float64 is twice as wide": (
        lambda x: x.sum(), [array(4, 5, dtype="float64")], Cost(20, 160, 8),
    ),
    "integers are free": (lambda x: x * x, [array(4, dtype="int64")], Cost(0, 32, 32)),
    "so is what only moves": (lambda x: x.T, [array(4, 5)], Cost(0, 80, 80)),
    "a product of matrices": (lambda x, y: x @ y, [array(4, 5), array(5, 3)], Cost(120, 140, 48)),
    "through a transpose": (lambda x, y: x @ y.T, [array(4, 5), array(3, 5)], Cost(120, 140, 48)),
    "of many matrices": (lambda x, y: x @ y, [array(2, 4, 5), array(5, 3)], Cost(240, 220, 96)),
    "a convolution": (
        lambda x, w: pel.conv(x, w), [array(2, 3, 6, 6), array(4, 3, 3, 3)],
        Cost(2 * 2 * 4 * 4 * 4 * 27, 4 * (216 + 108), 4 * 128),
    ),
    "a convolution in groups, with steps": (
        lambda x, w: pel.conv(x, w, stride=2, groups=3), [array(2, 3, 7, 7), array(3, 1, 3, 3)],
        Cost(2 * 2 * 3 * 9 * 9, 4 * (294 + 27), 4 * 54),
    ),
    "of rows that are gathered only those are read": (
        lambda x, i: pel.take(x, i), [array(100, 4), array(3, dtype="int64")], Cost(0, 48 + 24, 48),
    ),
    "a part of an exponential": (lambda x: pel.exp(x)[2:4], [array(10)], Cost(2, 8, 8)),
    "one number of a program is in its code": (lambda x: x * 2, [array(8)], Cost(8, 32, 32)),
}  # fmt: skip


@pytest.mark.parametrize("name", COUNTED)
def test_it_is_what_one_counts(name: str) -> None:
    function, inputs, wanted = COUNTED[name]
    assert total(inputs, [function(*inputs)]) == wanted


@pytest.mark.parametrize("stride", [1, 2])
def test_the_gradients_of_a_convolution_cost_what_it_costs(stride: int) -> None:
    x, w = array(2, 3, 9, 9), array(4, 3, 3, 3)
    y = pel.conv(x, w, stride=stride)
    forward = total([x, w], [y]).flops
    g = pel.placeholder(y.shape)
    for one in (x, w):
        assert total([x, w, g], [pel.grad(y, one, g)]).flops == forward


def test_an_update_reads_and_writes_the_variable() -> None:
    w = pel.Variable(np.ones(6), dtype="float32")
    x = array(6)
    assert total([x], [], {w: w + x}) == Cost(6, 48, 24)


def test_scattered_additions_are_counted() -> None:
    x, i, g = array(100, 4), array(3, dtype="int64"), array(3, 4)
    assert total([x, i, g], [pel.grad(pel.take(x, i), x, g)]).flops == 12


def test_intensity() -> None:
    assert Cost(100, 30, 20).intensity == 2
    assert Cost().intensity == 0
