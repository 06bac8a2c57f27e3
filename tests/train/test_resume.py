"""Holds: a training continued from a file ends with the bits of one that was never interrupted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import pellucid as pel
from pellucid import nn, optim
from pellucid.errors import ArgumentError, ArgumentTypeError, FileError

X = np.random.default_rng(0).normal(size=(90, 3))
Y = X @ [1.0, -2.0, 0.5] + 0.1 * X[:, 0] ** 2
LABELS = np.where(Y > 0, "warm", "cold")


def network(outputs=1):
    return nn.Sequential(
        [nn.Linear(6), nn.BatchNorm1d(), nn.Tanh(), nn.Dropout(0.3), nn.Linear(outputs)]
    )


class Stop(pel.Callback):
    """Ends the training after some steps, as Ctrl-C does: also in the midst of an epoch."""

    granularity = "step"
    looks_at_model = False

    def __init__(self, steps):
        self.steps = steps

    def on_progress(self, training):
        if training.history.steps >= self.steps:
            training.stop("interrupted")


CASES = {
    "plain": {},
    "validation and metrics": {"validation": 0.3, "metrics": ["mae", "r2"]},
    "momentum": {"optimizer": optim.SGD(0.01, momentum=0.9)},
    "schedule": {"optimizer": optim.Adam(optim.Cosine(0.05))},
    "one cycle, averages": {
        "optimizer": optim.AdamW(optim.OneCycle(0.05), averaging=optim.ExponentialAverage(0.9))
    },
    "plateau": {
        "optimizer": optim.Adam(optim.ReduceOnPlateau(0.1, factor=0.5, patience=1)),
        "validation": 0.3,
    },
    "early stopping": {
        "optimizer": optim.Adam(0.3), "validation": 0.3, "epochs": 60, "early_stopping": 3,
    },
    "early stopping by a metric of all rows": {
        "optimizer": optim.Adam(0.3), "validation": 0.3, "epochs": 60, "metrics": ["r2"],
        "early_stopping": pel.EarlyStopping(3, "val_r2"),
    },
    "scaled": {"prepare": "standard", "optimizer": optim.RMSProp(0.01)},
    "float64": {"dtype": "float64"},
    "weights of rows": {"sample_weight": np.arange(1.0, 91.0)},
    "in order": {"shuffle": False},
    "by steps": {"steps": 40},
    "by steps, with replacement": {"steps": 40, "replacement": True},
}  # fmt: skip


def fit(model, y=Y, **arguments):
    arguments = {"seed": 3, "batch_size": 16, "progress": False, **arguments}
    if "steps" not in arguments:
        arguments = {"epochs": 7, **arguments}
    history = model.fit(X, y, **arguments)
    return bits(model), dict(history), history


def bits(model):
    return {name: v.numpy().tobytes() for name, v in model.variables().items()}


@pytest.mark.parametrize("case", CASES)
def test_a_training_goes_on_to_the_same_bits(case, engine, tmp_path):
    path, arguments = tmp_path / "run.safetensors", {**CASES[case], "engine": engine}
    first, model = network(), network()
    first(X)
    weights, columns, whole = fit(first.copy(), **arguments)
    for at in (1, 12, 25):
        _, _, part = fit(first.copy(), **arguments, checkpoint=path, callbacks=[Stop(at)])
        assert part.steps == min(at, whole.steps)
        model.reset(at)
        again, more, history = fit(model, **arguments, resume=path)
        assert again == weights
        assert more == columns
        assert history.step_losses.tobytes() == whole.step_losses.tobytes()
        same = ("steps", "epochs", "best_epoch", "seed", "stopped")
        assert all(getattr(history, name) == getattr(whole, name) for name in same)
        assert history.notes[-1].startswith(f"Continued from {path}, in epoch ")
        assert model.history is history


def test_it_may_be_continued_many_times(tmp_path, engine):
    path = tmp_path / "run.safetensors"
    weights, columns, _ = fit(network(), validation=0.2, engine=engine)
    for at in range(3, 60, 5):
        model = network()
        again, more, _ = fit(
            model, validation=0.2, engine=engine, checkpoint=path, resume=True,
            callbacks=[Stop(at)],
        )  # fmt: skip
    assert (again, more) == (weights, columns)


def test_classes_and_labels_go_on(tmp_path):
    path = tmp_path / "run.safetensors"
    arguments = {"validation": 0.3, "prepare": "standard", "class_weight": "balanced"}
    weights, columns, _ = fit(network(2), LABELS, **arguments)
    fit(network(2), LABELS, **arguments, checkpoint=path, callbacks=[Stop(9)])
    model = network(2)
    assert fit(model, LABELS, **arguments, resume=path)[:2] == (weights, columns)
    assert set(model.classify(X)) == {"warm", "cold"}


def test_a_seed_that_was_drawn_goes_on(tmp_path):
    path = tmp_path / "run.safetensors"
    first = network().fit(X, Y, epochs=2, progress=False, checkpoint=path)
    again = network().fit(X, Y, epochs=2, progress=False, resume=path)
    assert (again.seed, dict(again)) == (first.seed, dict(first))


def test_a_training_that_has_ended_may_go_on_for_longer(tmp_path):
    path = tmp_path / "run.safetensors"
    weights, columns, _ = fit(network(), epochs=7)
    fit(network(), epochs=4, checkpoint=path)
    assert fit(network(), epochs=7, resume=path)[:2] == (weights, columns)
    assert fit(network(), epochs=4, resume=path)[2].epochs == 4


def test_a_second_fit_goes_on_with_what_the_first_has_learned(tmp_path):
    path = tmp_path / "run.safetensors"

    def begun():
        model = network()
        fit(model, prepare="standard", epochs=2)
        return model

    weights, columns, _ = fit(begun())
    fit(begun(), checkpoint=path, callbacks=[Stop(5)])
    assert fit(network(), resume=path)[:2] == (weights, columns)


def test_the_file_is_that_of_a_network_too(tmp_path):
    path = tmp_path / "run.safetensors"
    model = network()
    fit(model, checkpoint=path, validation=0.3)
    again = pel.load(path)
    assert bits(again) == bits(model)
    assert again.predict(X).tobytes() == model.predict(X).tobytes()
    assert dict(again.history) == dict(model.history)
    assert bits(network().load_weights(path)) == bits(model)


# --- when it is written --------------------------------------------------------------------


class Watching(pel.Callback):
    """Notes of which epoch the file is, whenever one is over."""

    def __init__(self, path):
        self.path, self.seen = path, []

    def on_progress(self, training):
        self.seen.append(pel.load(self.path).history.epochs)


def test_every_so_many_epochs(tmp_path):
    path = tmp_path / "run.safetensors"
    watching = Watching(path)
    fit(network(), checkpoint=pel.Checkpoint(path, every=2), callbacks=[watching])
    assert watching.seen == [0, 0, 2, 2, 4, 4, 6]
    assert pel.load(path).history.epochs == 7


def test_every_so_many_steps(tmp_path):
    path = tmp_path / "run.safetensors"
    seen = []

    class Looking(Stop):
        def on_progress(self, training):
            seen.append(pel.load(path).history.steps)

    fit(network(), steps=7, checkpoint=pel.Checkpoint(path, every=3), callbacks=[Looking(9)])
    assert seen == [0, 0, 0, 3, 3, 3, 6]


def test_every_so_many_seconds(tmp_path):
    path = tmp_path / "run.safetensors"
    watching = Watching(path)
    fit(network(), checkpoint=pel.Checkpoint(path, seconds=0), callbacks=[watching])
    assert watching.seen == [0, 1, 2, 3, 4, 5, 6]


def test_the_best_network_is_kept_also_across_an_interruption(tmp_path):
    whole, cut = tmp_path / "whole.safetensors", tmp_path / "cut.safetensors"
    arguments = {"optimizer": optim.Adam(0.2), "validation": 0.3, "epochs": 30}
    best = [pel.Checkpoint(path, best="val_mae", every=3) for path in (whole, cut)]
    _, columns, _ = fit(network(), **arguments, checkpoint=best[0])
    for at in (20, 70, 1000):
        fit(network(), **arguments, checkpoint=best[1], resume=True, callbacks=[Stop(at)])
    kept = [pel.load(rule.best_path) for rule in best]
    assert bits(kept[0]) == bits(kept[1])
    history = kept[0].history
    assert history["val_mae"][-1] >= min(columns["val_mae"])
    measured = pel.load(whole).history["val_mae"]
    assert min(measured) == min(columns["val_mae"])
    early = network()
    fit(early, **{**arguments, "epochs": int(np.argmin(columns["val_mae"])) + 1})
    assert bits(early) == bits(kept[0])


# --- refusals ------------------------------------------------------------------------------


@pytest.fixture
def run(tmp_path):
    path = tmp_path / "run.safetensors"
    fit(network(), checkpoint=path, callbacks=[Stop(4)])
    return path


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ({"batch_size": 8}, "batch_size"),
        ({"seed": 4}, "seed"),
        ({"dtype": "float64"}, "dtype"),
        ({"optimizer": optim.Adam(0.02)}, "optimizer"),
        ({"loss": "mae"}, "loss and metrics"),
        ({"early_stopping": 2}, "early_stopping"),
        ({"shuffle": False}, "order of rows"),
        ({"y": 2 * Y}, "rows"),
        ({"prepare": "minmax"}, "rows"),
    ],
)
def test_what_was_begun_otherwise_is_refused_by_name(run, arguments, what):
    model = network()
    with pytest.raises(ArgumentError, match=f"begun with other .*{what}") as caught:
        fit(model, **arguments, resume=run)
    assert caught.value.where == str(run)
    assert not model.built
    assert model.history is None


def test_another_network_is_refused_and_left_as_it_was(run):
    model = nn.Sequential([nn.Linear(6), nn.Tanh(), nn.Linear(1)])
    fit(model)
    before, history = bits(model), model.history
    with pytest.raises(ArgumentError, match="other architecture"):
        fit(model, resume=run)
    assert bits(model) == before
    assert model.history is history


def test_the_message_is_what_a_user_can_act_on(run):
    with pytest.raises(ArgumentError) as caught:
        fit(network(), batch_size=8, resume=run)
    assert str(caught.value).splitlines() == [
        "the training in the file was begun with other batch_size",
        f"  where   {run}",
        "  got     batch_size 8",
        "  wanted  batch_size 16",
        "  mend    call fit with the rows and arguments of that time (epochs may be more); "
        "pel.load(path).fit(…) begins a new training with these weights",
    ]


def test_a_network_alone_cannot_be_continued(tmp_path):
    model = network()
    fit(model, epochs=1)
    model.save(tmp_path / "m")
    with pytest.raises(FileError, match="a network alone, and no training"):
        fit(network(), resume=tmp_path / "m")
    with pytest.raises(FileError, match="no such file"):
        fit(network(), resume=tmp_path / "missing")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"resume": True}, "resume=True continues what is in the file of checkpoint="),
        ({"resume": 3}, "resume= takes a file"),
        ({"checkpoint": 3}, "a checkpoint is written to a file"),
        ({"checkpoint": pel.Checkpoint("x", best="val_r3")}, "best cannot be 'val_r3'"),
        ({"checkpoint": pel.Checkpoint("x", best="loss"), "steps": 3}, "the best of a training"),
        ({"checkpoint": "missing/run"}, "the folder does not exist"),
    ],
)
def test_arguments_without_meaning_are_refused_before_the_first_step(arguments, said):
    model = network()
    with pytest.raises((ArgumentError, ArgumentTypeError, FileError), match=said):
        fit(model, **arguments)
    assert model.history is None or model.history.steps == 0


def test_a_damaged_run_is_refused(run):
    data = bytearray(run.read_bytes())
    for place in (-1, len(data) // 2, 20):
        data[place] ^= 1
        run.write_bytes(data)
        data[place] ^= 1
        with pytest.raises(FileError, match="is damaged"):
            fit(network(), resume=run)


# --- killed --------------------------------------------------------------------------------

KILLED = """
import os, sys, signal
sys.path.insert(0, sys.argv[2])
import pellucid as pel
from test_resume import fit, network
class Kill(pel.Callback):
    granularity = "step"
    looks_at_model = False
    def on_progress(self, training):
        if training.history.steps == 23:
            os.kill(os.getpid(), signal.SIGKILL)
rule = pel.Checkpoint(sys.argv[1], seconds=0)
fit(network(), validation=0.3, early_stopping=20, checkpoint=rule, callbacks=[Kill()])
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no SIGKILL")
def test_a_training_that_was_killed_goes_on_to_the_same_bits(tmp_path):
    path = tmp_path / "run.safetensors"
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(path), str(Path(__file__).parent)],
        capture_output=True, timeout=60, env={**os.environ},
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    assert pel.load(path).history.steps == 22
    arguments = {"validation": 0.3, "early_stopping": 20}
    assert fit(network(), **arguments, resume=path)[:2] == fit(network(), **arguments)[:2]
