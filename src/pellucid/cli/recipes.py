"""Networks that are known by name, and what pictures of the published sets are trained with."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pellucid.cli.architecture import Architecture, read_architecture
from pellucid.cli.wishes import MODELS
from pellucid.data.published import PUBLISHED

__all__ = ["CNN", "described", "usual"]

# Row E4 of the course: 1,475,338 parameters for ten classes of 28 × 28 pixels.
CNN = Architecture(
    (
        {"type": "Conv2d", "out_channels": 32, "kernel_size": 3, "padding": 1},
        {"type": "BatchNorm2d"},
        {"type": "ReLU"},
        {"type": "MaxPool2d", "kernel_size": 2},
        {"type": "Conv2d", "out_channels": 64, "kernel_size": 3},
        {"type": "BatchNorm2d"},
        {"type": "ReLU"},
        {"type": "MaxPool2d", "kernel_size": 2},
        {"type": "Flatten"},
        {"type": "Linear", "units": 600},
        {"type": "Dropout", "rate": 0.25},
        {"type": "Linear", "units": 120},
        {"type": "ReLU"},
        {"type": "Linear"},
    ),
    {
        "loss": "cross_entropy", "optimizer": "adam", "learning_rate": 0.001, "batch_size": 64,
        "prepare": "minmax",
    },
    given="--model=cnn",
    least=(2, 450),
)  # fmt: skip
RECIPES = dict(zip(MODELS, (CNN,), strict=True))


def usual(data: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Add the network that suits a set of pictures, if no other was asked for."""
    is_open = data.replace("_", "-") in PUBLISHED and "model" not in given and "hidden" not in given
    return {**given, "model": "cnn"} if is_open else dict(given)


def described(model: str | None) -> Architecture | None:
    """Find a network by its name, or read the file that describes one.

    Raises
    ------
    FileError : when the file is missing, no TOML or JSON, or does not describe layers
    """
    if model is None:
        return None
    return RECIPES.get(model) or read_architecture(Path(model))
