"""Holds: several devices train as one does, and tell each other nothing but one sum a step."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pellucid import data
from pellucid.engines.xla.layout import Layout
from pellucid.errors import ArgumentError

jax = pytest.importorskip("jax")

SCRIPT = Path(__file__).with_name("spread.py")
SLICES = Path(__file__).with_name("slices.py")
JOINS = tuple(map(int, version("jax").split(".")[:2])) >= (0, 10)  # XLA's CPU joins its messages


NORMS = {"dense": 0, "convolutional": 0, "norm": 1, "convolutional norm": 2}


@pytest.mark.parametrize("kind", NORMS)
def test_four_devices_are_as_one(kind):
    ended = subprocess.run(
        [sys.executable, str(SCRIPT), kind], capture_output=True, text=True, timeout=300
    )
    assert ended.returncode == 0, ended.stderr
    found = json.loads(ended.stdout)
    assert found["apart"] <= 1e-5
    assert found["spoken"] | {"all-reduce": 0} == dict.fromkeys(found["spoken"], 0)
    if JOINS:  # beside the gradients, a layer's mean and variance, and the way back through both
        assert found["spoken"]["all-reduce"] == 1 + 4 * NORMS[kind]


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_each_of_two_processes_picks_its_own_rows_of_a_file_alone(kind, tmp_path):
    rows = pd.DataFrame(np.random.default_rng(0).normal(size=(64, 5)), columns=list("abcde"))
    path, rows["y"] = tmp_path / f"rows.{kind}", np.arange(64) % 3
    if kind == "parquet":
        rows.to_parquet(path)
    else:
        rows.to_csv(path, index=False)
    read = {"parquet": data.parquet_batches, "csv": data.csv_batches}[kind]
    data.gather(read(path, "y", rows=20), folder=tmp_path)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    line = [sys.executable, str(SLICES), address]
    started = [
        subprocess.Popen([*line, str(k), str(tmp_path / "X.npy")], text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for k in range(2)
    ]  # fmt: skip
    told = [one.communicate(timeout=300) for one in started]
    assert not any(one.returncode for one in started), told
    first, second = (json.loads(out.splitlines()[-1]) for out, _ in told)
    assert not first["copied"]
    assert len(first["picked"]) == len(second["picked"]) == 32
    assert sorted(first["picked"] + second["picked"]) == list(range(64))


def test_batches_that_cannot_be_shared_evenly_are_refused():
    layout = Layout()
    layout.count = 4
    layout.check(32)
    with pytest.raises(ArgumentError, match="write batch_size=32"):
        layout.check(30)
