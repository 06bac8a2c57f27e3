"""The run of a fit as plain data: its programs, batches, order and rule of stopping."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, final

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import Frozen
from pellucid.compile import Data, Phase, Run, RunState, StopRule
from pellucid.errors import ArgumentError
from pellucid.graph import placeholder, symbolic
from pellucid.layers.module import Module
from pellucid.ops.random import derive_key
from pellucid.optim import Optimizer
from pellucid.optim.schedules import given
from pellucid.train.history import History
from pellucid.train.objective import Objective
from pellucid.train.options import DEFAULT_BATCH, DEFAULT_EPOCHS, FitOptions
from pellucid.train.record import FitRecord
from pellucid.train.rows import Part
from pellucid.train.step import Specs, StepPrograms, step_programs

if TYPE_CHECKING:
    from pellucid.models import Network

__all__ = ["Fit", "finish", "hyper_of", "order_key", "programs_for", "run_of", "start"]


class Fit(Frozen):
    """A fit that can begin: everything that its run needs.

    Attributes
    ----------
    record : what the network will keep of it
    rows, held_out : to train on, and to validate with if there are any
    hyper : the optimizer's numbers, inputs of every step
    """

    record: FitRecord
    rows: Part
    held_out: Part | None
    programs: StepPrograms
    run: Run
    hyper: dict[str, NDArray[np.float64]]

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    @property
    def data(self) -> Data:
        """The rows and numbers as the engine takes them."""
        held = () if self.held_out is None else (self.held_out.arrays,)
        return Data((self.rows.arrays, *held), tuple(self.hyper.values()))


@final
class Slots:
    """What an optimizer keeps of each weight, taken from one fit to the next."""

    def __init__(self) -> None:
        self._arrays: dict[str, NDArray[Any]] = {}

    def put(self, programs: StepPrograms, state: RunState) -> None:
        """Let a run begin with what was kept, where there is the same to keep."""
        for name, array in _kept(programs, state):
            before = self._arrays.get(name)
            if before is not None and (before.shape, before.dtype) == (array.shape, array.dtype):
                np.copyto(array, before)

    def take(self, programs: StepPrograms, state: RunState) -> None:
        """Keep what a run has ended with."""
        self._arrays = {name: array.copy() for name, array in _kept(programs, state)}


def _kept(programs: StepPrograms, state: RunState) -> list[tuple[str, NDArray[Any]]]:
    names = [variable.name for variable in programs.variables]
    return list(zip(names, state.arrays, strict=True))[programs.own :]


def programs_for(
    network: Network, rows: Part, held_out: Part | None, objective: Objective, optimizer: Optimizer
) -> StepPrograms:
    """Build the programs, or take those that an earlier fit of the same kind has built."""
    specs = Specs.of(rows.inputs, rows.targets)
    tested = held_out.weights if held_out is not None else {}
    weighted = tuple(rows.weights), tuple(tested)
    trainable = tuple(v.trainable for v in network.variables().values())
    key = (specs.key, weighted, objective.key, optimizer.kind, trainable)
    return network._programs.get(
        key, lambda: step_programs(network, specs, objective, optimizer, weighted)
    )


def start(programs: StepPrograms) -> RunState:
    """Begin with the model's variables as they are; what the optimizer keeps starts at zero."""
    own, kept = programs.variables[: programs.own], programs.variables[programs.own :]
    values = [np.array(variable.numpy()) for variable in own]
    return RunState(values + [np.zeros(variable.shape, variable.dtype) for variable in kept])


def run_of(
    network: Network,
    programs: StepPrograms,
    rows: Part,
    held_out: Part | None,
    objective: Objective,
    options: FitOptions,
    history: History,
) -> Run:
    """Say what is to be done: how many steps of which batches, and in which order."""
    count = len(rows)
    size = min(options.batch_size or DEFAULT_BATCH, count)
    if options.batch_size is not None and options.batch_size > count:
        history.notes.append(
            f"batch_size is {options.batch_size:,} and there are {count:,} rows: "
            "each batch is all of them."
        )
    if programs.unreached:
        history.notes.append(
            f"No gradient reaches {', '.join(programs.unreached)}: the loss does not depend on it."
        )
    if size == 1 and programs.looks_at_batches:
        _call_on_one_row(network, rows)
    key = order_key(history.seed)
    validate = None
    if held_out is not None:
        validate = _phase(programs, programs.evaluate, len(held_out), max(size, 256))
    if options.steps is not None:
        drawn = Phase(programs.at(programs.train, size), None, count, size, draws=options.steps)
        how = "with replacement" if options.replacement else "drawn"
        return Run(drawn, validate, min(options.steps, 1), key, how)  # type: ignore[arg-type]
    train = _phase(programs, programs.train, count, size, joins=programs.looks_at_batches)
    epochs = DEFAULT_EPOCHS if options.epochs is None else options.epochs
    rule = stop_rule(options, objective, held_out is not None)
    return Run(train, validate, epochs, key, "shuffled" if options.shuffle else "sequential", rule)


def order_key(seed: int) -> tuple[int, int]:
    """Give the two words that decide the order of the rows."""
    words = derive_key(seed, "order")
    return int(words[0]), int(words[1])


def _call_on_one_row(network: Module, rows: Part) -> None:
    """Let layers that look at several rows refuse batches of one, which they see only here."""
    with symbolic():
        network(*[placeholder((1, *x.shape[1:]), x.dtype) for x in rows.inputs], training=True)


def _phase(
    programs: StepPrograms, program: Any, rows: int, size: int, *, joins: bool = False
) -> Phase:
    """Divide rows into batches; a single row that is left over may join the batch before."""
    size = min(size, rows)
    tail = rows % size
    if tail == 1 and joins:
        tail += size
    return Phase(
        programs.at(program, size), programs.at(program, tail) if tail else None, rows, size, tail
    )


def stop_rule(options: FitOptions, objective: Objective, validated: bool) -> StopRule | None:
    """Give the rule of early stopping that the engine follows, if it computes what is watched.

    Raises
    ------
    ArgumentError : for a quantity that is not recorded
    """
    rule = options.stopping
    if rule is None:
        return None
    monitor = rule.monitor or ("val_loss" if validated else "loss")
    name = monitor.removeprefix("val_")
    in_validation = monitor != name
    if name not in (*objective.names, *objective.host) or (in_validation and not validated):
        raise _unwatchable(monitor, objective, validated)
    if name in objective.host:
        return None
    at = 2 * objective.names.index(name)
    sign = -1 if objective.greater_is_better(name) else 1
    return StopRule(int(in_validation), at, at + 1, sign, rule.patience, rule.min_delta)  # type: ignore[arg-type]


def _unwatchable(monitor: str, objective: Objective, validated: bool) -> ArgumentError:
    names = [*objective.names, *objective.host]
    known = [*names, *([f"val_{one}" for one in names] if validated else [])]
    if monitor.startswith("val_") and not validated:
        why, mend = "is not recorded without validation rows", "give validation=0.2"
    else:
        why, mend = "is not recorded", "watch one of these, or name it in metrics=[…]"
    return ArgumentError(
        f"early stopping cannot watch {monitor!r}: it {why}", wanted=" or ".join(known), mend=mend
    )


def hyper_of(
    optimizer: Optimizer, run: Run, rows: Part, options: FitOptions
) -> dict[str, NDArray[np.float64]]:
    """Give the numbers that enter a step, by name; a schedule is told how long all goes on."""
    size = run.train.batch_size
    epoch = run.train.steps if options.steps is None else -(-len(rows) // size)
    total = run.epochs * run.train.steps
    numbers = given(optimizer, optimizer.hyper(), steps_per_epoch=epoch, total_steps=max(total, 1))
    return {name: np.asarray(value, np.float64) for name, value in numbers.items()}


def finish(optimizer: Optimizer, programs: StepPrograms, state: RunState, steps: int) -> None:
    """Put in place of the weights what the optimizer ends with: their averages, if it keeps any."""
    if not steps:
        return
    slots: dict[str, dict[str, NDArray[Any]]] = {}
    places: dict[str, int] = {}
    for place, (variable, array) in enumerate(zip(programs.variables, state.arrays, strict=True)):
        if place < programs.own:
            places[variable.name] = place
        else:
            name, _, slot = variable.name.removeprefix("optimizer.").rpartition(".")
            slots.setdefault(name, {})[slot] = array
    values = {name: state.arrays[places[name]] for name in slots if name in places}
    for name, value in optimizer.final(values, slots, steps).items():
        np.copyto(state.arrays[places[name]], value)
