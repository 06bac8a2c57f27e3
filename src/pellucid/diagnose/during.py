"""What can be seen inside a network on some rows: activations, gradients, and how weights move."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import Frozen
from pellucid.diagnose.building import is_softmax, last_operation
from pellucid.diagnose.finding import Finding
from pellucid.diagnose.kinds import found
from pellucid.graph import Tensor, topological

__all__ = [
    "Inner", "Movement", "dead", "exploding", "inner_activations", "saturated", "too_fast",
    "too_slow", "vanishing",
]  # fmt: skip

Array = NDArray[Any]
Squashing = Literal["relu", "sigmoid", "tanh"]

DEAD = 0.8  # of the units of a layer, each zero for every row; of rows above 0, half begin so
SATURATED, NEAR = 0.9, 0.01  # of the activations, this near to an end of their range
UNLEARNED = 0.5  # of the loss of a constant: above it, a stuck unit is in the way
VANISHED, EXPLODED, LEAP = 1e-4, 1e3, 1e3  # first to last; to the weights; to looks before
WORSE = 1.1  # times the loss of a constant, at the end
DIVERGED, FAR = 10.0, 50.0  # times the first loss, on the way: where it stays high, where it falls
UNMOVED, FLAT, MOVING = 0.01, 0.05, 100  # of the weights, of the loss, in so many steps at least


class Inner(NamedTuple):
    """Activations inside a network: which layer made them, by which function, and the node."""

    layer: str
    function: Squashing
    node: Tensor


def inner_activations(prediction: Tensor) -> list[Inner]:
    """List the activations whose ends are flat, less the one that the network ends in."""
    last = last_operation(prediction)
    kinds = ("relu", "sigmoid", "tanh")
    return [
        Inner(node.origin.path or node.label, node.op.name, node)  # type: ignore[arg-type]
        for node in topological([prediction])
        if node.op.name in kinds and node is not last and not is_softmax(node)
    ]


# --- activations ---------------------------------------------------------------------------


def dead(layer: str, values: Array, *, unlearned: bool) -> Iterator[Finding]:
    """Count the units, or channels, that are zero for every row: no gradient passes them.

    Parameters
    ----------
    unlearned : whether the loss is still high, so that the units are missed
    """
    others = tuple(axis for axis in range(values.ndim) if axis != 1)
    stuck = ~(values != 0).any(axis=others)
    count = int(stuck.sum())
    if count == stuck.size or (unlearned and count > DEAD * stuck.size):
        yield found("PEL301", f"{count} of {stuck.size} are 0 for all {len(values)} rows", layer)


def saturated(
    layer: str, function: Squashing, values: Array, *, unlearned: bool
) -> Iterator[Finding]:
    """Count the activations near the ends of their range, where the slope is nearly zero.

    A network that has learned may well be sure of itself; one that has not, is stuck.
    """
    low = 0.0 if function == "sigmoid" else -1.0
    near = NEAR * (1.0 - low) / 2
    share = float(((values < low + near) | (values > 1.0 - near)).mean())
    if unlearned and share > SATURATED:
        evidence = f"{100 * share:.0f} % of the values of {function} are within 1 % of its ends"
        yield found("PEL302", evidence, layer)


# --- gradients -----------------------------------------------------------------------------


def vanishing(gradients: Mapping[str, float]) -> Iterator[Finding]:
    """Compare the root mean square of the first layer's gradient with that of the last.

    Parameters
    ----------
    gradients : of the weights, from the first layer to the last
    """
    if len(gradients) < 2:
        return
    (first, low), *_, (last, high) = gradients.items()
    if high > 0 and low < VANISHED * high:
        evidence = f"{low:.2g} in {first}, {high:.2g} in {last}"
        yield found("PEL303", evidence)


def exploding(
    gradients: Mapping[str, float], sizes: Mapping[str, float], before: Sequence[float] = ()
) -> Iterator[Finding]:
    """Compare the gradient of each layer with its weights, and the whole of it with those before.

    Parameters
    ----------
    gradients, sizes : root mean squares of gradient and weights, by name
    before : sizes of the whole gradient at earlier looks
    """
    ratios = {name: slope / sizes[name] for name, slope in gradients.items() if sizes[name]}
    worst = max(ratios, key=lambda name: ratios[name], default="")
    now = math.hypot(*gradients.values())
    usual = float(np.median(before)) if len(before) >= 3 else math.inf
    if worst and ratios[worst] > EXPLODED:
        evidence = f"{gradients[worst]:.2g} in {worst}, whose weights are {sizes[worst]:.2g}"
        yield found("PEL304", evidence)
    elif now > LEAP * usual > 0:
        yield found("PEL304", f"its size is {now:.2g}, and was {usual:.2g} before")


# --- steps ---------------------------------------------------------------------------------


class Movement(Frozen):
    """How far a training has come.

    Attributes
    ----------
    losses : of each step
    constant : the loss of the best constant prediction, or nan
    moved : gives the way of the weights from start to end, in units of their size
    """

    losses: Array
    constant: float
    moved: Callable[[], float]

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    @cached_property
    def last(self) -> float:
        """The mean loss of the last tenth of the steps."""
        return float(self.losses[-max(1, len(self.losses) // 10) :].mean())


def too_fast(seen: Movement) -> Iterator[Finding]:
    """Find a loss that rose instead of falling."""
    if len(seen.losses) < 5:
        return
    first, last, peak = float(seen.losses[0]), seen.last, float(seen.losses.max())
    start = first if math.isnan(seen.constant) else max(first, seen.constant)
    below = min(0.0, float(seen.losses.min()))  # a likelihood may be; what is compared is not
    high = peak - below > (DIVERGED if last > start else FAR) * (start - below)
    rose = high or last - below > 2 * (start - below)
    stuck = last > WORSE * seen.constant and last > 0.9 * first and seen.moved() > 1
    if rose or stuck:
        evidence = f"the loss was {first:.3g} at first, at most {peak:.3g}, {last:.3g} at the end"
        if not math.isnan(seen.constant):
            evidence += f"; a constant has {seen.constant:.3g}"
        yield found("PEL305", evidence)


def too_slow(seen: Movement) -> Iterator[Finding]:
    """Find weights that hardly moved, and a loss that fell by no more than batches differ."""
    steps, last = len(seen.losses), seen.last
    if steps < MOVING or last < UNLEARNED * seen.constant:
        return
    tenth = steps // 10
    first = float(seen.losses[:tenth].mean())
    noise = math.hypot(seen.losses[:tenth].std(), seen.losses[-tenth:].std()) / math.sqrt(tenth)
    if first - last > FLAT * abs(first) + 2 * noise:
        return
    if (moved := seen.moved()) < UNMOVED:
        evidence = (
            f"in {steps:,} steps the weights moved by {100 * moved:.2g} % of their size, "
            f"and the loss went from {first:.4g} to {last:.4g}"
        )
        yield found("PEL306", evidence)
