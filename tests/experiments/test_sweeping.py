"""Holds: a sweep's runs are those of fit, bit for bit; its tables, pictures, halving and errors."""

from __future__ import annotations

import os
import signal
import threading

import numpy as np
import pytest
from matplotlib.figure import Figure
from sklearn.model_selection import GridSearchCV

import pellucid as pel
from pellucid import data, nn, optim
from pellucid.errors import ArgumentError, ArgumentTypeError, DataError
from pellucid.experiments.sweeping import sweeping, trial
from pellucid.sklearn import NeuralClassifier

X, Y = data.moons(80, seed=1)
OTHER = data.moons(40, seed=2)
QUIET = {"progress": False}


def build(hidden: int = 4, activation: str = "tanh") -> nn.Sequential:
    return nn.Sequential([nn.Linear(hidden, activation=activation), nn.Linear(2)])


def noisy(rate: float = 0.2) -> nn.Sequential:
    return nn.Sequential([nn.Linear(6), nn.BatchNorm1d(), nn.Tanh(), nn.Dropout(rate),
                          nn.Linear(2)])  # fmt: skip


def swept(**options) -> pel.Sweep:
    make = options.pop("make", build)
    grid = options.pop("grid", {"learning_rate": [0.001, 0.05], "hidden": [2, 5]})
    length = {} if "steps" in options else {"epochs": 3}
    size = {} if "batch_size" in grid else {"batch_size": 16}
    given = {"seeds": 3, **length, **size, **QUIET, **options}
    return pel.sweep(make, grid, X, Y, **given)


# --- the runs ------------------------------------------------------------------------------


OPTIONS = [
    {"epochs": 3},
    {"steps": 25, "validation": 0.25},
    {"epochs": 4, "validation": 0.25, "metrics": ["accuracy", "auc"]},
    {"epochs": 2, "validation": OTHER, "prepare": "standard", "dtype": "float64"},
    {"epochs": 30, "validation": 0.3, "early_stopping": 2, "shuffle": False},
    {"steps": 20, "replacement": True, "class_weight": "balanced"},
    {"epochs": 12, "validation": OTHER, "metrics": ["auc"],
     "early_stopping": pel.EarlyStopping(2, "val_auc")},
    {"epochs": 6, "validation": 0.3, "metrics": ["auc"],
     "early_stopping": pel.EarlyStopping(2, "val_auc", restore_best=False)},
]  # fmt: skip


@pytest.mark.parametrize("options", OPTIONS, ids=range(len(OPTIONS)))
def test_a_run_is_what_fit_does_to_the_same_bits(options) -> None:
    sweep = swept(seeds=[0, 7], **options)
    assert (sweep.frame["status"] == "done").all()
    for row in range(len(sweep.frame)):
        line = sweep.frame.iloc[row]
        model = build(int(line["hidden"]))
        history = model.fit(X, Y, optimizer=optim.Adam(line["learning_rate"]), batch_size=16,
                            seed=int(line["seed"]), progress=False, **options)  # fmt: skip
        at = -1 if history.best_epoch is None else history.best_epoch
        assert {name: line[name] for name in history} == {k: v[at] for k, v in history.items()}
        assert line["steps"] == history.steps
        again = sweep.network(row)
        for mine, theirs in zip(
            again.variables().values(), model.variables().values(), strict=True
        ):
            np.testing.assert_array_equal(mine.numpy(), theirs.numpy())


@pytest.mark.parametrize(
    "rule",
    [optim.SGD(0.1, momentum=0.9), optim.Adam(optim.Cosine(0.02)),
     optim.Adam(0.02, averaging=optim.ExponentialAverage(0.9))],
    ids=["momentum", "schedule", "averages"],
)  # fmt: skip
def test_layers_and_rules_with_state_of_their_own_are_as_in_fit(rule) -> None:
    grid = {"rate": [0.1], "weight_decay": [0.0, 0.01], "batch_size": [8, 40]}
    sweep = swept(make=noisy, grid=grid, optimizer=rule, seeds=2, validation=OTHER)
    for row in (0, 3, 5, 6):
        line, model = sweep.frame.iloc[row], noisy(sweep.frame.iloc[row]["rate"])
        changed = type(rule)(**{**rule.arguments, "weight_decay": line["weight_decay"]})
        history = model.fit(X, Y, optimizer=changed, batch_size=int(line["batch_size"]), epochs=3,
                            seed=int(line["seed"]), validation=OTHER, progress=False)  # fmt: skip
        assert {name: line[name] for name in history if name != "learning_rate"} == {
            k: v[-1] for k, v in history.items() if k != "learning_rate"
        }


@pytest.mark.parametrize("validation", [None, OTHER])
def test_a_rate_that_waits_on_a_plateau_is_lowered_as_in_fit(validation) -> None:
    waiting = [optim.ReduceOnPlateau(rate, patience=1, threshold=0.05) for rate in (0.3, 0.1)]
    options = {"epochs": 12, "batch_size": 16, "validation": validation}
    sweep = swept(grid={"learning_rate": waiting}, optimizer=optim.SGD, seeds=2, **options)
    lowered = 0
    for row in range(4):
        line, model = sweep.frame.iloc[row], build()
        history = model.fit(X, Y, optimizer=optim.SGD(waiting[row // 2]), seed=int(line["seed"]),
                            progress=False, **options)  # fmt: skip
        lowered += history["learning_rate"][-1] < history["learning_rate"][0]
        assert {name: line[name] for name in history if name != "learning_rate"} == {
            k: v[-1] for k, v in history.items() if k != "learning_rate"
        }
    assert lowered


def test_seats_are_left_to_the_next_run_and_keep_nothing_of_the_last() -> None:
    grid = {"learning_rate": [1e6, 0.01], "rate": [0.1]}
    together = swept(make=noisy, grid=grid, optimizer=optim.SGD, seeds=[5, 3], epochs=4)
    for seed in (5, 3):
        alone = swept(make=noisy, grid={"learning_rate": [0.01], "rate": [0.1]}, seeds=[seed],
                      optimizer=optim.SGD, epochs=4)  # fmt: skip
        line = together.frame[(together.frame.seed == seed) & (together.frame.rate == 0.1)].iloc[-1]
        assert line["loss"] == alone.frame["loss"][0]


def test_the_number_of_threads_changes_no_bit() -> None:
    with pel.thread_limit(1):
        alone = swept(validation=0.3)
    together = swept(validation=0.3)
    names = [name for name in alone.frame.columns if name != "seconds"]
    assert alone.frame[names].equals(together.frame[names])


def test_the_weights_are_those_with_which_the_run_has_ended(monkeypatch) -> None:
    """The states of the runs themselves, and not only what they measured."""
    ended = {}
    outcome = trial.Trial.outcome

    def seen(self, *arguments):
        found = outcome(self, *arguments)
        ended[self.place] = [array.copy() for array in self._state.arrays]
        return found

    monkeypatch.setattr(trial.Trial, "outcome", seen)
    sweep = swept(seeds=2)
    assert len(ended) == 8
    for row, run in enumerate(sweep.outcomes):
        for mine, array in zip(
            sweep.network(row).variables().values(), ended[run.place], strict=False
        ):
            np.testing.assert_array_equal(mine.numpy(), array)


def test_folds_are_held_out_once_each_and_the_same_for_all() -> None:
    sweep = swept(validation=4, seeds=2, grid={"learning_rate": [0.01, 0.1]})
    assert len(sweep.frame) == 16
    assert sweep.frame["fold"].tolist() == [0, 1, 2, 3] * 4
    held = np.concatenate([test for _, test in sweep.study.folds])
    assert sorted(held) == list(range(80))
    for train, test in sweep.study.folds:
        assert np.bincount(Y[test]).tolist() == [10, 10]
        assert not set(train) & set(test)
    train, test = sweep.study.folds[2]
    model = build()
    history = model.fit(X[train], Y[train], validation=(X[test], Y[test]), epochs=3, batch_size=16,
                        optimizer=optim.Adam(0.1), seed=1, progress=False)  # fmt: skip
    assert sweep.frame.iloc[14]["val_loss"] == history["val_loss"][-1]
    whole = build().fit(X, Y, epochs=3, batch_size=16, seed=0, progress=False,
                        optimizer=optim.Adam(sweep.best_parameters["learning_rate"]))  # fmt: skip
    assert sweep.best.history["loss"] == whole["loss"]


def test_a_search_of_scikit_learn_over_the_same_grid_has_the_same_winner() -> None:
    """Whichever backend of joblib does it: ``tests/estimators`` compares these."""
    grid = {"learning_rate": [1e-6, 0.03, 1e-4]}
    sweep = pel.sweep(lambda: build(8), grid, X, Y, validation=4, seeds=3, epochs=40,
                      batch_size=16, prepare="standard", by="val_accuracy", **QUIET)  # fmt: skip
    estimator = NeuralClassifier((8,), activation="tanh", max_iter=40, batch_size=16,
                                 random_state=0)  # fmt: skip
    search = GridSearchCV(estimator, grid, cv=4).fit(X, Y)
    assert search.best_params_ == sweep.best_parameters == {"learning_rate": 0.03}


# --- names ---------------------------------------------------------------------------------


def test_a_name_that_two_take_wants_an_owner() -> None:
    def made(weight_decay: float = 0.0) -> nn.Sequential:
        return build()

    with pytest.raises(ArgumentError, match="may be meant for build or optimizer") as caught:
        swept(make=made, grid={"weight_decay": [0.0, 1.0]})
    assert caught.value.mend == "write 'optimizer.weight_decay'"
    sweep = swept(make=made, grid={"optimizer.weight_decay": [0.0, 1.0]})
    assert sweep.frame.columns[0] == "optimizer.weight_decay"
    assert sweep.frame["loss"].nunique() == 6


@pytest.mark.parametrize(
    ("grid", "what"),
    [
        ({"learning_rat": [1]}, "there is no parameter called 'learning_rat'"),
        ({"optimizer.hidden": [1]}, "there is no parameter of optimizer called 'hidden'"),
        ({"optimiser.learning_rate": [1]}, "there is no owner of parameters called 'optimiser'"),
        ({"seed": [1]}, "seed is no parameter of a sweep"),
        ({"epochs": [1]}, "epochs is given, and is a parameter of the sweep as well"),
        ({"hidden": []}, "hidden has no values"),
        ({"hidden": [4, 4]}, "hidden has a value twice"),
        ({"hidden": 4}, "the values of hidden are a list"),
        ({"learning_rate": [-1.0]}, "learning_rate is out of range"),
    ],
)
def test_parameters_that_do_not_fit_are_told_at_once(grid, what) -> None:
    with pytest.raises(ArgumentError, match=what):
        swept(grid=grid)


def test_what_build_needs_and_is_not_given_is_told_at_once() -> None:
    def made(hidden: int, activation: str, outputs: int = 2, **others: int) -> nn.Sequential:
        return build(hidden, activation)

    with pytest.raises(ArgumentError, match="build needs activation, of which") as caught:
        swept(make=made, grid={"hidden": [2]})
    assert "{'activation': […]}" in caught.value.mend
    with pytest.raises(ArgumentError, match="build needs hidden and activation"):
        swept(make=made, grid={"learning_rate": [0.1]})


def test_an_unknown_name_is_told_all_that_there_are() -> None:
    with pytest.raises(ArgumentError) as caught:
        swept(grid={"hiden": [1]})
    assert caught.value.mend == "write 'hidden'"
    assert (
        "build: hidden, activation; optimizer: learning_rate, weight_decay" in caught.value.wanted
    )


def test_wrong_arguments() -> None:
    with pytest.raises(ArgumentTypeError, match="a sweep makes its networks itself"):
        pel.sweep(build(), {"learning_rate": [0.1]}, X, Y)
    with pytest.raises(ArgumentTypeError, match="build gives no network"):
        pel.sweep(lambda: nn.Tanh(), {"learning_rate": [0.1]}, X, Y)
    with pytest.raises(ArgumentTypeError, match="optimizer= takes an optimizer or its class"):
        swept(optimizer="adam")
    with pytest.raises(ArgumentError, match="there is no option of a sweep called 'epoch'"):
        swept(epoch=3)
    with pytest.raises(ArgumentError, match="seeds differ from each other"):
        swept(seeds=[1, 1])
    with pytest.raises(ArgumentError, match="there is no column of the sweep called 'val_loss'"):
        swept(by="val_loss")
    with pytest.raises(ArgumentError, match="halving decides on epochs"):
        pel.sweep(build, {"epochs": [2, 3]}, X, Y, halving=True, **QUIET)


def test_an_error_in_a_thread_is_raised_here() -> None:
    with pytest.raises(pel.errors.LabelError):
        pel.sweep(lambda outputs: nn.Sequential([nn.Linear(outputs)]), {"outputs": [2, 3, 1]},
                  X, np.arange(80) % 3, epochs=1, **QUIET)  # fmt: skip
    assert threading.active_count() == 1 or all(
        not thread.name.endswith("(run)") for thread in threading.enumerate()
    )


# --- what comes out ------------------------------------------------------------------------


def test_runs_that_diverge_are_recorded_and_count_as_the_worst() -> None:
    rows, target = data.diabetes().X, data.diabetes().y
    sweep = pel.sweep(
        lambda: nn.Sequential([nn.Linear(8, activation="relu"), nn.Linear(1)]),
        {"learning_rate": [1e6, 1e-4]}, rows, target, optimizer=optim.SGD, seeds=3, epochs=2,
        **QUIET,
    )  # fmt: skip
    assert sweep.frame["status"].tolist() == ["diverged"] * 3 + ["done"] * 3
    assert sweep.frame["loss"].isna().tolist() == [True] * 3 + [False] * 3
    assert sweep.best_parameters == {"learning_rate": 1e-4}
    assert sweep.summary["diverged"].tolist() == [0, 3]
    assert [text.get_text() for text in sweep.plot(ax=Figure().subplots()).texts] == []
    only = pel.sweep(lambda: nn.Sequential([nn.Linear(8, activation="relu"), nn.Linear(1)]),
                     {"learning_rate": [1e6]}, rows, target, optimizer=optim.SGD, seeds=2,
                     **QUIET)  # fmt: skip
    assert "none has ended well" in repr(only)
    with pytest.raises(DataError, match="the runs have diverged"):
        only.best_parameters


def test_the_summary_tells_medians_and_quartiles() -> None:
    sweep = swept(seeds=5, validation=0.25)
    frame, summary = sweep.frame, sweep.summary
    assert len(summary) == 4
    assert summary["val_loss"].is_monotonic_increasing
    first = summary.iloc[0]
    own = frame[(frame.hidden == first.hidden) & (frame.learning_rate == first.learning_rate)]
    assert first["val_loss"] == own["val_loss"].median()
    assert first["low"] == sorted(own["val_loss"])[1]
    assert first["high"] == sorted(own["val_loss"])[3]
    assert sweep.best_score == first["val_loss"]
    assert sweep.best.history["val_loss"][-1] == own["val_loss"].min()
    assert repr(sweep).startswith("Sweep(20 runs of 4 combinations, ")
    assert "best median val_loss" in repr(sweep)
    assert "<table" in sweep._repr_html_()


def test_what_is_compared_may_be_better_when_it_is_more() -> None:
    sweep = swept(by="val_accuracy", validation=0.3, epochs=8)
    assert sweep.summary["val_accuracy"].is_monotonic_decreasing
    assert sweep.best_parameters["learning_rate"] == 0.05


def test_the_picture_shows_medians_and_frames_the_best() -> None:
    sweep = swept(seeds=3)
    ax = sweep.plot(ax=Figure().subplots())
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("learning_rate", "hidden")
    values = sweep.frame.groupby(["hidden", "learning_rate"])["loss"].median()
    shown = [float(text.get_text().partition("\n")[0]) for text in ax.texts]
    np.testing.assert_allclose(shown, values, rtol=0.01)
    column, row = (round(x + 0.5) for x in ax.patches[-1].get_xy())
    assert [0.001, 0.05][column] == sweep.best_parameters["learning_rate"]
    assert [2, 5][row] == sweep.best_parameters["hidden"]
    turned = sweep.plot(x="hidden", ax=Figure().subplots())
    assert (turned.get_xlabel(), turned.get_ylabel()) == ("hidden", "learning_rate")
    with pytest.raises(ArgumentError, match="there is no parameter called 'hiden'"):
        sweep.plot(x="hiden")


def test_three_parameters_and_values_of_any_kind() -> None:
    grid = {"learning_rate": [0.01, 0.1], "activation": ["relu", "tanh"], "batch_size": [8, 40],
            "loss": [nn.CrossEntropy(), "cross_entropy"]}  # fmt: skip
    sweep = swept(make=lambda activation: build(3, activation), grid=grid, seeds=1, epochs=1)
    assert len(sweep.frame) == 16
    assert set(sweep.frame["activation"]) == {"relu", "tanh"}
    assert len(sweep.plot(ax=Figure().subplots()).texts) == 4


# --- halving -------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{"epochs": 27}, {"steps": 270, "validation": 0.3}])
def test_halving_gives_more_to_the_better_and_changes_no_bit(options) -> None:
    grid = {"learning_rate": [1e-6, 1e-5, 1e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 1.0]}
    sweep = swept(grid=grid, halving=True, seeds=2, **options)
    whole = swept(grid=grid, seeds=2, **options)
    assert sweep.is_complete
    counts = sweep.frame["status"].value_counts().to_dict()
    assert counts == {"dropped": 16, "done": 2}
    total = options.get("steps") or 27 * 5
    assert sorted(set(sweep.frame["steps"])) == [total // 9, total // 3, total]
    done = sweep.frame[sweep.frame.status == "done"]
    same = whole.frame.loc[done.index]
    assert done["loss"].tolist() == same["loss"].tolist()
    assert sweep.frame["steps"].sum() < whole.frame["steps"].sum() / 3
    assert sweep.best_parameters["learning_rate"] in whole.summary["learning_rate"][:3].tolist()
    assert sweep.best.history.steps == total


def test_halving_compares_what_is_measured_from_all_rows() -> None:
    grid = {"learning_rate": [1e-5, 1e-3, 0.05]}
    sweep = swept(grid=grid, halving=True, seeds=2, epochs=9, metrics=["auc"], validation=OTHER,
                  by="val_auc")  # fmt: skip
    assert sweep.frame["val_auc"].notna().all()
    assert sweep.best_parameters["learning_rate"] in (1e-3, 0.05)


def test_halving_is_checked() -> None:
    with pytest.raises(ArgumentError, match="factor is out of range"):
        pel.Halving(1.0)
    with pytest.raises(ArgumentError, match="halving begins with more than there is"):
        swept(halving=pel.Halving(least=9))
    with pytest.raises(ArgumentTypeError, match="halving is neither True nor False"):
        swept(halving=3)


# --- an end before the end -----------------------------------------------------------------


def test_control_c_keeps_what_is_done(monkeypatch) -> None:
    note = sweeping._Sweeping._note

    def seen(self, outcome):
        note(self, outcome)
        if len(self._outcomes) == 5:
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(sweeping._Sweeping, "_note", seen)
    with pel.thread_limit(1):
        sweep = swept(seeds=10)
    assert 5 <= len(sweep.frame) < 40
    assert not sweep.is_complete
    assert "missing" in repr(sweep)
    assert sweep.best.history.epochs == 3


def test_progress_is_told_on_standard_error(capsys, monkeypatch) -> None:
    monkeypatch.setattr("pellucid.experiments.sweeping.telling.BETWEEN_LINES", 0.0)
    swept(progress=None)
    told = capsys.readouterr()
    assert told.out == ""
    last = told.err.strip().splitlines()[-1]
    assert last.startswith("12/12 runs  loss 0.")
    assert "learning_rate=" in last
    swept()
    assert capsys.readouterr().err == ""
