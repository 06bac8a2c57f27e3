"""The command *sweep*: many small networks, for every combination of some values."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from pellucid import data, nn
from pellucid.cli import runs
from pellucid.cli.architecture import Architecture, of_sizes
from pellucid.cli.sources import Source, open_source, split_rows
from pellucid.cli.training import (
    Announcement,
    complete,
    config_of,
    loss_for,
    optimizer_for,
    with_epochs,
)
from pellucid.cli.wishes import NAMES, Wishes, of_command, option
from pellucid.engines.native.team import thread_limit
from pellucid.errors import ArgumentError, DataError, FileError, PellucidError
from pellucid.experiments import Sweep, sweep
from pellucid.files import write_atomically
from pellucid.lazy import load

__all__ = ["HEATMAP", "JOURNAL", "SWEPT", "Swept", "resume", "run"]

JOURNAL, FRAME, HEATMAP = "sweep.jsonl", "sweep.csv", "heatmap.png"
SWEPT = ("learning_rate", "hidden", "batch_size")  # what may have several values
MOST = 1000  # values of a range
INCHES, DOTS = 1.0, 160


@dataclass(frozen=True, eq=False)
class Swept:
    """A finished sweep: where it is, and all that is said about it.

    Attributes
    ----------
    test : loss and metrics of the best network on the rows held out for the test
    """

    folder: Path
    source: Source
    sweep: Sweep
    rows: tuple[int, int]
    test: dict[str, float]

    @property
    def results(self) -> dict[str, Any]:
        """What is written into the configuration, and printed as JSON."""
        sweep = self.sweep
        return {
            "data": self.source.given,
            "task": self.source.task,
            "runs": len(sweep.outcomes),
            "diverged": int((sweep.frame["status"] == "diverged").sum()),
            "complete": sweep.is_complete,
            "best": sweep.best_parameters,
            "by": sweep.by,
            "median": sweep.best_score,
            "test": self.test,
            "seconds": sweep.seconds,
            "run": str(self.folder),
        }


def run(
    given: str,
    texts: Mapping[str, str | None],
    seeds: int,
    halving: bool,
    out: Path | None,
    progress: bool | None,
    announce: Announcement,
) -> Swept:
    """Sweep over the values that options list, and write the run folder.

    Parameters
    ----------
    given : a data set by name, or the path of a table
    texts : the options as they were given
    announce : told of the data, the sizes of both parts, and what was done, before it begins
    """
    told = {name: text for name, text in texts.items() if text is not None}
    asked = {"given": given, "texts": told, "seeds": seeds, "halving": halving}
    plan = _Plan.of(given, told, seeds, halving)
    folder = runs.new_folder(f"{plan.source.name}-sweep", out)
    announce(plan.source, plan.rows, plan.source.notes)
    try:
        runs.write_json(folder / runs.CONFIG, {**plan.config({}), "sweep": asked})
        return _swept(plan, folder, progress)
    except BaseException as error:
        if isinstance(error, PellucidError) and not isinstance(error, FileError):
            _remove_if_empty(folder)
        raise


def _remove_if_empty(folder: Path) -> None:
    """Remove the folder of a sweep of which no run has ended."""
    journal = folder / JOURNAL
    if not journal.exists() or journal.read_bytes().count(b"\n") <= 1:
        journal.unlink(missing_ok=True)
        runs.removed(folder)


def resume(folder: Path, progress: bool | None, announce: Announcement) -> Swept:
    """Go on with a sweep that was interrupted: what is in its journal is not done again.

    Raises
    ------
    FileError : when this is no folder of a sweep
    DataError : when the data are no longer those that it was begun with
    """
    config = runs.read_config(folder)
    if "sweep" not in config:
        raise FileError(
            "this run is no sweep", where=str(folder), mend=f"pellucid train --resume {folder}"
        )
    plan = _Plan.of(**config["sweep"])
    if plan.source.digest != config["data"]["sha256"]:
        raise DataError(
            "the file is no longer the one that the sweep was begun with",
            where=plan.source.given, mend=f"sweep anew: pellucid sweep {plan.source.given}",
        )  # fmt: skip
    announce(plan.source, plan.rows, plan.source.notes)
    return _swept(plan, folder, progress)


@dataclass(frozen=True, eq=False)
class _Plan:
    """What is to be done, read from the options."""

    source: Source
    wishes: Wishes
    grid: dict[str, list[Any]]
    seeds: int
    halving: bool
    parts: tuple[Any, Any]

    @classmethod
    def of(cls, given: str, texts: Mapping[str, str], seeds: int, halving: bool) -> _Plan:
        """Read the options, and the data."""
        fixed = {k: v for k, v in texts.items() if k in NAMES and k not in SWEPT}
        wishes = replace(Wishes(validation=0.2), **of_command(fixed))
        grid = {name: _values(name, texts[name]) for name in SWEPT if name in texts}
        if not grid:
            raise ArgumentError(
                "a sweep needs values to choose from", wanted=" or ".join(map(option, SWEPT)),
                mend="write --learning-rate 1e-4..1, or --hidden 4,8,16,32",
            )  # fmt: skip
        source = open_source(given, wishes.target, wishes.task)
        parts = split_rows(source, wishes.test_fraction, wishes.seed)
        wishes = with_epochs(wishes, len(parts[0]), of_sizes(wishes.hidden))
        return cls(source, wishes, grid, seeds, halving, parts)

    @property
    def rows(self) -> tuple[int, int]:
        """How many rows are trained on, and tested on."""
        return len(self.parts[0]), len(self.parts[1])

    def chosen(self, values: Mapping[str, Any]) -> tuple[Wishes, Architecture]:
        """Give the wishes with the values of a combination, and the network."""
        sizes = {"hidden": _sizes(values["hidden"])} if "hidden" in values else {}
        wishes = replace(self.wishes, **{**values, **sizes})
        loss = loss_for(self.source, wishes, None)
        return wishes, complete(None, wishes, self.source, loss)

    def build(self, **values: Any) -> nn.Sequential:
        """Make the network of a combination."""
        return self.chosen(values)[1].network()

    def config(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Give the configuration of a run with the values of a combination."""
        return config_of(self.source, *self.chosen(values))


def _swept(plan: _Plan, folder: Path, progress: bool | None) -> Swept:
    """Do what is left to do, and write what comes of it."""
    source, wishes = plan.source, plan.wishes
    (X, y), (test_X, test_y) = ((data.take(source.X, rows), source.y[rows]) for rows in plan.parts)
    size: dict[str, Any] = {"batch_size": wishes.batch_size}
    build = (lambda hidden: plan.build(hidden=hidden)) if "hidden" in plan.grid else plan.build
    with thread_limit(wishes.threads) if wishes.threads else contextlib.nullcontext():
        found = sweep(
            build, plan.grid, X, y, optimizer=optimizer_for(wishes), seeds=plan.seeds,
            validation=wishes.validation, halving=plan.halving, journal=folder / JOURNAL,
            progress=progress, loss=loss_for(source, wishes, None), epochs=wishes.epochs,
            steps=wishes.steps, early_stopping=wishes.early_stopping, dtype=wishes.dtype,
            engine=wishes.engine, prepare=wishes.prepare or "standard",
            **({} if "batch_size" in plan.grid else size),
        )  # fmt: skip
    if not found.is_complete:
        raise KeyboardInterrupt(f"to go on: pellucid sweep --resume {folder}")
    swept = Swept(folder, source, found, plan.rows, found.best.evaluate(test_X, test_y))
    _write(swept, plan)
    return swept


def _write(swept: Swept, plan: _Plan) -> None:
    folder, sweep = swept.folder, swept.sweep
    sweep.best.save(folder / runs.MODEL)
    write_atomically(folder / FRAME, sweep.frame.to_csv(index=False, lineterminator="\n"))
    write_atomically(folder / HEATMAP, _picture(sweep))
    ended = {"sweep": runs.read_config(folder)["sweep"], "results": swept.results}
    runs.write_json(folder / runs.CONFIG, {**plan.config(sweep.best_parameters), **ended})


def _picture(sweep: Sweep) -> bytes:
    """Draw the heatmap as PNG; no window is opened."""
    counts = sorted(len(values) for values in sweep.study.grid.values.values())
    few = len(counts) < 2 or counts[-2] == 1
    size = (5.0, 3.2) if few else (2.2 + 0.7 * counts[-1], 1.5 + 0.5 * counts[-2])
    figure = load("matplotlib.figure").Figure(figsize=size, layout="constrained")
    sweep.plot(ax=figure.subplots())
    file = load("io").BytesIO()
    figure.savefig(file, format="png", dpi=DOTS)
    content: bytes = file.getvalue()
    return content


# --- lists and ranges ----------------------------------------------------------------------


def _values(name: str, text: str) -> list[Any]:
    """Read ``4,8,16`` or ``1e-4..1``, which is spaced by factors, with ``:9`` for so many."""
    found: list[Any] = []
    for part in text.split(","):
        low, points, high = part.strip().partition("..")
        if points:
            found += _range(name, low, high, part)
        elif name == "hidden":
            found.append(_written(of_command({"hidden": low.replace("x", ",")})["hidden"]))
        else:
            found.append(of_command({name: low})[name])
    return list(dict.fromkeys(found))


def _range(name: str, low: str, high: str, given: str) -> list[Any]:
    """Space numbers by equal factors: rates by tens, sizes by twos, if no count is given."""
    high, colon, count = high.partition(":")
    base = 10 if name == "learning_rate" else 2
    try:
        first, last = float(low), float(high)
        number = int(count) if colon else round(math.log(last / first, base)) + 1
        if not (0 < first < last < math.inf and 2 <= number <= MOST):
            raise ValueError
    except (ValueError, ZeroDivisionError):
        raise ArgumentError(
            f"{option(name)} has a range that cannot be read", got=given,
            wanted="two numbers above 0 that grow, such as 1e-4..1 or 1e-4..1:9",
            mend=f"write {option(name)} {'1e-4..1' if base == 10 else '4..64'}",
        ) from None  # fmt: skip
    values = [float(f"{one:.6g}") for one in np.geomspace(first, last, number)]
    if base == 10:
        return values
    return [round(one) for one in values]


def _written(sizes: tuple[int, ...]) -> int | str:
    """Write the sizes of hidden layers as one value: 8, 16x16 or none."""
    return sizes[0] if len(sizes) == 1 else "x".join(map(str, sizes)) or "none"


def _sizes(written: int | str) -> tuple[int, ...]:
    """Read what :func:`_written` gives."""
    return () if written == "none" else tuple(map(int, str(written).split("x")))
