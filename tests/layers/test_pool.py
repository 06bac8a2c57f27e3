"""Holds: pooling keeps the greatest or the mean of windows, of any extents, and refuses by name."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import pellucid as pel
from pellucid import nn
from pellucid.errors import ArgumentError, ShapeError
from pellucid.layers import Module

X = np.arange(35.0).reshape(1, 1, 5, 7)


def test_the_stride_is_the_kernel_by_default() -> None:
    np.testing.assert_array_equal(nn.MaxPool2d(2)(X).numpy()[0, 0], [[8, 10, 12], [22, 24, 26]])
    np.testing.assert_array_equal(nn.AvgPool2d(2)(X).numpy()[0, 0], [[4, 6, 8], [18, 20, 22]])


def test_ceil_mode_keeps_partial_windows() -> None:
    y = nn.MaxPool2d(2, ceil_mode=True)(X).numpy()[0, 0]
    np.testing.assert_array_equal(y, [[8, 10, 12, 13], [22, 24, 26, 27], [29, 31, 33, 34]])


def test_padding_never_wins() -> None:
    assert nn.MaxPool2d(3, padding=1)(-1 - X).numpy().max() == -1


def test_ties_share_the_gradient() -> None:
    x = pel.tensor(np.ones((1, 1, 2, 2)), requires_grad=True)
    nn.MaxPool2d(2)(x).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), np.full((1, 1, 2, 2), 0.25))


@pytest.mark.parametrize("layer", [nn.GlobalAvgPool(), nn.GlobalMaxPool()])
@pytest.mark.parametrize("space", [(7,), (5, 3), (2, 3, 4)])
def test_global_pooling_takes_any_space(layer: Module, space: tuple[int, ...]) -> None:
    x = np.random.default_rng(0).normal(size=(3, 4, *space))
    axes = tuple(range(2, x.ndim))
    expected = x.mean(axes) if isinstance(layer, nn.GlobalAvgPool) else x.max(axes)
    np.testing.assert_allclose(layer(x).numpy(), expected, rtol=1e-5)
    assert layer(pel.placeholder((None, 4, *(None for _ in space)))).shape == (None, 4)


def test_adaptive_pooling_to_one_place_is_global() -> None:
    x = np.random.default_rng(0).normal(size=(3, 4, 5, 6))
    for adaptive, whole in (
        (nn.AdaptiveAvgPool2d(1), nn.GlobalAvgPool()),
        (nn.AdaptiveMaxPool2d(1), nn.GlobalMaxPool()),
    ):
        np.testing.assert_allclose(adaptive(x).numpy()[:, :, 0, 0], whole(x).numpy(), rtol=1e-5)


WRONG: dict[str, tuple[type[Exception], Callable[[], object], str]] = {
    "grey images": (ShapeError, lambda: nn.MaxPool2d(2)(X[0]), "grey images"),
    "rows": (ShapeError, lambda: nn.GlobalAvgPool()([[1.0]]), "images come as"),
    "a large window": (
        ShapeError, lambda: nn.AvgPool2d(8)(X), r"kernel \(8, 8\), padded input \(5, 7\)"
    ),
    "nothing but padding": (ArgumentError, lambda: nn.MaxPool2d(3, padding=2), "write padding=1"),
    "no window": (ArgumentError, lambda: nn.MaxPool2d(0), "kernel_size"),
    "ceil": (ArgumentError, lambda: nn.MaxPool2d(2, ceil_mode=1), "write ceil_mode=True"),  # type: ignore[arg-type]
    "unknown extents": (
        ShapeError,
        lambda: nn.AdaptiveAvgPool2d(2)(pel.placeholder((None, 3, None, 4))),
        "use nn.GlobalAvgPool",
    ),
    "no places": (ArgumentError, lambda: nn.AdaptiveMaxPool1d(0), "output_size"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_does_not_fit_is_refused(case: str) -> None:
    kind, call, said = WRONG[case]
    with pytest.raises(kind, match=said):
        call()
