"""Holds: processes train as one does, all end when one does, and a training is taken up again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from pellucid.cli import main
from pellucid.cli.launching import free_address, value_of, without

pytest.importorskip("jax")

TRAIN = ["train", "iris", "--hidden", "6", "--batch-size", "16", "--seed", "1"]


def started(*line, devices=1, **settings):
    """Start Python, with so many devices on this machine, and more that it finds around it."""
    flags = {"XLA_FLAGS": f"--xla_force_host_platform_device_count={devices}"}
    return subprocess.Popen(
        [sys.executable, "-m", *line], env=os.environ | flags | settings, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
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
    out, err = ended(launched(*TRAIN, "--epochs", "4", "--json", "--out", str(folder)))
    assert json.loads(out)["engine"] == "xla"  # and no word of a library beside it
    assert "Gloo" not in err
    return folder


def test_an_error_is_told_with_what_mends_it(tmp_path):
    wishes = ["--batch-size", "15", "--out", str(tmp_path / "run")]
    _, err = ended(launched("train", "iris", *wishes), status=1)
    first, mend = err.splitlines()[-2:]
    assert first.startswith("error: process")
    assert "cannot be shared evenly" in first
    assert mend == "write batch_size=16"


@pytest.mark.skipif(sys.platform != "linux", reason="processes are found by pgrep")
def test_after_an_interruption_it_says_how_to_go_on(tmp_path):
    process, pids = launched_until("training", tmp_path / "run")
    for pid in (process.pid, *pids):
        os.kill(pid, signal.SIGINT)
    _, err = ended(process, status=1)
    assert err.splitlines()[-1] == (
        f"to go on: pellucid launch --processes 2 -- train --resume {tmp_path / 'run'}"
    )


def test_two_processes_have_the_bits_of_one_with_two_devices(together, tmp_path):
    command = [*TRAIN, "--epochs", "4", "--out", str(tmp_path / "single")]
    ended(started("pellucid.cli.member", free_address(), "1", "0", "--", *command, devices=2))
    assert weights(together) == weights(tmp_path / "single")


def test_as_in_the_recipe_for_slurm_processes_find_each_other(together, tmp_path):
    """SLURM's part, its variables, is played here."""
    command = [*TRAIN, "--epochs", "4", "--json", "--out", str(tmp_path / "run")]
    job = {"SLURM_JOB_ID": str(os.getpid()), "SLURM_STEP_NODELIST": "localhost"}
    job |= {"SLURM_NTASKS": "2", "SLURM_STEP_NUM_NODES": "1", "SLURM_JOB_NUM_NODES": "1"}
    group = [
        started("pellucid.cli.member", "--", *command, SLURM_PROCID=k, SLURM_LOCALID=k, **job)
        for k in "01"
    ]
    (first, _), (second, _) = map(ended, group)
    assert json.loads(first)["engine"] == "xla"
    assert second == ""
    assert weights(tmp_path / "run") == weights(together)


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


def is_alive(pid):
    """Tell whether a process is there, and not only its number."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def launched_until(moment, folder):
    """Launch a training without end, and give it when it has come to a moment, with its members."""
    process = launched(*TRAIN, "--epochs", "100000", "--out", str(folder))
    while len(members(process.pid)) < 2:
        time.sleep(0.02)
    awaited = {"loading": folder.parent, "training": folder / "checkpoint.safetensors"}[moment]
    while not awaited.exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    return process, members(process.pid)


@pytest.mark.skipif(sys.platform != "linux", reason="processes are found by pgrep")
@pytest.mark.parametrize("moment", ["loading", "training"])
@pytest.mark.parametrize("killed", [0, 1])
def test_when_one_is_killed_all_end_within_five_seconds_and_the_cause_is_told(
    killed, moment, tmp_path
):
    """The quickest of three tries counts, as a machine that is busy with others adds to each."""
    seconds = []
    while len(seconds) < 3 and min(seconds, default=np.inf) > 5:
        process, pids = launched_until(moment, tmp_path / f"run{len(seconds)}")
        begin = time.monotonic()
        os.kill(pids[killed], signal.SIGKILL)
        _, err = ended(process, status=1)
        seconds.append(time.monotonic() - begin)
        assert err.startswith(f"error: process {killed} of 2 has ended, and with it the others")
        assert "killed by SIGKILL" in err
        assert not any(map(is_alive, pids))
    assert min(seconds) <= 5


@pytest.mark.skipif(sys.platform != "linux", reason="processes are found by pgrep")
def test_processes_end_with_their_launch_even_when_that_is_killed(tmp_path):
    process, pids = launched_until("training", tmp_path / "run")
    process.kill()
    ended(process, status=-signal.SIGKILL)
    limit = time.monotonic() + 60
    while any(map(is_alive, pids)) and time.monotonic() < limit:
        time.sleep(0.05)
    assert not any(map(is_alive, pids))


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
