"""PyTorch's sides: one loop for every network, over tensors or through a DataLoader."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import torch
from torch import nn
from torch.utils.data import DataLoader, Sampler, TensorDataset

from benchmarks.task import Array, Side, Task, shape_after

LOSSES = {"cross_entropy": nn.CrossEntropyLoss, "binary_cross_entropy": nn.BCELoss}
OPTIMIZERS = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}
PLAIN = {
    "sigmoid": nn.Sigmoid, "relu": nn.ReLU, "dropout": nn.Dropout, "flatten": nn.Flatten,
    "max_pool": nn.MaxPool2d,
}  # fmt: skip


class Torch(Side):
    def __init__(self, task: Task) -> None:
        super().__init__(task)
        self.X = torch.from_numpy(task.X)
        self.y = torch.from_numpy(task.y)
        if task.loss == "binary_cross_entropy":
            self.y = self.y.to(self.X.dtype).reshape(-1, 1)
        self.network = _network(task).to(self.X.dtype)
        self.rows = [torch.from_numpy(rows) for rows in task.batches]

    def restart(self) -> None:
        weights = {name: torch.from_numpy(value) for name, value in self.task.weights.items()}
        self.network.load_state_dict(weights, strict=False)


def _network(task: Task) -> nn.Sequential:
    shape = task.X.shape[1:]
    modules: list[nn.Module] = []
    for layer in task.layers:
        kind, *settings = layer
        if kind == "linear":
            modules.append(nn.Linear(shape[0], *settings))
        elif kind == "conv":
            units, kernel, padding = settings
            modules.append(nn.Conv2d(shape[0], units, kernel, padding=padding))
        elif kind == "batch_norm":
            modules.append((nn.BatchNorm2d if len(shape) > 1 else nn.BatchNorm1d)(shape[0]))
        else:
            modules.append(PLAIN[kind](*settings))
        shape = shape_after(layer, shape)
    return nn.Sequential(*modules)


class Eager(Torch):
    settings: ClassVar[dict[str, bool]] = {}

    def run(self) -> list[torch.Tensor]:
        task, loss = self.task, LOSSES[self.task.loss]()
        optimizer = OPTIMIZERS[task.optimizer](
            self.network.parameters(), lr=task.rate, weight_decay=task.decay, **self.settings
        )
        self.network.train()
        losses = []
        for x, y in self.batches():
            optimizer.zero_grad()
            value = loss(self.network(x), y)
            value.backward()
            optimizer.step()
            losses.append(value.detach())
        return losses

    def batches(self) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        if self.task.is_full_batch:
            return ((self.X, self.y) for _ in self.rows)
        return ((self.X[rows], self.y[rows]) for rows in self.rows)


class Tuned(Eager):
    """Channels last in memory, and the optimizer in one loop."""

    settings: ClassVar[dict[str, bool]] = {"fused": True}

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        self.X = self.X.to(memory_format=torch.channels_last)
        self.network = self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


class Compiled(Eager):
    """The network through ``torch.compile``."""

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        self.network.compile()


class Loader(Eager):
    """Batches as the DataLoader makes them of a TensorDataset, in the order of the task."""

    def batches(self) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        lines = _Lines(self.task.order)
        loader = DataLoader(TensorDataset(self.X, self.y), self.task.batch_size, sampler=lines)
        return (batch for _ in self.task.order for batch in loader)


class _Lines(Sampler[int]):
    """The next line of the order each time it is gone through."""

    def __init__(self, order: Array) -> None:
        self.lines = iter(order)

    def __iter__(self) -> Iterator[int]:
        return iter(next(self.lines).tolist())


class Evaluate(Torch):
    """Batches through the network in evaluation; gives the mean of what they are answered."""

    def run(self) -> list[torch.Tensor]:
        self.network.eval()
        with torch.no_grad():
            return [self.network(self.X[rows]).mean() for rows in self.rows]


class Predict(Torch):
    def run(self) -> Array:
        self.network.eval()
        with torch.no_grad():
            for row in self.rows:
                answer = self.network(self.X[row])
        return (answer[0] - answer.max()).numpy()
