"""Holds: weights are drawn from the seed and the path, whatever came before."""

from __future__ import annotations

import numpy as np

import pellucid as pel
from pellucid import nn


def network():
    return nn.Sequential([nn.Linear(3, activation="tanh"), nn.Dropout(0.5), nn.Linear(1)])


def values(model):
    return {name: v.numpy().copy() for name, v in model.variables().items()}


def same(first, second):
    return first.keys() == second.keys() and all(
        first[name].tobytes() == second[name].tobytes() for name in first
    )


def test_reset_draws_anew(rows):
    model = network()
    model(rows)
    model.reset(1)
    one = values(model)
    model.reset(2)
    two = values(model)
    model.reset(1)
    assert same(values(model), one)
    assert not any(np.array_equal(one[name], two[name]) for name in model.parameters())
    model.reset()
    assert not np.array_equal(values(model)["0.weight"], one["0.weight"])


def test_reset_starts_random_layers_anew(rows):
    model = network()
    model(rows)
    model.reset(1)
    masks = [model(rows, training=True).numpy() for _ in range(2)]
    model.reset(1)
    assert np.array_equal(model(rows, training=True).numpy(), masks[0])


def test_draws_depend_on_the_path_alone(rows):
    """A layer in the same place is drawn the same, whatever stands around it."""
    long, short = network(), nn.Sequential([nn.Linear(3, activation="relu"), nn.Linear(7)])
    for model in (long, short):
        model(rows)
        model.reset(5)
    assert np.array_equal(values(long)["0.weight"], values(short)["0.weight"])
    assert not np.array_equal(values(long)["0.bias"], values(long)["2.bias"])


def test_draws_are_the_same_in_every_dtype_up_to_rounding(rows):
    wide, narrow = network(), network()
    with pel.default_dtype("float64"):
        wide(rows)
    narrow(rows)
    wide.reset(4)
    narrow.reset(4)
    for name, found in values(wide).items():
        if found.dtype.kind == "f":
            assert found.dtype == np.float64
            np.testing.assert_allclose(found, values(narrow)[name], rtol=1e-6)
        else:
            assert np.array_equal(found, values(narrow)[name])


def test_functional_and_sequential_models_are_drawn_alike(rows):
    x = nn.Input((2,))
    functional = nn.Model(x, nn.Linear(1)(nn.Linear(3)(x)))
    listed = nn.Sequential([nn.Linear(3), nn.Linear(1)])
    listed(rows)
    functional.reset(3)
    listed.reset(3)
    assert same(values(functional), values(listed))


def test_a_model_that_was_never_seeded_is_its_own(rows):
    first, second = network(), network()
    first(rows)
    second(rows)
    assert not np.array_equal(values(first)["0.weight"], values(second)["0.weight"])
    before = values(first)
    first.predict(rows)
    assert same(values(first), before)


def test_a_functional_model_is_drawn_from_the_seed_of_its_fit(rows, engine):
    """Calling layers on symbols draws nothing yet, and nothing from a seed of its own."""

    def fitted():
        x = nn.Input((2,))
        model = nn.Model(x, nn.Linear(1)(nn.Linear(2)(nn.Linear(2)(x))))
        assert all("not drawn yet" in repr(v) for v in model.variables().values())
        model.fit(rows, rows[:, 0], epochs=1, seed=1, engine=engine, progress=False)
        return values(model)

    assert same(fitted(), fitted())
    drawn = fitted()
    assert not np.allclose(drawn["0.weight"], drawn["1.weight"], atol=0.1)
