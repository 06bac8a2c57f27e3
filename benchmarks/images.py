"""Trainings and evaluations of convolutional networks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.task import Array, Layer, Task
from benchmarks.training import FIT, FLOOR, KERAS, LOOP, TORCH, Training
from benchmarks.workload import Target, Workload

TUNED, COMPILED, EVALUATE = "torch tuned", "torch compile", "torch evaluate"
ONNX = "onnxruntime"
SHORT = 10  # steps whose numbers are compared


def drawn_images(*shape: int) -> Callable[[int], tuple[Array, Array]]:
    """Make a source of smooth random images of ten classes, each with its own pattern."""

    def source(rows: int) -> tuple[Array, Array]:
        generator = np.random.default_rng(0)
        patterns = generator.random((10, *shape), np.float32)
        y = generator.integers(0, 10, rows)
        return (patterns[y] + generator.random((rows, *shape), np.float32)) / 2, y

    return source


@dataclass(frozen=True)
class Pictures(Training):
    """A training whose numbers are compared in float64, since its steps make rounding grow."""

    def short(self) -> Task:
        """Train with few small batches; drop nothing out."""
        layers = tuple((k, 0.0) if k == "dropout" else (k, *rest) for k, *rest in self.layers)
        size = min(self.batch_size, 16)
        few = {"rows": SHORT * size, "batch_size": size, "epochs": 1, "dtype": "float64"}
        return replace(self, layers=layers, **few).task()


class Looks(Pictures):
    """The same rows, answered instead of learned from."""

    def task(self, share: float = 1.0) -> Task:
        """Answer that share of the rows."""
        return replace(super().task(share), learns=False)

    def short(self) -> Task:
        """Answer few rows, in float32: answers are not made of earlier ones."""
        return replace(self, rows=SHORT * 16, batch_size=16).task()


FASHION: tuple[Layer, ...] = (
    ("conv", 32, 3, 1), ("batch_norm",), ("relu",), ("max_pool", 2),
    ("conv", 64, 3, 0), ("batch_norm",), ("relu",), ("max_pool", 2),
    ("flatten",), ("linear", 600), ("dropout", 0.25), ("linear", 120), ("relu",), ("linear", 10),
)  # fmt: skip
LENET: tuple[Layer, ...] = (
    ("conv", 6, 5, 2), ("relu",), ("max_pool", 2), ("conv", 16, 5, 0), ("relu",), ("max_pool", 2),
    ("flatten",), ("linear", 120), ("relu",), ("linear", 84), ("relu",), ("linear", 10),
)  # fmt: skip
VGG: tuple[Layer, ...] = (
    ("conv", 32, 3, 1), ("relu",), ("conv", 32, 3, 1), ("relu",), ("max_pool", 2),
    ("conv", 64, 3, 1), ("relu",), ("conv", 64, 3, 1), ("relu",), ("max_pool", 2),
    ("flatten",), ("linear", 128), ("relu",), ("linear", 10),
)  # fmt: skip

GREY, COLOUR = drawn_images(1, 28, 28), drawn_images(3, 32, 32)
CNN = Pictures(GREY, 1280, FASHION, "adam", 0.001, 64, epochs=1)

WORKLOADS = (
    Workload(
        "fashion", "the Fashion-MNIST network, Adam, batch 64", CNN, FIT, (TORCH, TUNED, FLOOR),
        (Target(TORCH, 4.5), Target(TUNED, 3), Target(FLOOR, 1 / 1.25),
         Target(TORCH, 2.5, "memory")),
    ),
    Workload(
        "fashion-256", "the same, batch 256",
        replace(CNN, rows=2560, batch_size=256), FIT, (TORCH, TUNED),
        (Target(TORCH, 3.8), Target(TUNED, 3)),
    ),
    Workload(
        "fashion-16", "the same, batch 16", replace(CNN, rows=640, batch_size=16), FIT,
        (TORCH,), (Target(TORCH, 6),),
    ),
    Workload(
        "fashion-plain", "the same without dropout, batch 64",
        replace(CNN, layers=tuple(layer for layer in FASHION if layer[0] != "dropout")), FIT,
        (TORCH, COMPILED, LOOP, KERAS), (Target(COMPILED, 3), Target(LOOP, 9), Target(KERAS, 9)),
    ),
    Workload(
        "fashion-answers", "the same in evaluation, batch 256",
        Looks(GREY, 2560, FASHION, "adam", 0.001, 256, epochs=1), "pellucid evaluate",
        (EVALUATE, ONNX), (Target(EVALUATE, 4), Target(ONNX, 1.2)),
    ),
    Workload(
        "lenet", "LeNet-5 on 28×28, Adam, batch 64",
        Pictures(GREY, 3200, LENET, "adam", 0.001, 64, epochs=1), FIT, (TORCH,),
        (Target(TORCH, 3),),
    ),
    Workload(
        "vgg", "six layers like VGG on 32×32×3, Adam, batch 64",
        Pictures(COLOUR, 640, VGG, "adam", 0.001, 64, epochs=1), FIT, (TORCH,),
        (Target(TORCH, 1.5),),
    ),
)  # fmt: skip
