"""Holds: how a run is cut into calls changes no bit; rows are taken as the sampling says."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import pellucid as pel
from pellucid.compile import (
    Data,
    Phase,
    Run,
    RunState,
    StopRule,
    next_steps,
    optimised,
    specialised,
    trace,
)
from pellucid.engines import ENGINES, choose

pytestmark = pytest.mark.parametrize("engine", sorted(ENGINES))

ROWS, SIZE = 23, 5
X = np.arange(2 * ROWS, dtype=np.float32).reshape(ROWS, 2) / ROWS
Y = (X[:, :1] - X[:, 1:]) ** 2


def build(sampling="shuffled", epochs=3, stop=None, draws=0):
    """A linear model on 23 rows in batches of 5, validated on the first 7 rows."""
    x, y = pel.placeholder((None, 2), name="x"), pel.placeholder((None, 1), name="y")
    rate = pel.placeholder((), name="rate")
    w = pel.Variable(np.array([[0.5], [-0.25]]), name="w")
    loss = ((x @ w - y) ** 2).mean()
    rows = pel.cast(pel.count(x, 0), "float32")
    scalars = [loss * rows, rows]
    train, _ = trace([x, y, rate], scalars, {w: w - rate * pel.grad(loss, w)})
    check, _ = trace([x, y], scalars, {}, [w])

    def at(program, n):
        shapes = [(n, 2), (n, 1), ()][: len(program.inputs)]
        return optimised(specialised(program, shapes))

    tail = 0 if draws else ROWS % SIZE
    phase = Phase(at(train, SIZE), at(train, tail) if tail else None, ROWS, SIZE, tail, draws)
    held = Phase(at(check, SIZE), at(check, 2), 7, SIZE, 2)
    run = Run(phase, held, epochs, (11, 22), sampling, stop)
    data = Data(((X, Y), (X[:7], Y[:7])), (np.float32(0.01),))
    return run, RunState([np.array(w.numpy())]), data


def scalars_of(records):
    return records.values


@pytest.mark.parametrize("sampling", ["shuffled", "sequential", "drawn", "with replacement"])
@pytest.mark.parametrize("limit", [1, 2, 3, 7])
def test_cutting_changes_no_bit(engine, sampling, limit):
    draws = 6 if sampling in ("drawn", "with replacement") else 0
    run, whole, data = build(sampling, draws=draws)
    everything = choose(engine).advance(run, whole, data)
    run, cut, data = build(sampling, draws=draws)
    parts = []
    while not cut.is_done(run):
        parts.append(scalars_of(choose(engine).advance(run, cut, data, steps=limit)))
    assert np.concatenate(parts).tobytes() == scalars_of(everything).tobytes()
    assert cut.arrays[0].tobytes() == whole.arrays[0].tobytes()


@pytest.mark.parametrize("sampling", ["shuffled", "sequential", "drawn", "with replacement"])
def test_the_engine_agrees_with_the_reference(engine, sampling):
    draws = 6 if sampling in ("drawn", "with replacement") else 0
    run, state, data = build(sampling, draws=draws)
    records = choose(engine).advance(run, state, data)
    run, known, data = build(sampling, draws=draws)
    wanted = choose("reference").advance(run, known, data)
    np.testing.assert_allclose(scalars_of(records), scalars_of(wanted), rtol=1e-5)
    np.testing.assert_allclose(state.arrays[0], known.arrays[0], rtol=1e-5)


def test_an_epoch_sees_every_row_once(engine):
    x = pel.placeholder((None, 1), name="x")
    seen = pel.Variable(np.zeros(ROWS), name="seen")
    rows = pel.cast(x.reshape(-1), "int32")
    marks = pel.cast(pel.one_hot(rows, ROWS), "float32").sum(0)
    program, _ = trace([x], [x.sum(), x.sum()], {seen: seen + marks})
    parts = [optimised(specialised(program, [(n, 1)])) for n in (SIZE, 3)]
    run = Run(Phase(*parts, ROWS, SIZE, 3), None, 4, (5, 6))
    state = RunState([np.zeros(ROWS, np.float32)])
    data = Data(((np.arange(ROWS, dtype=np.float32).reshape(-1, 1),),))
    for epoch in range(1, 5):
        choose(engine).advance(run, state, data, epochs=1)
        assert state.arrays[0].tolist() == [epoch] * ROWS


def test_a_run_that_is_over_goes_no_further(engine):
    run, state, data = build(epochs=1)
    choose(engine).advance(run, state, data)
    before = state.arrays[0].copy()
    record = choose(engine).advance(run, state, data)
    assert (record.plan.steps, record.values.shape) == (0, (0, 2))
    assert state.arrays[0].tobytes() == before.tobytes()


def test_early_stopping_keeps_the_best(engine):
    rule = StopRule(phase=1, column=0, weight=1, sign=1, patience=2, min_delta=1e9)
    run, state, data = build(epochs=50, stop=rule)
    choose(engine).advance(run, state, data, epochs=1)
    first = state.arrays[0].copy()
    choose(engine).advance(run, state, data)
    assert (state.stopped, state.epoch, state.watch.best_epoch) == (True, 3, 0)
    assert state.watch.best_arrays[0].tobytes() == first.tobytes()


def test_segments_cover_everything_once(engine):
    run, state, _ = build(epochs=2)
    plan = next_steps(run, state)
    assert [(s.epoch, s.phase, s.first, s.steps, s.is_tail) for s in list(plan)[:4]] == [
        (0, 0, 0, 4, False), (0, 0, 4, 1, True), (0, 1, 0, 1, False), (0, 1, 1, 1, True),
    ]  # fmt: skip
    steps = itertools.chain.from_iterable(
        [(s.epoch, s.phase, s.first + k) for k in range(s.steps)] for s in plan
    )
    assert len(set(steps)) == plan.steps == 2 * (5 + 2)
    assert next_steps(run, state, 3).steps == 3
