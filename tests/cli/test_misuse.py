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


USAGE = [
    ("train", "the argument DATA of train is missing",
     "for example: pellucid train digits; or pellucid train --help"),
    ("trian digits", "there is no command trian", "did you mean train?"),
    ("xyz", "there is no command xyz",
     "the commands are train, sweep, predict, evaluate, diagnose, show, export, data, doctor, "
     "launch, lab"),
    ("-x", "pellucid has no option -x", "pellucid --help lists the options"),
    ("train digits --epoch 3", "train has no option --epoch", "did you mean --epochs?"),
    ("train digits --epochs", "--epochs needs a value",
     "for example: pellucid train digits; or pellucid train --help"),
    ("train digits --quiet=3", "--quiet takes no value",
     "for example: pellucid train digits; or pellucid train --help"),
    ("train digits more", "train was given more than it takes: more",
     "for example: pellucid train digits; or pellucid train --help"),
    ("train digits --epochs 0",
     "--epochs is out of range (got --epochs=0, wanted --epochs ≥ 1)",
     "write --epochs=1, or another value in that range"),
    ("train digits --epochs two",
     "--epochs is not a whole number (got --epochs='two', wanted --epochs ≥ 1)",
     "write --epochs=1"),
    ("train digits --steps -3",
     "--steps is out of range (got --steps=-3, wanted --steps ≥ 1)",
     "write --steps=1, or another value in that range"),
    ("train digits --batch-size 0",
     "--batch-size is out of range (got --batch-size=0, wanted --batch-size ≥ 1)",
     "write --batch-size=1, or another value in that range"),
    ("train digits --batch-size 2.5",
     "--batch-size is not a whole number (got --batch-size=2.5, wanted --batch-size ≥ 1)",
     "write --batch-size=2"),
    ("train digits --early-stopping 0",
     "--early-stopping is out of range (got --early-stopping=0, wanted --early-stopping ≥ 1)",
     "write --early-stopping=1, or another value in that range"),
    ("train digits --seed -1",
     "--seed is out of range (got --seed=-1, wanted 0 ≤ --seed ≤ 1.84467e+19)",
     "write --seed=0, or another value in that range"),
    ("train digits --hidden 64,x",
     "--hidden is a list of sizes (got --hidden=64,x, wanted sizes such as 64,32, or none)",
     "write --hidden=64,32, or --hidden=none for no hidden layer"),
    ("train digits --hidden 0",
     "--hidden is a list of sizes (got --hidden=0, wanted sizes such as 64,32, or none)",
     "write --hidden=64,32, or --hidden=none for no hidden layer"),
    ("train digits --learning-rate 0",
     "--learning-rate is out of range (got --learning-rate=0.0, wanted --learning-rate > 0)",
     "write --learning-rate=0.01"),
    ("train digits --learning-rate nan",
     "--learning-rate is out of range (got --learning-rate=nan, wanted --learning-rate > 0)",
     "write --learning-rate=0.01"),
    ("train digits --learning-rate fast",
     "--learning-rate is not a number (got --learning-rate='fast', wanted --learning-rate > 0)",
     "write --learning-rate=0.01"),
    ("train digits --test-fraction 1",
     "--test-fraction is a share of the rows "
     "(got --test-fraction=1, wanted 0 < --test-fraction < 1)",
     "write --test-fraction=0.2"),
    ("train digits --validation half",
     "--validation is a share of the rows (got --validation=half, wanted 0 < --validation < 1)",
     "write --validation=0.2"),
    ("train digits --engine gpu",
     "--engine cannot be 'gpu' (wanted 'native' or 'reference' or 'xla')",
     "write --engine='native'"),
    ("train digits --dtype int8",
     "--dtype cannot be 'int8' (wanted 'float32' or 'float64')", "write --dtype='float32'"),
    ("train digits --task sort",
     "--task cannot be 'sort' (wanted 'classification' or 'regression')",
     "write --task='classification'"),
    ("train digits --target x",
     "--target: digits has a target of its own", "write pellucid train digits"),
    ("train digits --loss mse",
     "--loss: the loss mse is not for classes, and 'class' holds classes",
     "leave --loss out, or write --loss cross_entropy"),
    ("train diabetes --loss cross_entropy",
     "--loss: the loss cross_entropy is not for numbers, and 'target' holds numbers",
     "leave --loss out, or write --loss mse"),
    ("train digits --epochs 3 --steps 4", "--epochs and --steps cannot both be given",
     "give --epochs to see all rows so often, or --steps for so many batches"),
    ("train digits --steps 3 --early-stopping 4",
     "--early-stopping and --steps cannot both be given",
     "give --epochs instead of --steps: it looks at whole epochs"),
    ("train digits --hidden 3 --model m.toml", "--hidden and --model cannot both be given",
     "leave --hidden out: the file says what the layers are"),
    ("train digits --model m.txt",
     "--model is a file that describes layers "
     "(got --model=m.txt, wanted a file that ends in .toml or .json, or cnn)",
     "write --model=model.toml; pellucid train --help shows one"),
    ("predict runs/x", "the argument TABLE|PICTURES of predict is missing",
     "for example: pellucid predict runs/flowers-1 new.csv; or pellucid predict --help"),
    ("evaluate", "the argument RUN of evaluate is missing",
     "for example: pellucid evaluate runs/digits-1; or pellucid evaluate --help"),
    ("show", "the argument WHAT of show is missing",
     "for example: pellucid show runs/digits-1; or pellucid show --help"),
    ("show runs/digits-1 --data digits",
     "--data: only a model file needs data: what is trained has its shapes",
     "write pellucid show runs/digits-1"),
    ("data --josn", "data has no option --josn", "did you mean --json?"),
    ("doctor please", "doctor was given more than it takes: please",
     "for example: pellucid doctor; or pellucid doctor --help"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "said", "mend"), USAGE)
def test_wrong_usage_is_two_lines_and_status_two(
    arguments: str, said: str, mend: str, command: Command
) -> None:
    ended = command(*arguments.split())
    assert ended.status == 2
    assert ended.out == ""
    assert two_lines(ended.err) == (said, mend)
    assert not Path("runs").exists()


@pytest.mark.parametrize(("option", "known"), [("optimizer", "adam"), ("loss", "mse")])
def test_a_misspelt_name_is_told_the_nearest(option: str, known: str, command: Command) -> None:
    ended = command("train", "digits", f"--{option}", known + "x")
    what, mend = two_lines(ended.err)
    assert ended.status == 2
    assert what.startswith(f"there is no {option} called '{known}x' (wanted one of ")
    assert mend.startswith(f"write --{option}='{known[:3]}")


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
    what, mend = two_lines(ended.err)
    assert ended.status == 1
    assert ended.out == ""
    assert said in what
    assert not mend.startswith("see ")
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
