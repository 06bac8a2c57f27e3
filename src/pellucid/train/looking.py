"""What a fit sees by itself: graph and rows before its first step, its history after the last.

The checks of ``diagnose`` know no network; here they are given what they look at. This reads some
rows and numbers that are there anyway, and computes nothing of the network: it costs a few tenths
of a millisecond.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, final

import numpy as np
from numpy.typing import NDArray

from pellucid.diagnose import Finding, after, building, data, during, silenced
from pellucid.diagnose.kinds import codes_of
from pellucid.errors import ArgumentError
from pellucid.graph import Tensor, Variable, topological
from pellucid.graph import variables as read_variables
from pellucid.train.history import History
from pellucid.train.objective import Head, Objective
from pellucid.train.options import FitOptions
from pellucid.train.record import FitRecord
from pellucid.train.rows import Part

if TYPE_CHECKING:
    from pellucid.models import Network

__all__ = ["Progress", "check_meaning", "look_before", "place", "weights_of"]

Arrays = Sequence[NDArray[Any]]

MEANINGLESS = "PEL102"  # a loss of what it cannot take: nothing that a fit gives would be right
EXPLAINED = {"PEL102", "PEL201", "PEL203", "PEL305"}  # by them, a high first loss is explained


# --- before the first step -----------------------------------------------------------------


def look_before(
    network: Network,
    record: FitRecord,
    predicted: Mapping[str, Tensor],
    parts: tuple[Part, Part | None],
    options: FitOptions,
) -> None:
    """Look at the graph, at the first weights and at the rows; note it in the history.

    Parameters
    ----------
    predicted : the heads as symbols
    parts : the rows to train on and those held out
    """
    history, objective, (rows, _) = record.history, record.objective, parts
    built: tuple[tuple[Finding, ...], tuple[bool, ...]] = network._functions.get(
        ("findings", objective.key, tuple([x.shape[1:] for x in rows.inputs])),
        lambda: _of_graph(objective, predicted, len(rows.inputs)),
    )
    found = [*built[0]]
    if network._record is None:
        weights = weights_of(read_variables(predicted.values()))
        found += building.twins({v.name: v.numpy() for v in weights})
    columns = [data.Columns.of(x) if x.dtype.kind == "f" and x.size else None for x in rows.inputs]
    for k, seen in enumerate(columns):
        if built[1][k] and seen is not None:
            found += data.scales(seen, f"input {k}" * (len(columns) > 1))
    for head in objective:
        found += _of_target(head, *parts, columns, options)
    history.silence = silence = codes_of(options.silence)
    history.findings = silenced(found, silence)


def check_meaning(history: History) -> None:
    """Refuse a fit whose loss would be of numbers that it cannot take.

    Raises
    ------
    ArgumentError : for PEL102, unless it is silenced
    """
    for one in history.findings:
        if one.code == MEANINGLESS:
            raise ArgumentError(
                one.title, where=one.where or "loss", got=one.evidence,
                mend=f"{one.remedy}; if its numbers are right, silence=[{one.code!r}]",
            )  # fmt: skip


def _of_graph(
    objective: Objective, predicted: Mapping[str, Tensor], inputs: int
) -> tuple[tuple[Finding, ...], tuple[bool, ...]]:
    """Look at each head; tell also which inputs meet weights first, so that scale matters."""
    found: list[Finding] = []
    meets = [False] * inputs
    for head in objective:
        prediction = predicted[head.name]
        found += building.ending(prediction, head.loss, place(head))
        found += building.idle_layers(prediction)
        for node in topological([prediction]):
            if node.op.name == "placeholder" and node.name.startswith("input "):
                meets[int(node.name[6:])] |= building.meets_weights_first(node, prediction)
    return tuple(dict.fromkeys(found)), tuple(meets)


def weights_of(variables: Sequence[Variable]) -> list[Variable]:
    """Leave biases out, and what is not trained."""
    return [v for v in variables if v.trainable and len(v.shape) > 1]


def place(head: Head) -> str:
    """Name an output, where there are several."""
    return f"output {head.name!r}" if head.prefix else ""


def _of_target(
    head: Head,
    rows: Part,
    held: Part | None,
    columns: Sequence[data.Columns | None],
    options: FitOptions,
) -> Iterator[Finding]:
    target, where = rows.targets[head.name], place(head)
    classes = 0 if head.coding is None else len(head.coding.classes)
    for x, seen in zip(rows.inputs, columns, strict=True):
        if seen is not None:
            yield from data.leaks(x, target, seen, classes, where)
    if held is not None:
        pair = rows.inputs[0], target
        yield from data.shared_rows(pair, (held.inputs[0], held.targets[head.name]), where)
    if head.coding is None:
        if head.loss.task == "regression" and head.loss.any_scale and head.scaling is None:
            yield from data.target_scale(target, where)
        return
    names = head.coding.classes
    counts = data.class_counts(target, len(names))
    if options.class_weight is None and options.sample_weight is None:
        yield from data.balance(counts, names, where)
    if held is not None:
        theirs = data.class_counts(held.targets[head.name], len(names))
        yield from data.two_parts(counts, theirs, names, where)
    if not options.shuffle:
        yield from data.order(data.classes_of_rows(target), where)


# --- after the last step -------------------------------------------------------------------


@final
class Progress:
    """What a fit began with, to be held against what it ends with.

    Parameters
    ----------
    own : the network's variables, before the first step
    """

    def __init__(self, record: FitRecord, rows: Part, own: Sequence[Variable]) -> None:
        self._record, self._rows, self._own = record, rows, own
        self._initial = [variable.numpy() for variable in own]
        self._earlier = record.history.steps

    def look(self, arrays: Arrays) -> None:
        """Look at the losses of the steps and epochs, and at how far the weights came."""
        history, heads = self._record.history, self._record.objective.heads
        if len(heads) == 1 and not heads[0].prefix and history.steps > self._earlier:
            history.findings += silenced(self._findings(heads[0], arrays), history.silence)

    def _findings(self, head: Head, arrays: Arrays) -> Iterator[Finding]:
        history, target = self._record.history, self._rows.targets[head.name]
        losses = history.step_losses
        plain = not self._rows.weights and head.weight == 1
        constant = after.constant_loss(head.loss, target) if plain else np.nan
        seen = during.Movement(losses, constant, partial(_moved, self._own, self._initial, arrays))
        known = {*history.findings.codes, *history.silence}
        steps = [] if "PEL203" in known else [*during.too_fast(seen)]
        if not steps and not self._earlier:
            steps += during.too_slow(seen)
        yield from steps
        known |= {one.code for one in steps}
        if not math.isnan(constant) and not known & EXPLAINED:
            classes = 0 if head.coding is None else len(head.coding.classes)
            yield from after.first_loss(head.loss, float(losses[0]), target, classes)
        if not steps:
            yield from after.unlearned(seen.last, constant, len(losses))
        if history.best_epoch is None:
            yield from after.overfitting(history["loss"], history.get("val_loss", ()))


def _moved(own: Sequence[Variable], initial: Arrays, arrays: Arrays) -> float:
    """Give the distance of the parameters from where they were, in units of their size then."""
    way = size = 0.0
    with np.errstate(over="ignore", invalid="ignore"):  # a rate that was far too high
        for variable, before, now in zip(own, initial, arrays, strict=False):
            if variable.trainable:
                step = np.ravel(now - before)
                way += float(step @ step)
                size += float(np.vdot(before, before))
    return math.sqrt(way / size) if size else math.inf
