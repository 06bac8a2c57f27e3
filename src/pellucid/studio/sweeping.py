"""A sweep of the lab: the network on the screen with other numbers and seeds, cell by cell.

Each cell is a ``pel.sweep`` of its own with all seeds, so that it can be shown when it is done and
the sweep can be ended after it; one call for the whole grid gives the same runs to the bit.
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, final

import numpy as np

from pellucid.arguments import Frozen, named, whole_number
from pellucid.errors import ArgumentError, ArgumentTypeError
from pellucid.experiments import sweep
from pellucid.models import Network
from pellucid.studio.job import Job
from pellucid.studio.setting import CHECKS, LIMITS, Setting, network_of
from pellucid.studio.sources import Source

__all__ = ["SWEPT", "Axis", "Cell", "Run", "SweepWish", "Sweeping", "Swept", "offered"]

MOST_STEPS = 5_000_000  # of all runs together
Values = Mapping[str, Any]


class Swept(NamedTuple):
    """A number that can be swept: what it is called, how it is checked, and usual values."""

    title: str
    check: Callable[[Any, str], Any]
    usual: tuple[Any, ...]
    is_built: bool  # a part of the architecture, of dense layers alone


SWEPT: dict[str, Swept] = {
    "learning_rate": Swept(
        "Learning rate", CHECKS["learning_rate"], (0.001, 0.003, 0.01, 0.03, 0.1), False
    ),
    "width": Swept(
        "Layer width", lambda v, name: whole_number(v, name, 1, LIMITS["units"]),
        (1, 2, 4, 8, 16), True,
    ),
    "depth": Swept(
        "Hidden layers", lambda v, name: whole_number(v, name, 0, LIMITS["layers"]),
        (0, 1, 2, 3), True,
    ),
    "batch_size": Swept("Batch size", CHECKS["batch_size"], (4, 16, 64), False),
    "weight_decay": Swept(
        "Weight decay", CHECKS["weight_decay"], (0.0, 0.001, 0.01, 0.1), False
    ),
    "activation": Swept("Activation", CHECKS["activation"], ("relu", "sigmoid", "tanh"), True),
    "dropout": Swept("Dropout", CHECKS["dropout"], (0.0, 0.1, 0.3, 0.5), True),
}  # fmt: skip


def offered(setting: Setting) -> list[str]:
    """List what can be swept of the network that is chosen."""
    return [name for name, one in SWEPT.items() if setting.layers is None or not one.is_built]


class Axis(Frozen):
    """A number that is swept, and its values."""

    name: str
    values: tuple[Any, ...]


class SweepWish(Frozen):
    """What a page asks for: one or two axes, how many seeds, and for how long.

    Attributes
    ----------
    axes : across, and down if there are two
    seeds : how many, beginning with that of the setting

    Examples
    --------
    >>> wish = SweepWish.of([{"name": "learning_rate", "values": [0.1, 0.01]}], seeds=3)
    >>> wish.axes[0].values, wish.cells
    ((0.1, 0.01), 2)
    """

    axes: tuple[Axis, ...]
    seeds: int
    epochs: int

    @classmethod
    def of(cls, axes: Any, seeds: Any = 5, epochs: Any = 20) -> SweepWish:
        """Check what a page asks for.

        Raises
        ------
        ArgumentError : for an unknown number, a value that cannot be, and too many cells
        """
        if not isinstance(axes, (list, tuple)) or len(axes) not in (1, 2):
            raise ArgumentTypeError("a sweep has one axis or two", got=repr(axes)[:80],
                                    mend='write [{"name": "width", "values": [2, 4]}]')  # fmt: skip
        wish = cls(
            tuple(_axis(one) for one in axes),
            whole_number(seeds, "seeds", 1, LIMITS["seeds"]),
            whole_number(epochs, "epochs", 1, LIMITS["epochs"]),
        )
        if len({one.name for one in wish.axes}) < len(wish.axes):
            raise ArgumentError("both axes are the same", got=wish.axes[0].name,
                                mend="choose another for one of them")  # fmt: skip
        if wish.cells > LIMITS["cells"]:
            raise ArgumentError("this sweep has too many cells", got=str(wish.cells),
                                wanted=f"at most {LIMITS['cells']}",
                                mend="give fewer values")  # fmt: skip
        return wish

    @property
    def cells(self) -> int:
        """How many combinations there are."""
        return math.prod(len(one.values) for one in self.axes)

    @property
    def combinations(self) -> list[dict[str, Any]]:
        """The values of each cell: row by row, from left to right."""
        down = self.axes[1:] or (Axis("", (None,)),)
        names = [one.name for one in (*down, self.axes[0])]
        places = itertools.product(down[0].values, self.axes[0].values)
        return [{k: v for k, v in zip(names, one, strict=True) if k} for one in places]


def _axis(told: Any) -> Axis:
    if not isinstance(told, Mapping) or told.keys() != {"name", "values"}:
        raise ArgumentTypeError("an axis is a number with its values", got=repr(told)[:80],
                                mend='write {"name": "width", "values": [2, 4]}')  # fmt: skip
    check = named(told["name"], "number to be swept", SWEPT).check
    given = told["values"]
    if not isinstance(given, (list, tuple)) or not given:
        raise ArgumentTypeError(f"{told['name']} takes a list of values", got=repr(given)[:80],
                                mend="write [0.01, 0.1]")  # fmt: skip
    if len(given) > LIMITS["cells"]:
        raise ArgumentError(f"{told['name']} has too many values", got=str(len(given)),
                            wanted=f"at most {LIMITS['cells']}", mend="give fewer")  # fmt: skip
    values = tuple(check(one, told["name"]) for one in given)
    twice = [one for one in values if values.count(one) > 1]
    if twice:
        raise ArgumentError(f"{told['name']} has a value twice", got=repr(twice[0]),
                            mend="give each value once; seeds repeat a run")  # fmt: skip
    return Axis(told["name"], values)


class Run(NamedTuple):
    """A run that has ended: of which cell, from which seed, and what came of it."""

    cell: int
    seed: int
    status: str
    steps: int
    values: dict[str, float]


class Cell(NamedTuple):
    """What ``summary`` says of the runs of a combination."""

    median: float
    low: float
    high: float


@final
class Sweeping:
    """A sweep over the network on the screen.

    Parameters
    ----------
    setting, source : what is on the screen

    Attributes
    ----------
    cells, runs : what has ended so far, in the order of the grid
    by : the column that is compared, when it is known
    opened : the run that was taken over last, by its place in `runs`
    """

    def __init__(self, wish: SweepWish, setting: Setting, source: Source) -> None:
        self.wish, self.setting, self.source, self.script = wish, setting, source, ""
        rows = len(source.train)
        for axis in wish.axes:
            named(axis.name, "number to be swept of this network",
                  dict.fromkeys(offered(setting)))  # fmt: skip
        for values in wish.combinations:
            self.setting_of(values, setting.seed)
            batch = int(values.get("batch_size", 1))
            if batch > rows:
                raise ArgumentError("a batch is larger than the rows to train on",
                                    got=f"batch_size={batch}", wanted=f"at most {rows}",
                                    mend="leave it out")  # fmt: skip
        _check_length(wish, setting, rows)
        self.by, self.greater_is_better, self.seconds = "", False, 0.0
        self.cells: dict[int, Cell] = {}
        self.runs: list[Run] = []
        self.opened: int | None = None
        self.job = Job(self._run)

    @property
    def seeds(self) -> list[int]:
        """The seeds of every cell."""
        return [self.setting.seed + k for k in range(self.wish.seeds)]

    def setting_of(self, values: Values, seed: int) -> Setting:
        """Give the setting with the values of a cell, and a seed."""
        change = {**values, "seed": seed}
        width, depth = change.pop("width", None), change.pop("depth", None)
        if width is not None or depth is not None:
            hidden = self.setting.hidden
            each = hidden if depth is None else (hidden[:1] or (4,)) * depth
            change["hidden"] = each if width is None else (width,) * len(each)
        return self.setting.changed(change)

    def setting_of_run(self, run: Run) -> Setting:
        """Give the setting with which the lab does a run again."""
        return self.setting_of(self.wish.combinations[run.cell], run.seed)

    def options(self) -> dict[str, Any]:
        """Give what is the same for all runs, as ``pel.sweep`` takes it."""
        setting, source = self.setting, self.source
        given = {
            "loss": setting.loss, "epochs": self.wish.epochs, "prepare": setting.prepare,
            "batch_size": min(setting.batch_size, len(source.train)),
            "validation": source.taken("test") if len(source.test) else None,
        }  # fmt: skip
        swept = {one.name for one in self.wish.axes}
        return {k: v for k, v in given.items() if v is not None and k not in swept}

    def _build(
        self, *, width: Any = None, depth: Any = None, activation: Any = None, dropout: Any = None
    ) -> Network:
        given = {"width": width, "depth": depth, "activation": activation, "dropout": dropout}
        values = {name: value for name, value in given.items() if value is not None}
        setting = self.setting_of(values, self.setting.seed)
        pictures = self.source.image is not None
        return network_of(setting, self.source.outputs, pictures=pictures)

    def _run(self) -> None:
        start = time.perf_counter()
        X, y = self.source.taken("train")
        for number, values in self._by_architecture():
            if not self.job.wanted:
                return
            found = sweep(
                self._build, {name: [value] for name, value in values.items()}, X, y,
                optimizer=self.setting.make_optimizer(), seeds=self.seeds, progress=False,
                **self.options(),
            )  # fmt: skip
            self.by, self.greater_is_better = found.by, found.greater_is_better
            line = found.summary.iloc[0]
            self.runs += [_run(number, row, [*values]) for row in found.frame.to_dict("records")]
            self.cells[number] = Cell(*(float(line[k]) for k in (found.by, "low", "high")))
            self.seconds = time.perf_counter() - start
            self.job.tell()

    def _by_architecture(self) -> list[tuple[int, Values]]:
        """The cells, those of one architecture together: it is compiled once."""
        cells = list(enumerate(self.wish.combinations))
        built = [name for name, one in SWEPT.items() if one.is_built or name == "batch_size"]
        return sorted(cells, key=lambda one: [str(one[1].get(name)) for name in built])

    @property
    def best(self) -> int | None:
        """The cell whose median is best so far."""
        sign = -1 if self.greater_is_better else 1
        known = {k: sign * one.median for k, one in self.cells.items() if np.isfinite(one.median)}
        return min(known, key=lambda k: (known[k], k)) if known else None

    def middle(self, cell: int) -> int | None:
        """Give the run of a cell that is nearest to its median, by its place in `runs`."""
        median = self.cells[cell].median
        own = [k for k, run in enumerate(self.runs) if run.cell == cell]
        far = [abs(self.runs[k].values.get(self.by, np.inf) - median) for k in own]
        return own[int(np.argmin(np.nan_to_num(far, nan=0.0)))] if own else None


def _run(cell: int, row: Mapping[Any, Any], names: list[str]) -> Run:
    """Take a run from a row of the frame."""
    others = {*names, "seed", "steps", "seconds", "status"}
    values = {str(name): float(value) for name, value in row.items() if name not in others}
    values = values if row["status"] == "done" else {}
    return Run(cell, int(row["seed"]), str(row["status"]), int(row["steps"]), values)


def _check_length(wish: SweepWish, setting: Setting, rows: int) -> None:
    sizes = [int(one.get("batch_size", setting.batch_size)) for one in wish.combinations]
    steps = wish.seeds * wish.epochs * sum(math.ceil(rows / size) for size in sizes)
    if steps > MOST_STEPS:
        raise ArgumentError("this sweep is too long", got=f"{steps:,} steps of all runs",
                            wanted=f"at most {MOST_STEPS:,}",
                            mend="take fewer epochs, seeds or values")  # fmt: skip
