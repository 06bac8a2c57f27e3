"""Holds: loops of every shape, vector width and kind of data give the reference's numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings

import pellucid as pel
from native.programs import check, executable, program
from pellucid.engines.reference import ReferenceExecutable
from pellucid.graph import constant, placeholder
from pellucid.ops.random import random_bits
from properties.graphs import Recipe, recipes

each_width = pytest.mark.parametrize("vector_bytes", [16, 32, 64])


def data(shape, dtype, seed=0):
    generator = np.random.default_rng(seed)
    if np.dtype(dtype).kind == "f":
        return generator.normal(size=shape).astype(dtype)
    return generator.integers(0 if np.dtype(dtype).kind in "ub" else -9, 9, shape).astype(dtype)


# --- sums of products ----------------------------------------------------------------------

SHAPES = [
    (1, 1, 1), (1, 7, 1), (5, 1, 1), (1, 1, 6), (3, 5, 1), (3, 1, 4), (1, 5, 4), (8, 16, 32),
    (9, 17, 33), (32, 64, 10), (13, 3, 70), (2, 100, 37), (130, 20, 50), (50, 33, 1), (1, 40, 130),
]  # fmt: skip


@each_width
@pytest.mark.parametrize("dtype", ["float32", "float64", "int32"])
def test_products_of_all_layouts(dtype, vector_bytes):
    inputs, outputs, arrays = [], [], []
    for m, k, n in SHAPES:
        for left in (False, True):
            for right in (False, True):
                shapes = [(k, m) if left else (m, k), (n, k) if right else (k, n)]
                x, y = (placeholder(shape, dtype) for shape in shapes)
                inputs += [x, y]
                outputs.append((x.T if left else x) @ (y.T if right else y))
                arrays += [data(shape, dtype, seed) for seed, shape in enumerate(shapes)]
    check(program(inputs, outputs), arrays, vector_bytes=vector_bytes)


@pytest.mark.parametrize(
    "shapes",
    [((3, 4, 5), (3, 5, 6)), ((4, 5), (3, 5, 6)), ((2, 1, 4, 5), (3, 5, 6)), ((2, 4, 5), (5,))],
)
def test_products_in_batches(shapes):
    x, y = (placeholder(shape, "float64") for shape in shapes)
    check(program([x, y], [x @ y]), [data(shape, "float64") for shape in shapes])


# Images, kernels and settings: odd sizes, few and many places, channels that fill no vector.
CONVOLUTIONS = [
    ((2, 1, 9, 9), (3, 1, 3, 3), {}), ((1, 3, 7, 20), (17, 3, 3, 2), {"padding": 1}),
    ((3, 4, 11), (6, 2, 3), {"groups": 2, "stride": 2}), ((2, 2, 5, 5), (1, 2, 5, 5), {}),
    ((2, 4, 8, 9), (8, 1, 2, 3), {"groups": 4, "dilation": (2, 1), "stride": (1, 3)}),
    ((2, 5, 6, 6), (40, 5, 1, 1), {}), ((1, 2, 3, 4, 5), (2, 2, 2, 2, 2), {"padding": 1}),
]  # fmt: skip


@each_width
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_convolutions_and_their_gradients(dtype, vector_bytes):
    inputs, outputs, arrays = [], [], []
    for seed, (images, kernels, how) in enumerate(CONVOLUTIONS):
        x, w = placeholder(images, dtype), placeholder(kernels, dtype)
        y = pel.conv(x, w, **how)
        inputs += [x, w]
        outputs += [y, *pel.grad((y * pel.sin(y)).sum(), [x, w])]
        arrays += [data(images, dtype, seed) / 4, data(kernels, dtype, seed + 9) / 4]
    arrays = [array.astype(dtype) for array in arrays]
    check(program(inputs, outputs), arrays, vector_bytes=vector_bytes)


def test_operands_of_products_may_be_any_walk_through_memory():
    x, y = placeholder((6, 8), "float64"), placeholder((8, 9), "float64")
    column = placeholder((8, 1), "float64")
    one = program(
        [x, y, column],
        [
            x[::-1, ::2] @ y[1:5],
            x.reshape(3, 16)[:, 3:11] @ y,
            x.T.reshape(6, 8) @ y,
            pel.broadcast_to(x[:1], (4, 8)) @ y,
            x @ pel.broadcast_to(column, (8, 5)),
            x @ pel.concatenate([y[4:], y[:4]]),
            pel.grad((x[:, 2:6] @ y[2:6]).sum(), x) @ y,
        ],
    )
    check(one, [data((6, 8), "float64"), data((8, 9), "float64"), data((8, 1), "float64")])


# --- elements, reductions, picking ---------------------------------------------------------

EXTENTS = [(), (1,), (3,), (16,), (17,), (40,), (3, 5), (1, 20), (20, 1), (7, 33), (2, 3, 19)]


@each_width
@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "uint8"])
def test_elements_and_reductions_of_all_extents(dtype, vector_bytes):
    inputs, outputs, arrays = [], [], []
    for shape in EXTENTS:
        x, y = placeholder(shape, dtype), placeholder(shape[-1:], dtype)
        inputs += [x, y]
        arrays += [data(shape, dtype), data(shape[-1:], dtype, 1)]
        z = x * y + 1
        outputs += [z, pel.where(x > y, x, y), (x == y), z.sum(), pel.maximum(x, y).max()]
        for axis in range(len(shape)):
            outputs += [
                z.sum(axis),
                x.max(axis, keepdims=True),
                x.argmax(axis),
                z - z.sum(axis, keepdims=True),
            ]
    check(program(inputs, outputs), arrays, vector_bytes=vector_bytes)


@each_width
def test_a_not_a_number_is_found_wherever_it_is(vector_bytes):
    x = placeholder((37, 37), "float32")
    one = program([x], [x.max(1), x.min(0), x.argmax(1), x.sum(1), pel.relu(x)])
    check(one, [np.where(np.eye(37), np.nan, 1).astype("f4")], vector_bytes=vector_bytes)
    check(one, [np.full((37, 37), -np.inf, "f4")], vector_bytes=vector_bytes)


@each_width
def test_picking_and_adding_back(vector_bytes):
    x, g = placeholder((9, 21), "float32"), placeholder((4, 21), "float32")
    i = placeholder((4,), "int64")
    picked = pel.take(x, i)
    one = program(
        [x, g, i],
        [
            picked * 2, pel.grad(picked, x, g), pel.take(x, i, 1) + 1,
            pel.take_along(x, pel.expand_dims(i, 1)[:1] * np.ones((9, 1), "i8"), 1),
            pel.cast(pel.one_hot(pel.abs(i), 9), "float32") @ x, pel.concatenate([x, g, x[1:3]]),
            x[::-2, ::3], pel.grad(x[::-2, ::3].sum(), x), x.reshape(7, 27)[:, :5].T,
        ],
    )  # fmt: skip
    arrays = [data((9, 21), "float32"), data((4, 21), "float32", 1), np.array([0, -1, 8, 0])]
    check(one, arrays, vector_bytes=vector_bytes)


@each_width
@pytest.mark.parametrize("shape", [(), (1,), (7,), (64,), (5, 33)])
def test_random_bits_are_identical(shape, vector_bytes):
    key, step = placeholder((2,), "uint32"), placeholder((), "uint32")
    like = placeholder(shape)
    one = program([key, step, like], [random_bits(key, step, like)])
    check(one, [np.array([7, 8], np.uint32), np.array(3, np.uint32), np.zeros(shape, "f4")],
          vector_bytes=vector_bytes)  # fmt: skip


@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0), (2, 0, 4)])
def test_nothing_is_done_for_no_elements(shape):
    x = placeholder(shape, "float64")
    one = program([x], [x + 1, x.sum(), x.sum(0), pel.exp(x).sum(-1), x.reshape(-1)])
    check(one, [np.zeros(shape)])


def test_the_same_result_may_be_given_in_many_ways():
    x = placeholder((4, 3), "float64")
    y = pel.exp(x)
    constants = constant(np.asfortranarray(data((4, 3), "float64")))
    one = program([x], [y, y, x, y.reshape(3, 4), pel.expand_dims(y, 0), constants, constants * x])
    check(one, [data((4, 3), "float64")])


# --- programs at random --------------------------------------------------------------------


@settings(max_examples=15)
@given(recipe=recipes(rough=True))
def test_random_programs_do_not_depend_on_what_is_joined(recipe: Recipe) -> None:
    symbols = recipe.placeholders()
    nodes = recipe.build(symbols)
    y = recipe.result(symbols)
    one = program(symbols, [y, *nodes[len(symbols) :: 3], *pel.grad(y, symbols, unused="zero")])
    arrays = recipe.data()
    wanted = ReferenceExecutable(one)(arrays, [])
    assume(all(np.isfinite(value).all() for value in wanted))
    for how in ({}, {"inline": False}, {"vector_bytes": 16}):
        for value, known in zip(executable(one, **how)(arrays, []), wanted, strict=True):
            np.testing.assert_allclose(value, known, rtol=1e-10, atol=1e-10, strict=True)
