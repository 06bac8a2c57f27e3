"""One case or more of every layer, for the tests that all of them must pass."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import pellucid as pel
from pellucid import nn
from pellucid.layers import REGISTRY, Module


class Case(NamedTuple):
    """A layer and an input that it takes; `below` is the bound of integers, else it is floating."""

    make: Callable[[], Module]
    shape: tuple[int, ...]
    below: int | None = None

    def input(self, seed: int = 0) -> np.ndarray:
        """Distinct numbers, none of them near zero: no ties for a maximum, no kinks."""
        rng = np.random.default_rng(seed)
        if self.below is not None:
            return rng.integers(0, self.below, self.shape)
        count = math.prod(self.shape)
        spread = np.linspace(0.05, 2, count) * rng.choice([-1, 1], count)
        return rng.permutation(spread).reshape(self.shape)

    def built(self, seed: int = 1) -> Module:
        """The layer in float64, with weights that are nowhere special."""
        with pel.default_dtype("float64"):
            layer = self.make()
            layer.seed(seed)
            layer(self.input())
        rng = np.random.default_rng(seed)
        for name, variable in layer.variables().items():
            if variable.dtype.kind == "f":
                low = 0.5 if name.endswith("running_var") else -0.5
                variable.assign(variable.numpy() + rng.uniform(low, 0.5, variable.shape))
        return layer


ROWS, SEQUENCES, IMAGES = (5, 6), (3, 6, 7), (3, 6, 7, 5)

CASES: dict[str, Case] = {
    "linear": Case(lambda: nn.Linear(4, activation="tanh"), ROWS),
    "linear without a bias": Case(lambda: nn.Linear(4, bias=False), (2, 3, 5)),
    "flatten": Case(nn.Flatten, IMAGES),
    "reshape": Case(lambda: nn.Reshape(2, -1), ROWS),
    "identity": Case(nn.Identity, ROWS),
    "prelu": Case(nn.PReLU, IMAGES),
    "prelu per channel": Case(lambda: nn.PReLU(0.1, per_channel=True), IMAGES),
    "batch norm 1d": Case(nn.BatchNorm1d, ROWS),
    "batch norm 1d, sequences": Case(lambda: nn.BatchNorm1d(momentum=0.3, eps=1e-3), SEQUENCES),
    "batch norm 2d": Case(nn.BatchNorm2d, IMAGES),
    "batch norm 2d, plain": Case(lambda: nn.BatchNorm2d(affine=False), IMAGES),
    "layer norm": Case(nn.LayerNorm, ROWS),
    "layer norm of images": Case(lambda: nn.LayerNorm((1, 2, 3), bias=False), IMAGES),
    "layer norm, plain": Case(lambda: nn.LayerNorm(elementwise_affine=False, eps=1e-2), SEQUENCES),
    "group norm": Case(lambda: nn.GroupNorm(3), IMAGES),
    "group norm, plain": Case(lambda: nn.GroupNorm(2, affine=False), SEQUENCES),
    "instance norm 1d": Case(nn.InstanceNorm1d, SEQUENCES),
    "instance norm 2d": Case(lambda: nn.InstanceNorm2d(affine=True), IMAGES),
    "embedding": Case(lambda: nn.Embedding(9, 3), (4, 6), below=9),
    "embedding, padded": Case(lambda: nn.Embedding(4, 3, padding_idx=2), (4, 6), below=4),
    "conv 2d": Case(lambda: nn.Conv2d(4, 3), IMAGES),
    "conv 2d, activated": Case(lambda: nn.Conv2d(4, 3, padding=1, activation="tanh"), IMAGES),
    "conv 2d, uneven": Case(
        lambda: nn.Conv2d(4, (3, 2), stride=(2, 1), padding=(1, 2), dilation=(1, 2), bias=False),
        IMAGES,
    ),
    "conv 2d, grouped": Case(lambda: nn.Conv2d(4, 3, stride=3, groups=2), IMAGES),
    "conv 2d, depth-wise": Case(lambda: nn.Conv2d(12, 2, groups=6, padding=1), IMAGES),
    "conv 2d, same": Case(lambda: nn.Conv2d(3, (4, 3), padding="same", dilation=(1, 2)), IMAGES),
    "conv 2d, valid": Case(lambda: nn.Conv2d(3, 1, padding="valid"), IMAGES),
    "conv 2d, mirror": Case(lambda: nn.Conv2d(3, 3, padding=2, padding_mode="mirror"), IMAGES),
    "conv 2d, nearest": Case(lambda: nn.Conv2d(3, 3, padding=2, padding_mode="nearest"), IMAGES),
    "conv 2d, wrap": Case(lambda: nn.Conv2d(3, 3, padding=2, padding_mode="wrap"), IMAGES),
    "conv 1d": Case(lambda: nn.Conv1d(4, 3, stride=2, padding=1), SEQUENCES),
    "conv 1d, dilated": Case(lambda: nn.Conv1d(4, 2, dilation=3, groups=2), SEQUENCES),
    "transposed 2d": Case(lambda: nn.ConvTranspose2d(4, 3), IMAGES),
    "transposed 2d, uneven": Case(
        lambda: nn.ConvTranspose2d(
            4, (3, 2), stride=(2, 3), padding=(1, 0), output_padding=(1, 2), dilation=(2, 1)
        ),
        IMAGES,
    ),
    "transposed 2d, grouped": Case(
        lambda: nn.ConvTranspose2d(4, 2, stride=2, groups=2, bias=False), IMAGES
    ),
    "transposed 1d": Case(lambda: nn.ConvTranspose1d(4, 3, stride=2, padding=1), SEQUENCES),
    "max pool 2d": Case(lambda: nn.MaxPool2d(2), IMAGES),
    "max pool 2d, ceil": Case(lambda: nn.MaxPool2d(2, ceil_mode=True), IMAGES),
    "max pool 2d, overlapping": Case(lambda: nn.MaxPool2d(3, 2, 1), IMAGES),
    "max pool 2d, uneven": Case(
        lambda: nn.MaxPool2d((3, 2), (2, 1), (1, 0), dilation=(1, 2), ceil_mode=True), IMAGES
    ),
    "max pool 1d": Case(lambda: nn.MaxPool1d(3), SEQUENCES),
    "avg pool 2d": Case(lambda: nn.AvgPool2d(2), IMAGES),
    "avg pool 2d, padded": Case(lambda: nn.AvgPool2d(3, 2, 1), IMAGES),
    "avg pool 2d, inside": Case(
        lambda: nn.AvgPool2d((3, 2), 2, 1, ceil_mode=True, count_include_pad=False), IMAGES
    ),
    "avg pool 1d": Case(lambda: nn.AvgPool1d(3, 2, 1, ceil_mode=True), SEQUENCES),
    "adaptive avg 2d": Case(lambda: nn.AdaptiveAvgPool2d((3, 2)), IMAGES),
    "adaptive avg 1d": Case(lambda: nn.AdaptiveAvgPool1d(4), SEQUENCES),
    "adaptive max 2d": Case(lambda: nn.AdaptiveMaxPool2d((3, 2)), IMAGES),
    "adaptive max 1d": Case(lambda: nn.AdaptiveMaxPool1d(1), SEQUENCES),
    "global avg": Case(nn.GlobalAvgPool, IMAGES),
    "global max": Case(nn.GlobalMaxPool, SEQUENCES),
    "residual": Case(lambda: nn.Residual([nn.Linear(3, activation="tanh"), nn.Linear(6)]), ROWS),
    "residual, projected": Case(
        lambda: nn.Residual([nn.Linear(4, activation="tanh")], projection=nn.Linear(4)), ROWS
    ),
    "parallel": Case(lambda: nn.Parallel([nn.Linear(3), nn.Identity()]), ROWS),
    "tied": Case(lambda: _autoencoder(), ROWS),
}


# Layers that draw at random, for which no other library is a witness.
DRAWN: dict[str, Case] = {
    "crop": Case(lambda: nn.RandomCrop((4, 3)), IMAGES),
    "crop, padded": Case(lambda: nn.RandomCrop((7, 8), padding=(1, 2), fill=0.5), IMAGES),
    "translation": Case(lambda: nn.RandomTranslation((2, 1), fill=-1), IMAGES),
    "horizontal flip": Case(nn.RandomHorizontalFlip, IMAGES),
    "vertical flip": Case(lambda: nn.RandomVerticalFlip(0.4), IMAGES),
    "rotation": Case(lambda: nn.RandomRotation(30, fill=0.3), IMAGES),
    "erasing": Case(lambda: nn.RandomErasing(0.7, (0.1, 0.4), (0.5, 2)), IMAGES),
}


def _autoencoder() -> Module:
    encoder = nn.Linear(4, activation="sigmoid")
    return nn.Sequential([encoder, nn.Tied(encoder, transposed=True)])


def public_layers() -> set[type[Module]]:
    """Every layer of the package that can be made."""
    return {cls for cls in REGISTRY.values() if cls.__module__.startswith("pellucid.layers.")}


def parts(case: Case) -> set[type[Any]]:
    """The classes that a case tests."""
    return {type(module) for module in case.built().modules().values()}
