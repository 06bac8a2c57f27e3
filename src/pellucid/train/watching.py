"""Looking inside a network on some rows: activations, gradients, predictions.

A program of its own computes them, made when it is first asked for; a training is the same in every
bit, whether it is watched or not.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, final

import numpy as np
from numpy.typing import NDArray

from pellucid.autodiff import grad
from pellucid.diagnose import Finding, Findings, after, data, during, silenced
from pellucid.engines import choose
from pellucid.engines.function import Function, function
from pellucid.graph import Variable, placeholder, symbolic
from pellucid.graph import variables as read_variables
from pellucid.train.callbacks import Callback, Granularity, Training
from pellucid.train.ends import heads_of
from pellucid.train.looking import place, weights_of
from pellucid.train.measure import linked, measured
from pellucid.train.objective import Objective
from pellucid.train.record import FitRecord
from pellucid.train.rows import Part

if TYPE_CHECKING:
    from pellucid.models import Network

__all__ = ["Signals", "Watch", "inside", "is_unlearned", "look_inside", "signals"]


class Signals(NamedTuple):
    """What goes on inside a network on some rows.

    Attributes
    ----------
    activations : layer, function and values of each hidden activation
    gradients : the root mean square of the loss's gradient in the weights, by name, first to last
    sizes : the root mean square of those weights
    """

    activations: tuple[tuple[str, during.Squashing, NDArray[Any]], ...]
    gradients: dict[str, float]
    sizes: dict[str, float]

    @property
    def size(self) -> float:
        """One number for all gradients."""
        return math.hypot(*self.gradients.values())


class Prober(NamedTuple):
    """A program that computes signals, and what its outputs are."""

    ask: Function
    inner: tuple[during.Inner, ...]
    weights: tuple[Variable, ...]

    def __call__(self, part: Part) -> Signals:
        """Compute the signals of some rows; running statistics and random streams stay."""
        kept = [(variable, variable.numpy()) for variable in self.ask.variables]
        found = self.ask(*part.arrays)
        for variable, value in kept:
            variable.adopt(value)
        values, squares = found[: len(self.inner)], found[len(self.inner) :]
        inner = zip(self.inner, values, strict=True)
        return Signals(
            tuple((f"layer {one.layer}", one.function, x) for one, x in inner),
            {v.name: math.sqrt(x) for v, x in zip(self.weights, squares, strict=True)},
            {v.name: math.sqrt(np.square(v.numpy()).mean()) for v in self.weights},
        )


def signals(network: Network, objective: Objective, rows: Part) -> Signals:
    """Compute hidden activations and gradients as training would, on up to 128 rows."""
    some = some_rows(rows)
    kinds = tuple((array.shape[1:], array.dtype) for array in some.arrays)
    key = ("signals", objective.key, tuple(some.weights), kinds)
    prober: Prober = network._functions.get(key, lambda: _prober(network, objective, some))
    return prober(some)


def some_rows(rows: Part) -> Part:
    """Choose rows that are spread evenly."""
    chosen = data.spread_rows(len(rows))
    return Part(
        tuple(x[chosen] for x in rows.inputs),
        {name: y[chosen] for name, y in rows.targets.items()},
        {name: w[chosen] for name, w in rows.weights.items()},
    )


def _prober(network: Network, objective: Objective, part: Part) -> Prober:
    """Make the program; the reference engine runs it, which has nothing to compile."""
    inputs, targets = len(part.inputs), len(part.targets)
    symbols = [
        placeholder((None, *array.shape[1:]), array.dtype, name=f"array {k}")
        for k, array in enumerate(part.arrays)
    ]
    truth = dict(zip(part.targets, symbols[inputs:], strict=False))
    weights = dict(zip(part.weights, symbols[inputs + targets :], strict=True))
    with symbolic():
        predicted = heads_of(network(*symbols[:inputs], training=True))
        loss, _ = objective.mean_and_scalars(predicted, truth, weights, network.penalty())
        trained = [predicted[head.name] for head in objective]
        inner = dict.fromkeys(one for y in trained for one in during.inner_activations(y))
        named = weights_of(read_variables([loss]))
        slopes = grad(loss, named, unused="zero")
        outputs = [*(one.node for one in inner), *((slope * slope).mean() for slope in slopes)]
        ask = function(symbols, outputs, engine="reference")
    return Prober(ask, tuple(inner), tuple(named))


def inside(seen: Signals, *, unlearned: bool, before: Sequence[float] = ()) -> Iterator[Finding]:
    """Look at activations and gradients.

    Parameters
    ----------
    unlearned : whether the loss is still high
    before : sizes of the gradient at earlier looks
    """
    for layer, kind, values in seen.activations:
        if kind == "relu":
            yield from during.dead(layer, values, unlearned=unlearned)
        else:
            yield from during.saturated(layer, kind, values, unlearned=unlearned)
    if unlearned:
        yield from during.vanishing(seen.gradients)
    yield from during.exploding(seen.gradients, seen.sizes, before)


def is_unlearned(objective: Objective, rows: Part, loss: float) -> bool:
    """Tell whether a loss is nearer to that of a constant than to zero."""
    (head, *others) = objective.heads
    constant = after.constant_loss(head.loss, rows.targets[head.name])
    return bool(others) or not loss < during.UNLEARNED * constant


@final
class Watch(Callback):
    """Looks inside the network while it is trained: dead and saturated units, gradients.

    It looks after the first epoch, the second, the fourth, the eighth and so on, at up to 128 rows,
    with a program of its own: the training is the same in every bit. A look costs a few
    milliseconds for a small network; what it sees twice in a row, and at the end, is added to
    ``history.findings``. A fit by steps is looked at when it ends.

    Examples
    --------
    >>> import pellucid as pel
    >>> from pellucid import data, nn
    >>> X, y = data.moons(200, seed=1)
    >>> begin = nn.init.Normal(0.0, 30.0)
    >>> model = nn.Sequential([nn.Linear(8, activation="tanh", weight_init=begin), nn.Linear(2)])
    >>> history = model.fit(X, y, epochs=4, seed=1, callbacks=[pel.Watch()], progress=False)
    >>> "PEL302" in history.findings.codes
    True
    """

    granularity: Granularity = "epoch"

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self._sizes: list[float] = []
        self._next, self._seen, self._told = 1, Findings(), Findings()

    def on_begin(self, training: Training) -> None:
        """Begin anew."""
        self._begin()

    def on_progress(self, training: Training) -> None:
        """Look, if it is time to."""
        if training.history.epochs >= self._next:
            self._look(training)
            self._next = 2 * training.history.epochs

    def on_end(self, training: Training) -> None:
        """Look once more."""
        if training.history.epochs:
            self._look(training)

    def _look(self, training: Training) -> None:
        """Tell what is seen now and was seen at the look before; withdraw what is so no longer."""
        history, record, rows = training.history, training.model._record, training.rows
        if record is None or rows is None:
            return
        unlearned = is_unlearned(record.objective, rows, history["loss"][-1])
        signs = signals(training.model, record.objective, rows)
        now = silenced(inside(signs, unlearned=unlearned, before=self._sizes), history.silence)
        before = {(one.code, one.where) for one in self._seen}
        lasting = Findings(one for one in now if (one.code, one.where) in before)
        others = Findings(one for one in history.findings if one not in self._told)
        history.findings = others + lasting
        self._seen, self._told = now, lasting
        self._sizes.append(signs.size)


# --- when asked for all --------------------------------------------------------------------


def look_inside(
    network: Network, record: FitRecord, rows: Part, *, trained: bool
) -> Iterator[Finding]:
    """Look inside a network as it is, and, if it was trained, at what it predicts."""
    some, engine, objective = some_rows(rows), choose("reference"), record.objective
    unlearned = is_unlearned(objective, rows, measured(network, objective, some, engine)["loss"])
    yield from inside(signals(network, objective, some), unlearned=unlearned)
    outputs = linked(network, objective, some.inputs, engine)
    for head in objective if trained and unlearned else ():
        target, output = some.targets[head.name], outputs[head.name]
        numbers = head.coding is None
        if target.shape == output.shape or not numbers:
            yield from after.constant(output, target, classes=not numbers, where=place(head))
