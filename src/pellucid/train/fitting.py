"""The verb *fit*: from arguments and raw data to a run, through it, and back to a trained network."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pellucid import losses, metrics
from pellucid.compile import Data, Phase, Run, RunState, StopRule
from pellucid.data import (
    LabelCoding,
    Preparation,
    TargetScaling,
    Targets,
    check_rows,
    split,
    take,
    targets,
)
from pellucid.data.labels import Task
from pellucid.engines import choose
from pellucid.errors import ArgumentError, ShapeError
from pellucid.graph import Spec, Tensor, placeholder, symbolic
from pellucid.graph.tensor import resolve_dtype
from pellucid.losses import Loss
from pellucid.ops.random import derive_key
from pellucid.optim import Adam, Optimizer
from pellucid.train.callbacks import Callback, Training, callback
from pellucid.train.history import History
from pellucid.train.loop import train
from pellucid.train.measure import HostMetrics
from pellucid.train.options import DEFAULT_BATCH, DEFAULT_EPOCHS, FitOptions
from pellucid.train.progress import progress_callback
from pellucid.train.record import FitRecord, inputs_of
from pellucid.train.step import Objective, StepPrograms, step_programs
from pellucid.train.summary import outline

if TYPE_CHECKING:
    from pellucid.models import Network

__all__ = ["fit"]


@dataclass(frozen=True, eq=False)
class Rows:
    """Inputs and targets ready for a run: for training, and for validation if there is any."""

    inputs: NDArray[Any]
    targets: NDArray[Any]
    held_out: tuple[NDArray[Any], NDArray[Any]] | None = None


def fit(network: Network, X: Any, y: Any, options: FitOptions) -> FitRecord:
    """Train `network`; see ``Network.fit``."""
    seed = secrets.randbits(31) if options.seed is None else int(options.seed)
    history = History(("loss",), seed=seed)
    record, rows = _prepared(network, X, y, options, history)
    engine = choose(options.engine)
    history.engine = engine.name
    optimizer = options.optimizer or Adam()
    objective = record.objective
    assert objective is not None
    programs = _programs(network, rows, objective, optimizer)
    run = _run(programs, rows, objective, options, seed)
    hyper = [np.asarray(value, np.float64) for value in optimizer.hyper().values()]
    arrays = [(rows.inputs, rows.targets), *([rows.held_out] if rows.held_out else [])]
    data = Data(tuple(arrays), tuple(hyper))
    state = RunState([np.array(v.numpy()) for v in _fresh(programs)])
    host = [HostMetrics(objective, dict(zip(("", "val_"), arrays, strict=False)))]
    calls = [*(host if objective.host else []), *map(callback, options.callbacks)]
    network._record = record
    _go(network, engine, run, state, data, programs, record, options, calls)
    return record


# --- data ----------------------------------------------------------------------------------


def _prepared(
    network: Network, X: Any, y: Any, options: FitOptions, history: History
) -> tuple[FitRecord, Rows]:
    """Split, scale and encode the data; choose loss and metrics; build the network's variables."""
    rows = check_rows(X=X, y=y)
    dtype = resolve_dtype(options.dtype if options.dtype is not None else network.dtype)
    held_X, held_y = None, None
    before = network._record
    wanted = None if options.loss is None else losses.get(options.loss)
    if isinstance(options.validation, (tuple, list)):
        held_X, held_y = options.validation
        check_rows(X=held_X, y=held_y)
    elif options.validation is not None:
        labels = y if targets(y, task=_task(wanted, y)).coding is not None else None
        kept, held = split(rows, options.validation, seed=history.seed, stratify=labels)
        X, held_X, y, held_y = take(X, kept), take(X, held), take(y, kept), take(y, held)
    preparation = _preparation(X, options, before, history)
    inputs = inputs_of(X, preparation, dtype)
    prediction = _built(network, inputs, dtype, history.seed)
    known = before.coding if before is not None else None
    found = _targets(y, wanted, prediction, known, dtype)
    loss = wanted or _default_loss(prediction, found)
    objective = _objective(loss, options, found)
    history.names = objective.names
    scaling = _scaling(found, options, before, history)
    ready = Rows(inputs, _shaped(found.array, prediction, loss, dtype, scaling))
    if held_X is not None:
        tested = _targets(held_y, loss, prediction, found.coding, dtype)
        held_inputs = inputs_of(held_X, preparation, dtype)
        held_targets = _shaped(tested.array, prediction, loss, dtype, scaling)
        ready = replace(ready, held_out=(held_inputs, held_targets))
    return FitRecord(history, objective, found.task, found.coding, preparation, scaling), ready


def _task(loss: Loss | None, y: Any) -> Task | None:
    """Say what targets are meant to be; several yes-or-no columns are taken as they are."""
    if loss is None or loss.task == "any":
        return None
    if loss.task == "regression" or (loss.task == "binary" and np.ndim(y) == 2 and np.shape(y)[1] > 1):
        return "regression"
    return "classification"


def _objective(loss: Loss, options: FitOptions, found: Targets) -> Objective:
    """Find the metrics; labels of −1 and 1 are classes also for a loss of numbers."""
    names = options.metrics
    if names is None:
        names = [loss.default_metric] if loss.default_metric else []
    signs = found.coding is None and set(np.unique(found.array[:10_000])) == {-1.0, 1.0}
    task = "signs" if signs else None
    return Objective.of(loss, [metrics.get(name, loss, task=task) for name in names])


def prepared_targets(network: Network, y: Any, record: FitRecord, loss: Loss) -> NDArray[Any]:
    """Encode, scale and shape targets as the last fit did."""
    prediction = outline(network)
    dtype = resolve_dtype(network.dtype)
    found = _targets(y, loss, prediction, record.coding, dtype)
    return _shaped(found.array, prediction, loss, dtype, record.scaling)


def _preparation(
    X: Any, options: FitOptions, before: FitRecord | None, history: History
) -> Preparation | None:
    if options.prepare is None or options.prepare is False:
        return before.preparation if before is not None else None
    made = options.prepare
    if not isinstance(made, Preparation):
        made = Preparation.fit(X, scaling=made)
    history.notes += made.notes
    return made


def _built(network: Network, inputs: NDArray[Any], dtype: np.dtype[Any], seed: int) -> Tensor:
    """Make the variables by calling the network on a symbol; set dtype and seed; give its output."""
    x = placeholder((None, *inputs.shape[1:]), dtype, name="input")
    with symbolic():
        network(x, training=False)
        network.seed(seed)
        for variable in network.variables().values():
            if variable.dtype.kind == "f":
                variable.cast(dtype)
        return network(x, training=False)


def _targets(
    y: Any, loss: Loss | None, prediction: Tensor, known: LabelCoding | None, dtype: np.dtype[Any]
) -> Targets:
    outputs = prediction.shape[-1] if len(prediction.shape) > 1 else 1
    task = _task(loss, y)
    if known is not None and task != "regression" and np.ndim(y) <= 1:
        return Targets(known.encode(y), "classification", known)
    return targets(y, task=task, outputs=outputs, dtype=dtype)


def _default_loss(prediction: Tensor, found: Targets) -> Loss:
    """Choose what fits the targets and the network's last operation."""
    if found.task == "regression":
        return losses.get("mse")
    last = _last(prediction)
    if prediction.shape[-1] == 1:
        is_probability = last.op.name == "sigmoid"
        return losses.get("binary_cross_entropy" + "_with_logits" * (not is_probability))
    return losses.get("categorical_cross_entropy" if _is_softmax(last) else "cross_entropy")


def _last(node: Tensor) -> Tensor:
    while node.op.name == "identity":
        (node,) = node.inputs
    return node


def _is_softmax(node: Tensor) -> bool:
    """Whether a node divides powers by their sum."""
    if node.op.name != "divide":
        return False
    powers, total = node.inputs
    return powers.op.name == "exp" and total.op.name == "sum" and total.inputs[0] is powers


def _scaling(
    found: Targets, options: FitOptions, before: FitRecord | None, history: History
) -> TargetScaling | None:
    """Numbers to be predicted are scaled when the inputs are; predictions come back unscaled."""
    if found.coding is not None:
        return None
    if options.prepare is None or options.prepare is False or before is not None:
        return before.scaling if before is not None else None
    history.notes.append(
        "The target was standardised: loss and metrics are in units of its standard deviation."
    )
    return TargetScaling.fit(found.array)


def _shaped(
    array: NDArray[Any],
    prediction: Tensor,
    loss: Loss,
    dtype: np.dtype[Any],
    scaling: TargetScaling | None,
) -> NDArray[Any]:
    """Bring targets to the shape, dtype and scale that the loss compares with the output.

    The task is known here, so that a one-dimensional y for one output is a column.
    """
    if loss.task == "classes" and array.ndim == 1:
        return array
    if scaling is not None:
        array = scaling.apply(array)
    if array.ndim == 1 and prediction.shape[1:] == (1,):
        array = array.reshape(-1, 1)
    if array.shape[1:] != prediction.shape[1:]:
        raise ShapeError(
            "the targets do not fit the network's output", got=f"{array.shape[1:]} a row",
            wanted=f"{prediction.shape[1:]} a row",
            mend="give the last layer as many units as a target has numbers",
        )  # fmt: skip
    return np.ascontiguousarray(array, dtype=dtype)


# --- the run -------------------------------------------------------------------------------


def _programs(
    network: Network, rows: Rows, objective: Objective, optimizer: Optimizer
) -> StepPrograms:
    """Build the programs, or take those that an earlier fit of the same kind has built."""
    specs = [Spec((None, *rows.inputs.shape[1:]), rows.inputs.dtype)]
    target = Spec((None, *rows.targets.shape[1:]), rows.targets.dtype)
    trainable = tuple(v.trainable for v in network.variables().values())
    key = (specs[0], target, objective.key, optimizer.kind, trainable)
    if key not in network._programs:
        network._programs[key] = step_programs(network, specs, target, objective, optimizer)
    programs: StepPrograms = network._programs[key]
    return programs


def _fresh(programs: StepPrograms) -> list[Any]:
    """The variables of a run: the model's as they are, the optimizer's at their start."""
    for variable in programs.variables[programs.own :]:
        variable.reset()
    return list(programs.variables)


def _run(
    programs: StepPrograms, rows: Rows, objective: Objective, options: FitOptions, seed: int
) -> Run:
    count = len(rows.inputs)
    size = min(options.batch_size or DEFAULT_BATCH, count)
    words = derive_key(seed, "order")
    key = int(words[0]), int(words[1])
    validate = None
    if rows.held_out is not None:
        validate = _phase(programs, programs.evaluate, len(rows.held_out[0]), max(size, 256))
    if options.steps is not None:
        drawn = Phase(programs.at(programs.train, size), None, count, size, draws=options.steps)
        return Run(drawn, validate, min(options.steps, 1), key, "drawn")
    train_phase = _phase(programs, programs.train, count, size)
    sampling = "shuffled" if options.shuffle else "sequential"
    epochs = DEFAULT_EPOCHS if options.epochs is None else options.epochs
    stop = _stop_rule(options, objective, validate is not None)
    return Run(train_phase, validate, epochs, key, sampling, stop)  # type: ignore[arg-type]


def _phase(programs: StepPrograms, program: Any, rows: int, size: int) -> Phase:
    size = min(size, rows)
    tail = rows % size
    return Phase(
        programs.at(program, size), programs.at(program, tail) if tail else None, rows, size, tail
    )


def _stop_rule(options: FitOptions, objective: Objective, validated: bool) -> StopRule | None:
    rule = options.stopping
    if rule is None:
        return None
    monitor = rule.monitor or ("val_loss" if validated else "loss")
    name = monitor.removeprefix("val_")
    in_validation = monitor.startswith("val_")
    if name not in objective.names or (in_validation and not validated):
        raise ArgumentError(
            f"early stopping watches {monitor!r}, which is not recorded",
            wanted=" or ".join(objective.names), mend="give validation= and name it in metrics=",
        )  # fmt: skip
    at = objective.names.index(name)
    sign = -1 if at and objective.metrics[at - 1].greater_is_better else 1
    phase = 1 if in_validation else 0
    return StopRule(phase, 2 * at, 2 * at + 1, sign, rule.patience, rule.min_delta)  # type: ignore[arg-type]


def _go(
    network: Network,
    engine: Any,
    run: Run,
    state: RunState,
    data: Data,
    programs: StepPrograms,
    record: FitRecord,
    options: FitOptions,
    callbacks: list[Callback],
) -> None:
    """Go through the run; whatever happens, the model has the weights of the last whole step."""
    history = record.history

    def show() -> None:
        _write_back(programs, state.arrays)

    training = Training(network, history, run.epochs, run.epochs * run.train.steps)
    bar = progress_callback(options.progress)
    calls = [*callbacks, *([bar] if bar else [])]
    start = time.perf_counter()
    try:
        for one in calls:
            one.on_begin(training)
        train(engine, run, state, data, training, calls, show)
    finally:
        show()
        history.seconds = time.perf_counter() - start
        history.stopped = training.stop_reason
        for one in calls:
            one.on_end(training)
    rule = options.stopping
    if rule is not None and rule.restore_best and state.watch.best_arrays:
        history.best_epoch = state.watch.best_epoch
        _write_back(programs, state.watch.best_arrays)


def _write_back(programs: StepPrograms, arrays: list[NDArray[Any]]) -> None:
    for variable, array in zip(programs.variables, arrays, strict=True):
        variable.adopt(np.array(array))
