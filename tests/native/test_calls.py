"""Holds: a call of a short program is quick, and as safe and right as any other way."""

from __future__ import annotations

import math
import threading
import tracemalloc

import numpy as np
import pytest

import pellucid as pel
from native.bodies import compiler
from native.programs import executable, program
from pellucid.engines.native import calling
from pellucid.engines.native import executable as executable_module
from pellucid.engines.native.calling import Caller
from pellucid.engines.native.engine import NativeEngine
from pellucid.errors import DataError, ShapeError


@pytest.fixture
def engine(monkeypatch):
    """Give an engine that finds every program short."""
    monkeypatch.setattr(executable_module, "SHORT", math.inf)
    return NativeEngine()


def product(engine):
    """Give x @ w as a function that has found its quick way, and w."""
    w = pel.Variable(np.arange(6.0).reshape(3, 2), name="w")
    x = pel.placeholder((None, 3), name="x")
    f = pel.function([x], x @ w, engine=engine)
    f(np.ones((2, 3), "f4"))
    assert f._quick is not None
    return f, w


def test_it_is_possible_here():
    assert calling.is_possible()


def test_only_short_programs_keep_the_interpreter_waiting(monkeypatch):
    monkeypatch.setattr(executable_module, "SHORT", 0.0)
    f = pel.function([x := pel.placeholder((3,))], x * 2, engine=NativeEngine())
    for _ in range(3):
        assert f(np.ones(3, "f4")).tolist() == [2, 2, 2]
    assert f._quick is None


def test_where_it_is_not_possible_calls_are_as_before(engine, monkeypatch):
    monkeypatch.setattr(calling, "is_possible", lambda: False)
    f = pel.function([x := pel.placeholder((3,))], x * 2, engine=engine)
    for _ in range(3):
        assert f(np.ones(3, "f4")).tolist() == [2, 2, 2]
    assert f._quick is None


def rows(kind):
    """Give [[0, 1, 2], [3, 4, 5]] in many forms, few of which the machine code can take."""
    plain = np.arange(6, dtype="f4").reshape(2, 3)
    wide = np.zeros((2, 6), "f4")
    wide[:, ::2] = plain
    raw = np.zeros(25, "u1")
    raw[1:] = np.frombuffer(plain.tobytes(), "u1")
    frozen = plain.copy()
    frozen.flags.writeable = False
    forms = {
        "plain": plain,
        "read-only": frozen,
        "columns first": np.asfortranarray(plain),
        "with gaps": wide[:, ::2],
        "unaligned": raw[1:].view("f4").reshape(2, 3),
        "float64": plain.astype("f8"),
        "integers": plain.astype("i4"),
        "other byte order": plain.astype(">f4"),
        "a subclass": plain.view(np.recarray),
        "lists": plain.tolist(),
        "a tensor": pel.tensor(plain),
        "a dtype of its own": plain.view(np.dtype("f4", metadata={"unit": "m"})),
    }
    return forms[kind]


@pytest.mark.parametrize(
    "kind",
    [
        "plain", "read-only", "columns first", "with gaps", "unaligned", "float64", "integers",
        "other byte order", "a subclass", "lists", "a tensor", "a dtype of its own",
    ],
)  # fmt: skip
def test_whatever_the_form_of_an_input_the_result_is_the_same(engine, kind):
    f, _ = product(engine)
    for _ in range(2):
        found = f(rows(kind))
        assert type(found) is np.ndarray
        assert found.dtype == np.float32
        assert found.tolist() == [[10, 13], [28, 40]]


@pytest.mark.parametrize("kind", ["columns first", "with gaps", "unaligned", "float64", "lists"])
def test_the_machine_code_refuses_what_it_was_not_made_for(engine, kind):
    f, w = product(engine)
    assert f._quick([rows("plain")], [w.numpy()]) is not None
    assert f._quick([rows(kind)], [w.numpy()]) is None


def test_the_machine_code_refuses_other_shapes_numbers_and_objects(engine):
    f, w = product(engine)
    x, state = rows("plain"), w.numpy()
    for inputs in ([], [x, x], [x[:1]], [x.T], [x[0]], [None], ["x"], [x.astype("i4")]):
        assert f._quick(inputs, [state]) is None
    for changed in (None, state.astype("f8"), state[:2], state.T.copy()):
        assert f._quick([x], [changed]) is None
    assert f._quick([x], []) is None


def test_wrong_inputs_are_refused_by_name_also_after_right_ones(engine):
    f, _ = product(engine)
    with pytest.raises(ShapeError, match="the input x has another shape"):
        f(np.ones((2, 4), "f4"))
    with pytest.raises(DataError, match="x: not an array of numbers"):
        f(np.array([[None, 1, 2]]))
    assert f(x=np.ones((1, 3), "f4")).tolist() == [[6, 9]]


def test_other_numbers_of_rows_take_turns(engine):
    f, _ = product(engine)
    for n in (2, 5, 2, 1, 5):
        x = np.arange(3 * n, dtype="f4").reshape(n, 3)
        np.testing.assert_array_equal(f(x), x @ np.arange(6, dtype="f4").reshape(3, 2))


def test_values_assigned_between_calls_are_seen(engine):
    f, w = product(engine)
    w.assign(np.ones((3, 2)))
    assert f(rows("plain")).tolist() == [[3, 3], [12, 12]]


def test_a_variable_that_is_drawn_anew_is_seen(engine):
    drawn = iter([2.0, 3.0])
    w = pel.Variable(lambda: np.full(2, next(drawn)), shape=(2,), name="w")
    f = pel.function([x := pel.placeholder((2,))], x * w, engine=engine)
    x = np.ones(2, "f4")
    assert [f(x).tolist(), f(x).tolist()] == [[2, 2], [2, 2]]
    w.reset()
    assert [f(x).tolist(), f(x).tolist()] == [[3, 3], [3, 3]]


def test_no_result_shares_memory_with_another_or_with_what_was_given(engine):
    w = pel.Variable(np.arange(4.0), name="w")
    x = pel.placeholder((4,), name="x")
    f = pel.function([x], [x, w, x + w], updates={w: w + 1}, engine=engine)
    given, held = np.ones(4, "f4"), [w.numpy()]
    seen = [given, *held]
    for _ in range(4):
        seen += [*f(given), w.numpy()]
    for k, one in enumerate(seen):
        assert not any(np.shares_memory(one, other) for other in seen[k + 1 :])
    assert given.tolist() == [1] * 4
    assert held[0].tolist() == [0, 1, 2, 3]


HOLDERS = {
    "nobody": lambda w: None,
    "a snapshot": lambda w: w.numpy(),
    "a node of a graph": lambda w: w * 1,
    "a read": lambda w: w.read(),
    "a view": lambda w: w.numpy()[1:],
    "memory seen as bytes": lambda w: memoryview(w.numpy()),
    "another variable": lambda w: pel.Variable(w),
    "a container": lambda w: {"x": [w.numpy()]},
}


@pytest.mark.parametrize("outputs", [0, 1, 2])
@pytest.mark.parametrize("holder", sorted(HOLDERS))
def test_who_holds_a_value_keeps_it(engine, outputs, holder):
    w = pel.Variable([1.0, 2.0], name="w")
    step = pel.function([], [w.sum()] * outputs, updates={w: w * 2}, engine=engine)
    for k in range(1, 6):
        before = w.numpy().copy()
        held = HOLDERS[holder](w)
        seen = str(held if not isinstance(held, memoryview) else held.tolist())
        step()
        assert seen == str(held if not isinstance(held, memoryview) else held.tolist())
        assert w.numpy().tolist() == (2 * before).tolist() == [2**k, 2 ** (k + 1)]
        assert not w.numpy().flags.writeable


def test_what_only_a_variable_holds_is_changed_where_it_lies(engine):
    w = pel.Variable([1.0, 2.0], name="w")
    step = pel.function([], w.sum(), updates={w: w * 2}, engine=engine)
    step()
    place = calling.address(w.numpy())
    step()
    assert calling.address(w.numpy()) == place


def test_a_variable_may_be_given_as_an_input_to_its_own_update(engine):
    w = pel.Variable([1.0, 2.0], name="w")
    x = pel.placeholder((2,), name="x")
    step = pel.function([x], x.sum(), updates={w: w + x[::-1]}, engine=engine)
    for _ in range(3):
        a, b = w.numpy().tolist()
        step(w.numpy())
        assert w.numpy().tolist() == [a + b, a + b]


def test_a_failed_check_leaves_the_state_and_later_calls_work(engine):
    w = pel.Variable(np.arange(3.0), name="w")
    i = pel.placeholder((2,), "int64", name="i")
    step = pel.function([i], pel.take(w, i).sum(), updates={w: w + 1}, engine=engine)
    good, bad = np.array([0, 2]), np.array([0, 5])
    assert step(good) == 2
    assert step._quick is not None
    for _ in range(2):
        with pytest.raises(DataError, match="take: an index is out of range 0 to 2"):
            step(bad)
    assert w.numpy().tolist() == [1, 2, 3]
    assert step(good) == 4


def test_a_call_allocates_nothing_but_its_result(engine):
    x = pel.placeholder((1000,), name="x")
    f = pel.function([x], pel.exp(x) + pel.exp(-x), engine=engine)
    given = np.zeros(1000, "f4")
    for _ in range(3):
        f(given)
    tracemalloc.start()
    try:
        f(given)
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        for _ in range(100):
            f(given)
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 500
    assert 4000 < peak - before < 5000


def together(count, work):
    """Let threads begin at once; raise what any of them raises."""
    start, errors = threading.Barrier(count), []

    def run(k):
        try:
            start.wait()
            work(k)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(k,)) for k in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors, errors[0]


@pytest.mark.parametrize("short", [math.inf, 0.0])
def test_threads_may_call_one_function_at_once(monkeypatch, short):
    monkeypatch.setattr(executable_module, "SHORT", short)
    x = pel.placeholder((None, 8), name="x")
    f = pel.function([x], pel.tanh(x @ x.T) + x.sum(), engine=NativeEngine())

    def work(k):
        given = np.full((1 + k % 3, 8), k, "f4")
        wanted = np.tanh(given @ given.T) + given.sum()
        for _ in range(200):
            np.testing.assert_allclose(f(given), wanted, rtol=1e-6)

    together(6, work)


@pytest.mark.parametrize("short", [math.inf, 0.0])
def test_updates_of_threads_take_turns(monkeypatch, short):
    monkeypatch.setattr(executable_module, "SHORT", short)
    count = pel.Variable(np.zeros(3), name="count")
    add = pel.function([], count + 1, updates={count: count + 1}, engine=NativeEngine())
    seen = []
    together(4, lambda k: seen.extend(float(add()[0]) for _ in range(100)))
    assert sorted(seen) == list(range(1, 401))
    assert count.numpy().tolist() == [400] * 3


def test_constants_are_where_the_code_finds_them():
    x, given = pel.placeholder((3,), "float64"), np.array([1.0, 10.0, 100.0])
    one = program([x], [x * pel.tensor([1.0, 2.0, 3.0], "float64"), x + pel.tensor([4.0] * 3)])
    plain = executable(one)
    wanted = plain([given], [])
    plain._open(Caller(compiler()))
    for found, known in zip(plain.quick([given], []), wanted, strict=True):
        np.testing.assert_array_equal(found, known)
