"""The programs of a training: forward, loss, gradient, update and metrics as one graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pellucid.autodiff import grad
from pellucid.compile import Program, optimised, specialised, trace
from pellucid.errors import GradientError
from pellucid.graph import (
    Tensor,
    Variable,
    declared_updates,
    placeholder,
    provenance,
    symbolic,
)
from pellucid.graph import variables as read_variables
from pellucid.graph.op import Spec
from pellucid.layers.module import Module
from pellucid.losses import Loss
from pellucid.metrics import HostMetric, Metric
from pellucid.ops import cast, count
from pellucid.optim import Optimizer
from pellucid.train.recent import Recent

__all__ = ["Objective", "StepPrograms", "step_programs"]


@dataclass(frozen=True, eq=False)
class Objective:
    """What is computed beside the network's output: the loss, and metrics.

    Attributes
    ----------
    metrics : sums over rows, computed inside the step
    host : those that are no such sum, computed from all rows at an epoch's end
    """

    loss: Loss
    metrics: tuple[Metric, ...] = ()
    host: tuple[HostMetric, ...] = ()

    @classmethod
    def of(cls, loss: Loss, measures: Sequence[Metric | HostMetric]) -> Objective:
        """Sort metrics by where they are computed."""
        return cls(
            loss,
            tuple(one for one in measures if isinstance(one, Metric)),
            tuple(one for one in measures if isinstance(one, HostMetric)),
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The columns of the history that a step fills."""
        return ("loss", *(metric.name for metric in self.metrics))

    @property
    def key(self) -> tuple[Any, ...]:
        """What decides the programs."""
        return (self.loss, *self.metrics)

    def mean_and_scalars(self, prediction: Tensor, target: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Give the mean loss, and numerator and weight of the loss and of each metric."""
        with provenance(path=self.loss.name):
            mean = self.loss(prediction, target)
            rows = cast(count(prediction, 0), mean.dtype)
            scalars = [mean * rows, rows]
        for metric in self.metrics:
            with provenance(path=metric.name):
                scalars += [metric.numerator(prediction, target), metric.weight(prediction, target)]
        return mean, scalars


@dataclass(frozen=True, eq=False)
class StepPrograms:
    """The programs of a training for any number of rows, and the variables that they share.

    Attributes
    ----------
    train, evaluate : programs with an unknown batch extent
    variables : the model's, then the optimizer's: the state of both programs
    own : how many of them are the model's
    unreached : the parameters that the loss does not depend on
    """

    train: Program
    evaluate: Program
    variables: tuple[Variable, ...]
    own: int
    unreached: tuple[str, ...] = ()
    _concrete: Recent[Program] = field(default_factory=lambda: Recent(16))

    def at(self, program: Program, rows: int) -> Program:
        """Give a program for batches of `rows` rows; the same one each time."""
        shapes = [program.instructions[k].spec.shape for k in program.inputs]
        known = [tuple(rows if extent is None else extent for extent in shape) for shape in shapes]
        return self._concrete.get(
            (program is self.train, rows), lambda: optimised(specialised(program, known))
        )


def step_programs(
    model: Module, specs: Sequence[Spec], target: Spec, objective: Objective, optimizer: Optimizer
) -> StepPrograms:
    """Build the training program and the evaluation program of a network that is built already.

    Parameters
    ----------
    specs : of the inputs, with ``None`` for the batch
    target : of the targets, likewise

    Raises
    ------
    GradientError : when there is nothing to train, or the loss does not depend on it
    """
    own = list(model.variables().values())
    inputs = [placeholder(s.shape, s.dtype, name=f"input {k}") for k, s in enumerate(specs)]
    truth = placeholder(target.shape, target.dtype, name="target")
    hyper = {name: placeholder((), "float64", name=name) for name in optimizer.hyper()}
    with symbolic():
        prediction = model(*inputs, training=True)
        loss, scalars = objective.mean_and_scalars(prediction, truth)
        declared = declared_updates([loss])
        parameters = model.parameters()
        unreached = _unreached(parameters, loss)
        updates = _optimizer_updates(optimizer, parameters, loss, hyper)
        _, tested = objective.mean_and_scalars(model(*inputs, training=False), truth)
    state = list(dict.fromkeys([*own, *updates]))
    arguments = [*inputs, truth, *hyper.values()]
    train, variables = trace(arguments, scalars, {**declared, **updates}, state)
    evaluate, _ = trace([*inputs, truth], tested, {}, variables)
    return StepPrograms(train, evaluate, variables, len(own), unreached)


def _unreached(parameters: Mapping[str, Variable], loss: Tensor) -> tuple[str, ...]:
    """List the parameters that the loss does not depend on; all of them is an error."""
    read = set(read_variables([loss]))
    missing = tuple(name for name, variable in parameters.items() if variable not in read)
    if len(missing) < len(parameters):
        return missing
    if not parameters:
        raise GradientError(
            "the network has nothing to train", got="no parameter, or all of them frozen",
            mend="set variable.trainable = True, or add a layer that has weights",
        )  # fmt: skip
    raise GradientError(
        "the loss depends on no weight of the network: training would change nothing",
        got=f"parameters {', '.join(missing)}",
        mend="use the prediction in the loss",
    )


def _optimizer_updates(
    optimizer: Optimizer, parameters: Mapping[str, Variable], loss: Tensor, hyper: dict[str, Tensor]
) -> dict[Variable, Tensor]:
    """Declare new values: of each parameter, of the optimizer's slots, and of its counter."""
    counter = _slot("optimizer.step", Spec((), np.dtype(np.int64)))
    step = counter + 1
    updates: dict[Variable, Tensor] = {counter: step}
    gradients = grad(loss, list(parameters.values()), unused="zero")
    for (name, variable), g in zip(parameters.items(), gradients, strict=True):
        slots = {
            slot: _slot(f"optimizer.{name}.{slot}", spec)
            for slot, spec in optimizer.slots(variable).items()
        }
        reads = {slot: v.read() for slot, v in slots.items()}
        new, moved = optimizer.update(variable.read(), g, reads, hyper, step)
        updates[variable] = new
        updates.update({slots[slot]: value for slot, value in moved.items()})
    return updates


def _slot(name: str, spec: Spec) -> Variable:
    shape = tuple(extent or 0 for extent in spec.shape)
    return Variable(
        lambda: np.zeros(shape, spec.dtype), spec.dtype, shape=shape, name=name, trainable=False
    )
