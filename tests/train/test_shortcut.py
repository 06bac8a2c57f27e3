"""Holds: a network that has answered answers the like of it quickly, and everything else as well.

Each answer is asked for twice, so that the second one takes the short way if there is one.
"""

from __future__ import annotations

import threading

import numpy as np
import pytest

from pellucid import data, nn, optim
from pellucid.errors import DataError, ShapeError
from pellucid.train import shortcut as module

X, Y = data.moons(60, seed=1)


def fitted(**how):
    model = nn.Sequential([nn.Linear(4, activation="tanh"), nn.Linear(2)])
    model.fit(X, Y, epochs=2, optimizer=optim.Adam(0.1), seed=1, progress=False, **how)
    return model


@pytest.fixture
def taken(monkeypatch):
    """Count the answers that were given the short way."""
    count = [0]
    real = module.Shortcut.__call__

    def counted(self, network, X):
        found = real(self, network, X)
        count[0] += found is not None
        return found

    monkeypatch.setattr(module.Shortcut, "__call__", counted)
    return count


def asked(model, verb, rows):
    """Ask for all of them the long way: as lists, that no shortcut takes."""
    return getattr(model, verb)(rows.tolist())


@pytest.mark.parametrize("verb", ["predict", "predict_proba", "classify"])
@pytest.mark.parametrize("prepare", [None, "standard"])
@pytest.mark.parametrize("form", [np.float32, np.float64, np.asfortranarray, lambda x: x[::-1]])
def test_the_short_way_gives_the_same(taken, verb, prepare, form):
    model = fitted(prepare=prepare)
    rows = form(X[:7].astype("f4"))
    wanted = asked(model, verb, rows)
    for _ in range(3):
        found = getattr(model, verb)(rows)
        np.testing.assert_array_equal(found, wanted, strict=True)
    assert taken[0] == 3


def test_labels_and_scaled_targets_are_read_as_ever(taken):
    named = nn.Sequential([nn.Linear(1)])
    named.fit(X, np.array(["no", "yes"])[Y], epochs=1, seed=1, progress=False)
    wanted = asked(named, "classify", X[:5])
    assert set(wanted) <= {"no", "yes"}
    np.testing.assert_array_equal(named.classify(X[:5]), wanted)
    line = nn.Sequential([nn.Linear(1)])
    line.fit(X, 1000 * X[:, 0] + 5000, epochs=1, seed=1, prepare="standard", progress=False)
    found = line.predict(X[:5].tolist())
    assert found.min() > 1000
    np.testing.assert_array_equal(line.predict(X[:5]), found)
    assert taken[0] == 2


@pytest.mark.parametrize(
    ("rows", "error"),
    [
        ([[np.nan, 0]], DataError),
        ([[np.inf, 0]], DataError),
        ([[1e300, 0]], DataError),
        ([[1.0, 2.0, 3.0]], ShapeError),
        ([1.0, 2.0], ShapeError),
        (np.zeros((0, 2)), ShapeError),
        (1.0, ShapeError),
        ([["a", "b"]], DataError),
        ([[1j, 2]], DataError),
    ],
)
def test_what_is_refused_at_first_is_refused_later_with_the_same_words(rows, error):
    fresh, model = fitted(), fitted()
    for _ in range(2):
        model.predict(X)
    with pytest.raises(error) as before:
        fresh.predict(np.array(rows))
    with pytest.raises(error) as after:
        model.predict(np.array(rows))
    assert str(before.value) == str(after.value)


def test_great_numbers_whose_squares_overflow_are_answered():
    model = fitted()
    rows = np.full((1, 2), 1e30, "f4")
    np.testing.assert_array_equal(model.predict(rows), model.predict(rows))


def test_more_rows_than_are_computed_together(taken):
    model, many = fitted(), np.tile(X, (10, 1))
    for _ in range(2):
        np.testing.assert_array_equal(model.predict(many)[:60], model.predict(X))
    assert taken[0] == 2  # the 60 rows


def test_new_weights_another_fit_and_another_dtype_are_seen():
    model = fitted()
    first = [model.predict(X) for _ in range(2)][1]
    weight = model.variables()["1.weight"]
    weight.assign(np.zeros(weight.shape))
    bias = model.variables()["1.bias"].numpy()
    np.testing.assert_allclose(model.predict(X), np.tile(bias, (60, 1)))
    model.fit(X, Y, epochs=1, seed=2, prepare="standard", progress=False)
    prepared = [model.predict(X) for _ in range(2)][1]
    np.testing.assert_array_equal(prepared, asked(model, "predict", X))
    assert not np.array_equal(prepared, first)
    model.fit(X, Y, epochs=1, seed=2, dtype="float64", progress=False)
    assert [model.predict(X.astype("f4")).dtype for _ in range(2)] == [np.float64] * 2


def test_a_fit_that_fails_leaves_no_shortcut_to_what_is_gone():
    model = nn.Sequential([nn.Linear(2)])
    with pytest.raises(DataError):
        model.fit(X, np.full(60, np.nan), epochs=1, seed=1, progress=False)
    model.fit(X[:, :1], Y, epochs=1, seed=1, progress=False)
    assert [model.predict(X[:, :1]).shape for _ in range(2)] == [(60, 2)] * 2


def test_several_heads_take_the_long_way(taken):
    x = nn.Input((2,))
    model = nn.Model(x, {"a": nn.Linear(1)(x), "b": nn.Linear(3)(x)})
    for _ in range(2):
        assert {name: y.shape for name, y in model.predict(X).items()} == {
            "a": (60, 1),
            "b": (60, 3),
        }
    assert taken[0] == 0


def test_answers_are_arrays_of_their_own():
    model, rows = fitted(), X[:1].astype("f4")
    answers = [model.predict(rows) for _ in range(5)]
    kept = answers[0].copy()
    for k, answer in enumerate(answers):
        assert not any(np.shares_memory(answer, other) for other in answers[k + 1 :])
        answer += 1
    np.testing.assert_array_equal(model.predict(rows), kept)


def test_threads_may_ask_at_once():
    model, errors = fitted(), []
    wanted = asked(model, "predict", X)

    def ask(k):
        try:
            for n in range(60):
                np.testing.assert_array_equal(model.predict(X[: n + 1]), wanted[: n + 1])
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=ask, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors, errors[0]
