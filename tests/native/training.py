"""A small training with dropout, a ragged tail and a validation, as a run for any engine."""

from __future__ import annotations

from typing import Any

import numpy as np

import pellucid as pel
from pellucid import nn, optim
from pellucid.compile import Data, Phase, Program, Run, RunState, optimised, specialised, trace
from pellucid.compile.run import Sampling
from pellucid.graph import declared_updates, symbolic
from pellucid.ops.index import one_hot

ROWS, SIZE, HELD = 41, 8, 13
CLASSES = 3
_generator = np.random.default_rng(1)
X = _generator.normal(size=(ROWS, 5))
Y = _generator.integers(0, CLASSES, ROWS)


def loss_of(logits: Any, labels: Any) -> Any:
    shifted = logits - pel.stop_gradient(logits.max(1, keepdims=True))
    logs = shifted - pel.log(pel.exp(shifted).sum(1, keepdims=True))
    return -(logs * one_hot(labels, CLASSES)).sum(1).mean()


class Training:
    """Programs for two hidden layers with dropout under Adam."""

    def __init__(self, dtype: str = "float32") -> None:
        model = nn.Sequential(
            [nn.Linear(16, activation="relu"), nn.Dropout(0.3), nn.Linear(7, activation="tanh"),
             nn.Dropout(0.1), nn.Linear(CLASSES)]
        )  # fmt: skip
        x, y = (
            pel.placeholder((None, 5), dtype, name="x"),
            pel.placeholder((None,), "int64", name="y"),
        )
        with pel.default_dtype(dtype), symbolic():
            model(x)
            model.seed(3)
            for variable in model.variables().values():
                if variable.dtype.kind == "f":
                    variable.cast(dtype)
            loss, self.dtype = loss_of(model(x, training=True), y), np.dtype(dtype)
            tested = loss_of(model(x), y)
            rate = pel.placeholder((), "float64", name="rate")
            updates = dict(declared_updates([loss]))
            counter = pel.Variable(np.int64(0), name="steps")
            updates[counter] = counter + 1
            parameters = list(model.parameters().values())
            adam = optim.Adam()
            hyper = {name: pel.tensor(v, "float64") for name, v in adam.hyper().items()}
            hyper["learning_rate"] = rate
            for v, g in zip(parameters, pel.grad(loss, parameters), strict=True):
                slots = {name: self._slot(spec) for name, spec in adam.slots(v).items()}
                reads = {name: slot.read() for name, slot in slots.items()}
                new, moved = adam.update(v.read(), g, reads, hyper, counter + 1)
                updates[v] = new
                updates.update({slots[name]: value for name, value in moved.items()})
            rows = pel.cast(pel.count(x, 0), loss.dtype)
            self.train, self.variables = trace([x, y, rate], [loss * rows, rows], updates)
            self.evaluate, _ = trace([x, y], [tested * rows, rows], {}, self.variables)

    def _slot(self, spec: Any) -> pel.Variable:
        return pel.Variable(np.zeros(spec.shape), spec.dtype, trainable=False)

    def at(self, program: Program, rows: int) -> Program:
        shapes = [(rows, 5), (rows,), ()][: len(program.inputs)]
        return optimised(specialised(program, shapes))

    def phase(self, program: Program, rows: int, size: int, draws: int = 0) -> Phase:
        tail = 0 if draws else rows % size
        small = self.at(program, tail) if tail else None
        return Phase(self.at(program, size), small, rows, size, tail, draws)

    def run(
        self, sampling: Sampling = "shuffled", epochs: int = 3, *, validated: bool = True
    ) -> Run:
        draws = 9 if sampling in ("drawn", "with replacement") else 0
        held = self.phase(self.evaluate, HELD, 6) if validated else None
        return Run(self.phase(self.train, ROWS, SIZE, draws), held, epochs, (5, 6), sampling)

    def state(self) -> RunState:
        return RunState([np.array(v.numpy()) for v in self.variables])

    def data(self, labels: Any = Y) -> Data:
        x = X.astype(self.dtype)
        return Data(((x, labels), (x[:HELD].copy(), Y[:HELD].copy())), (np.float64(0.01),))
