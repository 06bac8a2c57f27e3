"""Holds: a run that was trained on pictures meets others, one by one or in folders, by names."""

from __future__ import annotations

import csv
import io
import shutil
from pathlib import Path

import pytest
from PIL import Image

from cli.conftest import Command
from pellucid.cli import main
from pellucid.data import surfaces

NAMES = ("grass", "ice", "sand")


def draw(folder: Path) -> None:
    """Write 60 pictures into sub-folders, and three others beside one another."""
    X, y = surfaces(63)
    for k, (pixels, label) in enumerate(zip(X, y, strict=True)):
        path = folder / "land" / NAMES[label] / f"{k}.png"
        if k >= 60:
            path = folder / "new" / f"{NAMES[label]}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels.astype("uint8").transpose(1, 2, 0)).save(path)


@pytest.fixture(scope="module")
def land(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("land")
    draw(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert main(["train", "land", "--hidden", "8", "--epochs", "8", "--seed", "1", "-q"]) == 0
    return folder


@pytest.fixture
def run(land: Path, tmp_path: Path) -> str:
    shutil.copytree(land, tmp_path, dirs_exist_ok=True)
    return "runs/land-1"


def test_a_picture_and_a_folder_of_pictures_are_told(command: Command, run: str) -> None:
    names, *rows = csv.reader(io.StringIO(command("predict", run, "new").out))
    assert names == ["file", "class", "p(grass)", "p(ice)", "p(sand)"]
    assert [Path(row[0]).stem for row in rows] == sorted(Path(row[0]).stem for row in rows)
    assert all(Path(row[0]).stem == row[1] for row in rows)
    one = command("predict", run, rows[0][0], "--json").object
    assert (one["files"], one["predictions"]) == ([rows[0][0]], [rows[0][1]])


def test_a_picture_of_another_size_is_resized_and_it_is_said(command: Command, run: str) -> None:
    Image.new("L", (40, 30), 200).save("grey.jpg")
    ended = command("predict", run, "grey.jpg")
    assert "1 picture of 30 × 40 pixels was resized to 16 × 16" in ended.err
    assert ended.out.splitlines()[1].startswith("grey.jpg,")


def test_it_is_measured_on_its_own_part_and_on_other_folders(command: Command, run: str) -> None:
    assert command("evaluate", run, "--json").object["rows"] == 18
    shutil.rmtree("land/grass")  # the classes that are left keep their names
    found = command("evaluate", run, "land", "--json").object
    assert (found["rows"], found["accuracy"]) == (40, 1.0)
    assert "the folder is no longer the one" in command("evaluate", run).err


def test_it_is_diagnosed(command: Command, run: str) -> None:
    assert command("diagnose", run).status in (0, 1)
    assert command("diagnose", run).err == ""


@pytest.mark.parametrize(
    ("line", "said", "mend"),
    [
        ("predict {run} missing.png", "there is no such file", "check the path"),
        ("predict {run} broken.png", "neither a PNG nor a JPEG", "save it as PNG"),
        ("predict {run} empty", "holds no classes of pictures", "sort the pictures"),
        ("evaluate {run} odd", "no class of the run (got snow, wanted grass", "name the sub-f"),
    ],
)
def test_misuse_is_two_lines(command: Command, run: str, line: str, said: str, mend: str) -> None:
    Path("broken.png").write_bytes(b"\x89PNG")
    Path("empty").mkdir()
    shutil.copytree("land/ice", "odd/snow")
    shutil.copytree("land/sand", "odd/sand")
    first, second = command(*line.format(run=run).split()).err.splitlines()
    assert said in first
    assert mend in second


def test_a_run_on_a_table_takes_no_picture(command: Command, run: str) -> None:
    other = command("train", "iris", "--epochs", 1, "-q").out.strip()
    ended = command("predict", other, "new/ice.png")
    assert "this is a picture, and the run was not trained on picture files" in ended.err
