"""Holds: a graph that was built once gives, with other arrays, what building it anew would give."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import pellucid as pel
from pellucid.errors import DataError, GraphError
from pellucid.graph import Replay, Tensor, topological
from pellucid.graph.op import signature
from pellucid.graph.replay import structure


def network(x: Tensor, w: Tensor, v: Tensor) -> list[Tensor]:
    """Two results that share a part, with constants, reductions and a choice."""
    h = pel.sigmoid(x @ w.T + v)
    y = pel.where(h > 0.5, pel.exp(h) * 2.0, h - pel.tensor([1.0, 2.0, 3.0]) * 0.5)
    return [y.sum(), (h.mean(0) / (1 + v * v)).reshape(-1, 1)]


def arrays(seed: int) -> list[NDArray[Any]]:
    draw = np.random.default_rng(seed).standard_normal
    return [draw(shape).astype("float32") for shape in ((5, 4), (3, 4), (3,))]


def test_a_replay_has_the_bits_of_the_graph() -> None:
    given = [pel.placeholder(x.shape, x.dtype) for x in arrays(0)]
    replay = Replay(given, network(*given))
    for seed in range(5):
        known = network(*[pel.tensor(x) for x in arrays(seed)])
        for found, wanted in zip(replay(arrays(seed)), known, strict=True):
            assert found.tobytes() == wanted.numpy().tobytes()
            assert found.dtype == wanted.dtype
            assert not found.flags.writeable


def test_a_graph_with_values_can_be_replayed_with_others() -> None:
    given = [pel.tensor(x) for x in arrays(0)]
    replay = Replay(given, network(*given))
    wanted = network(*[pel.tensor(x) for x in arrays(1)])
    for found, other in zip(replay(arrays(1)), wanted, strict=True):
        assert found.tobytes() == other.numpy().tobytes()


def test_what_is_given_may_be_the_result_and_may_be_made_of_what_is_given() -> None:
    x = pel.placeholder((2,))
    h = pel.exp(x)
    a, b = np.array([1, 2], "float32"), np.array([7, 8], "float32")
    found = Replay([x, h], [h, x, h * 2, pel.exp(x)])([a, b])
    assert [list(one) for one in found] == [[7, 8], [1, 2], [14, 16], [7, 8]]


def test_variables_are_read_anew_at_each_replay() -> None:
    w = pel.Variable([1.0, 2.0], name="w")
    replay = Replay([], [w * w, pel.exp(w.read())])
    w.assign([3.0, 0.0])
    square, power = replay([])
    assert square.tolist() == [9.0, 0.0]
    assert power.tolist() == [np.exp(np.float32(3)), 1.0]


def test_a_replay_keeps_no_tensor() -> None:
    x = pel.tensor([1.0, 2.0])
    y = pel.exp(x) * 2.0
    replay, gone = Replay([x], [y]), [weakref.ref(x), weakref.ref(y)]
    del x, y
    gc.collect()
    assert [one() for one in gone] == [None, None]
    assert replay([np.zeros(2, "float32")])[0].tolist() == [2.0, 2.0]


def test_a_replay_refuses_what_the_operations_refuse_and_what_was_not_given() -> None:
    labels, other = pel.placeholder((2,), "int64"), pel.placeholder((2,))
    replay = Replay([labels], [pel.one_hot(labels, 3)])
    assert replay([np.array([0, 2])])[0].tolist() == [[1, 0, 0], [0, 0, 1]]
    with pytest.raises(DataError, match="a label is out of range 0 to 2"):
        replay([np.array([0, 3])])
    with pytest.raises(GraphError, match="from outside"):
        Replay([], [other * 2])([])


def shape_of(y: Tensor) -> object:
    return structure(topological([y]))


def test_a_structure_is_noticed_to_be_another() -> None:
    def leaf(shape: tuple[int, ...] = (2, 2), dtype: str = "float32") -> Tensor:
        return pel.tensor(np.ones(shape), dtype, requires_grad=True)

    w, v, frozen = pel.Variable(np.ones((2, 2))), pel.Variable(np.ones((2, 2))), leaf().detach()
    graphs = [
        pel.exp(leaf()), pel.log(leaf()), pel.exp(leaf((3, 2))), pel.exp(leaf(dtype="float64")),
        pel.exp(frozen), leaf() * leaf(), (lambda x: x * x)(leaf()), leaf() * frozen,
        frozen * leaf(), leaf().sum(0), leaf().sum(1), leaf().sum(1, keepdims=True),
        w * w, pel.exp(leaf()) - leaf(), leaf() - pel.exp(leaf()),
        pel.pad(leaf(), 1, value=0.0), pel.pad(leaf(), 1, value=-0.0),
    ]  # fmt: skip
    assert len({shape_of(y) for y in graphs}) == len(graphs)
    assert shape_of(w * v) == shape_of(v * w) == shape_of(leaf() * leaf())
    assert shape_of(w * frozen) == shape_of(leaf() * (frozen + 1).detach())


def test_nodes_of_one_kind_share_a_signature_and_few_are_kept() -> None:
    x, y = pel.tensor([1.0, 2.0]), pel.tensor([3.0, 4.0])
    assert (x + y).signature is (y + x).signature
    assert (x + y).signature is not (x + pel.tensor([1.0])).signature
    assert signature.cache_info().maxsize == 4096


def test_zeros_of_either_sign_stay_apart_as_attributes() -> None:
    x = pel.tensor([1.0])
    for value in (0.0, -0.0, 0.0):
        assert np.signbit(pel.pad(x, 1, value=value).numpy()[0]) == np.signbit(value)


def test_what_numpy_would_warn_of_stays_the_users_business() -> None:
    x = pel.tensor([0.0, -1.0])
    with np.errstate(all="raise"):
        assert np.isneginf(pel.log(x).numpy()[0])
        assert Replay([x], [1 / x])([x.value])[0][0] == np.inf
        with pytest.raises(FloatingPointError):
            np.log(np.zeros(1))
