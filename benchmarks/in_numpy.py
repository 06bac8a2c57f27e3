"""A plain loop in NumPy: forward, backward by hand, update."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.task import Array, Side, Task, rows_of


class Layer:
    """What has no weights; `values` and `gradients` are lists in the same order."""

    values: tuple[Array, ...] = ()
    gradients: tuple[Array, ...] = ()

    def forward(self, x: Array) -> Array:
        raise NotImplementedError

    def backward(self, slope: Array) -> Array:
        """Give the slope for the input, and keep those for the weights."""
        raise NotImplementedError


class Linear(Layer):
    def __init__(self, weight: Array, bias: Array) -> None:
        self.values = (weight.copy(), bias.copy())

    def forward(self, x: Array) -> Array:
        self.x = x
        weight, bias = self.values
        return x @ weight.T + bias

    def backward(self, slope: Array) -> Array:
        self.gradients = (slope.T @ self.x, slope.sum(axis=0))
        return slope @ self.values[0]


class Sigmoid(Layer):
    def forward(self, x: Array) -> Array:
        self.y = 0.5 * np.tanh(0.5 * x) + 0.5  # cannot overflow, as 1 / (1 + exp(-x)) does
        return self.y

    def backward(self, slope: Array) -> Array:
        return slope * self.y * (1 - self.y)


class ReLU(Layer):
    def forward(self, x: Array) -> Array:
        self.y = np.maximum(x, 0)
        return self.y

    def backward(self, slope: Array) -> Array:
        return slope * (self.y > 0)


class BatchNorm(Layer):
    """In training only, so that running statistics are not needed."""

    def __init__(self, weight: Array, bias: Array, *running: Array) -> None:
        self.values = (weight.copy(), bias.copy())

    def forward(self, x: Array) -> Array:
        self.scale = 1 / np.sqrt(x.var(axis=0) + 1e-5)
        self.y = (x - x.mean(axis=0)) * self.scale
        weight, bias = self.values
        return weight * self.y + bias

    def backward(self, slope: Array) -> Array:
        self.gradients = ((slope * self.y).sum(axis=0), slope.sum(axis=0))
        inner = slope * self.values[0]
        middle = inner.mean(axis=0) + self.y * (inner * self.y).mean(axis=0)
        return (inner - middle) * self.scale


class Dropout(Layer):
    def __init__(self, rate: float) -> None:
        self.rate, self.generator = rate, np.random.default_rng(0)

    def forward(self, x: Array) -> Array:
        kept = self.generator.random(x.shape, np.float32) >= self.rate
        self.mask = kept.astype(x.dtype) / (1 - self.rate)
        return x * self.mask

    def backward(self, slope: Array) -> Array:
        return slope * self.mask


LAYERS: dict[str, Callable[..., Layer]] = {
    "linear": lambda units, *weights: Linear(*weights),
    "sigmoid": Sigmoid,
    "relu": ReLU,
    "batch_norm": BatchNorm,
    "dropout": Dropout,
}


def cross_entropy(logits: Array, y: Array) -> tuple[Array, Array]:
    """Give the mean loss and its slope."""
    rows = np.arange(len(y))
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    slope = exponentials / exponentials.sum(axis=1, keepdims=True)
    loss = -np.log(slope[rows, y]).mean()
    slope[rows, y] -= 1
    return loss, slope / len(y)


def binary_cross_entropy(p: Array, y: Array) -> tuple[Array, Array]:
    """Give the mean loss and its slope."""
    y = y.reshape(p.shape).astype(p.dtype)
    loss = -(y * np.log(p) + (1 - y) * np.log(1 - p)).mean()
    return loss, (p - y) / (p * (1 - p)) / len(y)


LOSSES = {"cross_entropy": cross_entropy, "binary_cross_entropy": binary_cross_entropy}


class Descent:
    def __init__(self, rate: float, decay: float) -> None:
        self.rate, self.decay = rate, decay

    def step(self, layers: list[Layer]) -> None:
        for layer in layers:
            for value, gradient in zip(layer.values, layer.gradients, strict=True):
                value -= self.rate * (gradient + self.decay * value)


class Adam:
    def __init__(self, rate: float, decay: float) -> None:
        self.rate, self.decay, self.steps = rate, decay, 0
        self.moments: list[tuple[Array, Array]] = []

    def step(self, layers: list[Layer]) -> None:
        values = [value for layer in layers for value in layer.values]
        gradients = [gradient for layer in layers for gradient in layer.gradients]
        self.moments = self.moments or [(np.zeros_like(v), np.zeros_like(v)) for v in values]
        self.steps += 1
        rate = self.rate / (1 - 0.9**self.steps)
        scale = (1 - 0.999**self.steps) ** 0.5
        for value, gradient, (mean, square) in zip(values, gradients, self.moments, strict=True):
            gradient = gradient + self.decay * value if self.decay else gradient
            mean += 0.1 * (gradient - mean)
            square += 0.001 * (gradient * gradient - square)
            value -= rate * mean / (np.sqrt(square) / scale + 1e-8)


OPTIMIZERS: dict[str, type[Descent | Adam]] = {"sgd": Descent, "adam": Adam}


class Numpy(Side):
    def __init__(self, task: Task) -> None:
        super().__init__(task)
        self.restart()

    def restart(self) -> None:
        self.layers = []
        for k, (kind, *arguments) in enumerate(self.task.layers):
            own = [v for name, v in self.task.weights.items() if name.startswith(f"{k}.")]
            self.layers.append(LAYERS[kind](*arguments, *own))

    def forward(self, x: Array) -> Array:
        for layer in self.layers:
            x = layer.forward(x)
        return x


class Loop(Numpy):
    def run(self) -> list[Array]:
        loss = LOSSES[self.task.loss]
        optimizer = OPTIMIZERS[self.task.optimizer](self.task.rate, self.task.decay)
        losses = []
        for x, y in rows_of(self.task):
            value, slope = loss(self.forward(x), y)
            for layer in reversed(self.layers):
                slope = layer.backward(slope)
            optimizer.step(self.layers)
            losses.append(value)
        return losses


class Predict(Numpy):
    def run(self) -> Array:
        for row in self.task.batches:
            answer = self.forward(self.task.X[row])
        return answer[0] - answer.max()
