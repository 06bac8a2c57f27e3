"""Holds: variables are the only state; a read is a snapshot now and the variable in a graph."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid as pel
from pellucid.errors import DTypeError, GraphError, ShapeError
from pellucid.graph import Tensor, declared_updates, symbolic, variables
from pellucid.graph.variable import READ


def test_a_read_is_a_snapshot() -> None:
    w = pel.Variable([1.0, 2.0], name="w")
    before = w * 1
    w.assign([5.0, 6.0])
    np.testing.assert_array_equal(before.numpy(), [1, 2])
    np.testing.assert_array_equal((w * 1).numpy(), [5, 6])


def test_a_value_cannot_be_written_to_from_outside() -> None:
    source = np.array([1.0, 2.0], np.float32)
    w = pel.Variable(source)
    source[0] = 9
    np.testing.assert_array_equal(w.numpy(), [1, 2])
    with pytest.raises(ValueError, match="read-only"):
        w.numpy()[0] = 3
    with pytest.raises(ValueError, match="read-only"):
        w.read().numpy()[0] = 3


def test_inside_symbolic_nothing_is_computed_and_nothing_is_drawn() -> None:
    drawn: list[int] = []

    def draw() -> list[float]:
        drawn.append(1)
        return [1.0, 2.0]

    w = pel.Variable(draw, shape=(2,), name="w")
    with symbolic():
        y = (w * w).sum()
        g = pel.grad(y, w)
    assert y.value is None
    assert g.value is None
    assert drawn == []
    assert repr(w) == "Variable('w', not drawn yet, shape=(2,), float32)"
    assert (w * w).sum().item() == 5.0
    np.testing.assert_array_equal(w.numpy(), [1, 2])
    assert drawn == [1]


def test_symbolic_ends_with_its_block_even_after_an_error() -> None:
    w = pel.Variable(1.0)
    with pytest.raises(RuntimeError), symbolic():
        raise RuntimeError
    assert (w + 1).item() == 2.0


def test_reset_draws_anew_what_was_drawn() -> None:
    draws = iter([1.0, 7.0])
    w, given = pel.Variable(lambda: next(draws), shape=()), pel.Variable(3.0)
    (w * w).backward()
    w.reset()
    given.reset()
    assert w.grad is None
    assert (w.numpy(), given.numpy()) == (7.0, 3.0)


def test_assigned_values_keep_no_graph_and_take_the_dtype() -> None:
    w = pel.Variable([1.0, 2.0], "float64")
    w.assign(w * np.float32(2))
    assert isinstance(w.numpy(), np.ndarray)
    assert w.dtype == w.numpy().dtype == "float64"
    with pytest.raises(ShapeError):
        w.assign([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(w.numpy(), [2, 4])


def test_integers_stay_and_do_not_take_fractions() -> None:
    steps = pel.Variable(3)
    steps.assign(4)
    assert steps.dtype == "int64"
    with pytest.raises(DTypeError, match="does not fit"):
        steps.assign(4.5)
    assert steps.numpy() == 4


def test_cast() -> None:
    w = pel.Variable([1.0, 2.0])
    (w * w).sum().backward()
    w.cast("float64")
    assert w.dtype == w.numpy().dtype == "float64"
    assert w.grad is None
    with pytest.raises(DTypeError):
        pel.Variable(3).cast("float32")


def test_a_variable_is_not_where_backward_starts() -> None:
    with pytest.raises(GraphError, match="starts at a result"):
        pel.Variable(1.0).backward()


def test_variables_are_listed_once_in_the_order_of_use() -> None:
    a, b = pel.Variable(1.0, name="a"), pel.Variable(2.0, name="b")
    assert variables([b * a + b, a.read()]) == [b, a]


def test_every_use_is_a_read_node() -> None:
    w = pel.Variable(1.0, name="w")
    y = w + w
    assert [x.op for x in y.inputs] == [READ, READ]
    assert [x.label for x in y.inputs] == ["w", "w"]


def with_updates(y: Tensor, updates: dict[pel.Variable, Tensor]) -> Tensor:
    node = pel.identity(y)
    node.updates = updates
    return node


def test_declared_updates_are_collected_from_anywhere_in_a_graph() -> None:
    mean, steps = pel.Variable(0.0), pel.Variable(0)
    x = pel.placeholder((None,))
    h = with_updates(x * 2, {mean: x.mean()})
    y = with_updates(h.sum(), {steps: steps + 1})
    assert list(declared_updates([y + 1])) == [mean, steps]
    assert declared_updates([x * 2]) == {}


def test_the_updates_of_a_pass_go_with_its_gradients() -> None:
    w, steps = pel.Variable([1.0, 2.0]), pel.Variable(0)
    y = with_updates((w * w).sum(), {steps: steps + 1})
    y.backward()
    assert w.grad is not None
    (new,) = w.grad.updates.values()
    assert list(w.grad.updates) == [steps]
    assert new.item() == 1
    assert steps.numpy() == 0


def test_what_a_gradient_is_given_is_not_changed_by_it() -> None:
    w, steps = pel.Variable([1.0, 2.0]), pel.Variable(0)
    given = pel.tensor([1.0, 1.0])
    with_updates(w * 1, {steps: steps + 1}).backward(given, create_graph=True)
    assert w.grad is not None
    assert list(w.grad.updates) == [steps]
    assert given.updates == {}
