"""Holds: `pellucid train` trains, says how well, and leaves a run that can be done again."""

from __future__ import annotations

import html
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import pellucid as pel
from cli.conftest import FLOWER_NAMES, QUICK, Command, flower_rows, write
from pellucid.cli.runs import CHECKPOINT, CONFIG, HISTORY, MODEL, REPORT

FILES = {MODEL, HISTORY, CONFIG, REPORT, CHECKPOINT}


def test_digits_are_learned_by_one_command(tmp_path: Path) -> None:
    program = [sys.executable, "-m", "pellucid", "train", "digits"]
    ended = subprocess.run(program, cwd=tmp_path, capture_output=True, text=True, check=True)
    folder = tmp_path / "runs" / "digits-1"
    assert {path.name for path in folder.iterdir()} == FILES
    config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    assert config["results"]["test"]["accuracy"] >= 0.97
    assert "digits: 1,797 rows, 64 features, 10 classes" in ended.stdout
    assert "1,257 rows to train on, 540 held out for the test" in ended.stdout
    assert f"{100 * config['results']['test']['accuracy']:.2f} %" in ended.stdout
    assert "pellucid predict runs/digits-1 new.csv" in ended.stdout
    assert all(len(line) <= 80 for line in ended.stdout.splitlines())


@pytest.mark.parametrize("seed", [1, 2])
def test_digits_are_learned_with_other_seeds(seed: int, command: Command) -> None:
    found = command("train", "digits", "--seed", seed, "--json", "--quiet").object
    assert found["test"]["accuracy"] >= 0.97
    assert found["seed"] == seed


def test_json_is_one_object_with_every_field(command: Command) -> None:
    ended = command("train", "iris", *QUICK, "--json")
    found = ended.object
    assert ended.status == 0
    assert found["data"] == "iris"
    assert found["task"] == "classification"
    assert found["train"].keys() == found["test"].keys() == {"loss", "accuracy"}
    assert (found["epochs"], found["steps"], found["seed"]) == (20, 80, 0)
    assert found["seconds"] > 0
    assert found["steps_per_second"] == pytest.approx(found["steps"] / found["seconds"])
    assert found["engine"]
    assert found["run"] == str(Path("runs", "iris-1"))


def test_quiet_prints_the_run_folder_alone(command: Command) -> None:
    ended = command("train", "iris", *QUICK, "--quiet")
    assert ended == (0, f"{Path('runs', 'iris-1')}\n", "")


def test_runs_are_numbered(command: Command) -> None:
    for number in (1, 2):
        assert command("train", "iris", "--epochs", 1, "-q").out == f"runs/iris-{number}\n"


def test_a_file_with_gaps_and_categories_is_treated_and_it_is_said(
    command: Command, flowers: Path
) -> None:
    ended = command("train", flowers, "--target", "species", *QUICK)
    said = ended.out + ended.err
    assert ended.status == 0
    assert "flowers: 149 rows, 5 features, 3 classes" in said
    assert "1 row without a value of 'species' was dropped." in said
    assert "missing values of column 'petal width' were filled" in said
    assert "column 'colour' holds text: it became 3 columns of 0 and 1." in said
    config = json.loads(Path("runs/flowers-1", CONFIG).read_text(encoding="utf-8"))
    assert any("'petal width'" in note for note in config["notes"])
    assert config["results"]["test"]["accuracy"] > 0.9


def test_a_table_of_numbers_is_a_regression_in_its_own_units(
    command: Command, tmp_path: Path
) -> None:
    rows = [[k / 100, (k * 37 % 100) / 50, 1000 + 5 * k + (k * 37 % 100)] for k in range(200)]
    path = write(tmp_path / "line.csv", ["a", "b", "price"], rows)
    found = command("train", path, "--target", "price", *QUICK, "--json").object
    assert found["task"] == "regression"
    assert found["test"]["loss"] < 0.05
    predicted = command("predict", found["run"], path, "--json").object["predictions"]
    assert all(abs(one - row[2]) < 150 for one, row in zip(predicted, rows, strict=True))


def test_columns_that_tell_nothing_are_left_out_and_it_is_said(
    command: Command, tmp_path: Path
) -> None:
    rows = [[f"flower {k}", "", *row] for k, row in enumerate(flower_rows())]
    path = write(tmp_path / "named.csv", ["name", "void", *FLOWER_NAMES], rows)
    found = command("train", path, "--target", "species", *QUICK, "--json").object
    assert "column 'name' holds another text in most rows: it was left out." in found["notes"]
    assert "column 'void' is empty: it was left out." in found["notes"]
    write(tmp_path / "new.csv", FLOWER_NAMES, flower_rows())
    assert command("predict", found["run"], "new.csv").status == 0


def test_dates_are_no_names(command: Command, tmp_path: Path) -> None:
    rows = [[f"2024-{1 + k % 12:02}-{1 + k // 12:02}", *row] for k, row in enumerate(flower_rows())]
    path = write(tmp_path / "dated.csv", ["day", *FLOWER_NAMES], rows)
    found = command("train", path, "--target", "species", *QUICK, "--json").object
    assert "column 'day' is a date: it became days since 1970-01-01." in found["notes"]


@pytest.mark.filterwarnings("always")
def test_a_category_of_the_test_part_alone_is_said(command: Command, tmp_path: Path) -> None:
    rows = flower_rows()
    for k in range(0, 150, 10):
        rows[k][4] = f"colour {k}"
    path = write(tmp_path / "rare.csv", FLOWER_NAMES, rows)
    ended = command("train", path, "--target", "species", *QUICK, "--json")
    assert ended.object["test"]["accuracy"] > 0.8
    assert "warning: column 'colour' of X holds" in ended.err


def test_pictures_are_made_flat_and_shown(command: Command) -> None:
    found = command("train", "slashes", *QUICK, "--json").object
    assert found["train"]["accuracy"] > 0.9
    shown = command("show", found["run"], "--json").object
    assert [layer["layer"] for layer in shown["layers"]] == ["Flatten", "Linear", "Linear"]
    page = Path(found["run"], REPORT).read_text(encoding="utf-8")
    assert 'alt="test image 0: ' in page
    assert command("evaluate", found["run"], "--json").object["rows"] == 6


def test_several_numbers_are_predicted_at_once(command: Command, tmp_path: Path) -> None:
    found = command("train", "linnerud", *QUICK, "--json").object
    page = Path(found["run"], REPORT).read_text(encoding="utf-8")
    assert "those of the first target: Weight." in page
    path = write(tmp_path / "new.csv", ["Chins", "Situps", "Jumps"], [[5, 162, 60], [2, 110, 60]])
    answers = command("predict", found["run"], path, "--json").object
    assert answers["target"] == "Weight, Waist, Pulse"
    assert [len(row) for row in answers["predictions"]] == [3, 3]
    assert command("predict", found["run"], path).out.splitlines()[0] == "Weight,Waist,Pulse"


@pytest.mark.parametrize(
    ("loss", "outputs"),
    [("cross_entropy", 2), ("binary_cross_entropy_with_logits", 1), ("binary_cross_entropy", 1),
     ("categorical_cross_entropy", 2)],
)  # fmt: skip
def test_the_last_layer_is_what_the_loss_takes(loss: str, outputs: int, command: Command) -> None:
    found = command("train", "moons", "--loss", loss, *QUICK, "--json").object
    assert found["test"]["accuracy"] > 0.9
    (*_, last) = command("show", found["run"], "--json").object["layers"]
    assert last["shape"] == [None, outputs]


def test_validation_and_early_stopping_are_heard(command: Command) -> None:
    given = ("--validation", 0.3, "--early-stopping", 2, "--epochs", 500, "--learning-rate", 0.1)
    found = command("train", "iris", *given, "--json").object
    assert found["epochs"] < 500
    page = Path(found["run"], REPORT).read_text(encoding="utf-8")
    assert "val_loss from" in page
    assert "(best)" in page


def test_out_names_the_folder(command: Command, tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "here"
    assert command("train", "iris", *QUICK, "-q", "--out", folder).out == f"{folder}\n"
    assert {path.name for path in folder.iterdir()} == FILES
    again = command("train", "iris", *QUICK, "--out", folder)
    assert again.status == 1
    assert "the folder of the run is not empty" in again.err


# --- doing it again ------------------------------------------------------------------------


def script_of(run: str) -> str:
    """Take the Python that the report of a run shows."""
    page = Path(run, REPORT).read_text(encoding="utf-8")
    return html.unescape(re.findall(r"<code>(.*?)</code>", page, re.DOTALL)[1])


@pytest.mark.parametrize("kind", ["named", "file"])
def test_the_command_and_the_script_of_a_run_give_the_same_numbers(
    kind: str, command: Command, flowers: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ("iris",) if kind == "named" else (flowers, "--target", "species")
    first = command("train", *given, *QUICK, "--json").object
    config = json.loads(Path(first["run"], CONFIG).read_text(encoding="utf-8"))
    again = command(*shlex.split(config["command"])[1:], "--json").object
    assert again["test"] == first["test"]
    assert again["run"] != first["run"]
    exec(script_of(first["run"]), {})
    assert capsys.readouterr().out.strip().endswith(str(first["test"]))


def test_the_model_of_a_run_is_a_model_like_any_other(command: Command) -> None:
    found = command("train", "iris", *QUICK, "--json").object
    iris = pel.data.iris()
    model = pel.load(Path(found["run"], MODEL))
    assert (model.classify(iris.X) == iris.y).mean() > 0.9
    lines = Path(found["run"], HISTORY).read_text(encoding="utf-8").splitlines()
    assert len(lines) == 20
    assert json.loads(lines[-1])["loss"] == model.history["loss"][-1]


def test_the_report_is_whole(command: Command) -> None:
    command("train", "iris", *QUICK)
    page = Path("runs/iris-1", REPORT).read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert "pellucid train iris --hidden=16 " in page
    assert 'found = data.read("iris")' in html.unescape(page)
    assert "versicolor" in page


# --- ends before the end -------------------------------------------------------------------


@pytest.mark.skipif(os.name == "nt", reason="Windows interrupts otherwise")
def test_an_interrupted_training_is_saved(tmp_path: Path) -> None:
    program = [sys.executable, "-m", "pellucid", "train", "iris", "--epochs", "10000000", "--json"]
    with subprocess.Popen(
        program, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        while not (tmp_path / "runs" / "iris-1").exists():
            assert process.poll() is None
            time.sleep(0.05)
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    found = json.loads(out)
    assert process.returncode == 1
    assert found["stopped"] == "interrupted"
    assert "Traceback" not in err
    assert {path.name for path in (tmp_path / found["run"]).iterdir()} == FILES


def test_a_training_that_blows_up_leaves_no_folder(command: Command) -> None:
    ended = command("train", "iris", "--learning-rate", "1e30", "--quiet")
    assert ended.status == 1
    assert ended.out == ""
    assert "not finite" in ended.err.splitlines()[0]
    assert "lower the learning rate" in ended.err.splitlines()[1]
    assert not list(Path("runs").iterdir())
