"""Keras' side, on the backend that its environment names."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from benchmarks.task import Side, Task

LOSSES = {
    "cross_entropy": lambda: keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    "binary_cross_entropy": keras.losses.BinaryCrossentropy,
}
OPTIMIZERS = {
    "sgd": keras.optimizers.SGD,
    "adam": lambda rate: keras.optimizers.Adam(rate, epsilon=1e-8),
}


class Fit(Side):
    """Of several epochs Keras shuffles each for itself; one comes laid out."""

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        keras.config.set_floatx(task.X.dtype.name)
        assert not task.decay, "Keras decays weights in another way"
        laid_out = task.in_order
        self.shuffle = laid_out is None
        self.X, self.y = laid_out or (task.X, task.y)
        self.images = task.X.ndim > 2
        if self.images:  # Keras wants channels last
            self.X = np.ascontiguousarray(np.moveaxis(self.X, 1, -1))
        inner = [made for layer in task.layers for made in self._layers(*layer)]
        self.model = keras.Sequential([keras.Input(self.X.shape[1:]), *inner])
        self.model.compile(OPTIMIZERS[task.optimizer](task.rate), LOSSES[task.loss]())
        self.model.optimizer.build(self.model.trainable_variables)
        self.fresh = [np.array(variable) for variable in self.model.optimizer.variables]

    def _layers(self, kind: str, *settings: Any) -> list[Any]:
        made = keras.layers
        if kind == "conv":
            units, kernel, padding = settings
            around = [made.ZeroPadding2D(padding)] if padding else []
            return [*around, made.Conv2D(units, kernel)]
        if kind == "flatten":
            return [made.Permute((3, 1, 2)), made.Flatten()]
        found = {
            "linear": made.Dense, "batch_norm": lambda: made.BatchNormalization(epsilon=1e-5),
            "max_pool": made.MaxPooling2D, "dropout": made.Dropout,
        }  # fmt: skip
        return [found[kind](*settings) if kind in found else made.Activation(kind)]

    def restart(self) -> None:
        named, found = self.task.weights, []
        for k, (kind, *_) in enumerate(self.task.layers):
            names = ("weight", "bias", "running_mean", "running_var")
            own = [named[f"{k}.{name}"] for name in names if f"{k}.{name}" in named]
            if kind in ("linear", "conv"):
                own[0] = own[0].T if kind == "linear" else own[0].transpose(2, 3, 1, 0)
            found += own
        self.model.set_weights(found)
        for variable, value in zip(self.model.optimizer.variables, self.fresh, strict=True):
            variable.assign(value)

    def run(self) -> list[float]:
        history = self.model.fit(
            self.X, self.y, batch_size=self.task.batch_size, epochs=len(self.task.order),
            shuffle=self.shuffle, verbose=0,
        )  # fmt: skip
        return [np.mean(history.history["loss"])]
