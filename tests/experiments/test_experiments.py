"""Holds: the range test, the one-batch test and the first loss, which leave a network as it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

import pellucid as pel
from pellucid import data, nn, optim
from pellucid.errors import ArgumentError

X, Y = data.moons(300, seed=1)


def network() -> nn.Sequential:
    return nn.Sequential([nn.Linear(16, activation="tanh"), nn.Linear(2)])


@pytest.mark.parametrize(
    "experiment", [pel.find_learning_rate, pel.overfit_one_batch, pel.initial_loss]
)
@pytest.mark.parametrize("trained", [False, True])
def test_an_experiment_leaves_the_network_as_it_is(experiment, trained: bool) -> None:
    models = [network(), network()]
    if trained:
        for model in models:
            model.fit(X, Y, epochs=2, seed=1, progress=False)
    history = models[0].history
    experiment(models[0], X, Y)
    assert models[0].history is history
    for model in models:
        model.fit(X, Y, epochs=1, seed=2, progress=False)
    for mine, theirs in zip(*(model.variables().values() for model in models), strict=True):
        np.testing.assert_array_equal(mine.numpy(), theirs.numpy())


@pytest.mark.parametrize("rule", [optim.SGD(0.1), optim.Adam(optim.Cosine(0.1))])
def test_the_suggested_rate_learns_and_the_last_one_does_not(rule: optim.Optimizer) -> None:
    test = pel.find_learning_rate(network(), X, Y, optimizer=rule, seed=1)
    assert test.rates[0] == pytest.approx(1e-6)
    np.testing.assert_allclose(np.diff(np.log(test.rates)), np.log(1e7) / 99)
    assert len(test.rates) == len(test.losses) == len(test.smoothed) <= 100
    learned = network().fit(X, Y, optimizer=type(rule)(test.suggestion), epochs=10, seed=2,
                            progress=False)  # fmt: skip
    assert learned["loss"][-1] < 0.8 * learned.step_losses[0]
    assert not {"PEL305", "PEL306"} & set(learned.findings.codes)


def test_a_loss_that_stops_being_a_number_ends_the_test() -> None:
    rows, target = data.diabetes().X, data.diabetes().y
    model = nn.Sequential([nn.Linear(16, activation="relu"), nn.Linear(16, activation="relu"),
                           nn.Linear(1)])  # fmt: skip
    test = pel.find_learning_rate(model, rows, target, optimizer=optim.SGD(0.1), high=1e6, seed=1)
    assert len(test.rates) < 100
    assert np.isfinite(test.losses).all()
    assert test.suggestion is not None


def test_where_nothing_is_learned_nothing_is_suggested() -> None:
    frozen = pel.find_learning_rate(network(), X, Y, low=1e-12, high=1e-9, seed=1)
    assert frozen.suggestion is None
    assert repr(frozen).startswith("RateTest(suggestion=none, the loss never fell")


def test_rates_that_fall_are_an_error() -> None:
    with pytest.raises(ArgumentError, match="the rate is to grow"):
        pel.find_learning_rate(network(), X, Y, low=1.0, high=0.1)


def test_the_picture_marks_the_suggestion() -> None:
    test = pel.find_learning_rate(network(), X, Y, seed=1)
    ax = test.plot(ax=Figure().subplots())
    assert ax.get_xscale() == "log"
    assert ax.lines[-1].get_xdata()[0] == test.suggestion


def test_a_network_that_can_learn_learns_one_batch() -> None:
    done = pel.overfit_one_batch(network(), X, Y)
    assert done.reached
    assert done.findings == ()
    assert len(done.losses) == 200


def test_its_picture_has_the_losses_and_what_is_near_zero() -> None:
    done = pel.overfit_one_batch(network(), X, Y, steps=20)
    ax = done.plot(ax=Figure().subplots())
    (_, line, goal) = ax.lines
    np.testing.assert_array_equal(line.get_ydata(), done.losses)
    assert goal.get_ydata()[0] == pytest.approx(done.losses[0] / 10)


@pytest.mark.parametrize("by", ["name", "place"])
def test_a_batch_has_rows_of_every_input_and_every_target(by: str) -> None:
    """Each step sees the sixteen rows that were asked for, and no fewer."""
    a, b = nn.Input((1,), name="a"), nn.Input((1,), name="b")
    both = nn.Linear(8, activation="tanh")(pel.concatenate([a, b], axis=1))
    model = nn.Model({"a": a, "b": b}, {"size": nn.Linear(1)(both), "side": nn.Linear(2)(both)})
    inputs, targets = {"a": X[:, :1], "b": X[:, 1:]}, {"size": X[:, 0], "side": Y}
    seen: list[int] = []

    def rows(training: Any) -> None:
        seen.append(len(training.rows.inputs[0]))

    if by == "place":
        inputs, targets = tuple(inputs.values()), tuple(targets.values())
    pel.overfit_one_batch(model, inputs, targets, steps=3, batch_size=16, callbacks=[rows])
    assert seen == [16] * 3


def test_a_batch_may_lack_a_label() -> None:
    """Which output stands for which label is known from all rows."""
    names = np.array(["elm", "fir", "oak"])[np.arange(300) % 3]
    model = nn.Sequential([nn.Linear(3)])
    assert len(pel.overfit_one_batch(model, X, names, steps=3, batch_size=2).losses) == 3


def test_a_line_cannot_learn_exclusive_or() -> None:
    done = pel.overfit_one_batch(nn.Sequential([nn.Linear(1)]), *data.xor_blobs(seed=1))
    assert not done.reached
    assert done.findings.codes == ("PEL405",)


def test_the_first_loss_is_ln_k() -> None:
    expected = {2: (X, Y), 3: data.blobs(300, 3, seed=1)}
    for k, (rows, labels) in expected.items():
        model = nn.Sequential([nn.Linear(16, activation="tanh"), nn.Linear(k)])
        first = pel.initial_loss(model, rows, labels, prepare="standard")
        assert first.expected == pytest.approx(np.log(k))
        assert first.is_as_expected


def test_the_first_loss_of_numbers_is_their_mean_square() -> None:
    model = nn.Sequential([nn.Linear(1)])
    first = pel.initial_loss(model, X, X[:, 0] + 100)
    assert first.expected == pytest.approx(np.mean((X[:, 0] + 100) ** 2), rel=1e-5)


def test_large_weights_are_told() -> None:
    model = nn.Sequential([nn.Linear(16, activation="tanh"),
                           nn.Linear(2, weight_init=nn.init.Normal(0.0, 9.0))])  # fmt: skip
    first = pel.initial_loss(model, X, Y)
    assert not first.is_as_expected
    assert first.findings.codes == ("PEL404",)


def test_a_loss_of_which_nothing_is_known_is_refused() -> None:
    with pytest.raises(ArgumentError, match="it is not known what loss to expect"):
        pel.initial_loss(nn.Sequential([nn.Linear(1)]), X, Y, loss="hinge")
