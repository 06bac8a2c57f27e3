"""Holds: pellucid's own source keeps every rule of the house."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from architecture import house as rules

REPOSITORY = Path(__file__).parents[2]

# Imports point strictly downward in this table; rooms on one line never import each other.
LEVELS = {
    room: level
    for level, rooms in {
        13: "__init__ __main__",
        12: "cli",
        11: "studio",
        10: "report",
        9: "nn sklearn interop experiments",
        8: "models",
        7: "train descent inspect",
        6: "engines data diagnose",
        5: "compile",
        4: "layers losses metrics optim",
        3: "autodiff functional order plot",
        2: "ops",
        1: "graph",
        0: "shapes lazy arguments files recent version",
        -1: "errors wording",  # the ground, on which level 0 stands as well
    }.items()
    for room in rooms.split()
}

# What may load at the head of a file, and in which room; everything else waits for its first use.
AT_HOME = {"numpy": {"every room"}, "typer": {"cli"}, "rich": {"cli"}, "sklearn": {"sklearn"}}

CORE = {"graph", "ops", "autodiff"}
CORE_LINES = 2500


@pytest.fixture(scope="module")
def house() -> rules.House:
    return rules.House(REPOSITORY / "src", "pellucid")


def test_every_room_has_a_level(house: rules.House) -> None:
    assert not rules.off_the_table(house, LEVELS)


def test_contributing_shows_these_levels() -> None:
    text = (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+|–) \| (`[^|]+`) \|", text, re.MULTILINE)
    shown = {
        room: -1 if level == "–" else int(level)
        for level, rooms in rows
        for room in re.findall(r"`(\w+)`", rooms)
    }
    assert shown == LEVELS


def test_imports_point_strictly_downward(house: rules.House) -> None:
    assert not rules.not_downward(house, LEVELS)


def test_no_import_loop(house: rules.House) -> None:
    assert not rules.import_loop(house)


def test_no_import_hides_in_a_function(house: rules.House) -> None:
    assert not rules.hidden_imports(house)


def test_heavy_packages_load_at_their_first_use(house: rules.House) -> None:
    assert not rules.heavy_imports(house, AT_HOME)


def test_no_function_is_longer_than_a_screen(house: rules.House) -> None:
    assert not rules.long_functions(house)


def test_the_core_can_be_read_in_an_evening(house: rules.House) -> None:
    assert rules.code_lines_of(house, CORE) < CORE_LINES


def test_every_file_is_named_after_a_subject() -> None:
    folders = (REPOSITORY / name for name in ("src", "tests", "benchmarks", "examples"))
    assert not rules.names_that_say_nothing(*folders)


def test_no_switches_in_environment_variables(house: rules.House) -> None:
    assert not rules.environment_switches(house)


def test_every_module_says_what_it_offers(house: rules.House) -> None:
    assert not rules.without_all(house)


def test_no_name_hides_a_module(house: rules.House) -> None:
    assert not rules.shadowed_modules(house)
