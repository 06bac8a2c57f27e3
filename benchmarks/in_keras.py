"""Keras' side, on the backend that its environment names."""

from __future__ import annotations

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
        assert not task.decay, "Keras decays weights in another way"
        laid_out = task.in_order
        self.shuffle = laid_out is None
        self.X, self.y = laid_out or (task.X, task.y)
        inner = [
            keras.layers.Dense(*rest) if kind == "linear" else keras.layers.Activation(kind)
            for kind, *rest in task.layers
        ]
        self.model = keras.Sequential([keras.Input(task.X.shape[1:]), *inner])
        self.model.compile(OPTIMIZERS[task.optimizer](task.rate), LOSSES[task.loss]())
        self.model.optimizer.build(self.model.trainable_variables)
        self.fresh = [np.array(variable) for variable in self.model.optimizer.variables]

    def restart(self) -> None:
        self.model.set_weights([part for w, b in self.task.linears for part in (w.T, b)])
        for variable, value in zip(self.model.optimizer.variables, self.fresh, strict=True):
            variable.assign(value)

    def run(self) -> list[float]:
        history = self.model.fit(
            self.X, self.y, batch_size=self.task.batch_size, epochs=len(self.task.order),
            shuffle=self.shuffle, verbose=0,
        )  # fmt: skip
        return [np.mean(history.history["loss"])]
