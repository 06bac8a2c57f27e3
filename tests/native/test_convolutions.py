"""Holds: convolutions and both their gradients are the reference's, whatever their shape."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest

import pellucid as pel
from pellucid.engines.native.engine import NativeEngine


class Case(NamedTuple):
    """Rows, channels, results, extents of images and kernels, and settings."""

    images: tuple[int, ...]
    results: int
    kernel: tuple[int, ...]
    stride: int = 1
    dilation: int = 1
    groups: int = 1
    padding: int = 0


CASES = [
    Case((3, 8, 9, 9), 16, (3, 3)),
    Case((2, 32, 14, 14), 64, (3, 3)),
    Case((2, 17, 7, 5), 19, (3, 2), padding=1),
    Case((2, 16, 11, 13), 35, (3, 3), stride=2, padding=1),
    Case((1, 9, 12, 12), 16, (5, 5), dilation=2, padding=4),
    Case((2, 32, 6, 6), 48, (3, 3), groups=2, padding=1),
    Case((3, 6, 8, 8), 6, (3, 3), groups=6),
    Case((2, 3, 16, 16), 16, (5, 5)),
    Case((2, 3, 10, 9), 32, (3, 3), padding=1),
    Case((3, 1, 12, 12), 48, (3, 3), stride=2),
    Case((2, 4, 8, 8), 32, (2, 2), groups=2),
    Case((4, 16, 1, 1), 32, (1, 1)),
    Case((2, 20, 30), 24, (4,), stride=3),
    Case((2, 8, 40), 33, (5,), padding=2),
    Case((1, 8, 5, 6, 7), 17, (2, 3, 2), padding=1),
]


def computed(case: Case, dtype: str, engine: Any, threads: int = 1) -> list[np.ndarray[Any, Any]]:
    generator = np.random.default_rng(0)
    channels = case.images[1] // case.groups
    x = pel.placeholder(case.images, dtype, name="x")
    w = pel.placeholder((case.results, channels, *case.kernel), dtype, name="w")
    settings = {"stride": case.stride, "dilation": case.dilation, "groups": case.groups}
    y = pel.conv(x, w, padding=case.padding, **settings)
    g = pel.placeholder(y.shape, dtype, name="g")
    arrays = [generator.normal(size=one.shape).astype(dtype) for one in (x, w, g)]
    f = pel.function([x, w, g], [y, *pel.grad((y * g).sum(), [x, w])], engine=engine)
    with pel.thread_limit(threads):
        return f(*arrays)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("vector_bytes", [16, 64])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_convolution_is_that_of_the_reference(case: Case, vector_bytes: int, dtype: str) -> None:
    found = computed(case, dtype, NativeEngine(vector_bytes))
    known = computed(case, dtype, "reference")
    near = 2e-4 if dtype == "float32" else 1e-11
    for one, other in zip(found, known, strict=True):
        np.testing.assert_allclose(one, other, rtol=near, atol=near)


def test_two_chunks_of_results_are_made_by_any_number_of_threads() -> None:
    case = Case((16, 32, 14, 14), 96, (3, 3), padding=1)
    alone = computed(case, "float32", "native")
    for threads in (2, 3, 8):
        for one, other in zip(alone, computed(case, "float32", "native", threads), strict=True):
            np.testing.assert_array_equal(one, other)
