"""Holds: shape arithmetic agrees with NumPy, and with itself when extents are unknown."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pellucid.errors import ArgumentError, ShapeError
from pellucid.graph.op import ravelled, stretched, unravelled
from pellucid.shapes import (
    Shape,
    agreed,
    broadcast,
    check_met,
    integers,
    normalise_axes,
    reduced,
    reshaped,
    size,
    sliced,
    summed_axes,
)

extents = st.sampled_from([0, 1, 1, 2, 3, 7])
shapes = st.lists(extents, max_size=4).map(tuple)
bounds = st.none() | st.integers(-9, 9)


def blurred(draw: st.DrawFn, shape: tuple[int, ...]) -> Shape:
    """Forget some of the extents that do not stretch."""
    return tuple(None if extent != 1 and draw(st.booleans()) else extent for extent in shape)


def fits(said: Shape | None, known: tuple[int, ...]) -> bool:
    return said is not None and agreed([said, known]) == known


@given(st.lists(shapes, min_size=1, max_size=4))
def test_broadcast_is_numpys(some: list[tuple[int, ...]]) -> None:
    try:
        wanted = np.broadcast_shapes(*some)
    except ValueError:
        with pytest.raises(ShapeError, match="do not broadcast together"):
            broadcast(some)
    else:
        assert broadcast(some) == wanted


@given(st.data())
def test_broadcast_of_unknown_extents_fits_what_they_turn_out_to_be(data: st.DataObject) -> None:
    drawn = data.draw(hnp.mutually_broadcastable_shapes(num_shapes=3, max_dims=4, max_side=3))
    known = drawn.input_shapes
    symbolic = [blurred(data.draw, shape) for shape in known]
    stretches = any(
        shape[-1 - k] is None and (*([1] * 9), *other)[-1 - k] != actual[-1 - k]
        for shape, actual in zip(symbolic, known, strict=True)
        for other in known
        for k in range(min(len(shape), len(other)))
        if other[-1 - k] != 1
    )
    assume(not stretches)
    assert fits(broadcast(symbolic), drawn.result_shape)
    check_met(symbolic, known, "add")


@given(st.integers(2, 5), st.integers(2, 5))
def test_unknown_extents_that_meet_have_to_be_equal(rows: int, others: int) -> None:
    met: list[Shape] = [(None, 3), (None, 3)]
    if rows == others:
        check_met(met, [(rows, 3), (others, 3)], "add")
    else:
        with pytest.raises(ShapeError, match="were unknown when the graph was built"):
            check_met(met, [(rows, 3), (others, 3)], "add")
    with pytest.raises(ShapeError):
        check_met(met, [(rows, 3), (1, 3)], "add")
    check_met([(None, 3), (1, 3)], [(rows, 3), (1, 3)], "add")


@given(st.lists(shapes, min_size=1, max_size=3))
def test_shapes_agree_when_they_are_equal(some: list[tuple[int, ...]]) -> None:
    assert agreed(some) == (some[0] if len(set(some)) == 1 else None)


@given(shapes, st.data())
def test_reshaped_is_numpys(shape: tuple[int, ...], data: st.DataObject) -> None:
    wanted = list(data.draw(st.permutations(shape)))
    if wanted and data.draw(st.booleans()):
        wanted[data.draw(st.integers(0, len(wanted) - 1))] = data.draw(st.sampled_from([-1, 2, 5]))
    try:
        result = np.zeros(shape).reshape(wanted).shape
    except ValueError:
        with pytest.raises(ShapeError, match=r"number of elements changes|cannot be worked out"):
            reshaped(shape, wanted)
    else:
        assert reshaped(shape, wanted) == result
        assert fits(reshaped(blurred(data.draw, shape), wanted), result)


@given(st.integers(0, 9), bounds, bounds, st.integers(-4, 4).filter(bool))
def test_sliced_is_pythons(extent: int, start: int | None, stop: int | None, step: int) -> None:
    assert sliced(extent, start, stop, step) == len(range(extent)[start:stop:step])
    assert sliced(None, start, stop, step) is None


@given(st.data())
def test_summed_axes_undo_a_broadcast(data: st.DataObject) -> None:
    pair = data.draw(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=4, min_side=0))
    target, source = pair.input_shapes[0], pair.result_shape
    lead, stretch = summed_axes(source, target)
    undone = np.zeros(source).sum(stretch, keepdims=True).sum(lead)
    assert undone.shape == target


@given(shapes, st.data(), st.booleans())
def test_reduced_is_numpys(shape: tuple[int, ...], data: st.DataObject, keepdims: bool) -> None:
    rank = len(shape)
    axes = st.lists(st.integers(-rank, rank - 1), unique_by=lambda axis: axis % rank)
    axis = data.draw(st.none() | (axes.map(tuple) if rank else st.just(())))
    found = normalise_axes(axis, rank, "sum")
    assert list(found) == sorted(found)
    assert reduced(shape, found, keepdims) == np.zeros(shape).sum(axis, keepdims=keepdims).shape


@given(st.integers(0, 3), st.integers(-5, 5), st.integers(-5, 5))
def test_an_axis_that_is_not_there_or_is_named_twice_is_refused(rank: int, a: int, b: int) -> None:
    there = all(-rank <= axis < rank for axis in (a, b))
    if there and (a - b) % rank:
        assert normalise_axes((a, b), rank, "sum") == tuple(sorted((a % rank, b % rank)))
    else:
        with pytest.raises(ArgumentError):
            normalise_axes((a, b), rank, "sum")


@given(shapes)
def test_size_and_places(shape: tuple[int, ...]) -> None:
    assert size(shape) == math.prod(shape)
    assert size((*shape, None)) is None
    for position in range(math.prod(shape)):
        index = unravelled(position, shape)
        assert index == tuple(map(int, np.unravel_index(position, shape)))
        assert ravelled(index, shape) == position


@given(st.data())
def test_a_place_in_a_stretched_operand(data: st.DataObject) -> None:
    pair = data.draw(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3))
    shape, result = pair.input_shapes[0], pair.result_shape
    operand = np.arange(math.prod(shape)).reshape(shape)
    wide = np.broadcast_to(operand, result)
    for index in np.ndindex(result):
        assert operand[stretched(index, shape)] == wide[index]


@pytest.mark.parametrize("value", [2, (2, 3), [2], np.int32(2), np.array([2, 3]), range(3), ()])
def test_whole_numbers_are_read_from_anything_that_has_them(value: object) -> None:
    found = integers(value, "reshape", "shape")
    assert found == tuple(np.atleast_1d(np.array(value, int)).tolist())
    assert all(type(one) is int for one in found)


@pytest.mark.parametrize("value", [2.0, "ab", None, (2, 3.5), [None], np.array(2.5), {"a": 1}])
def test_anything_else_is_refused(value: object) -> None:
    with pytest.raises(ArgumentError, match="not made of whole numbers"):
        integers(value, "reshape", "shape")
