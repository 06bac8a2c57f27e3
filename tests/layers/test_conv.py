"""Holds: convolutions start as PyTorch's do, take extents as they come, and name what is wrong."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

import pellucid as pel
from pellucid import nn
from pellucid.errors import ArgumentError, PellucidWarning, ShapeError
from pellucid.layers import Module

GREY = np.zeros((2, 1, 8, 8))
COLOURED = np.zeros((2, 3, 9, 7))


def test_it_computes_the_formula() -> None:
    layer = nn.Conv2d(1, 2, stride=2, weight_init="ones", bias_init=nn.init.Constant(0.5))
    x = np.arange(16.0).reshape(1, 1, 4, 4)
    np.testing.assert_array_equal(layer(x).numpy()[0, 0], [[10.5, 18.5], [42.5, 50.5]])


@pytest.mark.parametrize(
    ("layer", "weight", "fan"),
    [
        (nn.Conv2d(64, 3), (64, 16, 3, 3), 16 * 9),
        (nn.Conv2d(64, 3, groups=4), (64, 4, 3, 3), 4 * 9),
        (nn.ConvTranspose2d(64, 3), (16, 64, 3, 3), 64 * 9),
        (nn.ConvTranspose2d(64, (3, 1), groups=4), (16, 16, 3, 1), 16 * 3),
    ],
    ids=repr,
)
def test_layouts_and_starts_are_those_of_pytorch(
    layer: Module, weight: tuple[int, ...], fan: int
) -> None:
    layer(np.zeros((1, 16, 8, 8)))
    assert layer.weight.shape == weight
    assert layer.bias.shape == (64,)
    for variable in (layer.weight, layer.bias):
        drawn = np.abs(variable.numpy())
        assert drawn.max() <= 1 / math.sqrt(fan)
        assert drawn.max() > 0.9 / math.sqrt(fan)


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (nn.Conv2d(4, 3), (2, 4, 7, 5)),
        (nn.Conv2d(4, 3, 2), (2, 4, 4, 3)),
        (nn.Conv2d(4, 3, padding="same"), (2, 4, 9, 7)),
        (nn.Conv2d(4, 4, padding="same"), (2, 4, 9, 7)),
        (nn.Conv2d(4, 3, padding="valid"), (2, 4, 7, 5)),
        (nn.Conv2d(4, 3, padding=(2, 0)), (2, 4, 11, 5)),
        (nn.Conv2d(4, 3, padding=((0, 2), (1, 0))), (2, 4, 9, 6)),
        (nn.Conv2d(4, 3, dilation=3), (2, 4, 3, 1)),
        (nn.Conv2d(6, 3, groups=3, activation="relu"), (2, 6, 7, 5)),
        (nn.ConvTranspose2d(4, 3, 2, 1), (2, 4, 17, 13)),
        (nn.ConvTranspose2d(4, 3, 2, 1, output_padding=1), (2, 4, 18, 14)),
    ],
    ids=repr,
)
def test_extents(layer: Module, shape: tuple[int, ...]) -> None:
    assert layer(COLOURED).shape == shape
    assert layer(pel.placeholder((None, 3, 9, 7))).shape == (None, *shape[1:])


def test_images_of_other_extents_pass_and_may_be_unknown() -> None:
    layer = nn.Conv2d(4, 3, padding=1)
    assert layer(COLOURED).shape == (2, 4, 9, 7)
    assert layer(np.zeros((1, 3, 5, 6))).shape == (1, 4, 5, 6)
    assert layer(pel.placeholder((None, 3, None, None))).shape == (None, 4, None, None)


def test_whole_numbers_take_the_dtype_of_the_weights() -> None:
    assert nn.Conv2d(4, 3)(np.ones((1, 1, 4, 4), np.uint8)).dtype == np.float32


def later(layer: Module, first: object, second: object) -> Callable[[], object]:
    def call() -> object:
        layer(first)
        return layer(second)

    return call


WRONG: dict[str, tuple[type[Exception], Callable[[], object], str]] = {
    "grey images": (
        ShapeError,
        lambda: nn.Conv2d(4, 3)(GREY[:, 0]),
        r"images come as \(N, C, H, W\)(.|\n)*write x\[:, None\] for grey images",
    ),
    "flat images": (
        ShapeError, lambda: nn.Conv2d(4, 3)(np.zeros((5, 64))), r"put nn.Reshape\(1, 28, 28\)"
    ),
    "images for 1d": (ShapeError, lambda: nn.Conv1d(4, 3)(GREY), "name ends in 2d"),
    "too many axes": (ShapeError, lambda: nn.Conv2d(4, 3)(GREY[None]), "join axes"),
    "channels last": (
        ShapeError,
        lambda: nn.Conv2d(4, 5)(np.zeros((2, 28, 28, 3))),
        r"the channels stand last: write x.transpose\(0, 3, 1, 2\)",
    ),
    "channels last, later": (
        ShapeError,
        later(nn.Conv2d(4, 3), COLOURED, np.zeros((2, 9, 7, 3))),
        "the channels stand last",
    ),
    "a large kernel": (
        ShapeError,
        lambda: nn.Conv2d(4, 5, dilation=2)(GREY),
        r"kernel \(9, 9\), padded input \(8, 8\)",
    ),
    "a large kernel, later": (
        ShapeError, later(nn.Conv1d(4, 5), np.zeros((1, 1, 9)), np.zeros((1, 1, 3))), "pad more"
    ),
    "other channels": (
        ShapeError, later(nn.Conv2d(4, 3), COLOURED, GREY), "the 3 channels that this layer"
    ),
    "groups in": (
        ShapeError, lambda: nn.Conv2d(4, 3, groups=2)(COLOURED), "the channels that come in"
    ),
    "groups out": (ArgumentError, lambda: nn.Conv2d(4, 3, groups=6), "write groups=2"),
    "unknown channels": (
        ShapeError,
        lambda: nn.Conv2d(4, 3)(pel.placeholder((None, None, 8, 8))),
        "a fixed number of channels",
    ),
    "same with a stride": (
        ArgumentError, lambda: nn.Conv2d(4, 5, 2, padding="same"), "write padding=2"
    ),
    "a word": (ArgumentError, lambda: nn.Conv2d(4, 5, padding="sane"), "write padding='same'"),
    "padding below zero": (ArgumentError, lambda: nn.Conv2d(4, 5, padding=-1), "none below 0"),
    "PyTorch's word": (
        ArgumentError,
        lambda: nn.Conv2d(4, 5, padding_mode="zeros"),
        "write padding_mode='constant'",
    ),
    "three axes": (ArgumentError, lambda: nn.Conv2d(4, (3, 3, 3)), "one for each"),
    "no kernel": (ArgumentError, lambda: nn.Conv2d(4, 0), "numbers of at least 1"),
    "no channels": (ArgumentError, lambda: nn.Conv2d(0, 3), "out_channels ≥ 1"),
    "nothing left": (
        ArgumentError, lambda: nn.ConvTranspose2d(4, 1, padding=4)(GREY), "make the padding smaller"
    ),
    "transposed, grey": (ShapeError, lambda: nn.ConvTranspose2d(4, 3)(GREY[0]), "grey images"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_does_not_fit_is_refused(case: str) -> None:
    kind, call, said = WRONG[case]
    with pytest.raises(kind, match=said) as caught:
        call()
    assert caught.value.where.startswith("Conv")  # type: ignore[attr-defined]


def test_channels_that_probably_stand_last_are_warned_of() -> None:
    with pytest.warns(PellucidWarning, match=r"sees 9 channels of 9 × 3: if the channels stand"):
        nn.Conv2d(4, 3)(np.zeros((2, 9, 9, 3)))


def test_a_step_changes_the_kernels_downhill() -> None:
    layer = nn.Conv2d(2, 3)
    x = np.random.default_rng(0).normal(size=(4, 1, 6, 5))
    before = (layer(x) * layer(x)).sum()
    before.backward()
    layer.weight.assign(layer.weight.numpy() - 1e-3 * layer.weight.grad.numpy())
    assert (layer(x) * layer(x)).sum().item() < before.item()
