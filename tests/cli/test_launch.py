"""Holds: processes train as one does, all end when one does, and a training is taken up again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from safetensors.numpy import load_file

from pellucid.cli import main
from pellucid.cli.launching import free_address, value_of, without

pytest.importorskip("jax")

TRAIN = ["train", "iris", "--hidden", "6", "--batch-size", "16", "--seed", "1"]


def started(*line, devices=1, **options):
    """Start Python, with so many devices on this machine."""
    flags = {"XLA_FLAGS": f"--xla_force_host_platform_device_count={devices}"}
    return subprocess.Popen(
        [sys.executable, "-m", *line], env=os.environ | flags, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options,
    )  # fmt: skip


def ended(process, status=0):
    out, err = process.communicate(timeout=300)
    assert process.returncode == status, out + err
    return out, err


def launched(*line, processes=2, restarts=0):
    options = ["--processes", str(processes), "--restarts", str(restarts)]
    return started("pellucid", "launch", *options, "--", *line)


def weights(folder):
    return {name: a.tobytes() for name, a in load_file(folder / "model.safetensors").items()}


def members(parent):
    """List the processes that a launch has started."""
    found = subprocess.run(["pgrep", "-P", str(parent)], capture_output=True, text=True)
    return [int(word) for word in found.stdout.split()]


@pytest.fixture(scope="module")
def together(tmp_path_factory):
    """Give the folder of a training of four epochs in two processes."""
    folder = tmp_path_factory.mktemp("launched") / "together"
    out, _ = ended(launched(*TRAIN, "--epochs", "4", "--out", str(folder)))
    assert "xla engine" in out
    return folder


def test_two_processes_have_the_bits_of_one_with_two_devices(together, tmp_path):
    command = [*TRAIN, "--epochs", "4", "--out", str(tmp_path / "single")]
    ended(started("pellucid.cli.member", free_address(), "1", "0", "--", *command, devices=2))
    assert weights(together) == weights(tmp_path / "single")


@pytest.mark.skipif(sys.platform != "linux", reason="processes are found by pgrep")
def test_when_one_is_killed_the_training_is_taken_up_again_to_the_same_bits(together, tmp_path):
    folder = tmp_path / "run"
    ended(launched(*TRAIN, "--epochs", "2", "--out", str(folder)))
    process = launched("train", "--resume", str(folder), "--epochs", "4", restarts=1)
    while len(members(process.pid)) < 2:
        time.sleep(0.05)
    os.kill(members(process.pid)[1], signal.SIGKILL)
    _, err = ended(process)
    assert "process 1 of 2 has ended" in err
    assert "going on from" in err
    assert weights(folder) == weights(together)


@pytest.mark.skipif(sys.platform != "linux", reason="processes are found by pgrep")
def test_when_one_is_killed_all_end_within_seconds_and_the_cause_is_told(tmp_path):
    folder = tmp_path / "run"
    process = launched(*TRAIN, "--epochs", "100000", "--out", str(folder))
    while not (folder / "config.json").exists():
        assert process.poll() is None
        time.sleep(0.05)
    time.sleep(2)
    pids = members(process.pid)
    os.kill(pids[1], signal.SIGKILL)
    begin = time.monotonic()
    _, err = ended(process, status=1)
    assert time.monotonic() - begin < 10  # five, and what a busy machine adds
    assert err.startswith("error: process 1 of 2 has ended")
    assert "killed by SIGKILL" in err
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


MISUSED = {
    "another command": (["launch", "--", "predict", "run"], "launch runs train"),
    "no folder": (["launch", "--restarts", "2", "--", "train", "iris"], "has to be named"),
}


@pytest.mark.parametrize("case", MISUSED)
def test_misuse_is_told(case, capsys):
    line, said = MISUSED[case]
    assert main(line) == 2
    assert said in capsys.readouterr().err


def test_options_are_found_and_left_out():
    line = ["train", "iris", "--out=a", "--json", "--resume", "b"]
    assert (value_of(line, "--out"), value_of(line, "--resume"), value_of(line, "--x")) == (
        "a", "b", None,
    )  # fmt: skip
    assert without(line, "--out", "--json", "--resume") == ["train", "iris"]
