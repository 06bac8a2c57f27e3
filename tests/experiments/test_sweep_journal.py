"""Holds: a journal lets a sweep go on after any end; that of another sweep is refused."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import pellucid as pel
from pellucid import data, nn, optim
from pellucid.errors import FileError
from pellucid.experiments.sweeping import sweeping

X, Y = data.moons(60, seed=1)
GRID = {"learning_rate": [0.001, 0.01], "hidden": [2, 3]}

PROGRAM = """
import sys, pellucid as pel
from pellucid import data, nn
X, Y = data.moons(60, seed=1)
def build(hidden):
    return nn.Sequential([nn.Linear(hidden, activation="tanh"), nn.Linear(2)])
with pel.thread_limit(2):
    pel.sweep(build, {"learning_rate": [0.001, 0.01], "hidden": [2, 3]}, X, Y, seeds=25,
              epochs=3000, journal=sys.argv[1], progress=False)
"""


def build(hidden: int) -> nn.Sequential:
    return nn.Sequential([nn.Linear(hidden, activation="tanh"), nn.Linear(2)])


def swept(journal: Path | None, grid=GRID, target=Y, **options) -> pel.Sweep:
    given = {"seeds": 3, "epochs": 2, "progress": False, **options}
    return pel.sweep(build, grid, X, target, journal=journal, **given)


def compared(sweep: pel.Sweep) -> list:
    return sweep.frame.drop(columns="seconds").to_dict("records")


@pytest.fixture
def counted(monkeypatch) -> list:
    """The runs that are trained."""
    trained = []
    ended = sweeping._Sweeping._ended

    def seen(self, trial, outcome, **named):
        trained.append(outcome.place)
        ended(self, trial, outcome, **named)

    monkeypatch.setattr(sweeping._Sweeping, "_ended", seen)
    return trained


def test_what_is_in_the_journal_is_not_trained_again(tmp_path: Path, counted) -> None:
    path = tmp_path / "sweep.jsonl"
    first = swept(path)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1 + 12
    assert all(json.loads(line) for line in lines)
    assert len(counted) == 12
    again = swept(path)
    assert len(counted) == 12
    assert compared(again) == compared(first)
    assert again.best_parameters == first.best_parameters
    assert again.best.history["loss"][-1] == first.best.history["loss"][-1]


def test_a_grid_may_grow(tmp_path: Path, counted) -> None:
    path = tmp_path / "sweep.jsonl"
    swept(path)
    more = swept(path, {"learning_rate": [0.1, 0.001, 0.01], "hidden": [2, 3]}, seeds=4)
    assert len(counted) == 24
    assert compared(more) == compared(
        swept(None, {"learning_rate": [0.1, 0.001, 0.01], "hidden": [2, 3]}, seeds=4)
    )


@pytest.mark.parametrize("cut", [1, 40, 200])
def test_a_torn_last_line_is_that_of_one_run(cut: int, tmp_path: Path, counted) -> None:
    path = tmp_path / "sweep.jsonl"
    first = swept(path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    again = swept(path)
    assert len(counted) == 12 + 1 + (cut > 199 and whole[:-cut].count(b"\n") < 12)
    assert compared(again) == compared(first)
    assert path.read_bytes().count(b"\n") == 13


def test_a_journal_that_was_torn_at_once_begins_anew(tmp_path: Path, counted) -> None:
    path = tmp_path / "sweep.jsonl"
    for content in (b"", b'{"form'):
        path.write_bytes(content)
        swept(path, seeds=1)
        assert json.loads(path.read_text(encoding="utf-8").splitlines()[0])["format"] == 1


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"target": 1 - Y}, "its data"),
        ({"epochs": 3}, "its epochs"),
        ({"optimizer": optim.SGD}, "its optimizer"),
        ({"validation": 0.25}, "its validation"),
        ({"grid": {"learning_rate": [0.001]} | {"hidden": [2], "batch_size": [8]}},
         "its parameters"),
    ],
    ids=["data", "epochs", "optimizer", "validation", "parameters"],
)  # fmt: skip
def test_the_journal_of_another_sweep_is_refused(change, what, tmp_path: Path) -> None:
    path = tmp_path / "sweep.jsonl"
    swept(path)
    before = path.read_bytes()
    with pytest.raises(FileError, match=f"that of another sweep: {what} is not the same"):
        swept(path, **change)
    assert path.read_bytes() == before


def test_another_network_is_refused(tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "sweep.jsonl"
    swept(path)
    monkeypatch.setitem(
        globals(), "build", lambda hidden: nn.Sequential([nn.Linear(hidden), nn.Linear(2)])
    )
    with pytest.raises(FileError, match="its network is not the same"):
        swept(path)


def test_what_is_no_journal_is_refused_and_stays(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("dear diary\n", encoding="utf-8")
    with pytest.raises(FileError, match="no journal of a sweep"):
        swept(path)
    assert path.read_text(encoding="utf-8") == "dear diary\n"
    with pytest.raises(FileError, match="cannot be written"):
        swept(tmp_path / "absent" / "sweep.jsonl")


def test_halving_goes_on_from_its_journal(tmp_path: Path, counted) -> None:
    grid = {"learning_rate": [1e-5, 1e-3, 0.03], "hidden": [2]}
    path = tmp_path / "sweep.jsonl"
    first = swept(path, grid, halving=True, epochs=6)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:6]))  # of the first round
    again = swept(path, grid, halving=True, epochs=6)
    assert compared(again) == compared(first)
    del counted[:]
    assert compared(swept(path, grid, halving=True, epochs=6)) == compared(first)
    assert not counted


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_a_killed_sweep_loses_the_runs_under_way_alone(tmp_path: Path, counted) -> None:
    path = tmp_path / "sweep.jsonl"
    child = subprocess.Popen([sys.executable, "-c", PROGRAM, str(path)])
    limit = time.monotonic() + 60
    while time.monotonic() < limit and (not path.exists() or path.read_bytes().count(b"\n") < 8):
        time.sleep(0.005)
    os.kill(child.pid, signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    kept = path.read_bytes().count(b"\n") - 1
    assert 7 <= kept < 100
    sweep = swept(path, seeds=25, epochs=3000)
    assert len(counted) == 100 - kept
    assert sweep.is_complete
    alone = swept(None, {"learning_rate": [0.001], "hidden": [2]}, seeds=2, epochs=3000)
    assert sweep.frame["loss"][:2].tolist() == alone.frame["loss"].tolist()
