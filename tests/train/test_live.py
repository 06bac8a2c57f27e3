"""Holds: a live training is the same as fit, step for step, and can be gone back in."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid import data, nn, optim
from pellucid.errors import NonFiniteError
from pellucid.train import FitOptions, Live

X, Y = data.moons(60, seed=1)
HELD = (X[:10], Y[:10])


def network() -> nn.Sequential:
    return nn.Sequential([nn.Linear(4, activation="tanh"), nn.Dropout(0.1), nn.Linear(2)])


def live(model: nn.Sequential, rate: float = 0.05) -> Live:
    options = FitOptions(
        epochs=10**9, seed=3, optimizer=optim.Adam(rate), batch_size=16, validation=HELD
    )
    return Live(model, X, Y, options)


def test_the_same_bits_as_fit_however_it_is_cut() -> None:
    mine, theirs = network(), network()
    training = live(mine)
    assert sum(training.advance(steps=n) for n in (1, 2, 5, 1, 7)) == 16
    training.show()
    theirs.fit(
        X, Y, epochs=4, seed=3, optimizer=optim.Adam(0.05), batch_size=16, validation=HELD,
        progress=False,
    )  # fmt: skip
    assert training.step == 16
    assert training.epoch == 4
    for name, variable in theirs.variables().items():
        assert np.array_equal(mine.variables()[name].numpy(), variable.numpy()), name
    assert theirs.history is not None
    taken = training.history.taken()
    assert taken["val_loss"] == theirs.history["val_loss"]
    assert taken["loss"] == theirs.history["loss"]
    assert training.history.taken() == {}


def test_it_goes_back_and_comes_to_the_same_end() -> None:
    model = network()
    training = live(model)
    training.advance(steps=21)
    end = [array.copy() for array in training.state.arrays]
    training.show(5)
    then = model.variables()["0.weight"].numpy()
    assert not np.array_equal(then, end[0])
    training.back_to(5)
    assert (training.step, training.recording.remembered[-1]) == (5, 5)
    assert np.array_equal(training.state.arrays[0], then)
    training.advance(steps=16)
    assert all(np.array_equal(a, b) for a, b in zip(training.state.arrays, end, strict=True))


def test_the_next_step_can_be_seen_without_being_done() -> None:
    training = live(network())
    training.advance(steps=6)
    before = training.state.arrays[0].copy()
    after = training.after(training.state.arrays, 6)[0]
    assert np.array_equal(training.state.arrays[0], before)
    training.advance(steps=1)
    assert np.array_equal(training.state.arrays[0], after)


def test_programs_are_made_ready_without_a_step() -> None:
    training = live(network())
    before = [array.copy() for array in training.state.arrays]
    training.warm()
    assert training.step == 0
    assert all(np.array_equal(a, b) for a, b in zip(training.state.arrays, before, strict=True))


def test_the_rows_of_the_next_batch_are_those_that_it_learns_from() -> None:
    training = live(network())
    met = []
    for _ in range(4):
        met += training.next_rows().tolist()
        training.advance(steps=1)
    assert sorted(met) == list(range(60))


def test_what_was_touched_is_trained_on_and_remembered() -> None:
    training = live(network())
    training.advance(steps=3)
    training.state.arrays[0][0, 0] = 7.0
    training.touch()
    assert training.recording.arrays_at(3)[0][0, 0] == 7.0
    training.advance(steps=1)
    assert training.state.arrays[0][0, 0] > 5


def test_a_training_that_breaks_stands_where_it_was_right() -> None:
    training = live(network(), rate=99.0)
    variables = training.begun.programs.variables
    for variable, array in zip(variables, training.state.arrays, strict=True):
        if variable.name == "2.weight":
            array[:] = np.float32(3e38)
    training.touch()
    with pytest.raises(NonFiniteError):
        training.advance(steps=50)
    assert all(np.isfinite(array).all() for array in training.state.arrays)
