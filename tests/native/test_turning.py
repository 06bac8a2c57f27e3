"""Holds: matrices with short rows lie by columns where nobody sees it, and nobody is told."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid as pel
from native.programs import executable, program
from pellucid.compile.memory import laid_out
from pellucid.compile.schedule import scheduled
from pellucid.engines.native.turning import turned_shapes
from pellucid.engines.reference import ReferenceExecutable

ROWS, ROW, INNER = 37, 3, 5
X, W = pel.placeholder((ROWS, INNER), name="x"), pel.placeholder((INNER, ROW), name="w")
Y = pel.placeholder((ROWS, ROW), name="y")
CONSTANT = np.arange(ROWS * ROW, dtype=np.float32).reshape(ROWS, ROW) / 100


def made(kind):
    """A product, which is read at two places so that it is written, and what comes after it."""
    z = X @ W
    return {
        "with an input": [(pel.exp(z) * Y).T @ X],  # both walked through in one loop
        "with a constant": [(pel.tanh(z) * CONSTANT).T @ X, z.min()],
        "rows": [pel.softmax(z, axis=1).max(1), z.sum(1)],
        "columns": [(z * z).sum(0), pel.exp(z).max(0)],
        "all": [pel.log(pel.exp(z).sum()), (z * Y).mean()],
        "seen": [z, pel.exp(z)],
        "turned once more": [z.T @ X, (z.T * Y.T).sum(0)],
        "another shape": [pel.cumsum(pel.exp(z).reshape(-1), 0), z.sum(0)],
        "rows chosen": [pel.exp(z)[::-1, 1] + z[:, 0], pel.exp(z)[3:9].sum(0)],
        "scattered": pel.grad((pel.exp(z)[::2] * Y[::2]).sum(), [X, W]),
        "gradients": pel.grad(-(pel.log(pel.softmax(z, axis=1)) * Y).mean(), [X, W]),
    }[kind]


KINDS = [
    "with an input", "with a constant", "rows", "columns", "all", "seen", "turned once more",
    "another shape", "rows chosen", "scattered", "gradients",
]  # fmt: skip


@pytest.mark.parametrize("vector_bytes", [16, 32, 64])
@pytest.mark.parametrize("kind", KINDS)
def test_the_results_are_the_same(kind, vector_bytes):
    one = program([X, W, Y], made(kind))
    generator = np.random.default_rng(0)
    arrays = [generator.normal(size=x.shape).astype("f4") for x in (X, W, Y)]
    wanted = ReferenceExecutable(one)(arrays, [])
    found = executable(one, vector_bytes=vector_bytes)(arrays, [])
    for value, known in zip(found, wanted, strict=True):
        np.testing.assert_allclose(value, known, rtol=2e-5, atol=1e-5, strict=True)


def turned(outputs, vector_bytes=64):
    one = program([X, W, Y], outputs)
    schedule = scheduled(one)
    return turned_shapes(one, schedule, laid_out(one, schedule), vector_bytes)


def test_what_others_see_is_not_turned():
    narrow = {(ROWS, ROW)}
    assert turned(made("rows")) == turned(made("gradients")) == narrow
    assert not turned(made("seen"))
    assert not turned(made("another shape"))
    assert not turned(made("rows"), vector_bytes=8)  # a row is longer than a vector
