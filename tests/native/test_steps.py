"""Holds: a run on the native engine is the reference's, row by row, fault by fault."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

import numpy as np
import pytest

import pellucid as pel
from native.training import ROWS, SIZE, Training, Y
from pellucid.compile import Data, Phase, Run, RunState, next_steps, optimised, specialised, trace
from pellucid.engines import choose
from pellucid.engines.native.engine import NativeEngine
from pellucid.errors import DataError, EngineError

SAMPLINGS = ["shuffled", "sequential", "drawn", "with replacement"]


@lru_cache(maxsize=2)
def training(dtype="float32"):
    return Training(dtype)


def scalars(records):
    return records.values


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_a_training_is_that_of_the_reference(sampling, dtype):
    one, found = training(dtype), {}
    run = one.run(sampling)
    for engine in ("native", "reference"):
        state = one.state()
        found[engine] = scalars(choose(engine).advance(run, state, one.data())), state.arrays
    near = 2e-3 if dtype == "float32" else 1e-9
    values, known = found["native"], found["reference"]
    np.testing.assert_array_equal(values[0][:, 1], known[0][:, 1])
    np.testing.assert_allclose(values[0], known[0], rtol=near, atol=near)
    for array, other, variable in zip(values[1], known[1], one.variables, strict=True):
        assert array.dtype == other.dtype
        if array.dtype.kind == "f":
            np.testing.assert_allclose(array, other, rtol=near, atol=near, err_msg=variable.name)
        else:
            np.testing.assert_array_equal(array, other)


def rows_taken(engine, sampling, rows, size, tail, draws):
    """Give what tells which rows each batch was made of, and in which order."""
    x, one = pel.placeholder((None,), "int64", name="x"), pel.placeholder((), "int64", name="one")
    seen = pel.Variable(np.int64(0), name="seen")
    scalars_of_batch = [x[0], x[-1], x.sum(), (x[1:] * x[:-1]).sum()]
    program, _ = trace([x, one], scalars_of_batch, {seen: seen + x.sum() * one})

    def at(n):
        return optimised(specialised(program, [(n,), ()]))

    phase = Phase(at(size), at(tail) if tail else None, rows, size, tail, draws)
    run = Run(phase, None, 3, (11, 22), sampling)
    state = RunState([np.zeros((), np.int64)])
    data = Data(((np.arange(rows) * 1003,),), (np.asarray(1),))
    return scalars(choose(engine).advance(run, state, data)), state.arrays[0]


@pytest.mark.parametrize(
    ("rows", "size", "tail"), [(1, 1, 0), (2, 2, 0), (37, 5, 2), (300, 64, 44), (20, 3, 5)]
)
@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_the_rows_of_each_batch_are_identical(sampling, rows, size, tail):
    draws = 7 if sampling in ("drawn", "with replacement") else 0
    tail = 0 if draws else tail
    found, sums = rows_taken("native", sampling, rows, size, tail, draws)
    known, total = rows_taken("reference", sampling, rows, size, tail, draws)
    np.testing.assert_array_equal(found, known)
    assert sums == total


def test_a_label_that_is_out_of_range_stops_the_run_before_its_step():
    one = training()
    labels = Y.copy()
    labels[30] = 3
    run = one.run("sequential", validated=False)
    states = {}
    for engine in ("native", "reference"):
        states[engine] = one.state()
        with pytest.raises(DataError, match="one_hot: a label is out of range 0 to 2"):
            choose(engine).advance(run, states[engine], one.data(labels))
    pairs = zip(states["native"].arrays, states["reference"].arrays, strict=True)
    for array, known in pairs:
        np.testing.assert_allclose(array, known, rtol=1e-3, atol=1e-3)
    steps = next(k for k, v in enumerate(one.variables) if v.name == "steps")
    assert states["native"].arrays[steps] == 30 // SIZE


def test_eight_threads_at_once_do_not_meet():
    one, engine = training(), choose("native")
    run, data = one.run(), one.data()
    before = [array.copy() for arrays in data.arrays for array in arrays]

    def train(_):
        state = one.state()
        return scalars(engine.advance(run, state, data)).tobytes(), [
            a.tobytes() for a in state.arrays
        ]

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(train, range(24)))
    assert all(result == results[0] for result in results)
    for array, copy in zip([a for arrays in data.arrays for a in arrays], before, strict=True):
        np.testing.assert_array_equal(array, copy)


def test_threads_that_compile_at_once_share_the_code():
    x = pel.placeholder((3,), "float64", name="x")
    programs = [optimised(trace([x], [x * 17 + k % 2])[0]) for k in range(16)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(choose("native").compile, programs))
    assert len(set(map(id, found))) == 2
    assert found[1]([np.ones(3)], [])[0].tolist() == [18.0] * 3


def test_arrays_that_the_code_was_not_made_for_are_refused():
    one, engine = training(), choose("native")
    run, state, data = one.run(), one.state(), one.data()
    (x, y), held = data.arrays
    for wrong in (x.astype("f8"), x[:, :4], x[: ROWS - 1]):
        with pytest.raises(EngineError, match="x: an array that the program was not compiled for"):
            engine.steps(
                run, state, Data(((wrong, y), held), data.hyper), next_steps(run, state, 3)
            )
    state.arrays[0].flags.writeable = False
    with pytest.raises(EngineError, match="cannot be changed in place"):
        engine.steps(run, state, data, next_steps(run, state, 3))


def test_rows_may_be_scattered_in_memory():
    one, engine = training(), choose("native")
    run, data = one.run(), one.data()
    (x, y), held = data.arrays
    wide = np.zeros((ROWS, 10), x.dtype)
    wide[:, ::2] = x
    scattered = Data(((wide[:, ::2], y), held), data.hyper)
    found = [scalars(engine.advance(run, one.state(), d)) for d in (data, scattered)]
    np.testing.assert_array_equal(*found)


def test_arrays_may_be_exchanged_between_plans():
    one, engine = training(), choose("native")
    run, whole, other = one.run(), one.state(), one.state()
    engine.advance(run, whole, one.data())
    while not other.is_done(run):
        engine.advance(run, other, one.data(), steps=1)
        other.arrays = [array.copy() for array in other.arrays]
    for mine, theirs in zip(other.arrays, whole.arrays, strict=True):
        assert mine.tobytes() == theirs.tobytes()


def test_a_later_run_of_a_program_knows_how_quick_it_is(monkeypatch):
    one, engine = training(), NativeEngine()
    run = one.run("shuffled", 400)
    assert engine.known_pace(run) == 0
    first = scalars(engine.advance(run, one.state(), one.data()))
    assert engine.known_pace(run) > 0

    plans = []
    monkeypatch.setattr(NativeEngine, "known_pace", lambda self, run: 1e9)
    steps = NativeEngine.steps
    monkeypatch.setattr(NativeEngine, "steps", lambda *given: plans.append(given) or steps(*given))
    again = scalars(engine.advance(run, one.state(), one.data()))
    assert len(plans) == 1
    np.testing.assert_array_equal(again, first)
