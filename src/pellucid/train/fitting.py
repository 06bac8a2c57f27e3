"""The verb *fit*: from arguments and raw data to a run, through it, and back to the network."""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pellucid import losses, metrics
from pellucid.compile import Data, Phase, Run, RunState, StopRule
from pellucid.data import (
    LabelCoding,
    Preparation,
    Targets,
    TargetScaling,
    check_rows,
    split,
    take,
    targets,
)
from pellucid.data.labels import Task
from pellucid.engines import choose
from pellucid.errors import ArgumentError, DataError, ShapeError
from pellucid.graph import Spec, Tensor, placeholder, symbolic
from pellucid.graph.tensor import resolve_dtype
from pellucid.losses import Loss
from pellucid.ops.random import derive_key
from pellucid.optim import Adam, Optimizer
from pellucid.train.callbacks import Callback, Training, callback
from pellucid.train.history import History
from pellucid.train.loop import Window, train
from pellucid.train.measure import HostMetrics
from pellucid.train.options import DEFAULT_BATCH, DEFAULT_EPOCHS, FitOptions
from pellucid.train.progress import progress_callback
from pellucid.train.record import FitRecord, inputs_of
from pellucid.train.rollback import unharmed
from pellucid.train.step import Objective, StepPrograms, step_programs
from pellucid.train.summary import outline

if TYPE_CHECKING:
    from pellucid.models import Network

__all__ = ["check_single_input", "fit", "prepared_targets"]

HELD_X, HELD_Y = "validation X", "validation y"  # what errors call the rows held out


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
    callbacks = [callback(one) for one in options.callbacks]
    engine = choose(options.engine)
    history.engine = engine.name
    optimizer = options.optimizer or Adam()
    with unharmed(network):
        record, rows = _prepared(network, X, y, options, history)
        assert record.objective is not None
        programs = _programs(network, rows, record.objective, optimizer)
        run = _run(programs, rows, record.objective, options, history)
    hyper = [np.asarray(value, np.float64) for value in optimizer.hyper().values()]
    arrays = [(rows.inputs, rows.targets), *([rows.held_out] if rows.held_out else [])]
    data = Data(tuple(arrays), tuple(hyper))
    state = _start(programs)
    if record.objective.host:
        parts = dict(zip(("", "val_"), arrays, strict=False))
        callbacks.insert(0, HostMetrics(record.objective, parts))
    network._record = record
    _go(network, engine, run, state, data, programs, record, options, callbacks)
    return record


# --- data ----------------------------------------------------------------------------------


def _prepared(
    network: Network, X: Any, y: Any, options: FitOptions, history: History
) -> tuple[FitRecord, Rows]:
    """Split, scale and encode the data; choose loss and metrics; build the network's variables."""
    check_single_input(network)
    check_rows(X=X, y=y)
    dtype = resolve_dtype(options.dtype if options.dtype is not None else network.dtype)
    held_X, held_y = None, None
    before = network._record
    known = before.coding if before is not None else None
    wanted = None if options.loss is None else losses.get(options.loss)
    if isinstance(options.validation, (tuple, list)):
        held_X, held_y = options.validation
        check_rows(**{HELD_X: held_X, HELD_Y: held_y})
    elif options.validation is not None:
        found = _targets(y, _task(wanted, y), None, known, dtype)
        kept, held = _parts(y, found, options.validation, history.seed)
        X, held_X, y, held_y = take(X, kept), take(X, held), take(y, kept), take(y, held)
    preparation = _preparation(X, options, before, history)
    inputs = inputs_of(X, preparation, dtype)
    prediction = _built(network, inputs, dtype, history.seed)
    found = _targets(y, _task(wanted, y), prediction, known, dtype)
    loss = wanted or _default_loss(prediction, found)
    signs = _are_signs(found)
    objective = _objective(loss, options, signs)
    history.names = objective.names
    scaled = found.coding is None and loss.task == "regression" and not signs
    scaling = _scaling(found, options, before, history) if scaled else None
    record = FitRecord(history, objective, found.task, found.coding, preparation, scaling)
    ready = Rows(inputs, _shaped(found.array, prediction, loss, dtype, scaling))
    if held_X is not None:
        held_inputs = inputs_of(held_X, preparation, dtype, name=HELD_X)
        _check_alike(held_inputs, inputs)
        held_targets = prepared_targets(network, held_y, record, loss, name=HELD_Y)
        ready = replace(ready, held_out=(held_inputs, held_targets))
    return record, ready


def _parts(
    y: Any, found: Targets, fraction: float, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Choose the rows to hold out, of each class its share."""
    labels = y if _is_column(y) else found.array.argmax(axis=1)
    stratify = labels if found.coding is not None else None
    try:
        return split(len(found.array), fraction, seed=seed, stratify=stratify)
    except DataError as error:
        error.where = error.where.replace("stratify", "y").replace("fraction", "validation")
        error.mend = "give rows of your own, validation=(X, y), or more rows of each class"
        raise


def check_single_input(network: Network) -> None:
    """Refuse a network of several inputs: rows come as one table."""
    if len(network.input_specs) > 1:
        raise ArgumentError(
            "rows come as one table, and this network has several inputs",
            got=f"{len(network.input_specs)} inputs", wanted="1",
            mend="make one nn.Input, and take parts of it: x[:, :2]; or call the network, "
            "model(a, b), in a loop of your own",
        )  # fmt: skip


def _check_alike(held_out: NDArray[Any], inputs: NDArray[Any]) -> None:
    if held_out.shape[1:] != inputs.shape[1:]:
        raise ShapeError(
            "the validation rows are of another shape than the training rows", where=HELD_X,
            got=str(held_out.shape), wanted=str((None, *inputs.shape[1:])).replace("None", "n"),
            mend="give the same columns in the same order",
        )  # fmt: skip


def _task(loss: Loss | None, y: Any) -> Task | None:
    """Say what targets are meant to be; several yes-or-no columns are taken as they are."""
    if loss is None or loss.task == "any":
        return None
    if loss.task == "regression" or (loss.task == "binary" and not _is_column(y)):
        return "regression"
    return "classification"


def _is_column(y: Any) -> bool:
    return np.ndim(y) <= 1 or np.shape(y)[1:] == (1,)


def _are_signs(found: Targets) -> bool:
    """Labels of −1 and 1 are classes also for a loss of numbers."""
    return found.coding is None and set(np.unique(found.array[:10_000])) == {-1.0, 1.0}


def _objective(loss: Loss, options: FitOptions, signs: bool) -> Objective:
    """Find the metrics, each under a name of its own."""
    wanted = options.metrics
    if wanted is None:
        wanted = [loss.default_metric] if loss.default_metric else []
    found = [metrics.get(one, loss, task="signs" if signs else None) for one in wanted]
    names = ["loss", *(one.name for one in found)]
    for name in names:
        if names.count(name) > 1:
            raise ArgumentError(
                f"two columns of the history would be called {name!r}", where="metrics",
                got=", ".join(names[1:]), mend="name each metric once, and none of them loss",
            )  # fmt: skip
    return Objective.of(loss, found)


def prepared_targets(
    network: Network, y: Any, record: FitRecord, loss: Loss, *, name: str = "y"
) -> NDArray[Any]:
    """Encode, scale and shape targets as the fit of this record does."""
    prediction = outline(network)
    dtype = resolve_dtype(network.dtype)
    task = _task(loss, y) or record.task
    found = _targets(y, task, prediction, record.coding, dtype, name)
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
    """Make the variables by calling the network on a symbol; set dtype and seed."""
    x = placeholder((None, *inputs.shape[1:]), dtype, name="input")
    with symbolic():
        network(x, training=False)
        network.seed(seed)
        for variable in network.variables().values():
            if variable.dtype.kind == "f":
                variable.cast(dtype)
        return network(x, training=False)


def _targets(
    y: Any,
    task: Task | None,
    prediction: Tensor | None,
    known: LabelCoding | None,
    dtype: np.dtype[Any],
    name: str = "y",
) -> Targets:
    outputs = None
    if prediction is not None:
        outputs = prediction.shape[-1] if len(prediction.shape) > 1 else 1
    if known is not None and task != "regression" and _is_column(y):
        return Targets(known.encode(y, name=name), "classification", known)
    return targets(y, task=task, outputs=outputs, dtype=dtype, name=name)


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
    known = before.scaling if before is not None else None
    if known is not None or options.prepare in (None, False):
        return known
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
    if loss.task == "classes" and len(prediction.shape) > 2:
        raise _unlike(array, prediction, loss)
    if loss.task == "classes" and array.ndim == 1:
        return array
    if scaling is not None:
        array = scaling.apply(array)
    if array.ndim == 1 and prediction.shape[1:] == (1,):
        array = array.reshape(-1, 1)
    if array.shape[1:] != prediction.shape[1:]:
        raise _unlike(array, prediction, loss)
    return np.ascontiguousarray(array, dtype=dtype)


def _unlike(array: NDArray[Any], prediction: Tensor, loss: Loss) -> ShapeError:
    rows = f"{len(array):,} rows"
    numbers = array.shape[1] if array.ndim > 1 else 1
    mend = f"end the network with {numbers} unit" + "s" * (numbers > 1)
    if len(prediction.shape) > max(array.ndim, 2):
        mend = "make one row of numbers of each example: begin the network with nn.Flatten()"
    elif array.ndim > 2:
        mend = "write numpy.reshape(y, (len(y), -1))"
    elif numbers == 1 and loss.task != "binary":
        mend += '; for labels that are floats, write loss="cross_entropy"'
    return ShapeError(
        f"{loss.name}: the targets do not fit the network's output",
        got=f"{rows} of {_numbers(array.shape[1:])}",
        wanted=f"{rows} of {_numbers(prediction.shape[1:])}, as the network gives them",
        mend=mend,
    )


def _numbers(extents: Sequence[int | None]) -> str:
    if len(extents) > 1:
        return f"shape {tuple(extents)}"
    count = extents[0] if extents else 1
    return f"{count} number" + "s" * (count != 1)


# --- the run -------------------------------------------------------------------------------


def _programs(
    network: Network, rows: Rows, objective: Objective, optimizer: Optimizer
) -> StepPrograms:
    """Build the programs, or take those that an earlier fit of the same kind has built."""
    specs = [Spec((None, *rows.inputs.shape[1:]), rows.inputs.dtype)]
    target = Spec((None, *rows.targets.shape[1:]), rows.targets.dtype)
    trainable = tuple(v.trainable for v in network.variables().values())
    key = (specs[0], target, objective.key, optimizer.kind, trainable)
    return network._programs.get(
        key, lambda: step_programs(network, specs, target, objective, optimizer)
    )


def _start(programs: StepPrograms) -> RunState:
    """Begin with the model's variables as they are; what the optimizer keeps starts at zero."""
    own, kept = programs.variables[: programs.own], programs.variables[programs.own :]
    values = [np.array(variable.numpy()) for variable in own]
    return RunState(values + [np.zeros(variable.shape, variable.dtype) for variable in kept])


def _run(
    programs: StepPrograms, rows: Rows, objective: Objective, options: FitOptions, history: History
) -> Run:
    count = len(rows.inputs)
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
    words = derive_key(history.seed, "order")
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
        raise _unwatchable(monitor, name, objective, validated)
    at = objective.names.index(name)
    sign = -1 if at and objective.metrics[at - 1].greater_is_better else 1
    phase = 1 if in_validation else 0
    return StopRule(phase, 2 * at, 2 * at + 1, sign, rule.patience, rule.min_delta)  # type: ignore[arg-type]


def _unwatchable(monitor: str, name: str, objective: Objective, validated: bool) -> ArgumentError:
    known = [*objective.names, *([f"val_{one}" for one in objective.names] if validated else [])]
    if any(one.name == name for one in objective.host):
        why = "is computed from all rows after the epoch; the rule sees sums over batches"
        mend = "watch one of these, or write a callback that calls training.stop()"
    elif monitor.startswith("val_") and not validated:
        why, mend = "is not recorded without validation rows", "give validation=0.2"
    else:
        why, mend = "is not recorded", "watch one of these, or name it in metrics=[…]"
    return ArgumentError(
        f"early stopping cannot watch {monitor!r}: it {why}", wanted=" or ".join(known), mend=mend
    )


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
    window = Window(programs.variables[: programs.own], state.arrays[: programs.own])
    training = Training(network, history, run.epochs, run.epochs * run.train.steps)
    bar = progress_callback(options.progress)
    calls = [*callbacks, *([bar] if bar else [])]
    start = time.perf_counter()

    def settle() -> None:
        window.show()
        history.seconds = time.perf_counter() - start
        history.stopped = training.stop_reason

    with contextlib.ExitStack() as ending:  # which works backwards, also after an error
        for one in reversed(calls):
            ending.callback(one.on_end, training)
        ending.callback(settle)
        for one in calls:
            one.on_begin(training)
        window.take()
        train(engine, run, state, data, training, calls, window)
        if options.stopping is not None and options.stopping.restore_best:
            _restore_best(state, history)


def _restore_best(state: RunState, history: History) -> None:
    if state.watch.best_arrays:
        history.best_epoch = state.watch.best_epoch
        for array, best in zip(state.arrays, state.watch.best_arrays, strict=True):
            np.copyto(array, best)
