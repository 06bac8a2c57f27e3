"""Holds: a run predicts and is measured on other tables, found by the names of their columns."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from cli.conftest import FLOWER_NAMES, QUICK, Command, flower_rows, write
from pellucid import data


@pytest.fixture
def run(trained: Path, tmp_path: Path) -> str:
    shutil.copytree(trained, tmp_path, dirs_exist_ok=True)
    return "runs/flowers-1"


def test_predictions_come_with_probabilities_as_csv(command: Command, run: str) -> None:
    write(Path("new.csv"), FLOWER_NAMES[:5], [row[:5] for row in flower_rows()])
    ended = command("predict", run, "new.csv")
    names, *rows = csv.reader(io.StringIO(ended.out))
    assert ended.status == 0
    assert names == ["species", "p(setosa)", "p(versicolor)", "p(virginica)"]
    shares = np.array([row[1:] for row in rows], float)
    assert np.allclose(shares.sum(axis=1), 1, atol=1e-5)
    best = np.array([name[2:-1] for name in names[1:]])[shares.argmax(axis=1)]
    assert best.tolist() == [row[0] for row in rows]
    assert np.mean(best == [row[5] for row in flower_rows()]) > 0.9


def test_the_order_of_columns_does_not_matter_and_others_are_ignored_and_said(
    command: Command, run: str
) -> None:
    write(Path("new.csv"), FLOWER_NAMES[:5], [row[:5] for row in flower_rows()])
    turned = [[row[5], "north", *row[4::-1]] for row in flower_rows()]
    write(Path("turned.csv"), ["species", "garden", *FLOWER_NAMES[4::-1]], turned)
    plain, other = command("predict", run, "new.csv"), command("predict", run, "turned.csv")
    assert plain.out == other.out
    assert plain.err == ""
    assert "1 column not trained on, ignored: garden." in other.err
    assert "The target is in the file too; it was not looked at: species." in other.err


def test_out_writes_a_file(command: Command, run: str) -> None:
    write(Path("new.csv"), FLOWER_NAMES[:5], [row[:5] for row in flower_rows()])
    printed = command("predict", run, "new.csv").out
    assert command("predict", run, "new.csv", "--out", "p.csv").out == (
        "150 predictions written to p.csv\n"
    )
    assert Path("p.csv").read_text(encoding="utf-8") == printed


def test_json_is_one_object(command: Command, run: str) -> None:
    write(Path("new.csv"), FLOWER_NAMES[:5], [row[:5] for row in flower_rows()[:3]])
    found = command("predict", run, "new.csv", "--json").object
    assert found["target"] == "species"
    assert found["classes"] == ["setosa", "versicolor", "virginica"]
    assert found["predictions"] == ["setosa"] * 3
    assert len(found["probabilities"]) == 3
    assert found["out"] is None


def test_a_data_set_by_name_is_predicted_by_the_names_of_its_columns(command: Command) -> None:
    iris = data.iris()
    run = command("train", "iris", *QUICK, "-q").out.strip()
    turned = [row[::-1] for row in iris.X.tolist()]
    write(Path("new.csv"), list(iris.feature_names[::-1]), turned)
    found = command("predict", run, "new.csv", "--json").object
    right = [iris.class_names[label] for label in iris.y]
    assert np.mean(np.array(found["predictions"]) == right) > 0.9


def test_a_missing_column_is_named(command: Command, run: str) -> None:
    names = [name.replace("petal width", "petal widht") for name in FLOWER_NAMES]
    write(Path("new.csv"), names, flower_rows())
    ended = command("predict", run, "new.csv")
    assert ended.status == 1
    first, second = ended.err.splitlines()
    assert first.startswith("error: new.csv: the table lacks 1 column that the run was trained on")
    assert "wanted petal width" in first
    assert second == "rename 'petal widht' to 'petal width'"


@pytest.mark.filterwarnings("always")
def test_an_unknown_category_is_named(command: Command, run: str) -> None:
    rows = flower_rows()
    rows[3][4] = "green"
    write(Path("new.csv"), FLOWER_NAMES, rows)
    ended = command("predict", run, "new.csv")
    assert ended.status == 0
    assert "warning: " in ended.err
    assert "'green'" in ended.err


# --- evaluate ------------------------------------------------------------------------------


def test_evaluate_gives_the_numbers_of_the_training_once_more(command: Command, run: str) -> None:
    config = json.loads(Path(run, "config.json").read_text(encoding="utf-8"))
    found = command("evaluate", run, "--json").object
    assert {name: found[name] for name in ("loss", "accuracy")} == config["results"]["test"]
    assert found["rows"] == 45


def test_evaluate_measures_on_another_table(command: Command, run: str) -> None:
    write(Path("more.csv"), FLOWER_NAMES[::-1], [row[::-1] for row in flower_rows()])
    ended = command("evaluate", run, "more.csv")
    assert ended.status == 0
    assert "more.csv: 150 rows" in ended.out
    assert "accuracy" in ended.out


def test_evaluate_notices_that_the_file_has_changed(command: Command, run: str) -> None:
    write(Path("flowers.csv"), FLOWER_NAMES, flower_rows())
    ended = command("evaluate", run)
    assert ended.status == 1
    assert "no longer the one that the run was trained on" in ended.err
    assert f"pellucid evaluate {run} flowers.csv" in ended.err


# --- runs that are none --------------------------------------------------------------------


def test_a_missing_run_names_the_nearest(command: Command, run: str) -> None:
    ended = command("predict", "runs/flwers-1", "new.csv")
    assert ended == (
        1,
        "",
        "error: runs/flwers-1: this is no run: there is no such folder\n"
        "did you mean runs/flowers-1?\n",
    )


def test_without_any_run_the_first_step_is_told(command: Command, tmp_path: Path) -> None:
    ended = command("predict", tmp_path, "new.csv")
    assert ended.err.splitlines()[1] == "train one first: pellucid train digits"


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "{", '{"format": 1}', '{"format": 1, "data": {}, "wishes": {}}']
)
def test_a_damaged_configuration_is_refused(text: str, command: Command, run: str) -> None:
    Path(run, "config.json").write_text(text, encoding="utf-8")
    ended = command("predict", run, "new.csv")
    assert ended.status == 1
    assert len(ended.err.splitlines()) == 2
    assert "config.json" in ended.err


def test_a_configuration_from_the_future_is_refused(command: Command, run: str) -> None:
    path = Path(run, "config.json")
    config = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**config, "format": 2}), encoding="utf-8")
    ended = command("predict", run, "new.csv")
    assert ended.err.splitlines()[1] == "run pip install --upgrade pellucid"


def test_a_damaged_model_is_refused(command: Command, run: str) -> None:
    path = Path(run, "model.safetensors")
    path.write_bytes(path.read_bytes()[:-1])
    ended = command("predict", run, "new.csv")
    assert ended.status == 1
    assert "the header is damaged" in ended.err
