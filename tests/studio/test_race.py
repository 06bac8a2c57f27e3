"""Holds: a race is what ``fit`` does with each optimizer, on the plane that shows most of it."""

from __future__ import annotations

import contextlib
import io
from typing import Any

import numpy as np
import pytest
from sklearn.decomposition import PCA

from pellucid.errors import ArgumentError, PellucidError
from pellucid.studio.racing import Race, RaceWish
from pellucid.studio.script import race_script
from pellucid.studio.session import Session
from pellucid.studio.setting import Setting
from pellucid.studio.views import View, seen

PATIENCE = 120.0
RACERS = [
    {"optimizer": "sgd", "learning_rate": 0.1},
    {"optimizer": "nesterov", "learning_rate": 0.05},
    {"optimizer": "adam", "learning_rate": 0.03},
]


def opened(steps: int = 25, **change: Any) -> Session:
    session = Session(None, Setting().changed({"data": {"name": "moons"}, "hidden": [3], **change}))
    session.advance(np.inf, steps)
    return session


def raced(session: Session, racers: Any = RACERS, start: str = "first", epochs: int = 3) -> Race:
    race = session.begin_race(RaceWish.of(racers, start, epochs))
    race.job.join(PATIENCE)
    assert race.job.error is None
    return race


def losses_of(text: str) -> tuple[dict[str, float], dict[str, Any]]:
    """Run a script; give what it prints after each name, and what it has made."""
    said, made = io.StringIO(), dict[str, Any]()
    with contextlib.redirect_stdout(said):
        exec(compile(text, "script", "exec"), made)
    pairs = [line.rsplit(" ", 1) for line in said.getvalue().splitlines()]
    return {name: float(loss) for name, loss in pairs}, made


@pytest.fixture(scope="module")
def session() -> Session:
    return opened()


@pytest.fixture(scope="module")
def race(session: Session) -> Race:
    return raced(session)


@pytest.fixture(scope="module")
def view(session: Session, race: Race) -> View:
    assert session.race is race
    return seen(session, "race", {})


@pytest.mark.parametrize("start", ["first", "present"])
def test_the_script_runs_the_same_race_and_sees_it_on_the_same_plane(start: str) -> None:
    session = opened()
    wish = RaceWish.of(RACERS, start, 3)
    text = race_script(session, wish)
    race = raced(session, start=start)
    losses, made = losses_of(text)
    assert losses == {one.racer.title: one.losses[-1]["loss"] for one in race.runners}
    for one in race.runners:
        assert np.array_equal(np.stack(one.way), made["ways"][one.racer.title])
    assert race.plane is not None
    shown = f"{100 * race.plane.shares.sum():.3g} % of the variance seen"
    assert made["ax"].get_title(loc="right") == shown


def test_the_plane_is_that_of_the_principal_components(race: Race, view: View) -> None:
    points = np.concatenate([np.stack(one.way) for one in race.runners]).astype(np.float64)
    theirs = PCA(2).fit(points)
    assert np.allclose(view.header["shares"], theirs.explained_variance_ratio_, rtol=1e-5)
    for k, one in enumerate(race.runners):
        wanted = theirs.transform(np.stack(one.way))
        assert np.allclose(abs(view.arrays[f"race/path/{k}"]), abs(wanted), atol=1e-5)


def test_the_surface_is_what_evaluate_says_of_the_weights_on_the_plane(
    session: Session, race: Race, view: View
) -> None:
    surface = view.arrays["race/surface"]
    assert race.plane is not None
    assert view.header["measured"] == 1.0
    row, column = 2, 5
    weights = race.plane.lifted(np.array([[race.x[column], race.y[row]]]))
    loss = session.legs.present.live.recording.loss(*session.source.taken("train"))
    assert surface[row, column] == pytest.approx(loss(weights)[0], rel=1e-6)
    assert np.isfinite(surface).all()
    x, y = view.header["x"], view.header["y"]
    for k in range(3):
        path = view.arrays[f"race/path/{k}"]
        assert (path.min(axis=0) > (x[0], y[0])).all()
        assert (path.max(axis=0) < (x[1], y[1])).all()


def test_losses_are_those_of_both_parts_at_each_place(session: Session, view: View) -> None:
    steps = view.arrays["race/step"]
    assert steps[0] == 0
    assert steps[-1] == view.header["steps"] == 30
    first = session.legs.legs[0].live.recording.at(0)
    for part, name in (("train", "loss"), ("test", "test")):
        wanted = first.evaluate(*session.source.taken(part))["loss"]
        for k in range(3):
            found = view.arrays[f"race/{name}/{k}"]
            assert found[0] == pytest.approx(wanted, rel=1e-6)
            assert len(found) == len(steps)


def test_it_begins_with_the_weights_that_are_shown() -> None:
    session = opened()
    session.legs.present.live.state.pace = 1e6
    session.seek(12)
    race = raced(session, RACERS[:1], "present", 1)
    assert race.first == 12
    recording = session.legs.present.live.recording
    assert np.array_equal(race.runners[0].way[0], np.concatenate(
        [one.reshape(-1) for one in recording.arrays_at(12)[:4]]))  # fmt: skip
    assert session.legs.last == 25


def test_the_run_on_the_screen_stays_as_it_is(session: Session, race: Race) -> None:
    alone = opened()
    session.legs.show()
    alone.legs.show()
    for name, variable in session.network.variables().items():
        assert np.array_equal(variable.numpy(), alone.network.variables()[name].numpy())


def test_one_that_breaks_is_named_and_left_out_of_the_plane() -> None:
    session = opened(0, data={"name": "diabetes"}, prepare=None, activation="relu")
    racers = [{"optimizer": "sgd", "learning_rate": 100.0}, RACERS[2]]
    raced(session, racers)
    view = seen(session, "race", {})
    broken, whole = view.header["racers"]
    assert "not finite" in broken["broken"]
    assert whole["broken"] is None
    assert "race/path/0" not in view.arrays
    assert "race/path/1" in view.arrays


def test_its_recordings_take_no_room(race: Race) -> None:
    assert all(len(one.live.recording.states) <= 2 for one in race.runners)


def test_it_can_be_ended_and_goes_with_its_network() -> None:
    session = opened(0)
    race = session.begin_race(RaceWish.of(RACERS, epochs=1000))
    session.end_job("race")
    race.job.join(PATIENCE)
    assert race.job.state == "stopped"
    assert race.plane is None
    assert seen(session, "race", {}).header["state"] == "stopped"
    session.set({"learning_rate": 0.5})
    assert session.race is race
    session.set({"hidden": [2]})
    assert session.race is None


def test_a_race_that_cannot_be_stands_in_no_ones_way() -> None:
    session = opened(0, hidden=[1000, 1000])
    with pytest.raises(ArgumentError, match="too large"):
        session.begin_race(RaceWish.of(RACERS))
    assert session.race is None


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"racers": []}, "some optimizers"),
        ({"racers": RACERS * 3}, "some optimizers"),
        ({"racers": "adam"}, "some optimizers"),
        ({"racers": ["adam"]}, "an optimizer with its rate"),
        ({"racers": [{"optimizer": "os", "learning_rate": 1}]}, "no optimizer called"),
        ({"racers": [{"optimizer": "adam", "learning_rate": 0}]}, "out of range"),
        ({"racers": [{"optimizer": "adam", "learning_rate": "1"}]}, "not a number"),
        ({"racers": RACERS[:1] * 2}, "the same"),
        ({"racers": [RACERS[0], {"optimizer": "sgd", "learning_rate": 0.1000001}]}, "the same"),
        ({"racers": RACERS, "start": "last"}, "start"),
        ({"racers": RACERS, "epochs": 10**6}, "out of range"),
    ],
)
def test_wishes_are_checked(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(PellucidError, match=said) as refused:
        RaceWish.of(**fields)
    assert refused.value.mend
