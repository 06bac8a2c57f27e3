"""What the tests of the command line share: a folder of their own, tables, and a way to run."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from pellucid import data
from pellucid.cli import main


class Ended(NamedTuple):
    """How a command ended, and what it printed."""

    status: int
    out: str
    err: str

    @property
    def object(self) -> Any:
        """The one JSON object on standard output."""
        return json.loads(self.out)


QUICK = ("--hidden", "16", "--epochs", "20", "--learning-rate", "0.01")
Command = Callable[..., Ended]


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """Run a command line in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> Ended:
        status = main([str(one) for one in arguments])
        return Ended(status, *capsys.readouterr())

    return run


def write(path: Path, names: list[str], rows: list[list[Any]]) -> Path:
    """Write a table as CSV."""
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([names, *rows])
    return path


FLOWER_NAMES = ["sepal length", "sepal width", "petal length", "petal width", "colour", "species"]


def flower_rows() -> list[list[Any]]:
    """The iris flowers with names of species, and a colour that tells nothing."""
    found, generator = data.iris(), np.random.default_rng(0)
    colours = generator.choice(["white", "blue"], len(found.y))
    return [
        [*map(float, x), str(colour), found.class_names[label]]
        for x, colour, label in zip(found.X, colours, found.y, strict=True)
    ]


def flowers_with_gaps(folder: Path) -> Path:
    """Write a table with numbers, a category, and values that are missing."""
    rows = flower_rows()
    for k in range(0, 150, 10):
        rows[k][3] = rows[k + 1][4] = ""
    rows[5][5] = ""
    return write(folder / "flowers.csv", FLOWER_NAMES, rows)


@pytest.fixture
def flowers(tmp_path: Path) -> Path:
    """A table with numbers, a category, and values that are missing."""
    return flowers_with_gaps(tmp_path)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the table of flowers, and a run that was trained on it."""
    folder = tmp_path_factory.mktemp("trained")
    flowers_with_gaps(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert main(["train", "flowers.csv", "--target", "species", *QUICK, "-q"]) == 0
    return folder
