"""The verb *fit*: from arguments and raw data to a run, through it, and back to the network."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import one_of
from pellucid.compile import RunState
from pellucid.engines import Engine, choose
from pellucid.errors import ShapeError
from pellucid.graph import Tensor, placeholder, symbolic
from pellucid.graph.tensor import resolve_dtype
from pellucid.lazy import load
from pellucid.optim import Adam, Optimizer
from pellucid.optim.schedules import Schedule
from pellucid.train.between_epochs import host_rules, rates_at
from pellucid.train.callbacks import Callback, Training, callback
from pellucid.train.choosing import checked_objective, chosen_head, class_wish
from pellucid.train.ends import heads_of, targets_by_name
from pellucid.train.history import History
from pellucid.train.keeping import Keeper
from pellucid.train.looking import Progress, check_meaning, look_before
from pellucid.train.loop import Window, train
from pellucid.train.measure import HostMetrics
from pellucid.train.objective import ROWS
from pellucid.train.options import FitOptions
from pellucid.train.progress import progress_callback
from pellucid.train.record import FitRecord
from pellucid.train.recording import Recorder
from pellucid.train.resuming import Checkpointer, Past, beginning_of, past_of
from pellucid.train.rollback import unharmed
from pellucid.train.rows import (
    Part,
    counted_as_given,
    divided,
    inputs_of,
    learned_preparations,
    opened,
    prepared_part,
    raw_rows,
)
from pellucid.train.running import (
    Fit,
    Slots,
    finish,
    hyper_of,
    programs_for,
    run_of,
    start,
)
from pellucid.train.targets import shaped
from pellucid.train.weighting import class_weights

if TYPE_CHECKING:
    from pellucid.models import Network

__all__ = ["begun_fit", "fit", "prepared"]


def fit(
    network: Network, X: Any, y: Any, options: FitOptions, slots: Slots | None = None
) -> FitRecord:
    """Train `network`; see ``Network.fit``.

    Parameters
    ----------
    slots : what the optimizer kept of an earlier fit, with which this one goes on
    """
    past = past_of(options)
    seed = _seed(options, past)
    engine = _engine(options, past)
    history = History(("loss",), seed=seed, engine=engine.name)
    callbacks = [callback(one) for one in options.callbacks]
    optimizer = options.optimizer or Adam()
    with unharmed(network):
        if past is not None:
            network._record = past.record
        begun = begun_fit(network, X, y, options, optimizer, history)
        state = start(begun.programs)
        if slots is not None:
            slots.put(begun.programs, state)
        keepers = _keepers(network, engine, begun, state, optimizer, options, past)
        network._record = begun.record
    calls = [*_own_calls(begun, state, optimizer, options), *callbacks]
    _go(network, engine, begun, state, optimizer, options, calls, keepers)
    if slots is not None:
        slots.take(begun.programs, state)
    return begun.record


def _engine(options: FitOptions, past: Past | None) -> Engine:
    if options.engine is None and options.devices is None and past is not None:
        return choose(past.engine)
    return choose(options.engine, devices=options.devices)


def _seed(options: FitOptions, past: Past | None) -> int:
    if options.seed is not None:
        return int(options.seed)
    return load("secrets").randbits(31) if past is None else past.record.history.seed


def begun_fit(
    network: Network, X: Any, y: Any, options: FitOptions, optimizer: Optimizer, history: History
) -> Fit:
    """Prepare the data, build the network's variables and the programs, and check all there is."""
    record, rows, held_out, predicted = prepared(network, X, y, options, history)
    objective = record.objective
    look_before(network, record, predicted, (rows, held_out), options)
    check_meaning(history)
    history.names = objective.names
    programs = programs_for(network, rows, held_out, objective, optimizer)
    run = run_of(network, programs, rows, held_out, objective, options, history)
    hyper = hyper_of(optimizer, run, rows, options)
    names = [*objective.names, *objective.host]
    columns = [*names, *(f"val_{name}" for name in names if held_out is not None)]
    for rule in optimizer.plateaus.values():
        rule.watched(dict.fromkeys(columns, ()))
    if options.checkpoints is not None and options.checkpoints.best is not None:
        one_of(options.checkpoints.best, "best", columns)
    if isinstance(optimizer.learning_rate, Schedule):
        history.rates = partial(rates_at, optimizer, hyper)
    return Fit(record, rows, held_out, programs, run, hyper)


# --- data ----------------------------------------------------------------------------------


def prepared(
    network: Network, X: Any, y: Any, options: FitOptions, history: History
) -> tuple[FitRecord, Part, Part | None, dict[str, Tensor]]:
    """Split, scale and encode the data; choose losses and metrics; build the variables."""
    dtype = resolve_dtype(options.dtype if options.dtype is not None else network.dtype)
    X, y, notes = opened(X, y)
    history.notes += notes
    given = raw_rows(network, X, y, options.sample_weight)
    rows, held = divided(network, given, options, history.seed, dtype)
    with counted_as_given(network, given, rows, options, dtype):
        preparations = learned_preparations(network, rows.inputs, options, history)
        inputs = inputs_of(rows.inputs, preparations, dtype)
    predicted = heads_of(_built(network, inputs, dtype, history.seed))
    wanted = targets_by_name(rows.targets, list(predicted), options.loss)
    known = {} if network._record is None else network._record.heads
    part = Part(inputs, {}, {} if rows.weight is None else {ROWS: rows.weight})
    heads, wishes = [], {}
    for name, target in wanted.items():
        head, found = chosen_head(
            name, target, predicted, options, known.get(name), history, dtype, rows.title(name)
        )
        heads.append(head)
        part.targets[name] = shaped(found.array, predicted[name], head.loss, dtype, head.scaling)
        wish = class_wish(options, head)
        if wish is not None:
            wishes[name] = wish
            part.weights[name] = class_weights(wish, found) * part.weights.get(ROWS, 1.0)
    history.notes += [
        f"The output {name!r} is not in the loss: it is not trained."
        for name in predicted
        if name not in wanted
    ]
    record = FitRecord(history, checked_objective(heads, options), preparations, wishes)
    if held is None:
        return record, part, None, predicted
    with counted_as_given(network, given, rows, options, dtype):
        held_out = prepared_part(held, record, predicted, dtype)
    _check_alike(list(held.inputs), held_out, part)
    return record, part, held_out, predicted


def _check_alike(names: Sequence[str], held_out: Part, rows: Part) -> None:
    for name, mine, theirs in zip(names, held_out.inputs, rows.inputs, strict=True):
        if mine.shape[1:] != theirs.shape[1:]:
            raise ShapeError(
                "the validation rows are of another shape than the training rows", where=name,
                got=str(mine.shape), wanted=str((None, *theirs.shape[1:])).replace("None", "n"),
                mend="give the same columns in the same order",
            )  # fmt: skip


def _built(
    network: Network, inputs: Sequence[NDArray[Any]], dtype: np.dtype[Any], seed: int
) -> Any:
    """Make the variables by calling the network on symbols, if need be; set dtype and seed."""
    shapes = tuple((None, *x.shape[1:]) for x in inputs)
    symbols = [placeholder(shape, dtype, name=f"input {k}") for k, shape in enumerate(shapes)]

    def called() -> Any:
        with symbolic():
            return network(*symbols, training=False)

    if not network.built:
        called()
    network.seed(seed)
    for variable in network.variables().values():
        if variable.dtype.kind == "f":
            variable.cast(dtype)
    return network._functions.get(("outputs", shapes, dtype), called)


# --- the run -------------------------------------------------------------------------------


def _own_calls(
    begun: Fit, state: RunState, optimizer: Optimizer, options: FitOptions
) -> list[Callback]:
    """List what is done between epochs, in its order: measure, stop, change the rate."""
    calls: list[Callback] = []
    objective = begun.record.objective
    if objective.host:
        parts = {"": begun.rows} | ({"val_": begun.held_out} if begun.held_out else {})
        calls.append(HostMetrics(objective, parts))
    return calls + host_rules(begun, state, optimizer, options.stopping)


def _keepers(
    network: Network,
    engine: Engine,
    begun: Fit,
    state: RunState,
    optimizer: Optimizer,
    options: FitOptions,
    past: Past | None,
) -> list[Keeper]:
    """List who keeps something of the run; put it where an earlier one stood, if it goes on."""
    keepers: list[Keeper] = []
    rule = options.checkpoints
    if rule is not None or past is not None:
        beginning = beginning_of(network, begun, optimizer, options)
        if past is not None:
            past.check(beginning)
            past.restore(network, begun, state, optimizer)
        if rule is not None:
            column = (rule.best or "loss").removeprefix("val_")
            better = begun.record.objective.greater_is_better(column)
            keepers.append(
                Checkpointer(network, begun, rule, beginning, past, greater_is_better=better)
            )
    if options.record:
        path = None if options.record is True else options.record
        recorder = Recorder(network, engine, begun, path)
        begun.record.history.recording = recorder.recording
        keepers.append(recorder)
    return keepers


def _go(
    network: Network,
    engine: Engine,
    begun: Fit,
    state: RunState,
    optimizer: Optimizer,
    options: FitOptions,
    callbacks: Sequence[Callback],
    keepers: Sequence[Keeper],
) -> None:
    """Go through the run; whatever happens, the model has the weights of the last whole step."""
    history, run, programs = begun.record.history, begun.run, begun.programs
    progress = Progress(begun.record, begun.rows, programs.variables[: programs.own])
    window = Window(programs.variables[: programs.own], state.arrays[: programs.own])
    training = Training(network, history, run.epochs, run.epochs * run.train.steps)
    training.rows = begun.rows
    bar = progress_callback(options.progress)
    calls = [*callbacks, *([bar] if bar else [])]
    begin, before = time.perf_counter(), history.seconds

    def settle() -> None:
        window.show()
        history.seconds = before + time.perf_counter() - begin
        history.stopped = training.stop_reason

    with contextlib.ExitStack() as ending:  # which works backwards, also after an error
        for one in reversed(calls):
            ending.callback(one.on_end, training)
        ending.callback(settle)
        for one in calls:
            one.on_begin(training)
        window.take()
        train(engine, run, state, begun.data, training, calls, window, keepers)
        if options.stopping is not None and options.stopping.restore_best:
            _restore_best(state, history)
        finish(optimizer, programs, state, history.steps)
        progress.look(state.arrays)


def _restore_best(state: RunState, history: History) -> None:
    if state.watch.best_arrays:
        history.best_epoch = state.watch.best_epoch
        state.restore_best()
