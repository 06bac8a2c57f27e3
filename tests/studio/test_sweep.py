"""Holds: a sweep of the lab is ``pel.sweep`` to the bit, and a cell opens one of its runs."""

from __future__ import annotations

import contextlib
import io
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pellucid.errors import ArgumentError, PellucidError
from pellucid.studio.script import sweep_script
from pellucid.studio.session import Session
from pellucid.studio.setting import SMALL_CNN, Setting
from pellucid.studio.sweeping import Sweeping, SweepWish, offered
from pellucid.studio.views import View, seen
from studio.talking import Page

PATIENCE = 120.0
AXES = [
    {"name": "learning_rate", "values": [0.01, 0.1, 0.3]},
    {"name": "width", "values": [2, 4]},
]


def opened(**change: Any) -> Session:
    return Session(None, Setting().changed({"data": {"name": "moons"}, "hidden": [3], **change}))


def swept(session: Session, axes: Any = AXES, seeds: int = 3, epochs: int = 4) -> Sweeping:
    sweep = session.begin_sweep(SweepWish.of(axes, seeds, epochs))
    sweep.job.join(PATIENCE)
    assert sweep.job.error is None
    return sweep


@pytest.fixture(scope="module")
def session() -> Session:
    return opened()


@pytest.fixture(scope="module")
def sweep(session: Session) -> Sweeping:
    return swept(session)


@pytest.fixture(scope="module")
def view(session: Session, sweep: Sweeping) -> View:
    assert session.sweep is sweep
    return seen(session, "sweep", {})


def made_by(text: str) -> dict[str, Any]:
    made: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(text, "script", "exec"), made)
    return made


def same_runs(sweep: Sweeping, theirs: Any) -> None:
    """Compare every run, to the bit, with those of one call of ``pel.sweep``."""
    names = [one.name for one in sweep.wish.axes]
    own = {
        (*(sweep.wish.combinations[run.cell][name] for name in names), run.seed): run
        for run in sweep.runs
    }
    assert len(theirs.frame) == len(own)
    for row in theirs.frame.to_dict("records"):
        run = own[(*(row[name] for name in names), row["seed"])]
        assert run.values == {name: row[name] for name in run.values}
        assert (run.steps, run.status) == (row["steps"], row["status"])


def test_the_script_is_one_call_with_the_same_runs_and_medians(sweep: Sweeping, view: View) -> None:
    theirs = made_by(sweep_script(sweep))["sweep"]
    same_runs(sweep, theirs)
    for line in theirs.summary.to_dict("records"):
        row, column = [2, 4].index(line["width"]), [0.01, 0.1, 0.3].index(line["learning_rate"])
        found = [view.arrays[f"sweep/{name}"][row, column] for name in ("median", "low", "high")]
        assert np.allclose(found, [line["val_loss"], line["low"], line["high"]], rtol=1e-6)
    best = sweep.wish.combinations[view.header["best"]]
    assert best == theirs.best_parameters


@pytest.mark.parametrize(
    ("change", "axes"),
    [
        ({"data": {"name": "wave", "test": 0.0}}, [{"name": "depth", "values": [0, 2]},
                                                   {"name": "batch_size", "values": [8, 50]}]),
        ({"data": {"name": "iris"}, "batch_norm": True, "dropout": 0.1, "prepare": "minmax"},
         [{"name": "activation", "values": ["relu", "tanh"]},
          {"name": "weight_decay", "values": [0.0, 0.1]}]),
        ({"data": {"name": "xor"}, "hidden": [4, 3], "optimizer": "adamw"},
         [{"name": "dropout", "values": [0.0, 0.2]}]),
    ],
)  # fmt: skip
def test_everything_that_can_be_swept_is_in_the_script(
    change: dict[str, Any], axes: list[dict[str, Any]]
) -> None:
    session = opened(**change)
    sweep = swept(session, axes, 2, 2)
    same_runs(sweep, made_by(sweep_script(sweep))["sweep"])


def test_a_run_that_is_opened_ends_with_the_same_numbers(session: Session, view: View) -> None:
    sweep = session.sweep
    assert sweep is not None
    for place in (0, 7, view.header["middle"][5]):
        run = sweep.runs[place]
        session.open_run(place)
        assert session.setting.seed == run.seed
        assert session.setting.learning_rate == sweep.wish.combinations[run.cell]["learning_rate"]
        assert session.setting.hidden == (sweep.wish.combinations[run.cell]["width"],)
        assert session.goal == run.steps
        session.advance(np.inf, run.steps)
        assert session.legs.curves.latest() == run.values
        assert session.sweep is sweep


def test_the_middle_run_is_a_run_at_the_median(sweep: Sweeping, view: View) -> None:
    for cell, place in enumerate(view.header["middle"]):
        assert sweep.runs[place].cell == cell
        assert sweep.runs[place].values["val_loss"] == sweep.cells[cell].median


def test_pictures_are_swept_in_what_their_network_has() -> None:
    session = opened(data={"name": "slashes"}, layers=SMALL_CNN)
    assert offered(session.setting) == ["learning_rate", "batch_size", "weight_decay"]
    with pytest.raises(ArgumentError, match="of this network"):
        session.begin_sweep(SweepWish.of(AXES))
    sweep = swept(session, AXES[:1], 1, 1)
    same_runs(sweep, made_by(sweep_script(sweep))["sweep"])


def test_runs_that_diverge_are_told() -> None:
    session = opened(data={"name": "diabetes"}, prepare=None, activation="relu", optimizer="sgd")
    swept(session, [{"name": "learning_rate", "values": [100.0, 1e-9]}], 1, 2)
    view = seen(session, "sweep", {})
    assert np.isnan(view.arrays["sweep/runs"][0, 3:]).all()
    assert np.isfinite(view.arrays["sweep/runs"][1]).all()
    assert view.header["best"] == 1
    assert np.isinf(view.arrays["sweep/median"][0, 0])


def test_it_trains_on_meanwhile_and_ends_when_it_is_told() -> None:
    session = opened()
    sweep = session.begin_sweep(SweepWish.of(AXES, 16, 1000))
    assert sweep.job.is_running
    assert session.advance(np.inf, 30) == 30
    session.end_job("sweep")
    assert sweep.job.state in ("ending", "stopped")
    sweep.job.join(PATIENCE)
    assert sweep.job.state == "stopped"
    assert len(sweep.cells) < sweep.wish.cells


def test_it_goes_with_its_rows() -> None:
    session = opened()
    sweep = swept(session, AXES[:1], 1, 1)
    session.set({"hidden": [5]})
    assert session.sweep is sweep
    session.points(add=[[0.0, 0.0, 1]])
    assert session.sweep is None
    with pytest.raises(ArgumentError, match="no run"):
        session.open_run(0)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"axes": []}, "one axis or two"),
        ({"axes": AXES + AXES}, "one axis or two"),
        ({"axes": [AXES[0], AXES[0]]}, "the same"),
        ({"axes": [{"name": "hidden", "values": [3]}]}, "to be swept"),
        ({"axes": [{"name": "width", "values": []}]}, "list of values"),
        ({"axes": [{"name": "width", "values": ["3"]}]}, "whole number"),
        ({"axes": [{"name": "width", "values": [3, 3]}]}, "twice"),
        ({"axes": [{"name": "width", "values": [33]}]}, "out of range"),
        ({"axes": [{"name": "batch_size", "values": list(range(1, 999))}]}, "too many"),
        ({"axes": [{"name": "depth", "values": [0, 1, 2, 3, 4, 5, 6]},
                   {"name": "width", "values": list(range(1, 11))}]}, "too many cells"),
        ({"axes": AXES, "seeds": 99}, "out of range"),
    ],
)  # fmt: skip
def test_wishes_are_checked(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(PellucidError, match=said) as refused:
        SweepWish.of(**fields)
    assert refused.value.mend


def test_what_this_data_cannot_have_is_refused() -> None:
    session = opened()
    with pytest.raises(ArgumentError, match="larger than the rows"):
        session.begin_sweep(SweepWish.of([{"name": "batch_size", "values": [400]}]))
    with pytest.raises(ArgumentError, match="too long"):
        session.begin_sweep(
            SweepWish.of([{"name": "batch_size", "values": [1, 2, 3, 4, 5]}], 16, 1000)
        )
    assert session.sweep is None


# --- over the wire -------------------------------------------------------------------------


def until(page: Page, holds: Callable[[dict[str, Any]], bool], view: str) -> dict[str, Any]:
    end = time.perf_counter() + PATIENCE
    while time.perf_counter() < end:
        frame = page.frames[-1] if page.frames else page.frame()
        told: dict[str, Any] = frame.header["views"].get(view, {})
        if holds(told):
            return told
        page.frame()
    raise TimeoutError(f"in vain waited for {view}")


def test_a_page_sweeps_races_and_opens_a_run(connected: Callable[..., Page]) -> None:
    page = connected()
    assert not page.ask("script", of="race")["ok"]
    assert "update the page" in page.ask("race", epochs=3)["error"]["mend"]
    refused = page.ask("sweep", axes=[{"name": "width", "values": [99]}], seeds=1, epochs=1)
    assert refused["error"]["mend"]
    assert page.ask("subscribe", views={"sweep": {}, "race": {}}, fps=30)["ok"]
    assert page.ask("sweep", axes=AXES, seeds=2, epochs=2)["ok"]
    assert page.ask("race", racers=RACERS, start="present", epochs=1)["ok"]
    begun = time.perf_counter()
    assert page.ask("script")["ok"]  # while both go on
    assert time.perf_counter() - begun < 5
    told = until(page, lambda one: one.get("state") == "done", "sweep")
    runs = page.frames[-1].arrays["sweep/runs"]
    assert (told["done"], runs.shape) == (6, (12, 5))
    until(page, lambda one: one.get("measured") == 1.0, "race")
    for of in ("race", "sweep"):
        assert page.ask("script", of=of)["text"].startswith(("from pellucid", "import pellucid"))
    _, seed, steps, *_ = runs[3]
    page.events.clear()
    assert page.ask("open_run", run=3)["ok"]
    ended = page.until(
        lambda said: (
            said.get("event") == "state"
            and not said["state"]["playing"]
            and said["state"]["step"] == steps
        )
    )
    assert ended["state"]["setting"]["seed"] == seed
    assert page.ask("end", job="sweep")["ok"]
    assert not page.ask("end", job="training")["ok"]


RACERS = [{"optimizer": "adam", "learning_rate": 0.03}, {"optimizer": "sgd", "learning_rate": 0.1}]
