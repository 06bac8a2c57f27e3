"""Holds: what hangs into a training is called when it asked to be, and sees the present weights."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid import Callback, nn, optim
from pellucid.errors import ArgumentError


class Seen(Callback):
    """Keep what was visible at each call."""

    def __init__(self, granularity):
        self.granularity = granularity
        self.calls, self.steps, self.epochs, self.weights = [], [], [], []

    def on_begin(self, training):
        self.calls.append("begin")

    def on_progress(self, training):
        self.calls.append("progress")
        self.steps.append(training.history.steps)
        self.epochs.append(training.history.epochs)
        self.weights.append(training.model.variables()["0.weight"].numpy().copy())

    def on_end(self, training):
        self.calls.append("end")


def fit(numbers, engine, callbacks, model=None, **options):
    model = model or nn.Sequential([nn.Linear(1)])
    options = {"epochs": 3, "batch_size": 8, "optimizer": optim.SGD(0.05), "seed": 1} | options
    history = model.fit(*numbers, **options, engine=engine, callbacks=callbacks, progress=False)
    return model, history


def test_at_each_epoch(engine, numbers):
    seen = Seen("epoch")
    fit(numbers, engine, [seen])
    assert seen.calls == ["begin", *["progress"] * 3, "end"]
    assert seen.steps == [3, 6, 9]
    assert seen.epochs == [1, 2, 3]


def test_at_each_step(engine, numbers):
    seen = Seen("step")
    model, _ = fit(numbers, engine, [seen])
    assert seen.steps == list(range(1, 10))
    assert seen.epochs == [0, 0, 1, 1, 1, 2, 2, 2, 3]
    assert np.array_equal(seen.weights[-1], model.variables()["0.weight"].numpy())
    assert len({w.tobytes() for w in seen.weights}) == 9


def test_by_time(engine, numbers):
    """A short training is over before the first tenth of a second: one call, at its end."""
    seen = Seen("time")
    fit(numbers, engine, [seen])
    assert seen.calls[0] == "begin"
    assert seen.calls[-1] == "end"
    assert seen.steps[-1] == 9


def test_finer_callbacks_do_not_disturb_coarser_ones(engine, numbers):
    coarse, fine = Seen("epoch"), Seen("step")
    fit(numbers, engine, [coarse, fine])
    assert coarse.steps == [3, 6, 9]
    assert len(fine.steps) == 9


@pytest.mark.parametrize("granularity", ["time", "epoch", "step"])
def test_watching_changes_no_bit(engine, numbers, granularity):
    alone, _ = fit(numbers, engine, [])
    watched, _ = fit(numbers, engine, [Seen(granularity)])
    assert alone.predict(numbers[0]).tobytes() == watched.predict(numbers[0]).tobytes()


def test_a_function_is_called_at_each_epoch(engine, numbers):
    losses = []
    _, history = fit(
        numbers, engine, [lambda training: losses.append(training.history["loss"][-1])]
    )
    assert losses == history["loss"]


def test_a_callback_may_ask_the_model(engine, numbers):
    X, y = numbers
    measured = []
    fit(numbers, engine, [lambda training: measured.append(training.model.evaluate(X, y)["loss"])])
    assert len(measured) == 3
    assert measured[0] > measured[-1]


def test_a_callback_may_stop_the_training(engine, numbers):
    def small_enough(training):
        if training.history.epochs == 2:
            training.stop("the loss is small enough")

    _, history = fit(numbers, engine, [small_enough], epochs=50)
    assert (history.epochs, history.stopped) == (2, "the loss is small enough")
    assert "stopped: the loss is small enough" in repr(history)


def test_what_a_callback_assigns_is_trained_on(engine, numbers):
    """Clipping weights after each epoch is no silent nothing."""

    def clip(training):
        weight = training.model.variables()["0.weight"]
        weight.assign(np.clip(weight.numpy(), -0.2, 0.2))

    free, _ = fit(numbers, engine, [])
    assert abs(free.variables()["0.weight"].numpy()).max() > 0.3
    clipped, _ = fit(numbers, engine, [clip])
    assert abs(clipped.variables()["0.weight"].numpy()).max() == np.float32(0.2)
    seen = Seen("epoch")
    fit(numbers, engine, [clip, seen])
    assert abs(np.array(seen.weights)).max() == np.float32(0.2)


@pytest.mark.parametrize(("granularity", "steps"), [("epoch", 6), ("step", 2)])
def test_an_exception_leaves_the_last_whole_step(engine, numbers, granularity, steps):
    class Breaking(Callback):
        def on_progress(self, training):
            if training.history.steps in (2, 6) and training.history.steps == steps:
                raise RuntimeError("broken")

    Breaking.granularity = granularity
    seen, model = Seen("epoch"), nn.Sequential([nn.Linear(1)])
    with pytest.raises(RuntimeError, match="broken"):
        fit(numbers, engine, [Breaking(), seen], model)
    assert seen.calls[-1] == "end"
    assert model.history.steps == steps
    seen_all, whole = Seen("step"), nn.Sequential([nn.Linear(1)])
    fit(numbers, engine, [seen_all], whole)
    left = model.variables()["0.weight"].numpy()
    assert np.array_equal(left, seen_all.weights[steps - 1])
    model.predict(numbers[0])
    fit(numbers, engine, [], model)


def test_an_exception_before_the_first_step(engine, numbers):
    class Breaking(Callback):
        def on_begin(self, training):
            raise RuntimeError("broken")

    model = nn.Sequential([nn.Linear(1)])
    with pytest.raises(RuntimeError, match="broken"):
        fit(numbers, engine, [Breaking()], model)
    assert model.history.steps == 0
    assert np.isfinite(model.predict(numbers[0])).all()


@pytest.mark.parametrize("wrong", [print, 3, [3], [Callback], ["loss"]])
def test_what_is_no_callback_is_refused(numbers, wrong):
    with pytest.raises(ArgumentError, match="callbacks= takes"):
        fit(numbers, "reference", wrong)


def test_each_callback_is_told_of_the_end(numbers):
    """One that breaks there does not keep the others from it."""

    class Breaking(Callback):
        def on_end(self, training):
            raise RuntimeError("broken at the end")

    first, last = Seen("epoch"), Seen("epoch")
    with pytest.raises(RuntimeError, match="broken at the end"):
        fit(numbers, "reference", [first, Breaking(), last])
    assert first.calls[-1] == last.calls[-1] == "end"


def test_at_the_end_the_best_weights_are_there(numbers, engine):
    """A callback that saves the model then saves the one that fit gives."""
    saved = []

    class Save(Callback):
        def on_end(self, training):
            saved.append(training.model.predict(numbers[0]))

    model, history = fit(
        numbers, engine, [Save()], optimizer=optim.SGD(1.0), epochs=4, early_stopping=5
    )
    assert history.best_epoch < 3
    assert np.array_equal(saved[0], model.predict(numbers[0]))
