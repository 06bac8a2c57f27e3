"""Random numbers of every kind, made of random bits: equal seeds give equal numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from pellucid.errors import ArgumentError, DTypeError
from pellucid.functional.arrays import argsort
from pellucid.graph.tensor import DTypeLike, Tensor, TensorLike, as_tensor, resolve_dtype
from pellucid.ops.elementwise import cast, cos, less, log, sqrt
from pellucid.ops.random import derive_key, random_bits, uniform_like
from pellucid.ops.view import broadcast_to
from pellucid.shapes import integers

__all__ = [
    "normal_like", "random_bernoulli", "random_normal", "random_permutation", "random_uniform",
]  # fmt: skip


def _shaped(shape: Sequence[int], dtype: DTypeLike | None) -> Tensor:
    extents, wanted = integers(shape, "random numbers", "shape"), resolve_dtype(dtype)
    if any(extent < 0 for extent in extents):
        raise ArgumentError(
            "random numbers need a shape", got=f"shape={shape!r}", mend="write (3, 2)"
        )
    if wanted.kind != "f":
        raise DTypeError(
            "random numbers are floating", got=str(wanted), mend='write dtype="float32"'
        )
    return broadcast_to(as_tensor(0.0, wanted), extents)


def random_uniform(
    shape: Sequence[int],
    low: float = 0.0,
    high: float = 1.0,
    *,
    seed: int,
    dtype: DTypeLike | None = None,
) -> Tensor:
    """Draw numbers evenly from [low, high); equal seeds give equal numbers on every engine.

    >>> import pellucid as pel
    >>> u = pel.random_uniform((2, 3), seed=1)
    >>> u.shape, bool((u.numpy() >= 0).all() and (u.numpy() < 1).all())
    ((2, 3), True)
    """
    return low + (high - low) * uniform_like(derive_key(seed, "uniform"), 0, _shaped(shape, dtype))


def normal_like(key: TensorLike, step: TensorLike, like: Tensor) -> Tensor:
    """Draw standard normal numbers for each element of `like` (Box and Muller, 1958)."""
    step = cast(as_tensor(step), np.uint32)
    radius = sqrt(-2.0 * log(1.0 - uniform_like(key, step * 2, like)))
    return radius * cos(2.0 * math.pi * uniform_like(key, step * 2 + 1, like))


def random_normal(
    shape: Sequence[int],
    mean: float = 0.0,
    deviation: float = 1.0,
    *,
    seed: int,
    dtype: DTypeLike | None = None,
) -> Tensor:
    """Draw normal numbers; equal seeds give equal numbers, up to rounding, on every engine.

    >>> import pellucid as pel
    >>> pel.random_normal((2, 3), seed=1).shape
    (2, 3)
    """
    return mean + deviation * normal_like(derive_key(seed, "normal"), 0, _shaped(shape, dtype))


def random_bernoulli(shape: Sequence[int], probability: float = 0.5, *, seed: int) -> Tensor:
    """Draw truth values that hold with a probability; the same bits on every engine.

    >>> import pellucid as pel
    >>> pel.random_bernoulli((1000,), 0.25, seed=1).numpy().mean().round(1)
    np.float64(0.2)
    """
    if not 0 <= probability <= 1:
        raise ArgumentError(
            "random_bernoulli: a probability lies between 0 and 1", got=str(probability),
            mend="write probability=0.5",
        )  # fmt: skip
    draws = uniform_like(derive_key(seed, "bernoulli"), 0, _shaped(shape, "float64"))
    return less(draws, probability)


def random_permutation(length: int, *, seed: int) -> Tensor:
    """Draw an order of the numbers 0 … length − 1, each order as likely.

    >>> import pellucid as pel
    >>> sorted(pel.random_permutation(4, seed=1).numpy().tolist())
    [0, 1, 2, 3]
    """
    words = random_bits(derive_key(seed, "permutation"), 0, _shaped((length,), "float32"))
    return argsort(words)
