"""Holds: a plan lists every step once, in order; records cut anywhere make the same history."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pellucid as pel
from pellucid.compile import Phase, Plan, Record, Run, RunState, StopRule, next_steps, trace
from pellucid.errors import EngineError
from pellucid.train.history import History


def program(outputs=4):
    x = pel.placeholder((None, 1), name="x")
    return trace([x], [x.sum()] * outputs, {})[0]


PROGRAM = program()
EVERYTHING = 10**9


def run_of(rows=23, held=7, epochs=6, stop=None, draws=0):
    """Batches of 5; of 4 for validation, if any rows are held out."""

    def phase(rows, size):
        return Phase(PROGRAM, PROGRAM if rows % size else None, rows, size, rows % size)

    train = Phase(PROGRAM, None, rows, 5, draws=draws) if draws else phase(rows, 5)
    return Run(train, phase(held, 4) if held else None, epochs, (1, 2), "shuffled", stop)


def written_out(plan):
    """Each step as epoch, phase, number, and whether it is the tail."""
    return [(s.epoch, s.phase, s.first + k, s.is_tail) for s in plan for k in range(s.steps)]


def by_hand(run):
    for epoch in range(run.epochs):
        for number, phase in enumerate(run.phases):
            for step in range(phase.steps):
                yield epoch, number, step, step >= phase.whole


def cut(run, limits):
    """The plans of a whole run that is cut after so many steps each, over and over."""
    state, plans, turn = RunState([]), [], 0
    while not state.is_done(run):
        plans.append(next_steps(run, state, limits[turn % len(limits)]))
        state.move_past(run, plans[-1], np.ones((plans[-1].steps, run.columns)))
        turn += 1
    assert (state.epoch, state.phase, state.step) == (run.epochs, 0, 0)
    return plans


RUNS = [
    {}, {"held": 0}, {"rows": 20, "held": 8}, {"rows": 5, "held": 0, "epochs": 40}, {"rows": 3},
    {"draws": 17, "epochs": 1}, {"draws": 17, "epochs": 1, "held": 0}, {"rows": 20, "held": 0},
]  # fmt: skip
LIMITS = st.lists(st.integers(1, 30), min_size=1, max_size=5)


@pytest.mark.parametrize("kind", RUNS, ids=str)
def test_a_plan_is_the_run_step_by_step(kind):
    run = run_of(**kind)
    plan = next_steps(run, RunState([]))
    assert written_out(plan) == list(by_hand(run))
    assert plan.steps == len(written_out(plan))
    assert len(plan) == run.epochs * len(run.epoch)


@pytest.mark.parametrize("kind", RUNS, ids=str)
@given(limits=LIMITS)
@settings(max_examples=25, deadline=None)
def test_cut_plans_are_the_same_steps(kind, limits):
    run = run_of(**kind)
    assert [step for plan in cut(run, limits) for step in written_out(plan)] == list(by_hand(run))


def test_a_plan_of_many_epochs_is_those_of_one():
    run, state, tables = run_of(), RunState([]), []
    whole = next_steps(run, state)
    for epoch in range(run.epochs):
        plan = next_steps(run, state, last_epoch=epoch)
        state.move_past(run, plan, np.ones((plan.steps, run.columns)))
        tables.append(plan.table)
    np.testing.assert_array_equal(np.concatenate(tables), whole.table)
    assert next_steps(run, state).steps == 0


@given(start=st.integers(0, 60), length=st.integers(0, 60))
@settings(max_examples=50, deadline=None)
def test_a_part_of_a_plan_is_its_steps(start, length):
    plan = next_steps(run_of(), RunState([]))
    part = plan.part(start, start + length)
    assert written_out(part) == written_out(plan)[start : start + length]
    assert isinstance(part, Plan)


def scalars(run, seed=0):
    """Numerators of all sizes, and weights, for every step."""
    rng = np.random.default_rng(seed)
    steps = next_steps(run, RunState([])).steps
    values = rng.normal(size=(steps, 4)) * 10.0 ** rng.integers(-9, 9, (steps, 4))
    values[:, 1::2] = rng.integers(1, 9, (steps, 2))
    return values


def history_of(run, plans, values, rates=None):
    history, done, completed = History(("loss", "accuracy"), rates=rates), 0, []
    for plan in plans:
        completed.append(history.add(run, Record(plan, values[done : done + plan.steps])))
        done += plan.steps
    assert done == len(values)
    return history, completed


def halved(steps):
    return 0.5**steps


@pytest.mark.parametrize("kind", RUNS, ids=str)
@given(limits=LIMITS)
@settings(max_examples=25, deadline=None)
def test_cutting_changes_no_bit_of_the_history(kind, limits):
    run = run_of(**kind)
    values = scalars(run)
    whole, _ = history_of(run, [next_steps(run, RunState([]))], values, halved)
    plans = cut(run, limits)
    found, completed = history_of(run, plans, values, halved)
    assert dict(found) == dict(whole)
    assert list(found) == list(whole)
    assert (found.steps, found.epochs) == (whole.steps, whole.epochs)
    assert found.step_losses.tobytes() == whole.step_losses.tobytes()
    assert completed == [run.ends_epoch(p[-1]) or p[0].epoch < p[-1].epoch for p in plans]


@pytest.mark.parametrize("kind", RUNS, ids=str)
def test_a_history_is_the_sums_row_by_row(kind):
    run, sums, losses = run_of(**kind), {}, []
    values = scalars(run)
    for (epoch, phase, _, _), row in zip(by_hand(run), values, strict=True):
        total = sums.setdefault((epoch, phase), [0.0] * 4)
        for k, value in enumerate(row.tolist()):
            total[k] += value
        if phase == 0:
            losses.append(row[0] / row[1])
    history, _ = history_of(run, [next_steps(run, RunState([]))], values, halved)
    for (epoch, phase), total in sums.items():
        prefix = "val_" if phase else ""
        assert history[f"{prefix}loss"][epoch] == total[0] / total[1]
        assert history[f"{prefix}accuracy"][epoch] == total[2] / total[3]
    assert history.step_losses.tolist() == losses
    ends = run.train.steps * np.arange(1, run.epochs + 1)
    assert history["learning_rate"] == halved(ends).tolist()
    assert all(type(value) is float for column in history.values() for value in column)


def test_an_epoch_under_way_shows_its_mean_so_far():
    run = run_of()
    values = scalars(run)
    plan = next_steps(run, RunState([]), 3)
    history, completed = history_of(run, [plan], values[:3])
    assert completed == [False]
    assert (list(history), history["loss"], history.steps) == ([], [], 3)
    assert history.latest()["loss"] == np.cumsum(values[:3, 0])[-1] / values[:3, 1].sum()


def test_losses_of_single_steps_are_kept_up_to_a_number(monkeypatch):
    monkeypatch.setattr("pellucid.train.history.KEPT_STEPS", 8)
    run = run_of(held=0)
    values = scalars(run)
    for limits in ([30], [3], [5, 2]):
        history, _ = history_of(run, cut(run, limits), values)
        assert history.step_losses.tolist() == (values[:8, 0] / values[:8, 1]).tolist()
        assert history.steps == len(values)


@pytest.mark.parametrize("phase", [0, 1])
@given(limits=LIMITS)
@settings(max_examples=25, deadline=None)
def test_cutting_changes_nothing_for_early_stopping(phase, limits):
    run = run_of(rows=99, stop=StopRule(phase, 0, 1, 1, patience=2))
    values, seen = scalars(run), []
    for turn in (limits, [EVERYTHING]):
        state, done = RunState([np.zeros(1)]), 0
        while not state.is_done(run):
            plan = next_steps(run, state, turn[0], state.epoch)
            state.move_past(run, plan, values[done : done + plan.steps])
            done, turn = done + plan.steps, [*turn[1:], turn[0]]
        seen.append((done, replace(state.watch, best_arrays=[])))
    assert seen[0][0] == seen[1][0]
    assert vars(seen[0][1]) == vars(seen[1][1])


def test_phases_that_give_different_scalars_are_refused():
    train, held = (Phase(one, None, 4, 2) for one in (PROGRAM, program(2)))
    with pytest.raises(EngineError, match="different numbers of scalars"):
        Run(train, held, 1, (1, 2))
