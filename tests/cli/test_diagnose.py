"""Holds: a run on disk is asked for its findings, and `train` names them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.conftest import Command


@pytest.fixture
def slow(command: Command) -> Command:
    """Train a run whose learning rate is far too low."""
    ended = command(
        "train", "wine", "--optimizer", "sgd", "--learning-rate", "1e-7", "--epochs", "40"
    )
    assert ended.status == 0
    assert "findings   PEL306: pellucid diagnose runs/wine-1" in ended.out
    return command


def test_a_run_is_asked_for_its_findings(slow: Command) -> None:
    ended = slow("diagnose", "runs/wine-1")
    assert ended.status == 0
    assert ended.out.startswith("PEL306 warning  the learning rate is too low\n")
    assert "\ndo     multiply it by 10" in ended.out


def test_as_json_and_in_the_files_of_the_run(slow: Command) -> None:
    (found,) = slow("diagnose", "runs/wine-1", "--json").object["findings"]
    assert found["code"] == "PEL306"
    config = json.loads(Path("runs/wine-1/config.json").read_text(encoding="utf-8"))
    assert config["results"]["findings"] == [found]
    page = Path("runs/wine-1/report.html").read_text(encoding="utf-8")
    assert "Probable mistakes" in page
    assert "PEL306 warning" in page


def test_a_run_that_is_well(command: Command) -> None:
    trained = command("train", "iris", "--epochs", "40", "--learning-rate", "0.01", "--json")
    assert trained.object["findings"] == []
    assert command("diagnose", "runs/iris-1").out == "no findings\n"
    page = Path("runs/iris-1/report.html").read_text(encoding="utf-8")
    assert "Probable mistakes" not in page


def test_what_is_no_run_is_an_error(command: Command) -> None:
    ended = command("diagnose", "runs/none-1")
    assert ended.status == 1
    assert ended.err.startswith("error: runs/none-1: this is no run")
