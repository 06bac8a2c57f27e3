"""Holds: `doctor` tells what works and what does not; `data` lists what can be trained on."""

from __future__ import annotations

import os
from typing import Any

import pytest

import pellucid
from cli.conftest import Command
from pellucid import data
from pellucid.cli import doctor
from pellucid.engines import ENGINES
from pellucid.version import VERSION


def test_the_version_is_that_of_the_package(command: Command) -> None:
    assert command("--version") == (0, f"pellucid {VERSION}\n", "")
    assert pellucid.__version__ == VERSION


def test_the_doctor_finds_the_machine_and_every_engine(command: Command) -> None:
    found = command("doctor", "--json").object
    assert found["pellucid"] == VERSION
    assert 1 <= found["cores_usable"] <= (os.cpu_count() or 1)
    assert found["processor"]
    assert found["engines"].keys() == ENGINES.keys()
    assert all(state["works"] for state in found["engines"].values())
    assert found["problems"] == []


def test_the_doctor_speaks_to_people(command: Command) -> None:
    ended = command("doctor")
    assert ended.status == 0
    assert "reference engine   works" in ended.out
    assert ended.out.rstrip().endswith("all is well")


def test_wrong_numbers_are_a_problem(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(*_: Any, **__: Any) -> Any:
        return lambda values: (0.0, values)

    monkeypatch.setattr(doctor, "function", wrong)
    ended = command("doctor")
    assert ended.status == 1
    assert "the native engine does not work: it computes wrong numbers" in ended.out
    assert "run pip install --force-reinstall llvmlite" in ended.out


def test_an_engine_that_fails_is_a_problem(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise RuntimeError("no code generator\nand more")

    monkeypatch.setattr(doctor, "function", fail)
    found = command("doctor", "--json").object
    assert found["engines"]["native"] == {"works": False, "says": "no code generator"}
    assert len(found["problems"]) == len(ENGINES)


def test_data_sets_are_listed_with_their_shapes(command: Command) -> None:
    found = command("data", "--json").object["data"]
    assert [one["name"] for one in found] == [one.name for one in data.sets()]
    digits = next(one for one in found if one["name"] == "digits")
    assert (digits["rows"], digits["shape"], digits["classes"]) == (1797, [64], 10)
    slashes = next(one for one in found if one["name"] == "slashes")
    assert slashes["shape"] == [1, 6, 6]
    ended = command("data")
    assert "1,797" in ended.out
    assert all(len(line.rstrip()) <= 80 for line in ended.out.splitlines())
