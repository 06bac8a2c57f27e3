"""Schedules: the learning rate as a formula of the step, computed inside the compiled step."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, field
from typing import TYPE_CHECKING, Any, final

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import declared, number_in, one_of, ranged, whole_number
from pellucid.errors import ArgumentError, ArgumentTypeError
from pellucid.graph.tensor import Tensor, constant
from pellucid.ops.elementwise import cast, cos, floor, maximum, minimum, remainder, where
from pellucid.optim.formula import Formula, inside, whole
from pellucid.plot.style import ACCENT, axes_or_new, headed, short, whole_ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "RATE", "SCHEDULES", "Cosine", "Exponential", "InverseTimeDecay", "OneCycle", "Piecewise",
    "Polynomial", "ReduceOnPlateau", "Schedule", "StepDecay", "WarmUp", "given",
]  # fmt: skip

Floats = NDArray[np.float64]
UNITS = ("step", "epoch")


def _word(default: str, choices: Sequence[str]) -> Any:
    return field(
        default=default, metadata={"check": lambda value, name: one_of(value, name, choices)}
    )


def _rate_or_schedule(value: object, name: str) -> float | Schedule:
    if isinstance(value, Mapping):  # as `config` writes it
        return declared(value, SCHEDULES)
    if isinstance(value, type) and issubclass(value, Schedule):
        raise ArgumentTypeError(
            "a schedule is given as a class", got=value.__name__,
            mend=f"write optim.{value.__name__}(…), with its numbers in parentheses",
        )  # fmt: skip
    return value if isinstance(value, Schedule) else number_in(value, name, low=0)


RATE = {"check": _rate_or_schedule}  # how a learning rate is checked where it is declared


class Schedule(Formula, ABC):
    """A learning rate that changes while training goes on; an optimizer takes it for its rate.

    Subclasses are frozen data classes whose numbers are declared with ``ranged``, and write `at`.
    The rate is computed in float64. A schedule with ``steps=None`` lasts as long as the training.

    Parameters
    ----------
    unit : what times are counted in: "step", or "epoch", where the rate changes between epochs only

    Examples
    --------
    >>> from pellucid import optim
    >>> optim.StepDecay(0.1, factor=0.5, every=2).values(5)
    array([0.1  , 0.1  , 0.05 , 0.05 , 0.025])
    >>> optim.Adam(optim.Cosine(0.01)).learning_rate.final
    0.0
    """

    _: KW_ONLY
    unit: str = _word("step", UNITS)

    @property
    def needs(self) -> tuple[str, ...]:
        """Which of "steps_per_epoch" and "total_steps" it has to be told."""
        ends = getattr(self, "steps", 0) is not None
        return ("steps_per_epoch",) * (self.unit == "epoch") + ("total_steps",) * (not ends)

    def hyper(self) -> dict[str, float | None]:
        """Its own numbers, and ``None`` for each that it needs to be told."""
        return super().hyper() | dict.fromkeys(self.needs)

    def rate(self, step: Tensor, hyper: Mapping[str, Tensor]) -> Tensor:
        """Give the learning rate of a step.

        Parameters
        ----------
        step : its number, from 1
        hyper : the numbers named by `hyper`, as float64 scalars
        """
        time, unit = cast(step, "float64") - 1, self._unit(hyper)
        numbers = dict(hyper)
        if "total_steps" in self.needs:
            numbers["steps"] = hyper["total_steps"] / unit
        return self.at(floor(time / unit), numbers)

    def _unit(self, hyper: Mapping[str, Tensor]) -> Tensor:
        """The steps in a unit of time."""
        return hyper["steps_per_epoch"] if self.unit == "epoch" else constant(np.ones(()))

    @abstractmethod
    def at(self, time: Tensor, hyper: Mapping[str, Tensor]) -> Tensor:
        """Give the rate at a time, in units from 0.

        Parameters
        ----------
        hyper : the numbers by name; ``steps``, where that is no number, is the whole training
        """

    def values(self, steps: int, *, steps_per_epoch: int | None = None) -> Floats:
        """Give the rates of the first `steps` steps, taken as the whole training.

        Raises
        ------
        ArgumentError : for no steps, and when it counts epochs whose length is not given
        """
        call = "schedule.values(steps"
        steps = whole_number(steps, "steps", 1)
        numbers = given(
            self, self.hyper(), call, steps_per_epoch=steps_per_epoch, total_steps=steps
        )
        hyper = {name: constant(np.asarray(x, np.float64)) for name, x in numbers.items()}
        rates = self.rate(constant(np.arange(1, steps + 1)), hyper).numpy()
        return np.broadcast_to(rates, (steps,)).copy()

    def plot(
        self, steps: int = 1000, *, steps_per_epoch: int | None = None, ax: Axes | None = None
    ) -> Axes:
        """Draw the rates that `values` gives.

        Examples
        --------
        >>> from matplotlib.figure import Figure
        >>> from pellucid import optim
        >>> ax = optim.OneCycle(0.1).plot(ax=Figure().subplots())
        >>> ax.get_ylabel()
        'learning rate'
        """
        rates = self.values(steps, steps_per_epoch=steps_per_epoch)
        ax = axes_or_new(ax, (4.5, 2.9))
        ax.step(np.arange(1, len(rates) + 1), rates, where="mid", color=ACCENT, linewidth=1.6)
        ax.set_ylim(bottom=0)
        whole_ticks(ax.xaxis)
        aside = f"{short(rates[0])} to {short(rates[-1])}"
        return headed(ax, type(self).__name__, x="step", y="learning rate", aside=aside)


@final
class StepDecay(Schedule):
    r"""Multiply the rate by a factor every so many steps: :math:`η = η_0 f^{⌊t/s⌋}`.

    The same as ``torch.optim.lr_scheduler.StepLR``.

    Parameters
    ----------
    initial : η₀
    factor : f
    every : s, in units
    unit : see :class:`Schedule`

    Examples
    --------
    >>> from pellucid import optim
    >>> optim.StepDecay(0.8, factor=0.5, every=1, unit="epoch").values(6, steps_per_epoch=2)
    array([0.8, 0.8, 0.4, 0.4, 0.2, 0.2])
    """

    initial: float = ranged(0.1, low=0)
    factor: float = ranged(0.1, above=0, high=1)
    every: int = whole(30, at_least=1)

    def at(self, time: Tensor, hyper: Mapping[str, Tensor]) -> Tensor:
        """Count the whole periods."""
        return hyper["initial"] * hyper["factor"] ** floor(time / hyper["every"])


@final
class Exponential(Schedule):
    r"""Multiply the rate by a factor at each step: :math:`η = η_0 f^t`.

    The same as ``torch.optim.lr_scheduler.ExponentialLR``.

    Parameters
    ----------
    initial : η₀
    factor : f
    unit : see :class:`Schedule`

    Examples
    --------
    >>> from pellucid import optim
    >>> optim.Exponential(1, factor=0.5).values(4)
    array([1.   , 0.5  , 0.25 , 0.125])
    """

    initial: float = ranged(0.1, low=0)
    factor: float = ranged(0.99, above=0, high=1)

    def at(self, time: Tensor, hyper: Mapping[str, Tensor]) -> Tensor:
        """Raise the factor to the time."""
        return hyper["initial"] * hyper["factor"] ** time


@final
class InverseTimeDecay(Schedule):
    r"""Divide the rate by a number that grows evenly: :math:`η = η_0 / (1 + d t)`.

    Robbins and Monro ("A stochastic approximation method", 1951) show that gradient descent
    converges with steps that shrink like 1/t.

    Parameters
    ----------
    initial : η₀
    decay : d
    unit : see :class:`Schedule`

    Examples
    --------
    >>> from pellucid import optim
    >>> optim.InverseTimeDecay(1, decay=1).values(4)
    array([1.        , 0.5       , 0.33333333, 0.25      ])
    """

    initial: float = ranged(0.1, low=0)
    decay: float = ranged(1e-6, low=0)

    def at(self, time: Tensor, hyper: Mapping[str, Tensor]) -> Tensor:
        """Divide by what has grown."""
        return hyper["initial"] / (1 + hyper["decay"] * time)


@final
class Polynomial(Schedule):
    r"""Go down along a power, by default a straight line, and stay there.

    .. math:: η = η_1 + (η_0 - η_1)(1 - \min(t, T)/T)^p

    The same as ``torch.optim.lr_scheduler.PolynomialLR`` for η₁ = 0.

    Parameters
    ----------
    initial, final : η₀ and η₁
    steps : T, in units; by default the whole training
    power : p
    unit : see :class:`Schedule`

    Examples
    --------
    >>> from pellucid import optim
    >>> optim.Polynomial(1.0).values(4)
    array([1.  , 0.75, 0.5 , 0.25])
    """

    initial: float = ranged(0.1, low=0)
    steps: float | None = ranged(None, above=0)
    final: float = ranged(0.0, low=0)
    power: float = ranged(1.0, above=0)

    def at(self, time: Tensor, hyper: Mapping[str, Tensor]) -> Tensor:
        """Take the power of what is left."""
        left = 1 - minimum(time / hyper["steps"], 1)
        span = hyper["initial"] - hyper["final"]
        return hyper["final"] + span * left ** hyper["power"]


@final
class Cosine(Schedule):
    r"""Go down along half a cosine, and stay there; with several cycles, start anew after each.

    .. math:: η = η_1 + \tfrac12 (η_0 - η_1)(1 + \cos(π \, (t \bmod T/c) / (T/c)))

    The same as ``torch.optim.lr_scheduler.CosineAnnealingLR``, and with c cycles as
    ``CosineAnnealingWarmRestarts`` of T/c.

    Source: Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017,
    equation 5.

    Parameters
    ----------
    initial, final : η₀ and η₁
    steps : T, in units; by default the whole training
    cycles : c, how many equal parts T has
    unit : see :class:`Schedule`

    Examples
    --------
    >>> from pellucid import optim
    >>> optim.Cosine(1.0).values(4).round(3)
    array([1.   , 0.854, 0.5  , 0.146])
    >>> optim.Cosine(1.0, cycles=2).values(4).round(3)
    array([1. , 0.5, 1. , 0.5])
    """

    initial: float = ranged(0.1, low=0)
    steps: float | None = ranged(None, above=0)
    final: float = ranged(0.0, low=0)
    cycles: int = whole(1, at_least=1)

    def at(self, time: Tensor, hyper: Mapping[str, Tensor]) -> Tensor:
        """Find the place in the cycle."""
        place = remainder(time * hyper["cycles"] / hyper["steps"], 1)
        place = where(time < hyper["steps"], place, 1)
        return _along_cosine(hyper["initial"], hyper["final"], place)


def _along_cosine(start: Tensor, end: Tensor, share: Tensor) -> Tensor:
    return end + (start - end) / 2 * (1 + cos(math.pi * share))


def _along_line(start: Tensor, end: Tensor, share: Tensor) -> Tensor:
    return start + (end - start) * share


_SHAPES: dict[str, Callable[[Tensor, Tensor, Tensor], Tensor]] = {
    "cosine": _along_cosine,
    "linear": _along_line,
}


@final
class OneCycle(Schedule):
    r"""Rise from η/d to the peak η, and fall to η/(d·e), within one training.

    The rise takes r·T − 1 steps and the fall the rest. The same as
    ``torch.optim.lr_scheduler.OneCycleLR`` with ``cycle_momentum=False``.

    Source: Smith and Topin, "Super-convergence: very fast training of neural networks using large
    learning rates", 2018.

    Parameters
    ----------
    peak : η
    steps : T, in units; by default the whole training
    rise : r, the share of the rise
    divide : d
    final_divide : e
    shape : of rise and fall, "cosine" or "linear"
    unit : see :class:`Schedule`

    Examples
    --------
    >>> from pellucid import optim
    >>> optim.OneCycle(1.0, rise=0.5, divide=4, shape="linear").values(6).round(3)
    array([0.25 , 0.625, 1.   , 0.667, 0.333, 0.   ])
    """

    peak: float = ranged(0.1, low=0)
    steps: float | None = ranged(None, above=1)
    rise: float = ranged(0.3, above=0, below=1)
    divide: float = ranged(25.0, low=1)
    final_divide: float = ranged(1e4, low=1)
    shape: str = _word("cosine", tuple(_SHAPES))

    def at(self, time: Tensor, hyper: Mapping[str, Tensor]) -> Tensor:
        """Join rise and fall."""
        along, peak = _SHAPES[self.shape], hyper["peak"]
        start = peak / hyper["divide"]
        top = hyper["rise"] * hyper["steps"] - 1
        rise = minimum(time / maximum(top, 1), 1)
        fall = minimum((time - top) / (hyper["steps"] - 1 - top), 1)
        end = start / hyper["final_divide"]
        return where(time <= top, along(start, peak, rise), along(peak, end, maximum(fall, 0)))


@final
class WarmUp(Schedule):
    r"""Rise evenly to a rate, or to the beginning of a schedule, which then takes its course.

    .. math:: η_t = η(\max(t - w, 0)) \cdot \min(s + (1 - s)\, t/w,\ 1)

    with the schedule's rate η, whose time begins after the warm-up. The same as
    ``torch.optim.lr_scheduler.SequentialLR`` of ``LinearLR`` and that schedule.

    Source: Goyal and others, "Accurate, large minibatch SGD: training ImageNet in 1 hour", 2017,
    section 2.2.

    Parameters
    ----------
    after : the rate, or the schedule η
    steps : w, in units
    start : s, the share of the rate that the first step has
    unit : see :class:`Schedule`; that of the schedule inside is its own

    Examples
    --------
    >>> from pellucid import optim
    >>> optim.WarmUp(optim.Exponential(1.0, factor=0.5), steps=2, start=0.5).values(5)
    array([0.5 , 0.75, 1.  , 0.5 , 0.25])
    """

    after: float | Schedule = field(default=0.1, metadata=RATE)
    steps: float = ranged(5, above=0)
    start: float = ranged(1 / 3, low=0, high=1)

    @property
    def needs(self) -> tuple[str, ...]:
        """What it needs itself, and what the schedule inside needs."""
        inner = self.after.needs if isinstance(self.after, Schedule) else ()
        return tuple(dict.fromkeys((*super().needs, *inner)))

    def rate(self, step: Tensor, hyper: Mapping[str, Tensor]) -> Tensor:
        """Give the rate that is risen to, in part."""
        unit = self._unit(hyper)
        part = self.at(floor((cast(step, "float64") - 1) / unit), hyper)
        if not isinstance(self.after, Schedule):
            return hyper["after"] * part
        numbers, spent = inside(hyper, "after"), hyper["steps"] * unit
        if "total_steps" in numbers:
            numbers["total_steps"] = maximum(numbers["total_steps"] - spent, 1)
        return self.after.rate(maximum(step - spent, 1), numbers) * part

    def at(self, time: Tensor, hyper: Mapping[str, Tensor]) -> Tensor:
        """Give the share of the rate that has been reached."""
        start = hyper["start"]
        return minimum(start + (1 - start) * time / hyper["steps"], 1)


@final
class Piecewise(Schedule):
    """Keep a rate until a time, then another one, and so on.

    Parameters
    ----------
    rates : the rates in turn
    changes : the rising times, in units, at which each but the first begins
    unit : see :class:`Schedule`

    Examples
    --------
    >>> from pellucid import optim
    >>> optim.Piecewise((1.0, 0.5, 0.1), changes=(2, 3)).values(5)
    array([1. , 1. , 0.5, 0.1, 0.1])
    """

    rates: tuple[float, ...]
    changes: tuple[float, ...]

    def __post_init__(self) -> None:
        super().__post_init__()
        rates, changes = _sequence(self.rates, "rates"), _sequence(self.changes, "changes")
        if len(rates) != len(changes) + 1 or sorted(set(changes)) != list(changes):
            raise ArgumentError(
                "each rate but the first begins at a later time", where="Piecewise",
                got=f"{len(rates)} rates, changes={changes}", wanted="rising times, one for each",
                mend="write optim.Piecewise((0.1, 0.01), changes=(1000,))",
            )  # fmt: skip
        object.__setattr__(self, "rates", rates)
        object.__setattr__(self, "changes", changes)

    def at(self, time: Tensor, hyper: Mapping[str, Tensor]) -> Tensor:
        """Take the last rate that has begun."""
        rate = hyper["rates/0"]
        for k in range(len(self.changes)):
            rate = where(time >= hyper[f"changes/{k}"], hyper[f"rates/{k + 1}"], rate)
        return rate


def _sequence(values: object, name: str) -> tuple[float, ...]:
    if isinstance(values, Mapping):  # as `config` writes it
        values = tuple(values.values())
    if not isinstance(values, Sequence | np.ndarray) or isinstance(values, str):
        raise ArgumentTypeError(
            f"{name} is no list of numbers", where="Piecewise", got=f"{name}={values!r}",
            mend=f"write {name}=(0.1, 0.01)" if name == "rates" else "write changes=(1000,)",
        )  # fmt: skip
    return tuple(number_in(value, f"{name}[{k}]", low=0) for k, value in enumerate(values))


def _column(value: object, name: str) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise ArgumentTypeError(
        f"{name} is no name of a column", got=f"{name}={value!r}", mend='write monitor="val_loss"'
    )


@final
class ReduceOnPlateau(Schedule):
    """Lower the rate when a value that is watched has stopped getting better.

    The rate is constant during an epoch; after each, training asks `next`. An epoch is better when
    its value v is below the best b by more than a share of its size, v < b − threshold·|b|. When
    more than `patience` epochs in a row were not, the rate is multiplied by the factor. For values
    that are not negative the same as ``torch.optim.lr_scheduler.ReduceLROnPlateau``.

    Parameters
    ----------
    initial : the rate at first
    factor : what it is multiplied by
    patience : how many epochs may pass without a better value
    threshold : how much better counts
    cooldown : how many epochs pass, after a change, before epochs are counted again
    least : the rate that is never gone below
    monitor : the column of the history that is watched; by default the validation loss, or the
        loss where there is no validation
    relative : whether the threshold is a share of the best value, or a difference
    greater_is_better : whether the value should grow

    Examples
    --------
    >>> from pellucid import optim
    >>> rule = optim.ReduceOnPlateau(0.1, factor=0.5, patience=1)
    >>> rule.next(0.1, [3.0, 2.0, 2.0]), rule.next(0.1, [3.0, 2.0, 2.0, 2.0])
    (0.1, 0.05)
    """

    initial: float = ranged(0.1, low=0)
    factor: float = ranged(0.1, above=0, below=1)
    patience: int = whole(10)
    threshold: float = ranged(1e-4, low=0)
    cooldown: int = whole(0)
    least: float = ranged(0.0, low=0)
    _: KW_ONLY
    monitor: str | None = field(default=None, metadata={"check": _column})
    relative: bool = True
    greater_is_better: bool = False

    def hyper(self) -> dict[str, float | None]:
        """The present rate alone is an input: training changes it."""
        return {"rate": self.initial}

    def at(self, time: Tensor, hyper: Mapping[str, Tensor]) -> Tensor:
        """Give the present rate."""
        return hyper["rate"]

    def next(self, rate: float, values: Sequence[float]) -> float:
        """Give the rate of the coming epoch.

        Parameters
        ----------
        rate : that of the epoch which is over
        values : the watched value of every epoch so far
        """
        return max(rate * self.factor, min(rate, self.least)) if self._is_due(values) else rate

    def watched(self, history: Mapping[str, Sequence[float]]) -> Sequence[float]:
        """Pick the column that is watched.

        Raises
        ------
        ArgumentError : when it is not there
        """
        monitor = self.monitor or ("val_loss" if "val_loss" in history else "loss")
        if monitor not in history:
            raise ArgumentError(
                f"there is no {monitor!r} to watch", where="ReduceOnPlateau",
                got=", ".join(history) or "no column", wanted=f"a value of {monitor} each epoch",
                mend='write monitor="…" with a column of the history',
            )  # fmt: skip
        return history[monitor]

    def _is_due(self, values: Sequence[float]) -> bool:
        """Go through the epochs; tell whether the last one ends the patience."""
        best, bad, resting, due = math.inf, 0, 0, False
        sign = -1 if self.greater_is_better else 1
        for value in values:
            margin = self.threshold * (abs(best) if self.relative else 1)
            better = sign * value < best - (margin if math.isfinite(best) else 0)
            best, bad = (sign * value, 0) if better else (best, bad + 1)
            bad, resting = (0, resting - 1) if resting else (bad, 0)
            due = bad > self.patience
            bad, resting = (0, self.cooldown) if due else (bad, resting)
        return due


SCHEDULES: dict[str, type[Schedule]] = {
    cls.__name__: cls
    for cls in (
        Cosine, Exponential, InverseTimeDecay, OneCycle, Piecewise, Polynomial, ReduceOnPlateau,
        StepDecay, WarmUp,
    )
}  # fmt: skip


def given(
    what: object, hyper: Mapping[str, float | None], call: str = "fit(X, y", **known: int | None
) -> dict[str, float]:
    """Fill in what only training knows.

    Parameters
    ----------
    what : the schedule, or the optimizer that has it
    call : where the user can tell it, as written there

    Raises
    ------
    ArgumentError : for what is not known, or no whole number from 1
    """
    found = {name: whole_number(x, name, 1) for name, x in known.items() if x is not None}
    for name, value in hyper.items():
        if value is None and name not in found:
            raise ArgumentError(
                f"the schedule needs {name}", got=repr(what), wanted=f"{name} ≥ 1",
                mend=f"write {call}, {name}=100)" + ", or give the schedule steps=100"
                * (name == "total_steps"),
            )  # fmt: skip
    return {name: found[name] if value is None else value for name, value in hyper.items()}
