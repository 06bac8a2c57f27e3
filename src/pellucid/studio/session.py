"""What is on the screen: data, a network and its training, and the verbs that change them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, final

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import named, number_in, one_of, truth, whole_number
from pellucid.data.rules import NumberRule
from pellucid.diagnose import Finding
from pellucid.errors import ArgumentError, NonFiniteError
from pellucid.models import Network
from pellucid.studio.legs import Legs, fit_options
from pellucid.studio.points import points_of, redrawn
from pellucid.studio.racing import Race, RaceWish
from pellucid.studio.setting import (
    LIMITS,
    MOST_PARAMETERS,
    NEEDS_NETWORK,
    NEEDS_NOTHING,
    RATE,
    RATE_FOR_PICTURES,
    SMALL_CNN,
    Setting,
    activations,
    losses_for,
    network_of,
    optimizers,
)
from pellucid.studio.silence import silenced, units_silent_in
from pellucid.studio.sources import (
    Shelf,
    Source,
    catalogue,
    open_source,
    shortened,
    suggested_target,
    told_columns,
)
from pellucid.studio.stages import Stage, stages_of
from pellucid.studio.sweeping import Sweeping, SweepWish
from pellucid.train import copied
from pellucid.train.watching import inside, is_unlearned, signals

__all__ = ["Session"]

Part = Literal["train", "test"]
FIRST_SPEED = 200.0  # steps a second, at which one can watch a small network learn


@final
class Session:
    """Data, a network, its training and what is looked at of it.

    Parameters
    ----------
    shelf : data that have no name
    setting : with which to begin
    weights : values of the network's variables to begin with, by dotted name

    Examples
    --------
    >>> session = Session()
    >>> session.step("epoch")["epoch"]
    1
    >>> session.state()["step"]
    10
    """

    def __init__(
        self,
        shelf: Shelf | None = None,
        setting: Setting | None = None,
        weights: Mapping[str, NDArray[Any]] | None = None,
    ) -> None:
        self.shelf = shelf or Shelf()
        self.playing, self.speed = False, FIRST_SPEED
        self.example: tuple[Part, int] = ("train", 0)
        self.version = 0  # of everything that can be seen
        self.race: Race | None = None
        self.sweep: Sweeping | None = None
        self.goal: int | None = None  # a step at which the training stops by itself
        self._start = dict(weights or {})
        self.setting = setting or Setting()
        self._build(self.setting, open_source(self.setting.data, self.shelf))

    # --- building ---

    def _build(self, setting: Setting, source: Source) -> None:
        """Make a new network and a new training; when that fails, everything stays as it was."""
        if max(setting.axes) >= max(2, len(source.features)):
            setting = replace(setting, axes=(0, 1))
        network = network_of(setting, source.outputs, pictures=source.image is not None)
        legs = Legs()
        legs.begin(network, setting, source)
        count = sum(int(np.prod(v.shape)) for v in network.parameters().values())
        if count > MOST_PARAMETERS:
            raise ArgumentError(
                "the network is too large for the lab", got=f"{count:,} parameters",
                wanted=f"at most {MOST_PARAMETERS:,}", mend="take fewer units or layers",
            )  # fmt: skip
        self._drop_race()
        self._drop_what_is_of_other_rows(source)
        self.setting, self.source, self.legs = setting, source, legs
        self._table = self.shelf.csv
        self.plain_network = network
        self.network: Network = network
        self.silent: dict[str, set[int]] = {}
        self.edited = False
        self._cursor = 0
        self.example = ("train", 0)
        self._take_start()
        self._is_new()

    def _take_start(self) -> None:
        """Begin with weights that were given, if they are of this network."""
        live = self.legs.present.live
        places = {v.name: array for v, array in zip(live.begun.programs.variables,
                                                    live.state.arrays, strict=True)}  # fmt: skip
        given = self._start
        if given and all(name in places and places[name].shape == array.shape
                         for name, array in given.items()):  # fmt: skip
            for name, array in given.items():
                np.copyto(places[name], array)
            live.touch()
        self._start = {}

    def show_anew(self) -> None:
        """See rows, network and training as they are now."""
        self._is_new()

    def _is_new(self) -> None:
        """Forget what was known of rows and network."""
        for name in ("stages", "columns"):
            self.__dict__.pop(name, None)
        self._findings: list[dict[str, Any]] = []
        self._looked = -1
        self.goal = None
        self.legs.show()
        self.version += 1

    def _goes_on(self, setting: Setting, source: Source) -> None:
        """Train the same network in another way, or on other rows."""
        self.legs.begin(self.network, setting, source)
        self._drop_what_is_of_other_rows(source)
        self.setting, self.source = setting, source
        self.plain_network._record = self.network._record
        self._cursor = 0
        if self.example[1] >= len(source.rows(self.example[0])):
            self.example = ("train", 0)
        self._is_new()

    # --- what is there ---

    @cached_property
    def stages(self) -> list[Stage]:
        """The layers with weights."""
        return stages_of(self.network)

    @cached_property
    def columns(self) -> tuple[tuple[str, ...], NDArray[np.float64], NDArray[np.float64]]:
        """The columns that the network takes: names, and centre and scale of how each was made."""
        preparation = self.record.preparations[0]
        X = self.rows("train")
        width = X.shape[1] if X.ndim == 2 else 0
        centre, scale = np.zeros(width), np.ones(width)
        titles = self.source.features
        if preparation is not None and width:
            place = 0
            for rule in preparation.rules:
                if isinstance(rule, NumberRule):
                    centre[place], scale[place] = rule.centre, rule.scale
                place += len(rule.titles)
            titles = preparation.feature_names if preparation.named else titles
        if len(titles) != width:
            titles = tuple(f"x{k + 1}" for k in range(width))
        return tuple(map(shortened, titles)), centre, scale

    @property
    def record(self) -> Any:
        """How inputs, targets and outputs are read."""
        return self.legs.present.live.begun.record

    @property
    def head(self) -> Any:
        """The output, with its loss."""
        return self.record.objective.heads[0]

    def rows(self, part: Part) -> NDArray[Any]:
        """Give the rows of a part as the network takes them."""
        begun = self.legs.present.live.begun
        found = begun.rows if part == "train" or begun.held_out is None else begun.held_out
        return found.inputs[0][: 0 if part == "test" and begun.held_out is None else None]

    def labels(self, part: Part) -> NDArray[Any]:
        """Give class numbers, or the numbers to be predicted, of the rows of a part."""
        y = self.source.taken(part)[1]
        coding = self.head.coding
        return y if coding is None else coding.encode(y) if len(y) else y.astype(np.int64)

    @property
    def order(self) -> NDArray[np.int64]:
        """The rows as points are numbered: those to train on, then those held out."""
        return np.concatenate([self.source.train, self.source.test])

    def looked_at(self) -> NDArray[Any]:
        """Give the row that the microscope looks at, alone in a batch."""
        part, index = self.example
        return self.rows(part)[index : index + 1]

    def state(self) -> dict[str, Any]:
        """Give all that the page shows of it beside the views."""
        titles = self.columns[0]
        source, live = self.source, self.legs.present.live
        parameters = sum(int(np.prod(v.shape)) for v in self.network.parameters().values())
        return {
            "setting": self.setting.plain(),
            "data": {
                "name": source.name, "title": source.title, "task": source.task,
                "rows": len(source.y), "train": len(source.train), "test": len(source.test),
                "features": list(titles), "classes": list(source.classes) or None,
                "image": None if source.image is None else list(source.image),
                "target": source.target, "notes": list(source.notes),
            },
            "network": {
                "parameters": parameters,
                "layers": [one.told(k) for k, one in enumerate(self.stages)],
            },
            "playing": self.playing, "step": self.legs.step, "epoch": self.legs.epoch,
            "last": self.legs.last, "viewed": self.legs.viewed,
            "steps_per_epoch": live.begun.run.train.steps, "speed": self.speed_told,
            "edited": self.edited, "findings": self._findings,
            "silent": {path: sorted(units) for path, units in self.silent.items() if units},
            "example": {"part": self.example[0], "index": self.example[1]},
        }  # fmt: skip

    @property
    def speed_told(self) -> Any:
        """The wished steps a second, or "max"."""
        return "max" if self.speed == np.inf else self.speed

    def catalogue(self) -> dict[str, Any]:
        """Give all that can be chosen."""
        return {
            "data": catalogue(self.shelf), "activations": activations(),
            "optimizers": optimizers(), "limits": LIMITS,
            "losses": {task: losses_for(task) for task in ("classification", "regression")},
        }  # fmt: skip

    # --- training ---

    def advance(self, seconds: float, steps: float) -> int:
        """Train for a while; a training that breaks stops where it was last right.

        Raises
        ------
        NonFiniteError : naming the operation that gave the first number that is not finite
        """
        try:
            return self.legs.advance(seconds, steps=steps)
        except NonFiniteError:
            self.playing = False
            self.legs.mark("finding", "a number that is not finite")
            raise
        finally:
            self._cursor = 0
            self.version += 1

    def step(self, unit: str) -> dict[str, Any]:
        """Do one update, one epoch, or go to the next example of the batch."""
        one_of(unit, "unit", ("example", "batch", "epoch"))
        self.playing = False
        self.legs.seek(None)
        live = self.legs.present.live
        if unit == "epoch":
            whole = live.begun.run.train.steps
            self.advance(np.inf, whole - live.step % whole)
        elif unit == "batch":
            self.advance(np.inf, 1)
        else:
            self._next_example()
        self.version += 1
        return {"step": self.legs.step, "epoch": self.legs.epoch, "example": self.example[1]}

    def _next_example(self) -> None:
        """Look at the next row in the order of training; after the last one, make the update."""
        rows = self.legs.present.live.next_rows()
        if self._cursor >= len(rows):
            self.advance(np.inf, 1)
            rows = self.legs.present.live.next_rows()
        self.example = ("train", int(rows[self._cursor]))
        self._cursor += 1

    def look(self) -> bool:
        """Look for findings, if the training has gone on; tell whether there is anything new."""
        if self._looked == self.legs.last:
            return False
        self._looked = self.legs.last
        live = self.legs.present.live
        loss = self.legs.curves.latest().get("loss", np.inf)
        self.legs.show()
        rows, objective = live.begun.rows, self.record.objective
        unlearned = is_unlearned(objective, rows, loss)
        now = [*live.history.findings]
        if self.legs.last:
            now += inside(signals(self.network, objective, rows), unlearned=unlearned)
        told = [_told(one, self.legs.last) for one in now]
        known = {(one["code"], one["where"]): one for one in self._findings}
        told = [known.get((one["code"], one["where"]), one) for one in told]
        fresh = told != self._findings
        self._findings = told
        return fresh

    # --- choosing ---

    def set(self, change: Mapping[str, Any]) -> None:
        """Change what is named; weights stay where the network can stay.

        Raises
        ------
        PellucidError : for what cannot be; nothing is changed then
        """
        setting = self.setting.changed(self._completed(change))
        differs = setting.differs(self.setting)
        if setting.data["name"] == "csv" and self.shelf.csv != self._table:
            differs |= {"data"}  # another table, though its target may have the same name
        if not differs - NEEDS_NOTHING:
            self.setting = self._with_axes(setting)
            self.version += 1
            return
        source = open_source(setting.data, self.shelf) if "data" in differs else self.source
        if differs & NEEDS_NETWORK:
            if source.task != self.source.task and "loss" not in change:
                setting = replace(setting, loss=None)
            self._build(setting, source)
            self.playing = False
        else:
            self._goes_on(setting, source)
            told = ", ".join(f"{name} = {getattr(setting, name)}" for name in sorted(differs))
            self.legs.mark("set", told)

    def _completed(self, change: Mapping[str, Any]) -> dict[str, Any]:
        """Let pictures be learned by convolutions, and slowly; all else not, unless it is said."""
        found = dict(change)
        chosen = found.get("data")
        name = chosen.get("name") if isinstance(chosen, Mapping) else None
        if name is not None and name != self.setting.data["name"] and "layers" not in found:
            known = {one["name"]: one["image"] for one in catalogue(self.shelf)}
            pictures = bool(known.get(name)) and "hidden" not in found
            found["layers"] = SMALL_CNN if pictures else None
            if pictures != bool(self.setting.layers):
                found.setdefault("learning_rate", RATE_FOR_PICTURES if pictures else RATE)
        elif "hidden" in found and "layers" not in found:
            found["layers"] = None
        return found

    def _with_axes(self, setting: Setting) -> Setting:
        width = max(2, len(self.columns[0]))
        for one in setting.axes:
            whole_number(one, "axes", 0, width - 1)
        return setting

    def reset(self, seed: Any = None) -> None:
        """Begin again with new weights."""
        change = {} if seed is None else {"seed": seed}
        self._build(self.setting.changed(change), self.source)
        self.playing = False

    def set_speed(self, value: Any) -> None:
        """Choose how many steps a second are done at most, or "max"."""
        self.speed = np.inf if value == "max" else number_in(value, "speed", above=0, high=1e9)

    def look_at(self, index: Any, part: Any = "train") -> None:
        """Choose the row that the microscope looks at."""
        one_of(part, "part", ("train", "test"))
        rows = len(self.source.rows(part))
        if not rows:
            raise ArgumentError("no rows are held out", mend="look at a training row")
        self.example = (part, whole_number(index, "index", 0, rows - 1))
        self.version += 1

    def seek(self, step: Any) -> int:
        """Show a step of the past, or the present; gives the step that is shown."""
        found = self.legs.seek(None if step is None else whole_number(step, "step", 0))
        self.version += 1
        return found

    def branch(self) -> None:
        """Make the step that is shown the present."""
        self.legs.branch()
        leg = self.legs.present
        self.setting, self.source, self.network = leg.setting, leg.source, leg.live.network
        self.silent = units_silent_in(self.network)
        self.edited = any(one.kind == "edit" for one in self.legs.marks)
        self.legs.mark("seek", "went on from here")
        self._is_new()

    # --- touching ---

    def edit_weight(self, layer: Any, tensor: Any, index: Any, value: Any) -> None:
        """Give a weight another value.

        Raises
        ------
        ArgumentError : for a weight that is not there
        """
        name = f"{layer}.{tensor}"
        live = self.legs.present.live
        programs = live.begun.programs
        arrays = dict(zip([v.name for v in programs.variables[: programs.own]],
                          live.state.arrays, strict=False))  # fmt: skip
        array = named(name, "weight", arrays)
        if not isinstance(index, Sequence) or len(index) != array.ndim:
            raise ArgumentError("index has a number for each axis", got=repr(index),
                                wanted=f"{array.ndim} numbers", mend="write [0, 0]")  # fmt: skip
        place = tuple(
            whole_number(one, "index", 0, extent - 1)
            for one, extent in zip(index, array.shape, strict=True)
        )
        array[place] = number_in(value, "value", -1e6, 1e6)
        self.legs.seek(None)
        live.touch()
        self._touched("edit", f"{name}{list(place)} = {float(array[place]):g}")

    def silence(self, layer: Any, unit: Any, silent: Any) -> None:
        """Let the outputs of a unit count as 0 everywhere, or no longer."""
        stages = {one.path: one for one in self.stages}
        stage = named(layer, "layer", stages)
        if stage is self.stages[-1]:
            raise ArgumentError("the outputs of the network cannot be silenced",
                                mend="choose a unit of a hidden layer")  # fmt: skip
        number = whole_number(unit, "unit", 0, stage.shape[0] - 1)
        units = self.silent.setdefault(layer, set())
        (units.add if truth(silent, "silent") else units.discard)(number)
        self.legs.present.live.show()
        self.network = self._muted()
        self._goes_on(self.setting, self.source)
        self._touched("edit", f"unit {number} of {layer} {'silent' if silent else 'heard again'}")

    def silence_all(self, units: Mapping[str, Sequence[int]]) -> None:
        """Have these units silent, of a session that is put together again."""
        self.silent = {path: set(several) for path, several in units.items()}
        self.network = self._muted()

    def _muted(self) -> Network:
        """Give the network with its silent units, if there are any."""
        whole = self.plain_network
        muted = {path: sorted(units) for path, units in self.silent.items() if units}
        if not muted:
            return whole
        ends = {one.path: one.after for one in stages_of(whole)}
        return silenced(whole, whole.layers, muted, ends)

    def _touched(self, kind: str, text: str) -> None:
        self.edited = True
        self.legs.mark(kind, text)
        self._is_new()

    def points(self, add: Any = (), move: Any = (), remove: Any = (), clear: Any = False) -> None:
        """Add, move and take away points of the plane; the training goes on with what is there.

        Raises
        ------
        DataError : where rows are no points of a plane, or too few are left
        ArgumentError : for points that are none
        """
        now = points_of(self.source, self.order, self.head.coding)
        shelf = replace(self.shelf, drawn=redrawn(now, add, move, remove, clear))
        data = {"name": "drawn", "options": {}, "target": None, "test": self.setting.data["test"]}
        self._goes_on(replace(self.setting, data=data), open_source(data, shelf))
        self.shelf = shelf
        self._touched("edit", "points were drawn")

    # --- trying others ---

    def begin_race(self, wish: RaceWish) -> Race:
        """Let several optimizers train the network on the screen, beside it.

        Raises
        ------
        ArgumentError : for a network or a race that is too large
        """
        leg, first = self.legs.present, 0
        if wish.start == "first":
            network = self.legs.legs[0].live.recording.at(0)
        else:
            self.legs.show()
            network, first = copied(self.network), self.legs.step
        X, y = self.source.taken("train")
        options, decay = fit_options(leg.setting, leg.source), self.setting.weight_decay
        race = Race(wish, network, X, y, options, first, decay)
        self._drop_race()
        self.race = race
        race.job.begin()
        self.version += 1
        return race

    def _drop_race(self) -> None:
        if self.race is not None:
            self.race.job.end()
        self.race = None

    def _drop_what_is_of_other_rows(self, source: Source) -> None:
        if self.race is not None and source is not self.source:
            self._drop_race()
        if self.sweep is not None and source is not self.sweep.source:
            self.sweep.job.end()
            self.sweep = None

    def begin_sweep(self, wish: SweepWish) -> Sweeping:
        """Train the network on the screen with other numbers and seeds, beside it.

        Raises
        ------
        ArgumentError : for what this network does not have, and a sweep that is too long
        """
        sweep = Sweeping(wish, self.setting, self.source)
        if self.sweep is not None:
            self.sweep.job.end()
        self.sweep = sweep
        sweep.job.begin()
        self.version += 1
        return sweep

    def open_run(self, run: Any) -> None:
        """Do a run of the sweep again, here: its setting, its seed, as many steps.

        Raises
        ------
        ArgumentError : for a run that is not there
        """
        sweep = self.sweep
        if sweep is None or not sweep.runs:
            raise ArgumentError("there is no run to open", mend="sweep first")
        place = whole_number(run, "run", 0, len(sweep.runs) - 1)
        chosen = sweep.runs[place]
        self._build(sweep.setting_of_run(chosen), self.source)
        sweep.opened = place
        self.goal, self.playing = chosen.steps, True

    def end_job(self, job: Any) -> None:
        """End a race or a sweep early; what is done of it stays."""
        jobs = {"race": self.race, "sweep": self.sweep}
        one_of(job, "job", jobs)
        found = jobs[job]
        if found is not None and found.job.is_running:
            found.job.end()
        self.version += 1

    @property
    def is_busy(self) -> bool:
        """Whether a race or a sweep goes on, or was not yet seen to have ended."""
        return any(one.job.is_running for one in (self.race, self.sweep) if one is not None)

    @property
    def jobs_version(self) -> tuple[Any, ...]:
        """What changes whenever a race or a sweep can be seen to have gone on."""
        found = [one.job for one in (self.race, self.sweep) if one is not None]
        return tuple((id(job), job.version, job.is_running) for job in found)

    # --- tables ---

    def put_table(self, path: Path, name: str) -> dict[str, Any]:
        """Take a table that was uploaded, and describe its columns."""
        columns = told_columns(path)
        self.shelf = replace(self.shelf, csv=path, csv_name=name)
        return {
            "name": name, "rows": columns[0]["rows"], "suggested_target": suggested_target(columns),
            "columns": [{k: one[k] for k in ("name", "kind", "missing")} for one in columns],
        }  # fmt: skip


def _told(finding: Finding, step: int) -> dict[str, Any]:
    return {
        "code": finding.code, "severity": finding.severity, "message": finding.title,
        "evidence": finding.evidence, "remedy": finding.remedy, "where": finding.where,
        "page": finding.page, "step": step,
    }  # fmt: skip
