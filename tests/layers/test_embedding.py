"""Holds: an embedding looks rows up, adds their gradients, and never wraps around."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid as pel
from pellucid import nn
from pellucid.errors import ArgumentError, DataError, DTypeError

WORDS = np.array([[2, 0, 2], [1, 3, 3]])


def test_rows_are_looked_up_also_by_lists_and_whole_floats() -> None:
    layer = nn.Embedding(4, 5)
    y = layer(WORDS).numpy()
    np.testing.assert_array_equal(y, layer.weight.numpy()[WORDS])
    for given in (WORDS.tolist(), WORDS.astype(float), WORDS.astype(np.uint8)):
        np.testing.assert_array_equal(layer(given).numpy(), y)


def test_gradients_of_a_row_add_up() -> None:
    layer = nn.Embedding(4, 2)
    layer(WORDS).sum().backward()
    np.testing.assert_array_equal(layer.weight.grad.numpy(), [[1, 1], [1, 1], [2, 2], [2, 2]])


def test_the_padding_row_starts_at_zero_and_has_no_gradient() -> None:
    layer = nn.Embedding(4, 2, padding_idx=3)
    layer(WORDS).sum().backward()
    assert not layer.weight.numpy()[3].any()
    assert layer.weight.numpy()[:3].all()
    np.testing.assert_array_equal(layer.weight.grad.numpy(), [[1, 1], [1, 1], [2, 2], [0, 0]])


@pytest.mark.parametrize("wrong", [[[4]], [[-1]], [[1.5]]])
def test_what_is_outside_the_table_is_refused(wrong: list[list[float]]) -> None:
    layer = nn.Embedding(4, 2)
    with pytest.raises(DataError, match=rf"got     {wrong[0][0]}\n  wanted  0 to 3"):
        layer(wrong)


@pytest.mark.parametrize("engine", ["reference", "native"])
@pytest.mark.parametrize(("dtype", "wrong"), [("int64", -1), ("int64", 4), ("float32", 0.5)])
def test_a_compiled_function_refuses_it_too(engine: str, dtype: str, wrong: float) -> None:
    x = pel.placeholder((None,), dtype)
    f = pel.function([x], nn.Embedding(4, 2)(x), engine=engine)
    assert f(np.array([3, 0], dtype)).shape == (2, 2)
    with pytest.raises(DataError, match="out of range 0 to 3"):
        f(np.array([3, wrong], dtype))


def test_truth_values_and_arguments_are_refused() -> None:
    with pytest.raises(DTypeError, match="truth values"):
        nn.Embedding(4, 2)([[True]])
    with pytest.raises(ArgumentError, match="padding_idx"):
        nn.Embedding(4, 2, padding_idx=4)
    with pytest.raises(ArgumentError, match="num_embeddings ≥ 1"):
        nn.Embedding(0, 2)


def test_it_trains() -> None:
    X = np.random.default_rng(0).integers(0, 5, (60, 2))
    network = nn.Sequential([nn.Embedding(5, 4), nn.Flatten(), nn.Linear(2)])
    history = network.fit(X, (X[:, 0] > 2).astype(int), epochs=8, seed=1, progress=False)
    assert history["loss"][-1] < history["loss"][0]
