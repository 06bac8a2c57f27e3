"""Holds: a run is written for other programs, and says how when it is not told for which."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cli.conftest import Command
from pellucid import interop
from pellucid.cli.runs import open_run

RUN = "runs/flowers-1"


@pytest.fixture
def run(trained: Path, tmp_path: Path) -> str:
    shutil.copytree(trained, tmp_path, dirs_exist_ok=True)
    return RUN


def test_export_writes_what_is_wished(command: Command, run: str) -> None:
    ended = command("export", run, "--c", "net.c", "--torch", "net.py", "--onnx", "net.onnx")
    assert ended.status == 0, ended.err
    assert ended.out.split() == [
        "C", "net.c", "PyTorch", "net.py", "weights", "net.safetensors", "ONNX", "net.onnx",
    ]  # fmt: skip
    text = Path("net.c").read_text(encoding="utf-8")
    assert "void net_predict(const float *x, float *y);" in text
    assert "x[4]  colour=blue" in text
    assert "class Model(nn.Module):" in Path("net.py").read_text(encoding="utf-8")


def test_columns_are_taken_as_numbers(command: Command, run: str) -> None:
    assert command("export", run, "--onnx", "net.onnx", "--json").object == {
        "run": run, "files": {"ONNX": "net.onnx"},
    }  # fmt: skip
    network = open_run(Path(run)).network
    row = {"sepal length": 5.1, "sepal width": 3.5, "petal length": 1.4, "petal width": 0.2}
    numbers = np.array([[*row.values(), 1.0, 0.0, 0.0]], np.float32)  # blue, white, not known
    wanted = network.predict(pd.DataFrame([{**row, "colour": "blue"}]))
    found = interop.onnx.load("net.onnx").predict(numbers)
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-5)


def test_it_asks_what_to_write(command: Command, run: str) -> None:
    ended = command("export", run)
    assert ended.status == 2
    assert "export was not told what to write" in ended.err
    assert f"pellucid export {run} --c" in ended.err
