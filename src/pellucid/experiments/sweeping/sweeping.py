"""The verb *sweep*: every combination of some values, from every seed, on all cores."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import named, truth, whole_number
from pellucid.engines import choose
from pellucid.errors import ArgumentError
from pellucid.experiments.sweeping.grid import OF_FIT, Combination, Grid, shown
from pellucid.experiments.sweeping.halving import Halving
from pellucid.experiments.sweeping.journal import Journal, digest
from pellucid.experiments.sweeping.result import Sweep
from pellucid.experiments.sweeping.setting import Setting
from pellucid.experiments.sweeping.study import Outcome, Place, Study
from pellucid.experiments.sweeping.telling import Teller
from pellucid.experiments.sweeping.trial import Trial
from pellucid.experiments.sweeping.working import work
from pellucid.lazy import load
from pellucid.models import Network
from pellucid.optim import Adam, Optimizer
from pellucid.train import FitOptions, History
from pellucid.train.fitting import begun_fit
from pellucid.train.options import DEFAULT_EPOCHS
from pellucid.train.rows import opened
from pellucid.train.running import Fit

__all__ = ["sweep"]

FOLDS_SEED = 0  # folds are the same for all runs, so that these can be compared


def sweep(
    build: Callable[..., Network], parameters: Mapping[str, Sequence[Any]], X: Any, y: Any = None,
    *, optimizer: Optimizer | type[Optimizer] = Adam, seeds: int | Sequence[int] = 5,
    validation: Any = None, by: str | None = None, halving: bool | Halving = False,
    journal: str | Path | None = None, progress: bool | None = None, **options: Any,
) -> Sweep:  # fmt: skip
    """Train a network for every combination of some values and every seed, on all cores.

    A run is what ``build(…).fit(X, y, optimizer=…, seed=seed)`` does, to the same bits. It costs
    little more than its steps: an architecture is compiled once, and numbers and seeds are inputs.
    A run whose loss stops being finite is recorded as diverged. Ctrl-C keeps what is done.

    Parameters
    ----------
    build : gives a new network each time; its parameters may be swept
    parameters : lists of values by name: of a parameter of `build`, of the optimizer or of ``fit``;
        where two of them have it, with its owner, as in "optimizer.learning_rate"
    X, y : as for ``fit``
    optimizer : or its class
    seeds : how many (0, 1, …), or which
    validation : as for ``fit``: a fraction, drawn for each seed, or rows (X, y); or a whole number
        of folds, the same for all runs, each of which is held out once
    by : what is compared; by default "val_loss", or "loss" if nothing is held out
    halving : stop hopeless combinations early, by successive :class:`Halving`
    journal : a file to which each run is added when it ends, and from which a sweep goes on
    progress : a bar where there is a terminal; False for none
    options : what else ``fit`` takes: loss, epochs or steps, batch_size, metrics, prepare, …

    Raises
    ------
    ArgumentError : for a name that nobody takes, or more than one; and what ``fit`` raises
    FileError : for the journal of another sweep

    Examples
    --------
    >>> import pellucid as pel
    >>> from pellucid import data, nn
    >>> def build(hidden):
    ...     return nn.Sequential([nn.Linear(hidden, activation="tanh"), nn.Linear(2)])
    >>> sweep = pel.sweep(build, {"learning_rate": [0.0001, 0.1], "hidden": [1, 8]},
    ...                   *data.moons(100, seed=1), seeds=3, epochs=30, progress=False)
    >>> len(sweep.frame), sweep.best_parameters
    (12, {'learning_rate': 0.1, 'hidden': 8})
    """
    for name in options:
        named(name, "option of a sweep", dict.fromkeys(OF_FIT))
    X, y, _ = opened(X, y)
    folds = validation if isinstance(validation, int) and not isinstance(validation, bool) else None
    fitting = FitOptions(**options, validation=None if folds is not None else validation)
    study = Study(Grid.of(build, parameters, optimizer, options), X, y, fitting, _seeds(seeds))
    first = _first_look(study)
    if folds is not None:
        study = replace(study, folds=_folds(study, first, whole_number(folds, "validation", 2)))
    if not isinstance(halving, Halving):
        halving = truth(halving, "halving") and Halving()
    sweeping = _Sweeping(study, first, *_compared(by, first, study))
    return sweeping.run(halving or None, journal, progress)


def _seeds(wish: Any) -> tuple[int, ...]:
    if isinstance(wish, (Sequence, np.ndarray, range)) and not isinstance(wish, str):
        found = tuple(whole_number(one, "seeds") for one in wish)
        if len(set(found)) < len(found) or not found:
            raise ArgumentError(
                "seeds differ from each other", got=repr(wish), mend="write seeds=20"
            )
        return found
    return tuple(range(whole_number(wish, "seeds", at_least=1)))


def _first_look(study: Study) -> Fit:
    """Prepare a fit of the first combination on all rows: what is wrong is said before any run."""
    combination = study.grid.combinations[0]
    options = study.options_of(combination)
    given = options.validation
    seen = given if isinstance(given, (tuple, list)) else None
    options = replace(options, validation=seen, early_stopping=None)
    assert options.optimizer is not None
    network, history = study.grid.network(combination), History(("loss",))
    return begun_fit(network, study.X, study.y, options, options.optimizer, history)


def _folds(
    study: Study, first: Fit, count: int
) -> tuple[tuple[NDArray[np.int64], NDArray[np.int64]], ...]:
    """Divide the rows; each fold has its share of every class."""
    kind, labels, rows = "KFold", None, np.arange(len(first.rows))
    if first.record.coding is not None:
        (target,) = first.rows.targets.values()
        kind, labels = "StratifiedKFold", target.reshape(len(target), -1)
        labels = labels.argmax(axis=1) if labels.shape[1] > 1 else labels[:, 0]
    fold = getattr(load("sklearn.model_selection"), kind)
    try:
        found = list(fold(count, shuffle=True, random_state=FOLDS_SEED).split(rows, labels))
    except ValueError as error:
        raise ArgumentError(
            f"the rows cannot be divided so: {error}", where="validation", got=f"{count} folds",
            mend="take fewer folds",
        ) from error  # fmt: skip
    return tuple((train, test) for train, test in found)


def _compared(by: str | None, first: Fit, study: Study) -> tuple[str, bool]:
    """Find what is compared, and whether more of it is better."""
    objective = first.record.objective
    is_held = study.options.validation is not None or bool(study.folds)
    names = [*objective.names, *objective.host]
    known = [*(f"val_{name}" for name in names if is_held), *names]
    score = ("val_loss" if is_held else "loss") if by is None else by
    named(score, "column of the sweep", dict.fromkeys(known))
    return score, objective.greater_is_better(score.removeprefix("val_"))


@final
class _Sweeping:
    """A sweep under way."""

    def __init__(self, study: Study, first: Fit, score: str, greater: bool) -> None:
        self._study, self._first = study, first
        self._score, self._greater = score, greater
        self._engine = choose(study.options.engine)
        self._settings: dict[Hashable, Setting] = {}
        self._setting_of: dict[int, Setting] = {}  # the same, by the number of a combination
        self._trials: dict[Place, Trial] = {}
        self._outcomes: dict[Place, Outcome] = {}
        self._journal: Journal | None = None

    def run(self, rule: Halving | None, journal: str | Path | None, progress: bool | None) -> Sweep:
        """Do all runs, or those that halving leaves."""
        start, study = time.perf_counter(), self._study
        if rule is not None:
            self._check_halving()
        if journal is not None:
            self._journal = Journal(journal, self._asked())
        places, sign = study.places(), -1 if self._greater else 1
        self._teller = Teller(len(places), self._score, sign, progress)
        try:
            if rule is None:
                self._round(places, None)
            else:
                self._halve(rule, places)
        finally:
            self._teller.end()
            if self._journal is not None:
                self._journal.close()
        found = tuple(self._outcomes[place] for place in places if place in self._outcomes)
        seconds = time.perf_counter() - start
        total = 0 if rule is None else self._total
        return Sweep(study, found, self._score, self._greater, total, seconds)

    @property
    def _total(self) -> int:
        return self._limit(self._study.grid.combinations[0])

    def _check_halving(self) -> None:
        for name in ("epochs", "steps"):
            if name in self._study.grid.combinations[0].fit:
                raise ArgumentError(
                    f"halving decides on {name}, and {name} is a parameter of the sweep",
                    mend=f"leave {name} out of the parameters",
                )

    def _halve(self, rule: Halving, places: Sequence[Place]) -> None:
        """Go from budget to budget, with fewer and fewer combinations."""
        left = {one.number for one in self._study.grid.combinations}
        *early, total = rule.budgets(self._total, len(left))
        for budget in early:
            if not self._round(places, budget):
                return
            left = set(sorted(left, key=self._median)[: rule.kept(len(left))])
            places = [place for place in places if place.combination in left]
            self._trials = {p: t for p, t in self._trials.items() if p.combination in left}
            self._teller.more(len(places))
        self._round(places, total)

    def _median(self, combination: int) -> float:
        worst, sign = np.inf, -1 if self._greater else 1
        own = [one for place, one in self._outcomes.items() if place.combination == combination]
        values = [sign * one.values[self._score] if one.values else worst for one in own]
        return float(np.median(values))

    # --- runs ----------------------------------------------------------------------------------

    def _round(self, places: Sequence[Place], budget: int | None) -> bool:
        """Bring these runs to a budget; what the journal knows need not be done."""
        left = []
        for place in places:
            combination = self._study.grid.combinations[place.combination]
            limit = budget or self._limit(combination)
            known = None
            if self._journal is not None:
                text = self._setting(combination).text
                known = self._journal.find(place, combination, limit, text)
            if known is None:
                left.append(place)
            else:
                self._note(known)
        runs = [partial(self._trial, place) for place in self._neighbours(left)]
        keeps = budget is not None and budget < self._total
        report = partial(self._ended, keeps=keeps)
        return work(runs, budget, self._engine, report, self._teller.tell)

    def _limit(self, combination: Combination) -> int:
        options = self._study.options_of(combination)
        if options.steps is not None:
            return options.steps
        return DEFAULT_EPOCHS if options.epochs is None else options.epochs

    def _neighbours(self, places: Sequence[Place]) -> list[Place]:
        """Put together what shares an architecture, and then rows and first weights."""
        found = self._study.grid.combinations
        order: dict[Hashable, int] = {}
        for place in places:
            order.setdefault(found[place.combination].architecture, len(order))
        return sorted(
            places,
            key=lambda p: (order[found[p.combination].architecture], p.seed, p.fold or 0),
        )

    def _trial(self, place: Place) -> Trial:
        if place in self._trials:
            return self._trials[place]
        combination = self._study.grid.combinations[place.combination]
        return self._setting(combination).trial(place, combination)

    def _setting(self, combination: Combination) -> Setting:
        known = self._setting_of.get(combination.number)
        if known is not None:
            return known
        rule = self._study.options_of(combination).optimizer
        assert rule is not None
        key = combination.architecture, rule.kind
        found = self._settings.get(key)
        found = found or self._settings.setdefault(key, Setting(self._study, combination))
        return self._setting_of.setdefault(combination.number, found)

    def _ended(self, trial: Trial, outcome: Outcome, *, keeps: bool) -> None:
        if keeps:
            self._trials[trial.place] = trial
        else:
            self._trials.pop(trial.place, None)
            trial.leave()
        if self._journal is not None:
            combination = self._study.grid.combinations[outcome.place.combination]
            self._journal.add(outcome, combination, trial.network)
        self._note(outcome)

    def _note(self, outcome: Outcome) -> None:
        self._outcomes[outcome.place] = outcome
        combination = self._study.grid.combinations[outcome.place.combination]
        self._teller.add(outcome.values.get(self._score), combination.text)

    def _asked(self) -> dict[str, Any]:
        """Say what decides the outcome of a run, beside its own values and seed."""
        study, (rows, held) = self._study, (self._first.rows, self._first.held_out)
        arrays = [*rows.arrays, *(held.arrays if held is not None else ())]
        content = digest(*[one.tobytes() for one in arrays])
        given = study.grid.optimizer
        options = {
            name: shown(value)
            for name, value in study.options.arguments.items()
            if name in OF_FIT and name not in ("validation", "sample_weight", "engine", "silence")
        }
        validation = study.options.validation
        fraction = validation if isinstance(validation, float) else None
        return {
            "data": content,
            "parameters": sorted(study.grid.values),
            "optimizer": repr(given) if isinstance(given, Optimizer) else given.__name__,
            "validation": f"{len(study.folds)} folds" if study.folds else fraction,
            **options,
        }
