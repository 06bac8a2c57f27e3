"""Holds: schedules are checked declarations that give each step its rate, in every loop alike."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

import pellucid as pel
from pellucid import optim
from pellucid.arguments import declared
from pellucid.errors import ArgumentError
from pellucid.optim import Schedule
from pellucid.optim.schedules import SCHEDULES

EXAMPLES: list[Schedule] = [
    optim.StepDecay(0.1, every=3),
    optim.Exponential(0.1, factor=0.9),
    optim.InverseTimeDecay(0.1, decay=1e-6),
    optim.Polynomial(0.1, power=0.5),
    optim.Cosine(0.1, 10, cycles=2),
    optim.OneCycle(0.1),
    optim.Piecewise((0.1, 0.2), changes=(4,)),
    optim.WarmUp(optim.Cosine(0.1, unit="epoch"), steps=2),
    optim.ReduceOnPlateau(0.1),
]


def test_every_schedule_is_tried() -> None:
    public = {name for name in optim.__all__ if name in SCHEDULES}
    assert {type(one).__name__ for one in EXAMPLES} == SCHEDULES.keys() == public


@pytest.mark.parametrize("schedule", EXAMPLES, ids=repr)
def test_it_is_made_anew_from_plain_data(schedule: Schedule) -> None:
    assert declared(json.loads(json.dumps(schedule.config)), SCHEDULES) == schedule
    assert eval(repr(schedule), vars(optim)) == schedule


@pytest.mark.parametrize("schedule", EXAMPLES, ids=repr)
def test_the_loop_takes_the_rates(schedule: Schedule) -> None:
    w = pel.Variable(0.0, "float64", name="w")
    stepper = optim.SGD(schedule).over([w], steps_per_epoch=3, total_steps=9)
    rates = []
    for _ in range(9):
        w.grad = pel.tensor(1.0, "float64")
        before, rate = w.numpy(), stepper.learning_rate
        stepper.step()
        rates.append(float(before - w.numpy()))
        assert rates[-1] == pytest.approx(rate)
    np.testing.assert_allclose(rates, schedule.values(9, steps_per_epoch=3), rtol=1e-9, atol=1e-12)


def test_rates_stay_where_they_have_ended() -> None:
    assert optim.Cosine(1.0, 4, final=0.5).values(6)[4:].tolist() == [0.5, 0.5]
    assert optim.Polynomial(1.0, 4, final=0.5).values(6)[4:].tolist() == [0.5, 0.5]
    assert optim.OneCycle(1.0, 4).values(6)[4:] == pytest.approx([4e-6, 4e-6])


def test_a_warm_up_leaves_the_rest_to_its_schedule() -> None:
    rates = optim.WarmUp(optim.Polynomial(1.0), steps=4, start=0.0).values(8)
    assert rates.tolist() == [0, 0.25, 0.5, 0.75, 1, 0.75, 0.5, 0.25]


def test_a_warm_up_in_epochs_around_steps() -> None:
    inner = optim.Exponential(1.0, factor=0.5)
    rates = optim.WarmUp(inner, steps=2, start=0.5, unit="epoch").values(7, steps_per_epoch=2)
    assert rates.tolist() == [0.5, 0.5, 0.75, 0.75, 1, 0.5, 0.25]


def test_a_million_steps_lose_nothing() -> None:
    last = optim.InverseTimeDecay(0.1, decay=1e-6).values(10**6)[-1]
    assert last == pytest.approx(0.1 / (1 + 1e-6 * 999_999), rel=1e-15)


def test_its_picture_shows_every_step() -> None:
    ax = Figure().subplots()
    schedule = optim.StepDecay(1.0, factor=0.5, every=1, unit="epoch")
    assert schedule.plot(6, steps_per_epoch=2, ax=ax) is ax
    (line,) = ax.lines
    assert line.get_xdata().tolist() == [1, 2, 3, 4, 5, 6]
    assert line.get_ydata().tolist() == [1, 1, 0.5, 0.5, 0.25, 0.25]


# --- what only training knows --------------------------------------------------------------------


def test_it_says_what_it_needs_to_be_told() -> None:
    needs = {"steps_per_epoch", "total_steps"}
    assert optim.Adam(optim.Cosine(0.1, 5)).hyper().keys().isdisjoint(needs)
    assert optim.Adam(optim.Cosine(unit="epoch")).hyper().keys() > needs
    groups = {"*": {"learning_rate": optim.WarmUp(optim.OneCycle(), 5)}}
    assert optim.Adam(groups=groups).hyper()["total_steps"] is None


@pytest.mark.parametrize(
    ("schedule", "missing"),
    [(optim.Cosine(), "total_steps"), (optim.StepDecay(unit="epoch"), "steps_per_epoch")],
)
def test_the_loop_has_to_tell_it(schedule: Schedule, missing: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        optim.SGD(schedule).over([pel.Variable(1.0, name="w")])
    assert f"the schedule needs {missing}" in str(caught.value)
    assert f"write optimizer.over(parameters, {missing}=" in caught.value.mend


def test_values_in_epochs_need_their_length() -> None:
    with pytest.raises(ArgumentError, match=r"write schedule.values\(steps, steps_per_epoch="):
        optim.StepDecay(unit="epoch").values(5)


# --- plateaus ------------------------------------------------------------------------------------


def test_an_optimizer_lowers_what_watches() -> None:
    rule = optim.SGD(
        optim.ReduceOnPlateau(1.0, patience=0),
        groups={"a": {"learning_rate": optim.ReduceOnPlateau(0.5, patience=1)}},
    )
    assert list(rule.plateaus) == ["learning_rate/rate", "groups/a/learning_rate/rate"]
    hyper = rule.after_epoch(rule.hyper(), {"loss": [2.0, 2.0]})  # type: ignore[arg-type]
    assert [hyper[name] for name in rule.plateaus] == [pytest.approx(0.1), 0.5]
    hyper = rule.after_epoch(hyper, {"loss": [2.0, 2.0, 2.0]})
    assert [hyper[name] for name in rule.plateaus] == pytest.approx([0.01, 0.05])


def test_a_warm_up_comes_before_a_plateau() -> None:
    rule = optim.SGD(optim.WarmUp(optim.ReduceOnPlateau(1.0, patience=0), steps=2, start=0.5))
    stepper = rule.over([pel.Variable(0.0, name="w")])
    stepper.observe(loss=1.0)
    stepper.observe(loss=1.0)
    assert stepper.learning_rate == pytest.approx(0.05)


def test_the_validation_is_watched_where_there_is_one() -> None:
    rule = optim.ReduceOnPlateau()
    assert rule.watched({"loss": [1.0], "val_loss": [2.0]}) == [2.0]
    assert rule.watched({"loss": [1.0]}) == [1.0]


def test_a_column_that_is_not_there() -> None:
    with pytest.raises(ArgumentError, match="there is no 'val_accuracy' to watch"):
        optim.ReduceOnPlateau(monitor="val_accuracy").watched({"loss": [1.0]})


# --- arguments -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: optim.StepDecay(-1), "initial ≥ 0"),
        (lambda: optim.StepDecay(every=0), "every ≥ 1"),
        (lambda: optim.StepDecay(every=2.5), "every is not a whole number"),
        (lambda: optim.StepDecay(unit="epochs"), "unit='epoch'"),
        (lambda: optim.Exponential(factor=0), "0 < factor ≤ 1"),
        (lambda: optim.Exponential(factor=1.1), "0 < factor ≤ 1"),
        (lambda: optim.InverseTimeDecay(decay=-1), "decay ≥ 0"),
        (lambda: optim.Polynomial(steps=0), "steps > 0"),
        (lambda: optim.Cosine(cycles=0), "cycles ≥ 1"),
        (lambda: optim.OneCycle(rise=1), "0 < rise < 1"),
        (lambda: optim.OneCycle(shape="cos"), "shape='cosine'"),
        (lambda: optim.WarmUp("0.1"), "after=0.1"),
        (lambda: optim.WarmUp(optim.Cosine), "write optim.Cosine(…)"),
        (lambda: optim.WarmUp(start=2), "0 ≤ start ≤ 1"),
        (lambda: optim.Piecewise((0.1,), (5,)), "rising times, one for each"),
        (lambda: optim.Piecewise((0.1, 0.2, 0.3), (5, 5)), "rising times, one for each"),
        (lambda: optim.Piecewise(0.1, (5,)), "rates is no list of numbers"),
        (lambda: optim.Piecewise((0.1, "0.2"), (5,)), "rates[1] is not a number"),
        (lambda: optim.ReduceOnPlateau(factor=1), "0 < factor < 1"),
        (lambda: optim.ReduceOnPlateau(patience=-1), "patience ≥ 0"),
        (lambda: optim.ReduceOnPlateau(monitor=3), "monitor"),
        (lambda: optim.Cosine().values(-1), "steps ≥ 1"),
    ],
)
def test_arguments_are_checked(make: Any, said: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        make()
    assert said in str(caught.value)
    assert caught.value.mend
