"""Holds: `show` says what a run, a saved network and a model file are, to people and as JSON."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.conftest import QUICK, Command

SHAPE = {"kind", "facts", "layers", "scores", "settings", "notes", "parameters"}
MODEL = '[[layers]]\ntype = "Linear"\nunits = 8\n[[layers]]\ntype = "Linear"\n[fit]\nepochs = 3\n'


@pytest.fixture
def run(command: Command) -> str:
    return str(command("train", "iris", *QUICK, "-q").out.strip())


def test_a_run_is_shown_whole(command: Command, run: str) -> None:
    found = command("show", run, "--json").object
    assert found.keys() == SHAPE
    assert found["kind"] == "run"
    assert found["facts"]["data"] == "iris"
    assert found["facts"]["command"].startswith("pellucid train iris --hidden=16 ")
    assert found["scores"]["test"].keys() == {"loss", "accuracy"}
    assert found["layers"] == [
        {"path": "0", "layer": "Linear", "shape": [None, 16], "parameters": 80},
        {"path": "1", "layer": "Linear", "shape": [None, 3], "parameters": 51},
    ]
    assert found["parameters"] == 131
    assert found["settings"]["epochs"] == 20
    ended = command("show", run)
    assert ended.status == 0
    assert "(None, 16)" in ended.out
    assert "setosa, versicolor, virginica" in ended.out
    assert "131" in ended.out


def test_a_saved_network_is_shown(command: Command, run: str) -> None:
    found = command("show", Path(run, "model.safetensors"), "--json").object
    assert found.keys() == SHAPE
    assert found["kind"] == "network"
    assert found["facts"]["class"] == "Sequential"
    assert found["facts"]["epochs"] == 20
    assert found["parameters"] == 131


def test_a_model_file_is_shown_without_data_and_with(command: Command) -> None:
    Path("model.toml").write_text(MODEL, encoding="utf-8")
    found = command("show", "model.toml", "--json").object
    assert found.keys() == SHAPE
    assert [layer["layer"] for layer in found["layers"]] == ["nn.Linear(8)", "nn.Linear()"]
    assert found["parameters"] is None
    assert found["settings"] == {"epochs": 3}
    assert "as many units as the target needs" in command("show", "model.toml").out
    shown = command("show", "model.toml", "--data", "digits", "--json").object
    assert [layer["parameters"] for layer in shown["layers"]] == [520, 90]


def test_a_model_file_is_shown_for_a_table(command: Command, flowers: Path) -> None:
    Path("model.toml").write_text(MODEL, encoding="utf-8")
    given = ("show", "model.toml", "--data", flowers)
    found = command(*given, "--target", "species", "--json").object
    assert found["layers"][0]["parameters"] == 8 * (4 + 3 + 1)  # four numbers, three colours
    assert command(*given).status == 2  # the target is not known


def test_what_is_none_of_these_is_refused(command: Command, tmp_path: Path) -> None:
    ended = command("show", tmp_path)
    assert ended.status == 1
    assert "this is no run" in ended.err
    Path("torn.safetensors").write_bytes(b"\0" * 20)
    ended = command("show", "torn.safetensors")
    assert ended.status == 1
    assert len(ended.err.splitlines()) == 2
