"""What many runs have in common, made once: network, programs, rows; so that a run is cheap."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from pellucid.compile import Run, RunState, next_steps
from pellucid.engines import Engine
from pellucid.experiments.sweeping.grid import Combination
from pellucid.experiments.sweeping.study import Place, Study
from pellucid.experiments.sweeping.trial import Seat, Stretch, Trial
from pellucid.recent import Recent
from pellucid.train import FitOptions, History
from pellucid.train.fitting import begun_fit
from pellucid.train.measure import whole
from pellucid.train.running import Fit, hyper_of, order_key, start

__all__ = ["Setting"]

KEPT = 8  # first weights, and rows, of the seeds used last


@final
class _Rows:
    """Rows and programs that runs share, and the seats for these."""

    def __init__(self, fit: Fit) -> None:
        self.fit = fit
        self._runs: Recent[Run] = Recent(KEPT)
        self._free: list[Seat] = []
        self._numbers: dict[int, tuple[NDArray[np.float64], ...]] = {}

    def run(self, seed: int) -> Run:
        """Give what is to be done from a seed: an engine prepares itself once for each."""
        run = self.fit.run
        if run.sampling == "sequential":  # the same for all seeds
            return run
        return self._runs.get(seed, lambda: replace(run, key=order_key(seed)))

    def numbers(self, number: int, options: FitOptions) -> tuple[NDArray[np.float64], ...]:
        """Give the optimizer's numbers of a combination."""
        found = self._numbers.get(number)
        if found is None:
            assert options.optimizer is not None
            named = hyper_of(options.optimizer, self.fit.run, self.fit.rows, options)
            found = self._numbers[number] = tuple(named.values())
        return found

    def seat(self, arrays: list[NDArray[Any]]) -> Seat:
        """Give a free seat."""
        try:
            return self._free.pop()
        except IndexError:
            return Seat(self.fit, arrays)

    def leave(self, seat: Seat) -> None:
        """Let another run have a seat."""
        self._free.append(seat)


@final
class Setting:
    """One architecture with one way of fitting it: what differs between its runs are numbers.

    Several threads may ask for trials at once.
    """

    def __init__(self, study: Study, combination: Combination) -> None:
        self._study = study
        self.network = study.grid.network(combination)
        self.text = repr(self.network)
        self.pace = 0.0  # steps a second, of late; it decides how much is asked for at a time
        self._lock = threading.Lock()
        self._rows: Recent[_Rows] = Recent(KEPT + len(study.folds))
        self._stretches: Recent[Stretch] = Recent(KEPT)
        self._weights: Recent[list[NDArray[Any]]] = Recent(KEPT)

    def trial(self, place: Place, combination: Combination) -> Trial:
        """Prepare a run, up to its first step."""
        options = self._study.options_of(combination)
        with self._lock:
            rows = self._rows_of(place, options)
            arrays = self._weights.get(place.seed, lambda: self._drawn(rows.fit, place.seed))
            numbers, run = rows.numbers(combination.number, options), rows.run(place.seed)
        seat = rows.seat(arrays)
        seat.begin(arrays, numbers)
        return Trial(self, place, options, seat, run, rows.leave)

    def _rows_of(self, place: Place, options: FitOptions) -> _Rows:
        """Prepare rows and programs; only a share that is held out depends on the seed."""
        is_drawn = isinstance(options.validation, (int, float))

        def made() -> _Rows:
            assert options.optimizer is not None
            X, y, held = self._study.rows(place.fold)
            history = History(("loss",), seed=place.seed)
            wishes = replace(options, **held)
            return _Rows(begun_fit(self.network, X, y, wishes, options.optimizer, history))

        return self._rows.get((place.seed if is_drawn else None, place.fold), made)

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
