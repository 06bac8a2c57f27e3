"""Holds: compiled functions read anew, commit updates together, and check what they get."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid as pel
from pellucid.engines import ENGINES
from pellucid.engines.function import KEPT_SHAPES
from pellucid.errors import ArgumentError, ArgumentTypeError, DTypeError, ShapeError
from pellucid.layers.module import with_updates

pytestmark = pytest.mark.parametrize("engine", sorted(ENGINES))


def test_updates_see_old_values_and_commit_together(engine):
    a, b = pel.Variable(1.0, name="a"), pel.Variable(2.0, name="b")
    swap = pel.function([], [a + 0, b + 0], updates={a: b, b: a}, engine=engine)
    assert swap() == [1.0, 2.0]
    assert (a.numpy(), b.numpy()) == (2.0, 1.0)
    assert swap() == [2.0, 1.0]


def test_variables_are_read_anew_at_every_call(engine):
    w = pel.Variable([1.0, 2.0], name="w")
    double = pel.function([], w * 2, engine=engine)
    w.assign([5.0, 6.0])
    assert double().tolist() == [10.0, 12.0]


def test_what_depends_on_a_read_is_never_folded(engine):
    w = pel.Variable(3.0, name="w")
    eager = w * w  # has a value, 9, but means w·w
    f = pel.function([], eager + 1, engine=engine)
    w.assign(10.0)
    assert f() == 101.0


def test_declared_updates_are_committed(engine):
    count = pel.Variable(0.0, name="count")
    x = pel.placeholder((None,), name="x")
    y = with_updates(x * 2, {count: count + x.sum()})
    f = pel.function([x], y + 1, engine=engine)
    f([1.0, 2.0])
    f([3.0])
    assert count.numpy() == 6.0


def test_results_are_arrays_of_their_own(engine):
    w = pel.Variable([1.0, 2.0], name="w")
    x = pel.placeholder((2,), name="x")
    same, read = pel.function([x], [x, w], engine=engine)(given := np.array([7.0, 8.0], np.float32))
    same[0], read[0] = -1, -1
    assert given.tolist() == [7.0, 8.0]
    assert w.numpy().tolist() == [1.0, 2.0]


def test_inputs_by_name_and_by_position(engine):
    x, y = pel.placeholder((), "float64", name="x"), pel.placeholder((), "float64", name="y")
    f = pel.function([x, y], x - y, engine=engine)
    assert f(5, 2) == f(5, y=2) == f(y=2, x=5) == 3


def test_integers_stay_integers(engine):
    x, y = pel.placeholder((), "int16", name="x"), pel.placeholder((), "int16", name="y")
    result = pel.function([x, y], x + y, engine=engine)(2, 3)
    assert result == 5
    assert result.dtype == np.int16


def test_the_curriculum_stack(engine):
    x = pel.placeholder((3, 5), "int64", name="x")
    ones = pel.tensor(np.ones((3, 5), np.int64))
    f = pel.function([x], [ones + x, ones @ x.reshape(5, 3)], engine=engine)
    added, product = f(np.arange(15).reshape(3, 5))
    assert added.tolist() == (1 + np.arange(15).reshape(3, 5)).tolist()
    assert product.tolist() == (np.ones((3, 5)) @ np.arange(15).reshape(5, 3)).tolist()


def test_shapes_are_specialised_in_a_bounded_cache(engine):
    x = pel.placeholder((None,), name="x")
    f = pel.function([x], x.sum(), engine=engine)
    for n in range(1, KEPT_SHAPES + 5):
        assert f(np.ones(n)) == n
    assert len(f._compiled) == KEPT_SHAPES


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda f: f(), ArgumentTypeError, "wanted  x"),
        (lambda f: f([1.0, 2.0], 3), ArgumentTypeError, "2 by position"),
        (lambda f: f(z=[1.0, 2.0]), ArgumentTypeError, "other inputs than it has"),
        (lambda f: f([1.0, 2.0, 3.0]), ShapeError, "the input x has another shape"),
        (lambda f: f(["a", "b"]), DTypeError, "x: only numbers"),
        (lambda f: f([1e300, 0.0]), DTypeError, "x: a value does not fit"),
    ],
)
def test_wrong_calls_name_the_input(engine, call, error, text):
    x = pel.placeholder((2,), name="x")
    with pytest.raises(error, match=text):
        call(pel.function([x], x * 2, engine=engine))


def test_an_unknown_engine_is_refused(engine):
    with pytest.raises(ArgumentError, match="no engine has this name"):
        pel.function([], pel.tensor(1.0), engine=engine + "ly")
