"""What many runs have in common, made once: network, programs, rows; and a run that is cheap."""

from __future__ import annotations

import math
import threading
import time
from dataclasses import replace
from functools import cached_property
from typing import Any, NamedTuple, final

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import Frozen
from pellucid.compile import Data, Plan, Record, Run, RunState, next_steps
from pellucid.data import take
from pellucid.engines import Engine
from pellucid.errors import ArgumentError
from pellucid.experiments.sweeping.grid import Combination, Grid
from pellucid.graph.tensor import resolve_dtype
from pellucid.models import Network
from pellucid.train import FitOptions, History, Recent
from pellucid.train.fitting import begun_fit
from pellucid.train.measure import whole
from pellucid.train.rows import drawn_parts, raw_rows
from pellucid.train.running import Fit, finish, hyper_of, order_key, start

__all__ = ["Outcome", "Place", "Setting", "Study", "Trial"]

KEPT = 8  # first weights, and rows, of the seeds used last


class Place(NamedTuple):
    """Which run it is: of which combination, from which seed, and which rows are held out."""

    combination: int
    seed: int
    fold: int | None = None


class Outcome(Frozen):
    """What came of a run.

    Attributes
    ----------
    budget : after how many epochs, or steps
    status : "done", "diverged", or "dropped" where others did better
    values : loss and metrics, as the history of a fit ends with
    """

    place: Place
    budget: int
    status: str
    steps: int
    seconds: float
    values: dict[str, float]

    __eq__ = object.__eq__
    __hash__ = object.__hash__


class Stretch(NamedTuple):
    """The steps of one call of the engine.

    Attributes
    ----------
    trained : how many of them are steps of training
    last : those of the last epoch
    """

    plan: Plan
    trained: int
    last: Plan

    @classmethod
    def of(cls, plan: Plan) -> Stretch:
        """Count the steps."""
        counts, epochs = plan.counts, plan.column("epoch")
        trained = int(counts[plan.column("phase") == 0].sum())
        last = plan.part(plan.steps - int(counts[epochs == epochs[-1]].sum()), plan.steps)
        return cls(plan, trained, last)


class Study(Frozen):
    """Everything that is asked: the grid, the rows, how is fitted, the seeds and the folds."""

    grid: Grid
    X: Any
    y: Any
    options: FitOptions
    seeds: tuple[int, ...]
    folds: tuple[tuple[NDArray[np.int64], NDArray[np.int64]], ...] = ()

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def rows(self, fold: int | None) -> tuple[Any, Any, dict[str, Any]]:
        """Give rows, targets and the options about rows, for a fold or as they were given."""
        if fold is None:
            return self.X, self.y, {}
        train, test = self.folds[fold]
        held = (take(self.X, test), take(self.y, test))
        given = self.options.sample_weight
        weights = {} if given is None else {"sample_weight": np.asarray(given)[train]}
        return take(self.X, train), take(self.y, train), {"validation": held, **weights}

    def held_out(self, place: Place, network: Network) -> tuple[NDArray[np.int64], Any, Any]:
        """Give the rows that a run has not seen: their numbers, inputs and targets."""
        if place.fold is not None:
            rows = self.folds[place.fold][1]
            return rows, take(self.X, rows), take(self.y, rows)
        options = self.options_of(self.grid.combinations[place.combination])
        wish = options.validation
        if isinstance(wish, (tuple, list)):
            X, y, *_ = wish
            return np.arange(raw_rows(network, X, y).rows), X, y
        assert wish is not None
        given, dtype = raw_rows(network, self.X, self.y), resolve_dtype(network.dtype)
        _, rows = drawn_parts(network, given, options, wish, place.seed, dtype)
        return rows, take(self.X, rows), take(self.y, rows)

    def options_of(self, combination: Combination) -> FitOptions:
        """Give the options with which ``fit`` would do a run of this combination."""
        known = self._options.get(combination.number)
        if known is None:
            rule = self.grid.rule(combination)
            known = replace(self.options, **combination.fit, optimizer=rule)
            self._options[combination.number] = known
        return known

    @cached_property
    def _options(self) -> dict[int, FitOptions]:
        return {}

    def places(self) -> list[Place]:
        """List all runs."""
        folds = range(len(self.folds)) if self.folds else [None]
        return [
            Place(one.number, seed, fold)
            for one in self.grid.combinations
            for seed in self.seeds
            for fold in folds
        ]


@final
class Setting:
    """One architecture with one way of fitting it: what differs between its runs are numbers.

    Several threads may ask for trials at once.
    """

    def __init__(self, study: Study, combination: Combination) -> None:
        self._study = study
        self.network = study.grid.network(combination)
        self.text = repr(self.network)
        self._numbers: dict[tuple[int, int | None], tuple[NDArray[Any], ...]] = {}
        self.pace = 0.0  # steps a second, of late; it decides how much is asked for at a time
        self._lock = threading.Lock()
        self._fits: Recent[Fit] = Recent(KEPT + len(study.folds))
        self._stretches: Recent[Stretch] = Recent(KEPT)
        self._weights: Recent[list[NDArray[Any]]] = Recent(KEPT)

    def trial(self, place: Place, combination: Combination) -> Trial:
        """Prepare a run, up to its first step."""
        options = self._study.options_of(combination)
        assert options.optimizer is not None
        with self._lock:
            fit = self._fit(place, options)
            arrays = self._weights.get(place.seed, lambda: self._drawn(fit, place.seed))
            key = combination.number, place.fold
            hyper = self._numbers.get(key)
            if hyper is None:
                found = hyper_of(options.optimizer, fit.run, fit.rows, options)
                hyper = self._numbers[key] = tuple(found.values())
        run = replace(fit.run, key=order_key(place.seed))
        state = RunState([array.copy() for array in arrays])
        return Trial(self, place, options, fit, run, Data(fit.data.arrays, hyper), state)

    def _fit(self, place: Place, options: FitOptions) -> Fit:
        """Prepare rows and programs; only a share that is held out depends on the seed."""
        is_drawn = isinstance(options.validation, (int, float))

        def made() -> Fit:
            assert options.optimizer is not None
            X, y, held = self._study.rows(place.fold)
            history = History(("loss",), seed=place.seed)
            wishes = replace(options, **held)
            fit = begun_fit(self.network, X, y, wishes, options.optimizer, history)
            _check_possible(wishes, fit)
            return fit

        return self._fits.get((place.seed if is_drawn else None, place.fold), made)

    def stretch(
        self, run: Run, state: RunState, end: tuple[float, float], seconds: float
    ) -> Stretch:
        """Plan so much of a run as takes about some seconds; that of an equal run is known."""
        steps, last_epoch = end
        done = state.step + state.phase * run.train.steps
        whole = (last_epoch + 1 - state.epoch) * run.epoch.steps - done
        limit = min(steps, whole, max(1, int(self.pace * seconds)))
        shape = tuple([(phase.whole, phase.tail_size) for phase in run.phases])
        key = shape, state.epoch, done, limit, last_epoch
        return self._stretches.get(
            key, lambda: Stretch.of(next_steps(run, state, limit, last_epoch))
        )

    def _drawn(self, fit: Fit, seed: int) -> list[NDArray[Any]]:
        self.network.reset(seed)
        return start(fit.programs).arrays

    def measured_whole(self, fit: Fit, state: RunState, engine: Engine) -> dict[str, float]:
        """Measure what is no sum over rows, with the weights of a state."""
        if not fit.record.objective.host:
            return {}
        parts = {"": fit.rows} | ({"val_": fit.held_out} if fit.held_out else {})
        own, values = fit.programs.variables[: fit.programs.own], dict[str, float]()
        with self._lock:
            before = [variable.numpy() for variable in own]
            for variable, array in zip(own, state.arrays, strict=False):
                variable.adopt(array.copy())
            for prefix, part in parts.items():
                found = whole(self.network, fit.record.objective, part, engine)
                values |= {prefix + name: value for name, value in found.items()}
            for variable, array in zip(own, before, strict=True):
                variable.adopt(array)
        return values


def _check_possible(options: FitOptions, fit: Fit) -> None:
    """Refuse what a fit does between epochs, outside the engine."""
    assert options.optimizer is not None
    if options.optimizer.plateaus:
        raise ArgumentError(
            "a sweep trains without a stop between epochs, and ReduceOnPlateau needs one",
            where="optimizer", mend="use another schedule, such as optim.Cosine",
        )  # fmt: skip
    if options.stopping is not None and fit.run.stop is None:
        raise ArgumentError(
            "early stopping in a sweep watches what a step computes",
            where="early_stopping", got=repr(options.stopping.monitor),
            wanted=" or ".join(fit.record.objective.names), mend='watch "val_loss"',
        )  # fmt: skip


@final
class Trial:
    """A run under way: it can go on to a budget, and later to a larger one."""

    def __init__(
        self, setting: Setting, place: Place, options: FitOptions, fit: Fit, run: Run, data: Data,
        state: RunState,
    ) -> None:  # fmt: skip
        self.place = place
        self._setting, self._options = setting, options
        self._fit, self._run, self._data, self._state = fit, run, data, state
        self._names = fit.record.objective.names
        self._history, self._epoch = History(self._names), 0
        self._steps, self._is_broken = 0, False

    @property
    def network(self) -> str:
        """The network as text."""
        return self._setting.text

    @property
    def total(self) -> int:
        """The whole budget: epochs, or steps where batches are drawn."""
        return self._run.train.draws or self._run.epochs

    def advance(self, engine: Engine, budget: int, seconds: float) -> None:
        """Go on for about some seconds, or up to a budget."""
        state, start = self._state, time.perf_counter()
        stretch = self._setting.stretch(self._run, state, self._end(budget), seconds)
        values = engine.steps(self._run, state, self._data, stretch.plan)
        state.move_past(self._run, stretch.plan, values)
        self._setting.pace = len(values) / max(time.perf_counter() - start, 1e-9)
        self._take(stretch, values)

    def _end(self, budget: int) -> tuple[float, float]:
        """Tell how many steps there are at most, and the last epoch, of a single call."""
        if self._run.train.draws:
            return math.inf if budget >= self.total else budget - self._state.step, 0
        return math.inf, budget - 1 if self._run.stop is None else self._state.epoch

    def is_at(self, budget: int) -> bool:
        """Whether the run has come so far, has ended, or has broken."""
        state = self._state
        done = state.step if self._run.train.draws and not state.epoch else state.epoch
        return self._is_broken or state.is_done(self._run) or done >= budget

    def _take(self, stretch: Stretch, values: NDArray[np.float64]) -> None:
        """Keep the last epoch, or the whole history where a rule may go back in it."""
        self._steps += stretch.trained
        if not np.isfinite(values[:, 0]).all():
            self._is_broken = True
        elif self._run.stop is not None:
            self._history.add(self._run, Record(stretch.plan, values))
        else:
            epoch = stretch.last[0].epoch
            if epoch != self._epoch:
                self._history, self._epoch = History(self._names), epoch
            self._history.add(self._run, Record(stretch.last, values[-stretch.last.steps :]))

    def outcome(self, engine: Engine, budget: int, seconds: float) -> Outcome:
        """Say what has come of it so far."""
        state, ended = self._state, self._state.is_done(self._run)
        if ended and not self._is_broken:
            self._settle()
        self._is_broken |= not all(
            np.isfinite(array).all() for array in state.arrays if array.dtype.kind == "f"
        )
        if self._is_broken:
            return Outcome(self.place, budget, "diverged", self._steps, seconds, {})
        values = self._values()
        if not ended and self._run.train.draws and self._fit.held_out is not None:
            values |= self._validated(engine)
        if ended:
            values |= self._setting.measured_whole(self._fit, state, engine)
        return Outcome(self.place, budget, "done", self._steps, seconds, values)

    def _settle(self) -> None:
        """End as a fit does: with the best weights, or with averages of them."""
        state, rule = self._state, self._options.stopping
        if rule is not None and rule.restore_best and state.watch.best_arrays:
            for array, best in zip(state.arrays, state.watch.best_arrays, strict=True):
                np.copyto(array, best)
        assert self._options.optimizer is not None
        finish(self._options.optimizer, self._fit.programs, state, self._steps)

    def _values(self) -> dict[str, float]:
        """Give loss and metrics of the last epoch; of the best, where early stopping went back."""
        if len(self._history):
            rule, best = self._options.stopping, self._state.watch.best_epoch
            at = best if rule is not None and rule.restore_best and best >= 0 else -1
            return {name: column[at] for name, column in self._history.items()}
        return self._history.latest()

    def _validated(self, engine: Engine) -> dict[str, float]:
        """Measure the present weights on the rows held out, before the run comes to that."""
        state = RunState(self._state.arrays, phase=1)
        sums = engine.advance(self._run, state, self._data).values.cumsum(axis=0)[-1]
        pairs = zip(self._names, sums[::2], sums[1::2], strict=True)
        return {f"val_{name}": float(total / weight) for name, total, weight in pairs}
