"""Holds: rates that change, averages and penalties do in a fit what they declare."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid import Callback, nn, optim
from pellucid.errors import ArgumentError


def fit(numbers, optimizer, engine, model=None, **options):
    model = model or nn.Sequential([nn.Linear(1)])
    options = {"epochs": 5, "batch_size": 8, "seed": 1, "progress": False} | options
    return model.fit(*numbers, optimizer=optimizer, engine=engine, dtype="float64", **options)


def test_a_constant_rate_has_no_column(numbers, engine):
    assert "learning_rate" not in fit(numbers, optim.SGD(0.1), engine)


@pytest.mark.parametrize(
    "schedule",
    [
        optim.Exponential(0.1, factor=0.9),
        optim.Cosine(0.1),
        optim.StepDecay(0.1, factor=0.5, every=2, unit="epoch"),
        optim.OneCycle(0.1, unit="epoch"),
        optim.WarmUp(optim.Cosine(0.1), steps=4),
    ],
    ids=lambda one: type(one).__name__,
)
def test_the_rate_of_each_epochs_last_step_is_recorded(schedule, numbers, engine):
    """Three steps an epoch, fifteen in all: the schedule is told both."""
    history = fit(numbers, optim.SGD(schedule), engine)
    rates = schedule.values(15, steps_per_epoch=3)
    np.testing.assert_allclose(history["learning_rate"], rates[2::3], rtol=1e-12)
    assert history.steps == 15


def test_steps_follow_the_schedule(numbers, engine):
    """A rate of zero in all but the first epoch is a training of one epoch."""
    schedule = optim.Piecewise((0.1, 0.0), changes=(1,), unit="epoch")
    one, two = (nn.Sequential([nn.Linear(1)]) for _ in range(2))
    fit(numbers, optim.SGD(schedule), engine, one)
    fit(numbers, optim.SGD(0.1), engine, two, epochs=1)
    assert one.predict(numbers[0]).tobytes() == two.predict(numbers[0]).tobytes()


def test_a_fit_by_steps_tells_the_schedule_its_length(numbers, engine):
    history = fit(numbers, optim.SGD(optim.Polynomial(0.1)), engine, epochs=None, steps=10)
    assert history["learning_rate"] == [pytest.approx(0.1 * 0.1)]


def test_a_plateau_lowers_the_rate(numbers, engine):
    """With a rate too small to gain anything, each second epoch is one too many."""
    rule = optim.ReduceOnPlateau(1e-12, factor=0.5, patience=1)
    history = fit(numbers, optim.SGD(rule), engine, epochs=7)
    np.testing.assert_allclose(
        np.array(history["learning_rate"]) / 1e-12, [1, 1, 1, 0.5, 0.5, 0.25, 0.25]
    )


def test_a_plateau_watches_a_column(numbers, engine):
    rule = optim.ReduceOnPlateau(0.05, patience=0, monitor="val_mae", threshold=0.5)
    history = fit(numbers, optim.SGD(rule), engine, validation=0.3, epochs=30)
    rates, values = history["learning_rate"], history["val_mae"]
    for k in range(1, len(rates)):
        assert rates[k] == pytest.approx(rule.next(rates[k - 1], values[:k]), rel=1e-12)
    assert rates[-1] < rates[0]


def test_a_plateau_needs_its_column_and_epochs(numbers):
    rule = optim.ReduceOnPlateau(0.1, monitor="val_loss")
    model = nn.Sequential([nn.Linear(1)])
    with pytest.raises(ArgumentError, match="no 'val_loss' to watch"):
        fit(numbers, optim.SGD(rule), None, model)
    assert not model.built
    with pytest.raises(ArgumentError, match="a fit by steps has none"):
        fit(numbers, optim.SGD(rule), None, model, epochs=None, steps=5)


def test_numbers_that_changed_are_replayed_rightly(numbers, engine):
    """A plateau and a callback change the run; what breaks later is still found."""

    class Nudge(Callback):
        def on_progress(self, training):
            weight = training.model.variables()["0.weight"]
            weight.assign(weight.numpy() * (1e200 if training.history.epochs == 3 else 1))

    rule = optim.ReduceOnPlateau(1e-3, patience=0, factor=0.5, threshold=10)
    model = nn.Sequential([nn.Linear(1)])
    with pytest.raises(ArithmeticError, match="not finite") as caught:
        fit(numbers, optim.SGD(rule), engine, model, callbacks=[Nudge()], epochs=9)
    assert caught.value.where == "epoch 4, batch 1"
    assert np.isfinite(model.predict(numbers[0])).all()
    assert abs(model[0].weight.numpy()).max() > 1e190


# --- averages and penalties ----------------------------------------------------------------


def test_a_training_ends_with_the_averages(numbers, engine):
    seen = []

    class Watch(Callback):
        granularity = "step"

        def on_progress(self, training):
            seen.append(training.model.variables()["0.weight"].numpy().copy())

    model = nn.Sequential([nn.Linear(1)])
    rule = optim.SGD(0.1, averaging=optim.UniformAverage())
    fit(numbers, rule, engine, model, callbacks=[Watch()])
    assert len(seen) == 15
    np.testing.assert_allclose(model[0].weight.numpy(), np.mean(seen, axis=0), rtol=1e-12)
    plain = nn.Sequential([nn.Linear(1)])
    fit(numbers, optim.SGD(0.1), engine, plain)
    np.testing.assert_allclose(plain[0].weight.numpy(), seen[-1], rtol=1e-12)


def test_no_step_leaves_the_weights(numbers, engine):
    model = nn.Sequential([nn.Linear(1)])
    before = model(numbers[0]).numpy()
    fit(numbers, optim.SGD(0.1, averaging=optim.ExponentialAverage(0.9)), engine, model, epochs=0)
    np.testing.assert_allclose(model.predict(numbers[0]), before, rtol=1e-5, atol=1e-6)


def test_a_penalty_is_part_of_the_training_loss_alone(numbers, engine):
    X, y = numbers
    model = nn.Sequential([nn.Linear(1, penalty=nn.L2(0.1))])
    history = fit(numbers, optim.SGD(0.0), engine, model, validation=(X, y), epochs=1)
    weight = model[0].weight.numpy()
    assert history["loss"][0] - history["val_loss"][0] == pytest.approx(0.1 * (weight**2).sum())
    assert model.evaluate(X, y)["loss"] == pytest.approx(history["val_loss"][0])


def test_half_a_penalty_is_weight_decay(numbers, engine):
    one = nn.Sequential([nn.Linear(1, bias=False, penalty=nn.L2(0.05))])
    two = nn.Sequential([nn.Linear(1, bias=False)])
    fit(numbers, optim.SGD(0.1), engine, one)
    fit(numbers, optim.SGD(0.1, weight_decay=0.1), engine, two)
    np.testing.assert_allclose(one[0].weight.numpy(), two[0].weight.numpy(), rtol=1e-12)


def test_clipping_groups_and_constraints_hold_in_a_fit(numbers, engine):
    model = nn.Sequential([nn.Linear(1, constraint=nn.MaxNorm(0.5))])
    rule = optim.SGD(1.0, clip_norm=0.1, groups={"*.bias": {"learning_rate": 0.0}})
    fit(numbers, rule, engine, model, epochs=0)
    bias = model[0].bias.numpy().copy()
    fit(numbers, rule, engine, model, epochs=20)
    assert model[0].bias.numpy().tobytes() == bias.tobytes()
    assert np.linalg.norm(model[0].weight.numpy()) == pytest.approx(0.5, rel=1e-6)
