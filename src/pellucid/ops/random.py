"""Random bits that depend on a key, a step and the element's number, on nothing else.

Threefry-2x32 with 20 rounds (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as
1, 2, 3", SC 2011) turns a key and a counter of two 32-bit words each into two random words. The
counter is (step, number of the pair of elements): any engine, in any order, on any number of
threads, draws the same bits.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from pellucid.errors import ShapeError
from pellucid.graph.op import Op, Random, Spec, ravelled, register
from pellucid.graph.tensor import Tensor, TensorLike, apply, as_tensor
from pellucid.lazy import load
from pellucid.ops.elementwise import cast
from pellucid.shapes import agreed

__all__ = ["derive_key", "random_bits", "threefry", "uniform_like"]

ROTATIONS = (13, 15, 26, 6), (17, 29, 16, 24)
PARITY = 0x1BD11BDA


def threefry(key: Sequence[Any], counter: Sequence[Any]) -> tuple[Any, Any]:
    """Encrypt a counter of two words under a key of two words, in 20 rounds.

    Works on anything with the operators of unsigned 32-bit integers.
    """
    keys = (key[0], key[1], key[0] ^ key[1] ^ PARITY)
    x, y = counter[0] + keys[0], counter[1] + keys[1]
    for group in range(5):
        for rotation in ROTATIONS[group % 2]:
            x = x + y
            y = ((y << rotation) | (y >> (32 - rotation))) ^ x
        x = x + keys[(group + 1) % 3]
        y = y + keys[(group + 2) % 3] + (group + 1)
    return x, y


def derive_key(seed: int, path: str) -> np.ndarray[Any, np.dtype[np.uint32]]:
    """Make the key of a stream of random numbers from a seed and the dotted path that uses it.

    >>> derive_key(1, "hidden.weight").dtype, (derive_key(1, "a") != derive_key(1, "b")).any()
    (dtype('uint32'), np.True_)
    """
    digest = load("hashlib").sha256(f"{int(seed)}:{path}".encode()).digest()
    return np.frombuffer(digest[:8], dtype="<u4").astype(np.uint32)


def _rule(key: Spec, step: Spec, like: Spec) -> Spec:
    if agreed([key.shape, (2,)]) is None or step.shape != ():
        raise ShapeError(
            "random_bits: a key has two words and a step is a scalar",
            got=f"{key.shape} and {step.shape}", mend="make the key with derive_key(seed, path)",
        )  # fmt: skip
    return Spec(like.shape, np.dtype(np.uint32))


def _array(xp: Any, key: Any, step: Any, like: Any) -> Any:
    total = math.prod(like.shape)
    pairs = xp.arange((total + 1) // 2, dtype="uint32")
    words = threefry((key[0], key[1]), (xp.broadcast_to(step, pairs.shape), pairs))
    return xp.reshape(xp.stack(words, axis=-1), -1)[:total].reshape(like.shape)


def _element(b: Any, index: tuple[Any, ...], key: Any, step: Any, like: Any) -> Any:
    position = ravelled(index, like.spec.shape) if index else b.constant(0, "int64")
    pair = b.astype(position // 2, "uint32")
    first, second = threefry((key[(0,)], key[(1,)]), (step[()], pair))
    return b.where(position % 2 == 0, first, second)


RANDOM_BITS: Op = register(
    Op("random_bits", _rule, _array, Random(_element), r"\operatorname{{bits}}")
)


def random_bits(key: TensorLike, step: TensorLike, like: TensorLike) -> Tensor:
    """Draw 32 random bits for each element of `like`, which lends its shape alone.

    Parameters
    ----------
    key : two words, from ``derive_key``
    step : which draw of this stream it is

    >>> import pellucid as pel
    >>> from pellucid.ops.random import derive_key, random_bits
    >>> random_bits(derive_key(1, "x"), 0, [0.0, 0.0]).dtype
    dtype('uint32')
    """
    key, step = cast(as_tensor(key), np.uint32), cast(as_tensor(step), np.uint32)
    return apply(RANDOM_BITS, key, step, as_tensor(like))


def uniform_like(key: TensorLike, step: TensorLike, like: Tensor) -> Tensor:
    """Draw numbers evenly from [0, 1) for each element of `like`, of as many bits as are exact."""
    exact = min(32, np.finfo(like.dtype).nmant + 1)
    bits = random_bits(key, step, like)
    if exact < 32:
        bits = bits // 2 ** (32 - exact)
    return cast(bits, like.dtype) * 2.0**-exact
