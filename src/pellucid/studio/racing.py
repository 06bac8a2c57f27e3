"""A race: several optimizers train the same network on the same batches, from the same weights."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple, final

import numpy as np
from numpy.typing import NDArray

from pellucid import optim
from pellucid.arguments import Frozen, named, number_in, one_of, whole_number
from pellucid.errors import ArgumentError, ArgumentTypeError, NonFiniteError
from pellucid.models import Network
from pellucid.plot.landscape import Flattened, flattened
from pellucid.studio.job import Job
from pellucid.studio.setting import LIMITS, OPTIMIZERS
from pellucid.train import FitOptions, Live, copied
from pellucid.train.measure import measured
from pellucid.train.recording import at_parameters, spread
from pellucid.train.rows import Part

__all__ = ["RACERS", "Kind", "Race", "RaceWish", "Racer", "Runner"]

Floats = NDArray[np.float64]
SLICE = 0.05  # seconds of training between two looks at whether it is to go on
PATIENCE = 2.5  # seconds that the surface may take
FINEST, COARSEST = 41, 13  # places along each of its axes
MOST_NUMBERS = 12_000_000  # of all ways together
MOST_STEPS = 2_000_000  # of all racers together


class Kind(NamedTuple):
    """An optimizer as it can be entered: its name, class and fixed numbers, and a usual rate."""

    title: str
    rule: type[optim.Optimizer]
    numbers: Mapping[str, Any]
    rate: float

    def made(self, learning_rate: float, weight_decay: float) -> optim.Optimizer:
        """Make it."""
        return self.rule(learning_rate, **self.numbers, weight_decay=weight_decay)


RATES = {
    "rmsprop": 0.01, "adagrad": 0.1, "adadelta": 1.0, "lion": 0.003,
}  # fmt: skip
RACERS: dict[str, Kind] = {
    "sgd": Kind("SGD", optim.SGD, {}, 0.1),
    "momentum": Kind("Momentum", optim.SGD, {"momentum": 0.9}, 0.03),
    "nesterov": Kind("Nesterov", optim.SGD, {"momentum": 0.9, "nesterov": True}, 0.03),
    **{
        name: Kind(rule.__name__, rule, {}, RATES.get(name, 0.03))
        for name, rule in OPTIMIZERS.items()
        if name != "sgd"
    },
}


class Racer(Frozen):
    """Who races: an optimizer and its rate."""

    optimizer: str
    learning_rate: float

    @property
    def kind(self) -> Kind:
        """What the optimizer is."""
        return RACERS[self.optimizer]

    @property
    def title(self) -> str:
        """What it is called."""
        return f"{self.kind.title} {self.learning_rate:g}"


class RaceWish(Frozen):
    """What a page asks for: who races, from which weights, and for how long.

    Attributes
    ----------
    start : "first" for the first weights of the run, "present" for those that are shown

    Examples
    --------
    >>> wish = RaceWish.of([{"optimizer": "adam", "learning_rate": 0.1}])
    >>> wish.racers[0].title, wish.start, wish.epochs
    ('Adam 0.1', 'first', 20)
    """

    racers: tuple[Racer, ...]
    start: str
    epochs: int

    @classmethod
    def of(cls, racers: Any, start: Any = "first", epochs: Any = 20) -> RaceWish:
        """Check what a page asks for.

        Raises
        ------
        ArgumentError : for an unknown optimizer, two that are the same, and too many
        """
        if not isinstance(racers, (list, tuple)) or not 0 < len(racers) <= LIMITS["racers"]:
            raise ArgumentTypeError(
                "a race is between some optimizers", got=repr(racers)[:80],
                wanted=f"1 to {LIMITS['racers']}",
                mend='write [{"optimizer": "adam", "learning_rate": 0.03}]',
            )  # fmt: skip
        found = tuple(_racer(one) for one in racers)
        titles = [one.title for one in found]
        twice = [title for title in titles if titles.count(title) > 1]
        if twice:
            raise ArgumentError("two racers are the same", got=twice[0],
                                mend="give one of them another rate")  # fmt: skip
        one_of(start, "start", ("first", "present"))
        return cls(found, start, whole_number(epochs, "epochs", 1, LIMITS["epochs"]))


def _racer(told: Any) -> Racer:
    if not isinstance(told, Mapping) or told.keys() != {"optimizer", "learning_rate"}:
        raise ArgumentTypeError("a racer is an optimizer with its rate", got=repr(told)[:80],
                                mend='{"optimizer": "sgd", "learning_rate": 0.1}')  # fmt: skip
    named(told["optimizer"], "optimizer", RACERS)
    rate = number_in(told["learning_rate"], "learning_rate", above=0, high=100)
    return Racer(told["optimizer"], rate)


@final
class Runner:
    """One racer on its way.

    Attributes
    ----------
    way : all parameters in a row, after each of the steps so far that are drawn
    losses : of both parts then, on all their rows
    broken : what broke it, if anything did
    """

    def __init__(self, racer: Racer, live: Live) -> None:
        self.racer, self.live = racer, live
        self.way: list[NDArray[Any]] = []
        self.losses: list[dict[str, float]] = []
        self.broken = ""
        programs = live.begun.programs
        own = programs.variables[: programs.own]
        self._parameters = [k for k, one in enumerate(own) if one.is_parameter]

    def go_to(self, step: int, job: Job, twin: Network) -> None:
        """Go to a step, and note weights and loss there; the loss is measured with the twin."""
        try:
            while job.wanted and self.live.step < step:
                self.live.advance(SLICE, steps=step - self.live.step)
        except NonFiniteError as error:
            self.broken = f"{error.what}, in {error.where}"
        if not job.wanted or self.broken:
            return
        recording = self.live.recording  # what is noted here is enough to go back to
        recording.take(recording.states[-1:])
        arrays = self.live.state.arrays
        self.way.append(np.concatenate([arrays[k].reshape(-1) for k in self._parameters]))
        for variable, array in zip(twin.variables().values(), arrays, strict=False):
            variable.adopt(array.copy())
        self.losses.append({name: _loss(self.live, twin, part) for name, part in self._parts})

    @property
    def _parts(self) -> list[tuple[str, Part]]:
        begun = self.live.begun
        held = [] if begun.held_out is None else [("test", begun.held_out)]
        return [("loss", begun.rows), *held]


def _loss(live: Live, network: Network, part: Part) -> float:
    """Measure the loss as ``evaluate`` does."""
    return measured(network, live.begun.record.objective, part, live.engine)["loss"]


@final
class Race:
    """A race and the surface that its ways are seen on.

    Parameters
    ----------
    network : with the weights to begin from; it stays as it is
    X, y : the rows to train on
    options : how the present training fits; each racer has another optimizer
    first : how many steps of the run came before
    decay : the weight decay of every racer

    Attributes
    ----------
    stops : the steps at which weights and losses are noted
    plane : on which most is seen of all ways, when all have arrived
    surface : losses on it, (R, R), upwards
    measured : how many of its rows were measured so far
    beneath : by racer, the loss of the plane under the end of its way
    """

    def __init__(
        self, wish: RaceWish, network: Network, X: Any, y: Any, options: FitOptions,
        first: int, decay: float,
    ) -> None:  # fmt: skip
        self.wish, self.first, self.script = wish, first, ""
        count = sum(int(np.prod(one.shape)) for one in network.parameters().values())
        self.runners = [
            Runner(one, Live(copied(network), X, y, replace(
                options, optimizer=one.kind.made(one.learning_rate, decay))))
            for one in wish.racers
        ]  # fmt: skip
        self._twin = copied(network)  # one network measures all of them: it is compiled once
        per_epoch = self.runners[0].live.begun.run.train.steps
        self.steps = wish.epochs * per_epoch
        self.stops = spread(0, self.steps)
        _check_size(len(wish.racers), count * len(self.stops), self.steps)
        self.plane: Flattened | None = None
        self.surface: Floats = np.empty((0, 0))
        self.measured = 0
        self.beneath: dict[str, float] = {}
        self.job = Job(self._run)

    @property
    def x(self) -> Floats:
        """The places across at which the surface is measured."""
        assert self.plane is not None
        return np.linspace(*self.plane.bounds()[0], len(self.surface))

    @property
    def y(self) -> Floats:
        """The places upwards."""
        assert self.plane is not None
        return np.linspace(*self.plane.bounds()[1], len(self.surface))

    def _run(self) -> None:
        for stop in self.stops:
            for one in self.runners:
                if not one.broken:
                    one.go_to(stop, self.job, self._twin)
                self.job.tell()
        if self.job.wanted:
            self._look_at_all()

    def _look_at_all(self) -> None:
        """Find the plane, and measure the losses on it."""
        seen = {one.racer.title: one for one in self.runners if not one.broken}
        if not seen:
            raise ArgumentError("every optimizer broke off", mend="lower the rates")
        plane = flattened({title: np.stack(one.way) for title, one in seen.items()})
        live = next(iter(seen.values())).live
        loss = at_parameters(self._twin, lambda: _loss(live, self._twin, live.begun.rows))
        ends = np.stack([places[-1] for places in plane.places.values()])
        start = time.perf_counter()
        self.beneath = dict(zip(plane.places, loss(plane.lifted(ends)), strict=True))
        each = (time.perf_counter() - start) / len(ends)
        size = int(np.clip(np.sqrt(PATIENCE / each), COARSEST, FINEST)) // 2 * 2 + 1
        self.surface = np.full((size, size), np.nan)
        self.plane = plane
        for row, height in enumerate(self.y):
            if not self.job.wanted:
                return
            places = np.column_stack([self.x, np.full(size, height)])
            with np.errstate(all="ignore"):  # far away a loss may overflow
                self.surface[row] = loss(plane.lifted(places))
            self.measured = row + 1
            self.job.tell()


def _check_size(racers: int, numbers: int, steps: int) -> None:
    if racers * numbers > MOST_NUMBERS:
        raise ArgumentError(
            "the network is too large for this race", got=f"{racers * numbers:,} numbers to keep",
            wanted=f"at most {MOST_NUMBERS:,}", mend="race fewer optimizers, or a smaller network",
        )  # fmt: skip
    if racers * steps > MOST_STEPS:
        raise ArgumentError(
            "this race is too long", got=f"{racers * steps:,} steps of all racers",
            wanted=f"at most {MOST_STEPS:,}", mend="take fewer epochs",
        )  # fmt: skip
