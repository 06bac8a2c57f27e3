"""Holds: random bits are Threefry's, depend on key, step and position alone, and are even."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import pellucid as pel
from pellucid.errors import PellucidError
from pellucid.functional.random import normal_like
from pellucid.ops.random import derive_key, random_bits, threefry, uniform_like

ONES = 0xFFFFFFFF
# The known answers that come with Random123 for Threefry-2x32 with 20 rounds: key, counter, result.
KNOWN = [
    ((0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
    ((ONES, ONES), (ONES, ONES), (0x1CB996FC, 0xBB002BE7)),
    ((0x13198A2E, 0x03707344), (0x243F6A88, 0x85A308D3), (0xC4923A9C, 0x483DF7A0)),
]


@pytest.mark.parametrize("k", range(len(KNOWN)))
def test_known_answers(k: int) -> None:
    key, counter, wanted = (np.array(words, np.uint32) for words in KNOWN[k])
    with np.errstate(over="ignore"):
        np.testing.assert_array_equal(threefry(key, counter), wanted)


def test_a_pair_of_elements_is_one_counter() -> None:
    key, step = np.array([0x13198A2E, 0x03707344], np.uint32), 0x243F6A88
    found = random_bits(key, step, np.zeros(7)).numpy()
    with np.errstate(over="ignore"):
        wanted = [threefry(key, np.array([step, pair], np.uint32)) for pair in range(4)]
    np.testing.assert_array_equal(found, np.ravel(wanted)[:7])


def bits(path: str = "a", step: int = 0, shape: tuple[int, ...] = (64,), seed: int = 1) -> object:
    return random_bits(derive_key(seed, path), step, np.zeros(shape)).numpy()


def test_equal_keys_and_steps_draw_equal_bits_and_others_do_not() -> None:
    np.testing.assert_array_equal(bits(), bits())
    for other in (bits("b"), bits(step=1), bits(seed=2)):
        assert (np.asarray(other) != bits()).mean() > 0.99


def test_the_shape_decides_nothing_but_how_many() -> None:
    flat = np.asarray(bits(shape=(60,)))
    np.testing.assert_array_equal(np.ravel(bits(shape=(3, 4, 5))), flat)
    np.testing.assert_array_equal(bits(shape=(7,)), flat[:7])
    assert np.shape(bits(shape=())) == ()
    assert np.shape(bits(shape=(0, 3))) == (0, 3)


def test_a_key_is_made_of_seed_and_path() -> None:
    keys = {
        tuple(derive_key(seed, path)) for seed in (-1, 0, 1, 11, 2**70) for path in ("", "1", "a.b")
    }
    assert len(keys) == 15
    assert derive_key(0, "").dtype == np.uint32


def test_words_are_evenly_spread_and_not_correlated() -> None:
    words = np.asarray(bits(shape=(100_000,)))
    ones = [((words >> bit) & 1).mean() for bit in range(32)]
    assert np.abs(np.array(ones) - 0.5).max() < 0.008  # five standard deviations
    fractions = words / 2**32
    for lag in (1, 2, 3, 64):
        assert abs(np.corrcoef(fractions[lag:], fractions[:-lag])[0, 1]) < 0.016
    steps = np.stack([np.asarray(bits(step=step, shape=(10_000,))) / 2**32 for step in range(4)])
    assert np.abs(np.corrcoef(steps) - np.eye(4)).max() < 0.05


@pytest.mark.parametrize(("dtype", "exact"), [("float16", 11), ("float32", 24), ("float64", 32)])
def test_uniform_numbers_are_even_and_below_one(dtype: str, exact: int) -> None:
    u = pel.random_uniform((50_000,), seed=3, dtype=dtype).numpy()
    assert u.dtype == dtype
    assert 0 <= u.min() < u.max() < 1
    wide = u.astype(np.float64)
    assert (wide * 2**exact % 1 == 0).all()
    assert abs(wide.mean() - 0.5) < 5 / np.sqrt(12 * u.size)
    assert abs(wide.var() - 1 / 12) < 0.002
    if dtype != "float16":
        assert stats.kstest(wide, "uniform").pvalue > 0.001


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_normal_numbers_are_normal(dtype: str) -> None:
    z = pel.random_normal((50_000,), seed=4, dtype=dtype).numpy().astype(np.float64)
    assert abs(z.mean()) < 5 / np.sqrt(z.size)
    assert abs(z.var() - 1) < 0.04
    assert abs(stats.skew(z)) < 0.06
    assert abs(stats.kurtosis(z)) < 0.12
    assert np.abs(z).max() > 3.5
    assert stats.kstest(z, "norm").pvalue > 0.001


def test_normal_numbers_in_half_precision_are_finite() -> None:
    z = pel.random_normal((20_000,), seed=4, dtype="float16").numpy()
    assert np.isfinite(z).all()
    assert abs(z.astype(np.float64).std() - 1) < 0.03


def test_the_steps_of_a_normal_stream_are_independent() -> None:
    key, like = derive_key(1, "noise"), pel.tensor(np.zeros(20_000))
    draws = np.stack([normal_like(key, step, like).numpy() for step in range(3)])
    assert np.abs(np.corrcoef(draws) - np.eye(3)).max() < 0.04


def test_location_and_scale() -> None:
    u = pel.random_uniform((20_000,), -3.0, 5.0, seed=1).numpy()
    assert -3 <= u.min() < -2.99
    assert 4.99 < u.max() < 5
    z = pel.random_normal((20_000,), 10.0, 0.5, seed=1).numpy()
    assert abs(z.mean() - 10) < 0.02
    assert abs(z.std() - 0.5) < 0.02


def test_random_numbers_are_nodes_of_a_graph() -> None:
    step = pel.placeholder((), "uint32", name="step")
    rows = pel.placeholder((None, 4), name="rows")
    noise = uniform_like(derive_key(1, "dropout"), step, rows)
    assert noise.shape == (None, 4)
    assert noise.value is None


def test_what_is_not_a_shape_or_a_floating_dtype_is_refused() -> None:
    for shape in ((-1, 2), 2.5, "ab"):
        with pytest.raises(PellucidError):
            pel.random_uniform(shape, seed=1)  # type: ignore[arg-type]
    with pytest.raises(PellucidError, match="floating"):
        pel.random_normal((2,), seed=1, dtype="int32")
