"""Holds: the verbs of a session: what they change, what they keep, and what they refuse."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid.errors import ArgumentError, DataError, PellucidError
from pellucid.files import cache_folder
from pellucid.studio.keeping import keep, kept
from pellucid.studio.session import Session
from pellucid.studio.setting import Setting
from pellucid.studio.sources import Shelf, catalogue, open_source


@pytest.fixture
def session() -> Session:
    made = Session()
    made.advance(np.inf, 25)
    return made


def weights(session: Session) -> dict[str, Any]:
    session.legs.show()
    return {name: v.numpy().copy() for name, v in session.plain_network.variables().items()}


def accuracy(session: Session) -> float:
    session.legs.show()
    return session.legs.present.live.measure()["val_accuracy"]


def same(a: dict[str, Any], b: dict[str, Any]) -> bool:
    return a.keys() == b.keys() and all(np.array_equal(a[k], b[k]) for k in a)


def test_it_begins_with_xor_and_a_small_network_that_stands_still() -> None:
    state = Session().state()
    assert (state["data"]["name"], state["playing"], state["step"]) == ("xor", False, 0)
    assert [one["units"] for one in state["network"]["layers"]] == [4, 4, 1]
    assert state["network"]["parameters"] == 37
    assert state["setting"] == Setting().plain()


def test_every_set_of_the_catalogue_can_be_learned() -> None:
    for one in catalogue(Shelf()):
        session = Session(None, Setting(hidden=(3,)).changed({"data": {"name": one["name"]}}))
        assert session.step("batch")["step"] == 1
        told = session.state()["data"]
        assert told["task"] == one["task"]
        assert (told["image"] is not None) == one["image"]
        assert told["train"] + told["test"] == told["rows"]


def test_pictures_are_learned_by_convolutions_that_stay_alive(session: Session) -> None:
    session.set({"data": {"name": "moons"}, "learning_rate": 0.1})
    session.set({"data": {"name": "digits"}})
    assert (session.setting.learning_rate, session.setting.layers is None) == (0.003, False)
    for _ in range(3):
        session.step("epoch")
    assert accuracy(session) > 0.8
    session.set({"data": {"name": "circles"}})
    assert (session.setting.learning_rate, session.setting.layers) == (0.03, None)
    session.set({"data": {"name": "digits"}, "learning_rate": 0.01})
    assert session.setting.learning_rate == 0.01


FASHION = Path(__file__).parents[3] / "shared" / "data" / "fashion-mnist-small"


@pytest.mark.skipif(not FASHION.is_dir(), reason="needs the pictures of ../shared")
def test_fashion_is_offered_where_its_files_lie(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    shutil.copytree(FASHION, cache_folder("data") / "fashion-mnist")
    session = Session(Shelf())
    session.set({"data": {"name": "fashion-mnist"}})
    told = session.state()
    assert (told["data"]["image"], len(told["data"]["classes"])) == ([1, 28, 28], 10)
    session.step("epoch")
    assert accuracy(session) > 0.5


def test_steps_by_batch_epoch_and_example(session: Session) -> None:
    assert session.step("batch")["step"] == 26
    assert session.step("epoch") == {"step": 30, "epoch": 3, "example": 0}
    rows = session.legs.present.live.next_rows()
    met = [session.step("example")["example"] for _ in rows]
    assert met == rows.tolist()
    assert session.legs.last == 30
    session.step("example")
    assert session.legs.last == 31


def test_another_rate_keeps_the_weights_and_another_width_does_not(session: Session) -> None:
    before = weights(session)
    session.set({"learning_rate": 0.5, "batch_size": 4})
    assert same(weights(session), before)
    assert session.legs.last == 25
    session.set({"axes": [1, 0]})
    assert same(weights(session), before)
    session.set({"hidden": [4, 5]})
    assert session.legs.last == 0
    assert weights(session)["1.weight"].shape == (5, 4)


@pytest.mark.parametrize(
    "change",
    [
        {"learning_rate": -1}, {"hidden": [0]}, {"hidden": ["8"]}, {"hidden": [8] * 99},
        {"activation": "none"}, {"nonsense": 1}, {"data": {"name": "nowhere"}}, {"data": "moons"},
        {"data": {"name": "moons", "options": {"rows": 10**9}}}, {"axes": [0, 9]},
        {"data": {"name": "moons", "options": {"path": "/etc/passwd"}}}, {"seed": 1.5},
        {"layers": [{"type": "Sequential", "arguments": {}}]}, {"loss": "mse2"},
        {"layers": [{"type": "Linear", "arguments": {"units": 10**6}}]}, {"optimizer": "os"},
        {"layers": [{"type": "Conv2d", "arguments": {}}]}, {"prepare": "pickle"},
        {"layers": [{"type": "Linear", "arguments": {"units": 3, "x": 1}}]},
        {"layers": [{"type": "LabLayer", "arguments": {}}]}, {"batch_size": float("nan")},
    ],
)  # fmt: skip
def test_what_cannot_be_changes_nothing(session: Session, change: dict[str, Any]) -> None:
    before, state = weights(session), session.state()
    with pytest.raises(PellucidError) as refused:
        session.set(change)
    assert refused.value.mend
    assert same(weights(session), before)
    assert session.state() == state


def test_it_goes_back_and_on_from_there(session: Session) -> None:
    session.legs.present.live.state.pace = 1e6
    after = weights(session)
    assert session.seek(7) == 7
    assert (session.state()["viewed"], session.state()["step"]) == (7, 7)
    then = weights(session)
    assert not same(then, after)
    assert session.seek(None) == 25
    assert same(weights(session), after)
    session.seek(7)
    session.branch()
    assert (session.legs.last, session.state()["viewed"]) == (7, None)
    assert same(weights(session), then)
    session.advance(np.inf, 18)
    assert same(weights(session), after)


def test_it_goes_back_beyond_a_change_of_the_rate(session: Session) -> None:
    session.legs.present.live.state.pace = 1e6
    at_20 = (session.seek(20), weights(session))[1]
    session.seek(None)
    session.set({"learning_rate": 0.5})
    session.advance(np.inf, 10)
    assert session.seek(20) == 20
    assert same(weights(session), at_20)
    session.branch()
    assert session.setting.learning_rate == 0.03
    assert len(session.legs.legs) == 1


def test_after_a_long_training_seeking_shows_a_step_nearby(session: Session) -> None:
    session.legs.present.live.state.pace = 1.0  # steps that would take far too long
    shown = session.seek(12)
    assert shown in session.legs.remembered


def test_reset_gives_the_first_weights_again_and_a_seed_gives_others(session: Session) -> None:
    session.reset()
    first = weights(session)
    assert same(first, weights(Session()))
    session.reset(5)
    assert not same(first, weights(session))
    assert session.setting.seed == 5


def test_a_weight_is_edited(session: Session) -> None:
    session.edit_weight("0", "weight", [1, 0], 2.5)
    assert weights(session)["0.weight"][1, 0] == 2.5
    assert session.state()["edited"]
    session.step("batch")
    assert weights(session)["0.weight"][1, 0] != 2.5
    assert [one.kind for one in session.legs.marks] == ["edit"]
    for wrong in (("9", "weight", [0, 0]), ("0", "weight", [4, 0]), ("0", "bias", [0, 0])):
        with pytest.raises(ArgumentError):
            session.edit_weight(*wrong, 1.0)
    with pytest.raises(ArgumentError):
        session.edit_weight("0", "weight", [0, 0], float("inf"))


def test_a_silent_unit_says_nothing_and_does_not_learn(session: Session) -> None:
    X = session.rows("train")
    session.silence("0", 2, True)
    before = weights(session)
    parts = dict(before)
    hidden = np.tanh(X @ parts["0.weight"].T + parts["0.bias"])
    hidden[:, 2] = 0
    hidden = np.tanh(hidden @ parts["1.weight"].T + parts["1.bias"])
    wanted = hidden @ parts["2.weight"].T + parts["2.bias"]
    assert np.allclose(session.network(X).numpy(), wanted, atol=1e-5)
    session.advance(np.inf, 10)
    after = weights(session)
    assert np.array_equal(before["0.weight"][2], after["0.weight"][2])
    assert np.array_equal(before["1.weight"][:, 2], after["1.weight"][:, 2])
    assert not np.array_equal(before["0.weight"][1], after["0.weight"][1])
    session.silence("0", 2, False)
    assert session.network is session.plain_network
    assert session.state()["silent"] == {}
    with pytest.raises(ArgumentError):
        session.silence("2", 0, True)


def test_points_are_drawn_moved_and_taken_away(session: Session) -> None:
    before, state = weights(session), session.state()
    rows = state["data"]["rows"]
    session.points(add=[[0.5, 0.25, 1]], move=[[3, 2.0, -2.0]], remove=[0, 1])
    told = session.state()["data"]
    assert (told["name"], told["rows"]) == ("drawn", rows - 1)
    assert same(weights(session), before)
    X, y = session.source.taken("train")
    assert np.array_equal(X[-1], [0.5, 0.25])
    assert y[-1] == 1
    assert np.array_equal(X[1], [2.0, -2.0])
    assert session.step("batch")["step"] == 26
    for wrong in ({"add": [[0, 0]]}, {"move": [[10**6, 0, 0]]}, {"add": [[0, float("nan"), 1]]},
                  {"add": [[0, 0, 7]]}, {"clear": True}, {"remove": "all"}):  # fmt: skip
        with pytest.raises(PellucidError):
            session.points(**wrong)
    assert session.state()["data"]["rows"] == rows - 1


def test_points_of_a_curve_have_a_number_for_a_class() -> None:
    session = Session(None, Setting().changed({"data": {"name": "wave"}}))
    session.points(add=[[0.5, 2.0, 0]])
    X, y = session.source.taken("train")
    assert (X[-1, 0], y[-1]) == (0.5, 2.0)


def test_a_table_has_no_points() -> None:
    session = Session(None, Setting().changed({"data": {"name": "iris"}}))
    with pytest.raises(DataError):
        session.points(add=[[0, 0, 0]])


def test_an_uploaded_table_is_described_and_learned(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "upload-1.csv"
    lines = [f"{k % 7},{k % 5},{'ab'[k % 2]},{'red' if k % 7 > 3 else 'blue'}" for k in range(40)]
    path.write_text("size,age,kind,colour\n" + "\n".join(lines) + "\n,3,a,red\n")
    told = session.put_table(path, "flowers.csv")
    assert told["suggested_target"] == "colour"
    assert told["rows"] == 41
    assert told["columns"][0] == {"name": "size", "kind": "number", "missing": 1}
    session.set({"data": {"name": "csv", "target": "colour"}})
    state = session.state()
    assert state["data"]["classes"] == ["blue", "red"]
    assert state["data"]["features"] == ["size", "age", "kind=a", "kind=b"]
    assert session.step("epoch")["epoch"] == 1


@pytest.mark.parametrize(
    "content",
    [b"", b"\x80\x04pickle", b"\x00" * 100, b"one\n1\n2\n", b"a,b\n", b'a,b\n"', b"a,b\n1"],
)
def test_a_hostile_table_is_refused(session: Session, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "upload-1.csv"
    path.write_bytes(content)
    with pytest.raises(PellucidError):
        session.put_table(path, "x.csv")
    assert session.setting.data["name"] == "xor"


def test_a_table_that_is_too_wide_is_refused(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    path.write_text(",".join(f"c{k}" for k in range(900)) + "\n" + ",".join(["1"] * 900) + "\n")
    with pytest.raises(DataError, match="too large"):
        session.put_table(path, "wide.csv")


def test_findings_are_looked_for_and_told_once(session: Session) -> None:
    session.set({"data": {"name": "wine"}, "prepare": None})
    assert session.look()
    assert "PEL201" in [one["code"] for one in session.state()["findings"]]
    assert not session.look()


def test_a_lost_worker_loses_nothing_that_was_kept(session: Session, tmp_path: Path) -> None:
    session.set({"learning_rate": 0.1})
    session.points(add=[[0.0, 0.0, 1]])
    session.advance(np.inf, 17)
    session.edit_weight("1", "bias", [0], 0.5)
    session.silence("0", 1, True)
    session.advance(np.inf, 5)
    keep(session).write(tmp_path)
    again = kept(tmp_path, Shelf())
    assert again is not None
    assert same(weights(again), weights(session))
    mine, theirs = again.state(), session.state()
    assert {k: v for k, v in mine.items() if k != "findings"} == {
        k: v for k, v in theirs.items() if k != "findings"
    }
    assert set(again.legs.remembered) <= set(session.legs.remembered) | {session.legs.last}
    assert again.legs.curves.steps == session.legs.curves.steps
    for one in (again, session):
        one.advance(np.inf, 9)
    assert same(weights(again), weights(session))
    step = again.legs.remembered[1]
    assert again.seek(step) == session.seek(step) == step
    assert same(weights(again), weights(session))


def test_curves_stay_in_bounded_memory() -> None:
    session = Session(None, Setting(hidden=(2,)))
    for _ in range(3):
        session.advance(np.inf, 20_000)
    assert len(session.legs.curves.steps) <= 4001
    assert session.legs.curves.steps[-1] > 59_000
    assert session.legs.present.live.history.step_losses.size < 10_000


def test_a_source_says_how_python_gives_the_same_rows() -> None:
    for one in catalogue(Shelf()):
        source = open_source({"name": one["name"], "options": {}, "target": None, "test": 0.25},
                             Shelf())  # fmt: skip
        known: dict[str, Any] = {}
        exec("\n".join(["from pellucid import data", *source.lines, source.split]), known)
        assert np.array_equal(known["X"], source.X)
        assert np.array_equal(known["y"], source.y)
        assert np.array_equal(known["train"], source.train)


def test_what_is_chosen_before_the_first_step_leaves_no_trace() -> None:
    session = Session()
    for rate in (0.1, 0.2, 0.3):
        session.set({"learning_rate": rate})
    assert len(session.legs.legs) == 1
    assert session.legs.curves.steps == [0]
    assert session.legs.present.live.begun.hyper["learning_rate"] == 0.3


def test_going_on_from_before_a_touch_undoes_it(session: Session) -> None:
    session.legs.present.live.state.pace = 1e6
    session.silence("0", 1, True)
    session.advance(np.inf, 5)
    session.points(add=[[0.0, 0.0, 1]])
    session.advance(np.inf, 5)
    assert session.seek(28) == 28
    session.branch()
    assert session.state()["silent"] == {"0": [1]}
    assert session.state()["data"]["name"] == "xor"
    assert session.seek(11) == 11
    session.branch()
    state = session.state()
    assert (state["silent"], state["edited"], state["step"]) == ({}, False, 11)
    assert session.network is session.plain_network
    assert session.step("batch")["step"] == 12
