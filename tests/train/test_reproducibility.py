"""Holds: a seed decides everything to the bit; nothing else does."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid import nn, optim
from pellucid.errors import ArgumentError


def network():
    return nn.Sequential([nn.Linear(5, activation="tanh"), nn.Dropout(0.4), nn.Linear(1)])


def bits(model):
    return {name: v.numpy().tobytes() for name, v in model.variables().items()}


def fit(model, numbers, engine, **options):
    options = {"epochs": 3, "batch_size": 5, "validation": 0.3} | options
    return model.fit(*numbers, **options, engine=engine, progress=False)


def test_one_seed_gives_the_same_bits(engine, numbers):
    first, second = network(), network()
    one, two = fit(first, numbers, engine, seed=4), fit(second, numbers, engine, seed=4)
    assert bits(first) == bits(second)
    assert dict(one) == dict(two)
    assert one.step_losses.tobytes() == two.step_losses.tobytes()


def test_another_seed_gives_others(engine, numbers):
    first, second = network(), network()
    one, two = fit(first, numbers, engine, seed=4), fit(second, numbers, engine, seed=5)
    assert all(first_bits != bits(second)[name] for name, first_bits in bits(first).items()
               if not name.endswith("step"))  # fmt: skip
    assert one["loss"] != two["loss"]


def test_a_seed_that_was_drawn_is_recorded_and_repeats_the_fit(engine, numbers):
    first, second, third = network(), network(), network()
    history = fit(first, numbers, engine)
    assert 0 <= history.seed < 2**31
    fit(second, numbers, engine, seed=history.seed)
    assert bits(first) == bits(second)
    assert fit(third, numbers, engine).seed != history.seed


def test_a_fit_continues_from_the_weights_it_finds(engine, numbers):
    """With fresh moments: Adam's first step has the length of the rate, whatever came before."""
    model = network()
    fit(model, numbers, engine, seed=1, optimizer=optim.Adam(0.05))
    before = model.variables()["2.bias"].numpy().copy()
    fit(model, numbers, engine, seed=1, optimizer=optim.Adam(0.01), steps=1, epochs=None)
    change = model.variables()["2.bias"].numpy() - before
    np.testing.assert_allclose(abs(change), 0.01, rtol=1e-3)


def test_the_second_fit_is_the_first_of_a_model_with_those_weights(engine, numbers):
    trained, given = network(), network()
    fit(trained, numbers, engine, seed=1)
    fit(given, numbers, engine, seed=9, epochs=0)
    for name, variable in trained.parameters().items():
        given.variables()[name].assign(variable)
    fit(trained, numbers, engine, seed=2)
    fit(given, numbers, engine, seed=2)
    assert bits(trained) == bits(given)


def test_reset_starts_anew(engine, numbers):
    model, fresh = network(), network()
    fit(model, numbers, engine, seed=1)
    model.reset(6)
    fit(model, numbers, engine, seed=6)
    fit(fresh, numbers, engine, seed=6)
    assert bits(model) == bits(fresh)


def test_without_shuffling_two_fits_are_one(engine, numbers):
    """Plain descent over rows as they are has no memory: 2 epochs and 2 are 4."""
    once, twice = (nn.Sequential([nn.Linear(1)]) for _ in range(2))
    options = {"shuffle": False, "seed": 1, "optimizer": optim.SGD(0.05), "validation": None}
    fit(once, numbers, engine, epochs=4, **options)
    fit(twice, numbers, engine, epochs=2, **options)
    fit(twice, numbers, engine, epochs=2, **options)
    assert bits(once) == bits(twice)


def test_engines_draw_the_same_numbers(numbers):
    """Weights before the first step, masks and orders: all that is left is rounding."""
    models = {name: network() for name in ("native", "reference")}
    for name, model in models.items():
        fit(model, numbers, name, seed=3, dtype="float64")
    native, reference = (models[name].variables() for name in ("native", "reference"))
    assert native["1.key"].numpy().tobytes() == reference["1.key"].numpy().tobytes()
    for name, variable in native.items():
        np.testing.assert_allclose(variable.numpy(), reference[name].numpy(), rtol=1e-11)


# --- dtypes --------------------------------------------------------------------------------


def test_float64_all_through(engine, numbers):
    model = network()
    fit(model, numbers, engine, seed=1, dtype="float64")
    assert {v.dtype.name for v in model.parameters().values()} == {"float64"}
    assert model.predict(numbers[0]).dtype == np.float64
    X, y = numbers
    assert model.evaluate(X, y)["loss"] == pytest.approx(
        np.mean((model.predict(X)[:, 0] - y) ** 2), rel=1e-14
    )


def test_float32_is_the_default(engine, numbers):
    model = network()
    fit(model, numbers, engine, seed=1)
    assert model.predict(numbers[0]).dtype == np.float32


def test_seeds_decide_draws_up_to_rounding_of_the_dtype(engine, numbers):
    wide, narrow = network(), network()
    fit(wide, numbers, engine, seed=1, epochs=0, dtype="float64")
    fit(narrow, numbers, engine, seed=1, epochs=0, dtype="float32")
    for name, variable in wide.parameters().items():
        found = narrow.variables()[name].numpy()
        np.testing.assert_allclose(variable.numpy(), found, rtol=1e-6)


def test_the_dtype_may_change_between_fits(engine, numbers):
    model = network()
    fit(model, numbers, engine, seed=1)
    for dtype in ("float64", "float32", "float64"):
        before = {name: v.numpy().astype(dtype) for name, v in model.parameters().items()}
        fit(model, numbers, engine, seed=1, dtype=dtype, epochs=0)
        for name, variable in model.parameters().items():
            assert variable.dtype == dtype
            assert variable.numpy().tobytes() == before[name].tobytes()
        history = fit(model, numbers, engine, seed=1, epochs=2)
        assert model.predict(numbers[0]).dtype == dtype
        assert np.isfinite(history["loss"]).all()


@pytest.mark.parametrize("seed", [0, 2**32, 2**63 + 1, 2**64 - 1, np.int64(7)])
def test_any_seed_of_64_bits(seed, numbers, engine):
    first, second = network(), network()
    assert fit(first, numbers, engine, seed=seed, epochs=1).seed == seed
    fit(second, numbers, engine, seed=seed, epochs=1)
    assert bits(first) == bits(second)


@pytest.mark.parametrize("seed", [-1, 2**64, 1.5, "1", True])
def test_other_seeds_are_refused(seed, numbers):
    with pytest.raises(ArgumentError, match="seed"):
        network().fit(*numbers, seed=seed, progress=False)
