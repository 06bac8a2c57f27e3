"""Holds: `pellucid sweep` finds the best values, tells how sure it is, and goes on if stopped."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import pellucid as pel
from cli.conftest import FLOWER_NAMES, Command, flower_rows, write
from pellucid.cli.runs import CONFIG, MODEL
from pellucid.cli.sweeping import FRAME, HEATMAP, JOURNAL, _values

QUICK = ("--learning-rate", "1e-4..0.1:2", "--hidden", "2,8", "--seeds", "2", "--epochs", "15")
FILES = {CONFIG, MODEL, JOURNAL, FRAME, HEATMAP}


def test_a_sweep_leaves_a_run_with_the_best_network(command: Command) -> None:
    ended = command("sweep", "iris", *QUICK)
    folder = Path("runs/iris-sweep-1")
    assert ended.status == 0, ended.err
    assert {path.name for path in folder.iterdir()} == FILES
    lines = [" ".join(line.split()) for line in ended.out.splitlines()]
    assert "learning rate hidden median val_loss quartiles runs" in lines
    assert lines[5].startswith("0.1 8 0.")
    assert "8 runs in" in ended.out
    assert all(len(line) <= 80 for line in ended.out.splitlines())
    assert (folder / HEATMAP).read_bytes().startswith(b"\x89PNG")
    with (folder / FRAME).open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 8
    assert {row["hidden"] for row in rows} == {"2", "8"}
    again = command("evaluate", folder, "--json").object
    results = json.loads((folder / CONFIG).read_text(encoding="utf-8"))["results"]
    assert results["best"] == {"learning_rate": 0.1, "hidden": 8}
    assert again["loss"] == results["test"]["loss"]
    assert results["test"]["accuracy"] > 0.8


def test_json_is_one_object(command: Command) -> None:
    ended = command("sweep", "iris", *QUICK, "--json")
    assert ended.status == 0
    found = ended.object
    assert (found["runs"], found["diverged"], found["complete"]) == (8, 0, True)
    assert found["by"] == "val_loss"
    assert found["median"] > 0
    assert command("sweep", "iris", *QUICK, "--quiet").out == "runs/iris-sweep-2\n"


def test_a_table_with_names_of_classes_and_halving(command: Command) -> None:
    write(Path("flowers.csv"), FLOWER_NAMES, flower_rows())
    ended = command("sweep", "flowers.csv", "--target", "species", "--learning-rate",
                    "1e-5,1e-3,0.03", "--hidden", "none,4x4", "--seeds", "2", "--epochs", "9",
                    "--batch-size", "16", "--halving", "--json")  # fmt: skip
    assert ended.status == 0, ended.err
    assert ended.object["runs"] == 12
    with Path(ended.object["run"], FRAME).open(encoding="utf-8") as file:
        assert len({row["steps"] for row in csv.DictReader(file)}) > 1
    assert pel.load(Path(ended.object["run"], MODEL)).history.epochs == 9


def test_after_halving_the_table_tells_for_how_long_was_trained(command: Command) -> None:
    rates = "1e-5,1e-3,0.03"
    ended = command("sweep", "iris", "--learning-rate", rates, "--epochs", "9", "--halving")
    lines = [line.split() for line in ended.out.splitlines()]
    head = lines.index(["learning", "rate", "median", "val_loss", "quartiles", "runs", "epochs"])
    assert [line[-1] for line in lines[head + 1 : head + 4]] == ["9", "3", "3"]


@pytest.mark.parametrize(
    ("name", "text", "values"),
    [
        ("learning_rate", "1e-4..1", [1e-4, 1e-3, 1e-2, 0.1, 1.0]),
        ("learning_rate", "0.01..1:3, 5", [0.01, 0.1, 1.0, 5]),
        ("hidden", "4,8,16x16,none", [4, 8, "16x16", "none"]),
        ("hidden", "4..64", [4, 8, 16, 32, 64]),
        ("batch_size", "8..32", [8, 16, 32]),
    ],
)
def test_lists_and_ranges(name: str, text: str, values: list) -> None:
    assert _values(name, text) == values


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ((), "the argument DATA of sweep is missing"),
        (("digits",), "a sweep needs values to choose from"),
        (
            ("digits", "--learning-rate", "1..0.1"),
            "has a range that cannot be read",
        ),
        (("digits", "--learning-rate", "0..1"), "has a range that cannot be read"),
        (("digits", "--hidden", "4,x"), "--hidden is a list of sizes"),
        (("digits", "--hidden", "4", "--epochs", "no"), "--epochs is not a whole number"),
        (("--resume", "runs/none-1"), "this is no run"),
        (("digits", "--resume", "runs/none-1"), "--resume and DATA cannot both be given"),
    ],
)
def test_misuse_is_told_in_two_lines(given, what: str, command: Command) -> None:
    ended = command("sweep", *given)
    assert ended.status in (1, 2)
    first, mend = ended.err.splitlines()
    assert what in first
    assert mend
    assert not Path("runs").exists()


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_a_sweep_that_was_stopped_goes_on(tmp_path: Path) -> None:
    program = [sys.executable, "-m", "pellucid", "sweep"]
    options = ["digits", "--learning-rate", "0.001,0.01", "--hidden", "4", "--seeds", "40"]
    child = subprocess.Popen(
        [*program, *options, "--epochs", "20"], cwd=tmp_path, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    journal, limit = tmp_path / "runs" / "digits-sweep-1" / JOURNAL, time.monotonic() + 60
    while time.monotonic() < limit and (
        not journal.exists() or journal.read_bytes().count(b"\n") < 6
    ):
        time.sleep(0.01)
    child.send_signal(signal.SIGINT)
    _, told = child.communicate()
    kept = journal.read_bytes().count(b"\n") - 1
    assert 5 <= kept < 80
    assert "to go on: pellucid sweep --resume runs/digits-sweep-1" in told
    ended = subprocess.run([*program, "--resume", "runs/digits-sweep-1", "--json"], cwd=tmp_path,
                           capture_output=True, text=True, check=True)  # fmt: skip
    assert json.loads(ended.stdout)["runs"] == 80
    assert journal.read_bytes().count(b"\n") == 81
