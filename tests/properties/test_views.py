"""Holds: views mean what they mean in NumPy, undo each other, and have exact adjoints."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

import pellucid as pel
from pellucid.graph import Tensor, constant

shapes = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)
ranked = hnp.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=4)


def numbered(shape: tuple[int, ...]) -> NDArray[Any]:
    return np.arange(float(np.prod(shape))).reshape(shape) + 1


# --- what they mean ------------------------------------------------------------------------


@given(st.data(), shapes)
def test_picking_is_numpys_basic_indexing(data: st.DataObject, shape: tuple[int, ...]) -> None:
    index = data.draw(hnp.basic_indices(shape, allow_newaxis=True, max_dims=6))
    x = numbered(shape)
    found = constant(x)[index]
    np.testing.assert_array_equal(found.numpy(), x[index], strict=True)
    assert pel.placeholder(shape, "float64")[index].shape == found.shape
    (pulled,) = [pel.grad(found, [t], found)[0] for t in [_root(found)]]
    wanted = np.zeros(shape)
    wanted[index] = x[index]
    np.testing.assert_array_equal(pulled.numpy(), wanted)


def _root(y: Tensor) -> Tensor:
    while y.inputs:
        y = y.inputs[0]
    return y


@given(st.data(), ranked)
def test_picking_by_an_array_is_numpys(data: st.DataObject, shape: tuple[int, ...]) -> None:
    x, axis = numbered(shape), data.draw(st.integers(-len(shape), len(shape) - 1))
    n = shape[axis]
    index = data.draw(hnp.arrays(np.int64, shapes, elements=st.integers(-n, n - 1)))
    np.testing.assert_array_equal(pel.take(x, index, axis).numpy(), np.take(x, index, axis))
    along = data.draw(
        hnp.arrays(
            np.int32, (*shape[: axis % x.ndim], 3, *shape[axis % x.ndim + 1 :]),
            elements=st.integers(-n, n - 1),
        )
    )  # fmt: skip
    found = pel.take_along(x, along, axis).numpy()
    np.testing.assert_array_equal(found, np.take_along_axis(x, along, axis))
    rows = data.draw(hnp.arrays(np.int64, 2, elements=st.integers(-shape[0], shape[0] - 1)))
    np.testing.assert_array_equal(constant(x)[rows].numpy(), x[rows])


@given(st.data(), shapes)
def test_views_undo_each_other(data: st.DataObject, shape: tuple[int, ...]) -> None:
    x = numbered(shape)
    order = data.draw(st.permutations(range(len(shape))))
    back = [order.index(i) for i in range(len(shape))]
    where = data.draw(st.sets(st.integers(0, len(shape) + 1), max_size=2)) or {0}
    axes = sorted(axis for axis in where if axis < len(shape) + len(where))
    for there_and_back in (
        pel.transpose(pel.transpose(x, order), back),
        pel.reshape(pel.reshape(x, data.draw(st.permutations(shape))), shape),
        pel.squeeze(pel.expand_dims(x, axes), axes),
        pel.concatenate([constant(x)[None], constant(x)[None]])[-1],
    ):
        np.testing.assert_array_equal(there_and_back.numpy(), x, strict=True)


@given(st.data(), ranked)
def test_cutting_undoes_joining(data: st.DataObject, shape: tuple[int, ...]) -> None:
    axis = data.draw(st.integers(0, len(shape) - 1))
    sizes = data.draw(st.lists(st.integers(0, 3), min_size=1, max_size=4))
    parts = [numbered((*shape[:axis], n, *shape[axis + 1 :])) for n in sizes]
    joined = pel.concatenate(parts, axis)
    starts = np.cumsum([0, *sizes])
    for k, part in enumerate(parts):
        cut = (slice(None),) * axis + (slice(int(starts[k]), int(starts[k + 1])),)
        np.testing.assert_array_equal(joined[cut].numpy(), part, strict=True)


# --- adjoints ------------------------------------------------------------------------------


def assert_adjoint(function: Callable[[Tensor], Tensor], shape: tuple[int, ...]) -> None:
    """⟨f(x), g⟩ = ⟨x, f*(g)⟩, for f and then for f*; exact, because all numbers are whole."""
    x = constant(numbered(shape) % 7 - 3)
    y = function(x)
    g = constant(numbered(y.numpy().shape) % 5 - 2)
    pulled = pel.grad(y, x, g, unused="zero")
    assert pulled.shape == x.shape
    assert (y * g).sum().item() == (x * pulled).sum().item()
    again = pel.grad(pulled, g, x, unused="zero")  # the adjoint of the adjoint is f
    np.testing.assert_array_equal(again.numpy(), y.numpy(), strict=True)


@given(st.data(), shapes)
def test_slices_and_their_adjoints(data: st.DataObject, shape: tuple[int, ...]) -> None:
    index = data.draw(hnp.basic_indices(shape, allow_newaxis=True, max_dims=6))
    assert_adjoint(lambda x: x[index], shape)


@given(st.data(), ranked)
def test_takes_and_their_adjoints(data: st.DataObject, shape: tuple[int, ...]) -> None:
    axis = data.draw(st.integers(0, len(shape) - 1))
    n = shape[axis]
    index = data.draw(hnp.arrays(np.int64, shapes, elements=st.integers(-n, n - 1)))
    assert_adjoint(lambda x: pel.take(x, index, axis), shape)
    wide = (*shape[:axis], data.draw(st.integers(0, 4)), *shape[axis + 1 :])
    along = data.draw(hnp.arrays(np.int64, wide, elements=st.integers(-n, n - 1)))
    assert_adjoint(lambda x: pel.take_along(x, along, axis), shape)


@given(st.data())
def test_stretching_and_its_adjoint(data: st.DataObject) -> None:
    pair = data.draw(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=4, max_side=3))
    shape, wide = pair.input_shapes[0], pair.result_shape
    other = np.ones(wide)
    assert_adjoint(lambda x: pel.broadcast_to(x, wide), shape)
    assert_adjoint(lambda x: x + 0 * other, shape)
    assert_adjoint(lambda x: pel.sum_like(x, np.zeros(shape)), wide)


@given(st.data(), shapes)
def test_moves_and_sums_and_their_adjoints(data: st.DataObject, shape: tuple[int, ...]) -> None:
    order = data.draw(st.permutations(range(len(shape))))
    assert_adjoint(lambda x: pel.transpose(x, order), shape)
    assert_adjoint(lambda x: x.reshape(-1 if x.numpy().size else (0, 5)), shape)
    axes = data.draw(st.sets(st.integers(0, len(shape) - 1))) if shape else ()
    for keepdims in (False, True):
        assert_adjoint(lambda x, keep=keepdims: x.sum(tuple(axes), keepdims=keep), shape)
    if shape:
        assert_adjoint(lambda x: pel.concatenate([x, 2 * x, np.ones(shape) * x], -1), shape)


@given(st.data(), st.integers(0, 3), st.integers(0, 3), st.integers(0, 3))
def test_products_and_their_adjoints(data: st.DataObject, m: int, k: int, n: int) -> None:
    batch = data.draw(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=2, max_side=3))
    left, right = ((*batch.input_shapes[0], m, k), (*batch.input_shapes[1], k, n))
    a, b = numbered(left) % 4 - 1, numbered(right) % 3 - 1
    np.testing.assert_array_equal(pel.matmul(a, b).numpy(), np.matmul(a, b), strict=True)
    assert_adjoint(lambda x: x @ b, left)
    assert_adjoint(lambda x: a @ x, right)
