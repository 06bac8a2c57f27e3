"""What a sweep has found: a table of runs, the best of them, and pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextvars import copy_context
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, final

import numpy as np

from pellucid import plot
from pellucid.arguments import Frozen, named, whole_number
from pellucid.errors import ArgumentError, DataError
from pellucid.experiments.sweeping.ensemble import Ensemble, Member
from pellucid.experiments.sweeping.grid import shown
from pellucid.experiments.sweeping.study import Outcome, Study
from pellucid.lazy import load
from pellucid.models import Network
from pellucid.train import fit

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

__all__ = ["Sweep"]

SHOWN = 12  # combinations that a notebook shows


@final
class Sweep(Frozen):
    """The runs of a sweep, and what they say.

    Attributes
    ----------
    frame : one row for each run: values, seed, fold, loss and metrics at its end, steps, status
    summary : one row for each combination, the best first: median and quartiles over its runs
    best_parameters : the values of the best combination
    best : its best run as a network, trained again to the same bits; after folds, one trained on
        all rows
    by : what is compared
    is_complete : whether no run is missing
    total : with halving, after how many epochs or steps a run was not dropped; else 0
    seconds : how long it took

    Examples
    --------
    >>> import pellucid as pel
    >>> from pellucid import nn
    >>> sweep = pel.sweep(lambda: nn.Sequential([nn.Linear(1)]), {"learning_rate": [0.1, 0.001]},
    ...                   [[0.0], [1.0]], [0.0, 2.0], loss="mse", seeds=3, epochs=50,
    ...                   progress=False)
    >>> sweep.summary[["learning_rate", "runs"]].to_dict("list")
    {'learning_rate': [0.1, 0.001], 'runs': [3, 3]}
    >>> sweep.best.history.epochs
    50
    """

    study: Study
    outcomes: tuple[Outcome, ...]
    by: str
    greater_is_better: bool
    total: int
    seconds: float

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    @property
    def is_complete(self) -> bool:
        """Whether every run has ended, or was dropped where others did better."""
        return len(self.outcomes) == len(self.study.places())

    # --- tables --------------------------------------------------------------------------------

    @cached_property
    def frame(self) -> DataFrame:
        """One row for each run, in the order of the grid, as a pandas frame."""
        rows = []
        for one in self.outcomes:
            combination = self.study.grid.combinations[one.place.combination]
            row = {name: shown(value) for name, value in combination.values.items()}
            row |= {"seed": one.place.seed}
            row |= {} if one.place.fold is None else {"fold": one.place.fold}
            row |= one.values | {"steps": one.steps, "seconds": one.seconds}
            rows.append(row | {"status": self._status(one)})
        frame = load("pandas").DataFrame(rows)
        last = ["steps", "seconds", "status"]
        return frame[[name for name in frame.columns if name not in last] + last]

    def _status(self, outcome: Outcome) -> str:
        is_dropped = outcome.status == "done" and outcome.budget < self.total
        return "dropped" if is_dropped else outcome.status

    @cached_property
    def summary(self) -> DataFrame:
        """One row for each combination, the best first; a run that diverged counts as the worst.

        What was dropped earlier stands behind what was not: it was trained for less long.
        """
        ranked = self._ranked
        rows = []
        for number, (budget, median) in ranked.items():
            runs = [one for one in self.outcomes if one.place.combination == number]
            scores = self._scores(number)
            low, high = _quartiles(scores)
            values = self.study.grid.combinations[number].values
            row = {name: shown(value) for name, value in values.items()}
            row |= {self.by: self._sign * median, "low": low, "high": high, "runs": len(runs)}
            row |= {"diverged": sum(one.status == "diverged" for one in runs)}
            unit = "epochs" if self.study.options.steps is None else "steps"
            rows.append(row | ({unit: budget} if self._has_dropped else {}))
        return load("pandas").DataFrame(rows)

    @property
    def _has_dropped(self) -> bool:
        return any(self._status(one) == "dropped" for one in self.outcomes)

    @property
    def _sign(self) -> int:
        return -1 if self.greater_is_better else 1

    def _scores(self, combination: int) -> list[float]:
        """Give what is compared, of the runs of a combination; the worst for those that broke."""
        worst = self._sign * np.inf
        own = [one for one in self.outcomes if one.place.combination == combination]
        return [one.values.get(self.by, worst) for one in own]

    @cached_property
    def _ranked(self) -> dict[int, tuple[int, float]]:
        """The combinations, best first: how far each went, and its median, less being better."""
        found: dict[int, tuple[int, float]] = {}
        for number in dict.fromkeys(one.place.combination for one in self.outcomes):
            budgets = [one.budget for one in self.outcomes if one.place.combination == number]
            budget = max(budgets) if self.total else 0
            found[number] = budget, float(np.median([self._sign * s for s in self._scores(number)]))
        order = sorted(found, key=lambda k: (-found[k][0], found[k][1]))
        return {number: found[number] for number in order}

    # --- the best ------------------------------------------------------------------------------

    @property
    def best_parameters(self) -> dict[str, Any]:
        """The values of the combination whose median is best, among those trained to the end."""
        return dict(self.study.grid.combinations[self._best_runs[0].place.combination].values)

    @property
    def best_score(self) -> float:
        """The median of the best combination."""
        return self._sign * next(iter(self._ranked.values()))[1]

    @property
    def _best_runs(self) -> list[Outcome]:
        """The runs of the best combination, the best first."""
        number, (_, median) = next(iter(self._ranked.items()))
        if not np.isfinite(median):
            raise DataError(
                "no combination is the best: the runs have diverged", where="sweep",
                mend="look at sweep.frame, and try lower learning rates or scaled inputs",
            )  # fmt: skip
        return [one for one in self._in_order if one.place.combination == number]

    @property
    def _in_order(self) -> list[Outcome]:
        """All runs that were trained to the end, the best first."""
        whole = [one for one in self.outcomes if self._status(one) == "done"]
        return sorted(whole, key=lambda one: self._sign * one.values[self.by])

    @cached_property
    def best(self) -> Network:
        """The best run of the best combination, as a network.

        It is trained again by ``fit``, to the same bits, so that it has a whole history. After
        folds, it is the best combination trained on all rows, from the first seed.
        """
        run = self._best_runs[0]
        if run.place.fold is None:
            return self._trained([run])[0]
        place = run.place._replace(seed=self.study.seeds[0], fold=None)
        return self._trained([replace(run, place=place)])[0]

    def network(self, row: int) -> Network:
        """Give the network of a row of :attr:`frame`, trained again to the same bits."""
        whole_number(row, "row", at_most=len(self.outcomes) - 1)
        return self._trained([self.outcomes[row]])[0]

    def _trained(self, runs: Sequence[Outcome]) -> list[Network]:
        pairs = [(copy_context(), one) for one in runs]
        with load("concurrent.futures").ThreadPoolExecutor() as pool:
            calls = [pool.submit(c.run, self._fitted, one) for c, one in pairs]
            return [call.result() for call in calls]

    def _fitted(self, run: Outcome) -> Network:
        study = self.study
        combination = study.grid.combinations[run.place.combination]
        network = study.grid.network(combination)
        X, y, held = study.rows(run.place.fold)
        wishes = {**held, "seed": run.place.seed, "progress": False}
        options = replace(study.options_of(combination), **wishes)
        network._record = fit(network, X, y, options)
        return network

    def ensemble(self, k: int = 5) -> Ensemble:
        """Make one model of the `k` best runs, calibrated on the rows that they held out.

        It gives the mean of what its networks say, and how far they differ.

        Parameters
        ----------
        k : how many networks

        Raises
        ------
        ArgumentError : without validation rows, and for more networks than runs
        """
        runs = self._in_order
        if whole_number(k, "k", at_least=1) > len(runs):
            raise ArgumentError(
                f"there are {len(runs)} runs that ended well", got=f"k={k}", mend="take fewer"
            )
        if self.study.options.validation is None and not self.study.folds:
            raise ArgumentError(
                "an ensemble is calibrated on rows that its networks have not seen",
                where="ensemble", mend="give the sweep validation=0.2, or validation=5 for folds",
            )  # fmt: skip
        networks = self._trained(runs[:k])
        members = []
        for run, network in zip(runs, networks, strict=False):
            members.append(Member(network, *self.study.held_out(run.place, network)))
        return Ensemble.of(members)

    # --- pictures ------------------------------------------------------------------------------

    def plot(self, x: str | None = None, y: str | None = None, *, ax: Axes | None = None) -> Axes:
        """Draw the medians: over one parameter as a curve, over two as a heatmap.

        Of further parameters, each cell shows the best.

        Parameters
        ----------
        x, y : names of parameters; by default those with the most values

        Examples
        --------
        >>> import pellucid as pel
        >>> from matplotlib.figure import Figure
        >>> from pellucid import data, nn
        >>> def build(hidden): return nn.Sequential([nn.Linear(hidden, activation="tanh"),
        ...                                          nn.Linear(2)])
        >>> sweep = pel.sweep(build, {"hidden": [1, 4], "learning_rate": [0.1, 1e-4]},
        ...                   *data.moons(60, seed=1), seeds=2, epochs=5, progress=False)
        >>> ax = sweep.plot(ax=Figure().subplots())
        >>> ax.get_xlabel(), ax.get_ylabel()
        ('learning_rate', 'hidden')
        """
        names = self._axes(x, y)
        values = [[shown(one) for one in self.study.grid.values[name]] for name in names]
        if len(names) == 1:
            own = [[k for k in self._ranked if self._has(k, names, [one])] for one in values[0]]
            points = [[score for k in several for score in self._scores(k)] for several in own]
            return plot.sweep_curve(values[0], points, name=names[0], score=self.by, ax=ax)
        across, down = values
        cells = [[self._best_with(names, [one, other]) for one in across] for other in down]
        return plot.sweep_heatmap(
            [[[] if k is None else self._scores(k) for k in row] for row in cells],
            across, down, names=(names[0], names[1]), score=self.by,
            greater_is_better=self.greater_is_better, ax=ax,
        )  # fmt: skip

    def _best_with(self, names: Sequence[str], values: Sequence[Any]) -> int | None:
        """Find the best combination that has these values."""
        return next((k for k in self._ranked if self._has(k, names, values)), None)

    def _has(self, combination: int, names: Sequence[str], values: Sequence[Any]) -> bool:
        own = self.study.grid.combinations[combination].values
        return [shown(own[name]) for name in names] == list(values)

    def _axes(self, x: str | None, y: str | None) -> list[str]:
        """Choose the parameters of a picture: numbers that grow best across."""
        values = self.study.grid.values
        for name in (x, y):
            if name is not None:
                named(name, "parameter", values)
        given = [name for name in (x, y) if name is not None]
        left = sorted(set(values) - set(given), key=lambda name: -len(values[name]))
        free = [name for name in left if len(values[name]) > 1 or len(values) == 1]
        found = [*given, *free][:2]
        if x is None and y is None and len(found) == 2:
            found.sort(key=lambda name: (not name.endswith("rate"), -len(values[name])))
        return found or list(values)[:1]

    # --- words ---------------------------------------------------------------------------------

    def __repr__(self) -> str:
        count = len(self.study.grid.combinations)
        left = len(self.study.places()) - len(self.outcomes)
        missing = f", {left:,} missing" * bool(left)
        head = f"Sweep({len(self.outcomes):,} runs of {count:,} combinations{missing}"
        return f"{head}, {self.seconds:.2f} s; {self._best_text})"

    @property
    def _best_text(self) -> str:
        try:
            best = self._best_runs[0]
        except (DataError, StopIteration):
            return "none has ended well"
        text = self.study.grid.combinations[best.place.combination].text
        return f"best median {self.by} {self.best_score:.4g}" + f" at {text}" * bool(text)

    def _repr_html_(self) -> str:
        table: Callable[..., str] = self.summary.head(SHOWN).to_html
        left = len(self.summary) - SHOWN
        more = f"<p>… and {left:,} combinations more</p>" if left > 0 else ""
        head = load("html").escape(repr(self))
        return f"<p>{head}</p>{table(index=False, float_format='{:.4g}'.format)}{more}"


def _quartiles(scores: Sequence[float]) -> tuple[float, float]:
    """Give the quartiles; of infinities no mean can be made."""
    low, high = np.quantile(scores, [0.25, 0.75], method="inverted_cdf")
    return float(low), float(high)
