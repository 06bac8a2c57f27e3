"""Holds: every mistake on the command line is two lines and a status, and never a traceback."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cli.conftest import FLOWER_NAMES, Command, flower_rows, write


def two_lines(text: str) -> tuple[str, str]:
    first, second = text.splitlines()
    assert first.startswith("error: ")
    assert second
    return first.removeprefix("error: "), second


# --- wrong usage: status 2 -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said", "mend"),
    [
        ("train", "Missing argument 'DATA'", "see pellucid train --help"),
        ("trian digits", "No such command 'trian'", "see pellucid --help"),
        ("train digits --epoch 3", "No such option: --epoch", "see pellucid train --help"),
        ("train digits --epochs 0", "'--epochs'", "see pellucid train --help"),
        ("train digits --epochs two", "'--epochs'", "see pellucid train --help"),
        ("train digits --batch-size 0", "'--batch-size'", "see pellucid train --help"),
        ("train digits --batch-size 2.5", "'--batch-size'", "see pellucid train --help"),
        ("train digits --seed -1", "'--seed'", "see pellucid train --help"),
        (
            "train digits --hidden 64,x",
            "'64,x' is not a list of sizes",
            "see pellucid train --help",
        ),
        ("train digits --hidden 0", "'0' is not a list of sizes", "see pellucid train --help"),
        ("train digits --learning-rate 0", "0.0 is not a positive", "see pellucid train --help"),
        ("train digits --learning-rate nan", "nan is not a positive", "see pellucid train --help"),
        ("train digits --test-fraction 1", "not between 0 and 1", "see pellucid train --help"),
        ("train digits --optimizer adm", "'adm' is not one of adam", "see pellucid train --help"),
        ("train digits --engine gpu", "'gpu' is not one of native", "see pellucid train --help"),
        ("train digits --dtype int8", "'int8' is not one of float32", "see pellucid train --help"),
        ("train digits --task sort", "'sort' is not one of class", "see pellucid train --help"),
        (
            "train digits --target x",
            "digits has a target of its own",
            "write pellucid train digits",
        ),
        ("predict runs/x", "Missing argument 'TABLE'", "see pellucid predict --help"),
        ("doctor please", "unexpected extra argument", "see pellucid doctor --help"),
    ],
)
def test_wrong_usage_is_two_lines_and_status_two(
    arguments: str, said: str, mend: str, command: Command
) -> None:
    ended = command(*arguments.split())
    what, how = two_lines(ended.err)
    assert ended.status == 2
    assert ended.out == ""
    assert said in what
    assert how == mend
    assert not Path("runs").exists()


def test_a_file_without_a_target_lists_its_columns(command: Command, flowers: Path) -> None:
    ended = command("train", flowers)
    what, how = two_lines(ended.err)
    assert ended.status == 2
    assert "which column is to be predicted?" in what
    assert all(name in what for name in FLOWER_NAMES)
    assert how == "name it, for example: --target species"


# --- bad files: status 1 -------------------------------------------------------------------


def mixed(folder: Path) -> Path:
    rows = flower_rows()
    rows[26][2] = "long"
    return write(folder / "bad.csv", FLOWER_NAMES, rows)


def ragged(folder: Path) -> Path:
    rows = flower_rows()
    rows[3].pop()
    return write(folder / "bad.csv", FLOWER_NAMES, rows)


def lonely(folder: Path) -> Path:
    rows = flower_rows()
    rows[3][5] = "only one"
    return write(folder / "bad.csv", FLOWER_NAMES, rows)


def only_names(folder: Path) -> Path:
    rows = [[f"name {k}", row[5]] for k, row in enumerate(flower_rows())]
    return write(folder / "bad.csv", ["name", "species"], rows)


def content(data: bytes):  # type: ignore[no-untyped-def]
    def make(folder: Path) -> Path:
        (folder / "bad.csv").write_bytes(data)
        return folder / "bad.csv"

    return make


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (content(b""), "the file is empty"),
        (content(b"species\n"), "the table holds no rows"),
        (content(b"1,2,3\n4,5,6\n"), "the first line holds numbers, not the names of the columns"),
        (content(bytes(range(256)) * 8), "this is not text in utf-8"),
        (content(b"PK\x03\x04" + b"\0" * 100), "not a text file"),
        (content(b"species\nsetosa\n"), "the table holds nothing but the target"),
        (content(b"species,species\na,b\n"), "two columns have the same name"),
        (mixed, "row 26 (counted from 0): column 'petal length' mixes numbers and text"),
        (ragged, "a line has another number of fields than the first"),
        (lonely, "the class 'only one' has a single row"),
        (only_names, "no column is left to learn from"),
    ],
)
def test_a_bad_file_is_two_lines_and_status_one(make, said, command, tmp_path) -> None:  # type: ignore[no-untyped-def]
    ended = command("train", make(tmp_path), "--target", "species")
    what, _ = two_lines(ended.err)
    assert ended.status == 1
    assert ended.out == ""
    assert said in what
    assert not Path("runs").exists()


def test_a_misspelt_column_names_the_nearest(command: Command, flowers: Path) -> None:
    ended = command("train", flowers, "--target", "specis")
    what, how = two_lines(ended.err)
    assert ended.status == 1
    assert "no column 'specis'" in what
    assert how == "did you mean 'species'?"


def test_a_misspelt_file_names_the_nearest(command: Command, flowers: Path) -> None:
    ended = command("train", "flwers.csv", "--target", "species")
    assert two_lines(ended.err) == (
        "flwers.csv: there is no such file",
        "did you mean 'flowers.csv'?",
    )


def test_a_misspelt_data_set_names_the_nearest(command: Command) -> None:
    ended = command("train", "digts")
    what, how = two_lines(ended.err)
    assert ended.status == 1
    assert what.startswith("digts: there is no data set and no file of this name")
    assert how == "did you mean digits?"


def test_a_folder_is_no_table(command: Command, tmp_path: Path) -> None:
    ended = command("train", tmp_path, "--target", "species")
    assert ended.status == 1
    assert "this is a folder" in ended.err


def test_a_file_in_the_way_of_the_run_is_refused(command: Command, tmp_path: Path) -> None:
    (tmp_path / "taken").touch()
    ended = command("train", "iris", "--out", tmp_path / "taken")
    assert ended.status == 1
    assert "this is a file" in two_lines(ended.err)[0]


def test_too_large_a_network_is_an_error_of_memory(command: Command) -> None:
    ended = command("train", "iris", "--hidden", 10**13, "--quiet")
    assert ended.status == 1
    assert "not enough memory" in two_lines(ended.err)[0]


# --- JSON ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("arguments", "status"), [("train digts", 1), ("train --epochs x", 2)])
def test_errors_under_json_are_one_object_too(
    arguments: str, status: int, command: Command
) -> None:
    ended = command(*arguments.split(), "--json")
    what, how = two_lines(ended.err)
    assert ended.status == status
    assert json.loads(ended.out) == {"error": what, "mend": how}


# --- the program itself --------------------------------------------------------------------


def test_without_a_command_there_is_help(command: Command) -> None:
    for arguments in ((), ("--help",), ("-h",)):
        ended = command(*arguments)
        assert ended.status == 0
        assert "Begin with: pellucid train digits" in ended.out
        assert all(len(line) <= 80 for line in ended.out.splitlines())


@pytest.mark.parametrize("name", ["train", "predict", "evaluate", "doctor", "data"])
def test_every_command_has_help_with_examples(name: str, command: Command) -> None:
    ended = command(name, "--help")
    assert ended.status == 0
    assert "--json" in ended.out
    assert name in ("doctor", "data") or f"      pellucid {name} " in ended.out


STARTED = """
import sys
from pellucid.cli import main
main(["--version"])
print(sorted({"sklearn", "pandas", "matplotlib", "scipy", "llvmlite"} & sys.modules.keys()))
"""


def test_the_program_starts_without_heavy_packages() -> None:
    run = [sys.executable, "-c", STARTED]
    out = subprocess.run(run, capture_output=True, text=True, check=True).stdout
    version, loaded = out.splitlines()
    assert version.startswith("pellucid ")
    assert loaded == "[]"


def test_a_reader_that_has_seen_enough_is_no_error(command: Command) -> None:
    program = f"{sys.executable} -m pellucid train --help | head -n 1"
    ended = subprocess.run(program, shell=True, capture_output=True, text=True, check=False)
    assert ended.stdout.startswith("Usage: pellucid train")
    assert ended.stderr == ""
