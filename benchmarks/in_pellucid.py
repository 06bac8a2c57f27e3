"""pellucid's sides: the verbs, a compiled function, an eager loop, and single answers."""

from __future__ import annotations

import pellucid as pel
from benchmarks.task import Array, Side, Task, rows_of
from pellucid import nn, optim

LAYERS = {
    "linear": nn.Linear,
    "sigmoid": nn.Sigmoid,
    "relu": nn.ReLU,
    "dropout": nn.Dropout,
    "flatten": nn.Flatten,
    "max_pool": nn.MaxPool2d,
    "conv": lambda units, kernel, padding: nn.Conv2d(units, kernel, padding=padding),
}
OPTIMIZERS = {"sgd": optim.SGD, "adam": optim.Adam}


class Pellucid(Side):
    def __init__(self, task: Task) -> None:
        super().__init__(task)
        norm = nn.BatchNorm2d if task.X.ndim > 2 else nn.BatchNorm1d
        kinds = {**LAYERS, "batch_norm": norm}
        self.model = nn.Sequential([kinds[kind](*rest) for kind, *rest in task.layers])
        with pel.default_dtype(task.X.dtype):
            self.model(task.X[:1])
        self.optimizer = OPTIMIZERS[task.optimizer](task.rate, weight_decay=task.decay)

    def restart(self) -> None:
        variables = self.model.variables()
        for name, value in self.task.weights.items():
            variables[name].assign(value)


class Fit(Pellucid):
    def run(self) -> Array:
        task = self.task
        epochs, steps = (None, task.steps) if task.drawn else (len(task.order), None)
        history = self.model.fit(
            task.X, task.y, loss=task.loss, optimizer=self.optimizer, epochs=epochs, steps=steps,
            batch_size=task.batch_size, metrics=[], seed=task.seed, dtype=task.X.dtype,
            progress=False,
        )  # fmt: skip
        return history.step_losses


class Function(Pellucid):
    """One step, compiled once, and called with each batch from Python."""

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        x = pel.placeholder((task.batch_size, task.X.shape[1]), task.X.dtype, name="x")
        y = pel.placeholder((task.batch_size,), task.y.dtype, name="y")
        loss = nn.cross_entropy(self.model(x, training=True), y)
        weights = list(self.model.parameters().values())
        updates = {
            w: w - task.rate * g for w, g in zip(weights, pel.grad(loss, weights), strict=True)
        }
        self.step = pel.function([x, y], loss, updates)

    def run(self) -> list[Array]:
        return [self.step(x, y) for x, y in rows_of(self.task)]


class Eager(Pellucid):
    """The loop of a user who writes ``backward()``."""

    def run(self) -> list[Array]:
        stepper = self.optimizer.over(self.model.parameters())
        losses = []
        for x, y in rows_of(self.task):
            stepper.zero_grad()
            loss = nn.cross_entropy(self.model(x, training=True), y)
            loss.backward()
            stepper.step()
            losses.append(loss.numpy())
        return losses


class Evaluate(Pellucid):
    """Batches through ``model.predict``; gives the mean of what they are answered."""

    def run(self) -> list[Array]:
        size = self.task.batch_size
        answers = [self.model.predict(x, batch_size=size) for x, _ in rows_of(self.task)]
        return [answer.mean() for answer in answers]


class Predict(Pellucid):
    """One row at a time through ``model.predict``."""

    def run(self) -> Array:
        for row in self.task.batches:
            answer = self.model.predict(self.task.X[row])
        return answer[0] - answer.max()


class Predictor(Pellucid):
    """One row at a time through a function that was compiled once."""

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        x = pel.placeholder((1, task.X.shape[1]), task.X.dtype, name="x")
        self.predict = pel.function([x], self.model(x))

    def run(self) -> Array:
        for row in self.task.batches:
            answer = self.predict(self.task.X[row])
        return answer[0] - answer.max()
