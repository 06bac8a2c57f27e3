"""The programs of a training: forward, loss, gradient, update and metrics as one graph."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import Frozen
from pellucid.autodiff import grad
from pellucid.compile import Program, optimised, specialised, trace
from pellucid.errors import GradientError
from pellucid.graph import (
    Tensor,
    Variable,
    declared_updates,
    placeholder,
    symbolic,
)
from pellucid.graph import variables as read_variables
from pellucid.graph.op import Spec
from pellucid.layers.module import Module
from pellucid.optim import Optimizer
from pellucid.recent import Recent
from pellucid.train.ends import heads_of
from pellucid.train.objective import Objective

__all__ = ["Specs", "StepPrograms", "step_programs"]


class Specs(NamedTuple):
    """The shapes and dtypes of a network's inputs, and of the target of each head by name."""

    inputs: tuple[Spec, ...]
    targets: dict[str, Spec]

    @classmethod
    def of(cls, inputs: Sequence[NDArray[Any]], targets: Mapping[str, NDArray[Any]]) -> Specs:
        """Read them off arrays, with ``None`` for the rows."""
        return cls(tuple(map(_of_rows, inputs)), {k: _of_rows(a) for k, a in targets.items()})

    @property
    def key(self) -> Hashable:
        """The same as something that can be a key."""
        return self.inputs, tuple(self.targets.items())


def _of_rows(array: NDArray[Any]) -> Spec:
    return Spec((None, *array.shape[1:]), array.dtype)


class StepPrograms(Frozen):
    """The programs of a training for any number of rows, and the variables that they share.

    Attributes
    ----------
    train, evaluate : programs with an unknown batch extent
    variables : the model's, then the optimizer's: the state of both programs
    own : how many of them are the model's
    unreached : the parameters that the loss does not depend on
    looks_at_batches : whether a layer looks at several rows at once
    """

    train: Program
    evaluate: Program
    variables: tuple[Variable, ...]
    own: int
    unreached: tuple[str, ...] = ()
    looks_at_batches: bool = False
    _concrete: Recent[Program] = field(default_factory=lambda: Recent(16))

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def at(self, program: Program, rows: int) -> Program:
        """Give a program for batches of `rows` rows; the same one each time."""
        shapes = [program.instructions[k].spec.shape for k in program.inputs]
        known = [tuple(rows if extent is None else extent for extent in shape) for shape in shapes]
        return self._concrete.get(
            (program is self.train, rows), lambda: optimised(specialised(program, known))
        )


def step_programs(
    model: Module,
    specs: Specs,
    objective: Objective,
    optimizer: Optimizer,
    weighted: tuple[Sequence[str], Sequence[str]] = ((), ()),
) -> StepPrograms:
    """Build the training program and the evaluation program of a network that is built already.

    Their inputs are those of the network, the target of each head, and the weights of rows; those
    of the training program end with the hyper-parameters.

    Parameters
    ----------
    specs : of inputs and targets
    weighted : for training and evaluation, what has weights of rows: all heads, or some by name

    Raises
    ------
    GradientError : when there is nothing to train, or the loss does not depend on it
    """
    own = list(model.variables().values())
    inputs = [_symbol(f"input {k}", spec) for k, spec in enumerate(specs.inputs)]
    truth = {name: _symbol(f"target {name}", spec) for name, spec in specs.targets.items()}
    weigh, weigh_tested = (
        {name: placeholder((None,), "float64", name=f"weights {name}") for name in names}
        for names in weighted
    )
    hyper = {name: placeholder((), "float64", name=name) for name in optimizer.hyper()}
    with symbolic():
        predicted = heads_of(model(*inputs, training=True))
        loss, scalars = objective.mean_and_scalars(predicted, truth, weigh, model.penalty())
        declared = declared_updates([loss])
        parameters = model.parameters()
        unreached = _unreached(parameters, loss)
        updates = _optimizer_updates(optimizer, parameters, loss, hyper)
        tested = heads_of(model(*inputs, training=False))
        _, measured = objective.mean_and_scalars(tested, truth, weigh_tested)
    state = list(dict.fromkeys([*own, *updates]))
    arguments = [*inputs, *truth.values()]
    train, variables = trace(
        [*arguments, *weigh.values(), *hyper.values()], scalars, {**declared, **updates}, state
    )
    evaluate, _ = trace([*arguments, *weigh_tested.values()], measured, {}, variables)
    looks_at_batches = any(one.batch_statistics for one in model.modules().values())
    return StepPrograms(train, evaluate, variables, len(own), unreached, looks_at_batches)


def _symbol(name: str, spec: Spec) -> Tensor:
    return placeholder(spec.shape, spec.dtype, name=name)


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
    found = grad(loss, list(parameters.values()), unused="zero")
    kept = {
        name: {slot: _slot(f"optimizer.{name}.{slot}", spec) for slot, spec in specs.items()}
        for name, specs in optimizer.kept(parameters).items()
    }
    reads = {name: {slot: v.read() for slot, v in slots.items()} for name, slots in kept.items()}
    values, moved = optimizer.updates(
        parameters, dict(zip(parameters, found, strict=True)), reads, hyper, step
    )
    updates = {counter: step} | {parameters[name]: value for name, value in values.items()}
    for name, slots in moved.items():
        updates |= {kept[name][slot]: value for slot, value in slots.items()}
    return updates


def _slot(name: str, spec: Spec) -> Variable:
    shape = tuple(extent or 0 for extent in spec.shape)
    return Variable(
        lambda: np.zeros(shape, spec.dtype), spec.dtype, shape=shape, name=name, trainable=False
    )
