"""What a sweep is asked: the grid, the rows, how is fitted; its runs, and what came of one."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import Frozen
from pellucid.data import take
from pellucid.experiments.sweeping.grid import Combination, Grid
from pellucid.graph.tensor import resolve_dtype
from pellucid.models import Network
from pellucid.train import FitOptions
from pellucid.train.rows import drawn_parts, raw_rows

__all__ = ["Outcome", "Place", "Study"]


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
