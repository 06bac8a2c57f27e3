"""Holds: a recorded training can be gone back to at any step, with the bits that it had there."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure

import pellucid as pel
from pellucid import optim
from pellucid.errors import ArgumentError, FileError, NonFiniteError
from pellucid.train import recording
from train.test_resume import CASES, LABELS, Stop, X, Y, bits, fit, network


@pytest.fixture(autouse=True)
def seldom(monkeypatch):
    """Let no state be copied because of the time that has gone: all is computed again."""
    monkeypatch.setattr(recording, "BETWEEN", 3600.0)


class Noting(pel.Callback):
    """Notes the weights after every step, as a run has them."""

    granularity = "step"

    def __init__(self):
        self.seen = {}

    def on_begin(self, training):
        self.seen[0] = bits(training.model)

    def on_progress(self, training):
        self.seen[training.history.steps] = bits(training.model)


@pytest.mark.parametrize("case", CASES)
def test_every_step_can_be_gone_back_to(case, engine):
    noting, model = Noting(), network()
    model(X)
    arguments = {**CASES[case], "engine": engine}
    _, _, history = fit(model, **arguments, callbacks=[noting], record=True)
    past = history.recording
    assert past.last == history.steps == max(noting.seen)
    assert len(past.remembered) < 20  # the others are computed again
    some = [0, 1, 5, 6, 7, past.last - 1, past.last]
    assert all(bits(past.at(step)) == noting.seen[step] for step in some)


def test_it_changes_nothing(engine):
    whole = fit(network(), validation=0.2, engine=engine)
    assert fit(network(), validation=0.2, engine=engine, record=True)[:2] == whole[:2]


def test_the_network_of_a_step_answers_as_the_trained_one_does():
    model = network(2)
    _, _, history = fit(model, LABELS, prepare="standard", record=True)
    early, late = history.recording.at(3), history.recording.at(history.steps)
    assert late.predict(X).tobytes() == model.predict(X).tobytes()
    assert set(early.classify(X)) <= {"warm", "cold"}
    assert early.evaluate(X, LABELS)["loss"] > late.evaluate(X, LABELS)["loss"]
    assert early.history is history
    before = bits(model)
    fit(early, LABELS, epochs=1)
    assert bits(model) == before


def test_what_comes_after_the_training_changes_no_past():
    model = network()
    _, _, history = fit(model, record=True)
    past = history.recording
    before = [bits(past.at(step)) for step in (0, 4, past.last)]
    fit(model, dtype="float64", epochs=2, prepare="standard")
    assert [bits(past.at(step)) for step in (0, 4, past.last)] == before
    assert past.at(2).history is history


# --- what callbacks change -----------------------------------------------------------------


class Doubling(pel.Callback):
    """Doubles the weights at the end of an epoch."""

    def on_progress(self, training):
        if training.history.epochs == 3:
            weight = training.model.variables()["4.weight"]
            weight.assign(2 * weight.numpy())


def test_what_a_callback_changes_is_in_the_past_too():
    noting = Noting()
    _, _, history = fit(network(), callbacks=[Doubling(), noting], record=True)
    past, steps = history.recording, len(noting.seen) // 7
    assert 3 * steps in past.remembered
    for step in (3 * steps - 1, 3 * steps + 1, past.last - 1):
        assert bits(past.at(step)) == noting.seen[step]


# --- how much is kept ----------------------------------------------------------------------


class Small:
    """Lets a recorder have room for few states, and copy after every step."""

    def __init__(self, monkeypatch, states):
        monkeypatch.setattr(recording, "MOST", states)
        monkeypatch.setattr(recording, "BETWEEN", 0.0)
        monkeypatch.setattr(recording, "SHARE", 0)


def test_half_of_the_states_are_dropped_when_there_are_too_many(monkeypatch):
    Small(monkeypatch, 8)
    noting = Noting()
    _, _, history = fit(network(), callbacks=[noting], record=True)
    past = history.recording
    assert past.remembered[0] == 0
    assert past.remembered[-1] == past.last == 42
    assert 4 <= len(past.remembered) <= 8
    assert all(bits(past.at(step)) == noting.seen[step] for step in range(1, 43))


def test_steps_that_cannot_be_computed_are_refused(monkeypatch):
    Small(monkeypatch, 3)

    class Nudging(pel.Callback):
        granularity = "step"

        def on_progress(self, training):
            weight = training.model.variables()["4.weight"]
            weight.assign(weight.numpy() * np.float32(1.01))

    _, _, history = fit(network(), callbacks=[Nudging()], record=True, epochs=2)
    past = history.recording
    (lost,) = {step for step in range(1, 12) if step not in past.remembered} & {5}
    with pytest.raises(ArgumentError, match="step 5 is not remembered") as caught:
        past.at(lost)
    assert "which are the nearest" in caught.value.wanted


def test_the_room_is_kept(monkeypatch):
    monkeypatch.setattr(recording, "BETWEEN", 0.0)
    monkeypatch.setattr(recording, "SHARE", 0)
    monkeypatch.setattr(recording.Recorder.__init__, "__defaults__", (20_000,))
    model = network()
    _, _, history = fit(model, callbacks=[Stop(100)], record=True, epochs=10)
    states = history.recording._states
    held = sum(array.nbytes for one in states for array in one.arrays)
    assert 4_000 < held <= 20_000


# --- ends ----------------------------------------------------------------------------------


@pytest.mark.parametrize("step", [-1, 43, 1.5, "last"])
def test_a_step_that_was_not_done_is_refused(step):
    _, _, history = fit(network(), record=True)
    with pytest.raises((ArgumentError, TypeError), match="step"):
        history.recording.at(step)


def test_a_training_that_was_stopped_is_remembered_as_far_as_it_went():
    noting = Noting()
    _, _, history = fit(network(), callbacks=[noting, Stop(9)], record=True)
    assert history.recording.last == 9
    assert bits(history.recording.at(8)) == noting.seen[8]


def test_a_training_that_blew_up_can_be_looked_at():
    model = network()
    with pytest.raises(NonFiniteError):
        fit(model, optimizer=optim.SGD(1e30), record=True)
    past = model.history.recording
    assert past.last >= 1
    assert all(np.isfinite(v.numpy()).all() for v in past.at(0).parameters().values())


def test_a_training_that_did_not_begin_has_no_past():
    class Failing(pel.Callback):
        def on_begin(self, training):
            raise RuntimeError("no")

    model = network()
    with pytest.raises(RuntimeError, match="no"):
        fit(model, callbacks=[Failing()], record=True)
    with pytest.raises(ArgumentError, match="nothing was recorded"):
        model.history.recording.at(0)


def test_a_training_that_goes_on_is_remembered_from_there(tmp_path):
    path = tmp_path / "run.safetensors"
    fit(network(), checkpoint=path, callbacks=[Stop(9)])
    noting = Noting()
    _, _, history = fit(network(), resume=path, callbacks=[noting], record=True)
    assert history.recording.remembered[0] == 9
    assert bits(history.recording.at(15)) == noting.seen[15]
    with pytest.raises(ArgumentError, match="step is out of range"):
        history.recording.at(3)


def test_without_record_there_is_none():
    assert fit(network())[2].recording is None


# --- files ---------------------------------------------------------------------------------


def test_a_recording_is_written_and_read(tmp_path):
    path = tmp_path / "past.safetensors"
    model = network(2)
    _, _, history = fit(model, LABELS, prepare="standard", record=path)
    past, again = history.recording, pel.Recording.load(path)
    assert again.remembered == past.remembered == [0, 42]
    assert again.last == 42
    assert [bits(again.at(k)) for k in (0, 42)] == [bits(past.at(k)) for k in (0, 42)]
    assert again.at(42).predict(X).tobytes() == model.predict(X).tobytes()
    assert bits(pel.load(path)) == bits(model)
    with pytest.raises(ArgumentError, match="step 7 is not remembered") as caught:
        again.at(7)
    assert caught.value.wanted == "0 or 42, which are the nearest"


def test_chosen_steps_are_written(tmp_path):
    path = tmp_path / "past.safetensors"
    noting = Noting()
    _, _, history = fit(network(), callbacks=[noting], record=True)
    history.recording.save(path, steps=range(0, 43, 7))
    again = pel.Recording.load(path)
    assert again.remembered == list(range(0, 43, 7))
    assert all(bits(again.at(step)) == noting.seen[step] for step in again.remembered[1:])


def test_of_very_many_states_some_are_written(tmp_path, monkeypatch):
    Small(monkeypatch, 1000)
    monkeypatch.setattr(recording, "TENSORS", 100)
    model = network()
    _, _, history = fit(model, callbacks=[Stop(99)], record=tmp_path / "past")
    assert len(history.recording.remembered) == 43
    kept = pel.Recording.load(tmp_path / "past").remembered
    assert (kept[0], kept[-1]) == (0, 42)
    assert 5 < len(kept) * len(model.variables()) <= 100 + len(model.variables())


def test_a_file_of_something_else_is_refused(tmp_path):
    model = network()
    fit(model, epochs=1)
    model.save(tmp_path / "m")
    with pytest.raises(FileError, match="a network, and no recording"):
        pel.Recording.load(tmp_path / "m")
    with pytest.raises(FileError, match="no such file"):
        pel.Recording.load(tmp_path / "missing")


def test_it_prints_well():
    past = fit(network(), record=True)[2].recording
    assert repr(past) == "Recording(42 steps, 2 of them remembered)"


def test_its_way_through_the_loss_is_drawn():
    model = network()
    past = fit(model, record=True)[2].recording
    ax = past.plot(X, Y, resolution=3, ax=Figure().subplots())
    (way,) = [line for line in ax.lines if line.get_gid() == "way"]
    steps = np.linspace(0, 42, 40).round().astype(int)

    def flat(step):
        parameters = past.at(step).parameters().values()
        return np.concatenate([one.numpy().reshape(-1) for one in parameters])

    far = [np.linalg.norm(flat(k) - flat(42)) for k in (0, 21)]
    drawn = np.linalg.norm(np.column_stack(way.get_data()), axis=1)
    assert len(drawn) == len(steps)
    assert drawn[-1] == 0
    assert drawn[0] <= far[0] + 1e-6  # a projection is never longer
    low, high = ax.collections[0].levels[[0, -1]]
    assert low <= model.evaluate(X, Y)["loss"] <= high
