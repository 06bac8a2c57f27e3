"""Holds: whatever happens while saving, a file is whole; whatever a file holds, reading is safe.

The long form, thousands of times: ``pytest tests/faults --full``.
"""

from __future__ import annotations

import errno
import json
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import pellucid as pel
from faults.conftest import rows
from pellucid import nn
from pellucid.errors import FileError
from pellucid.files import Disk, write_atomically
from pellucid.train.checkpoint import content_of
from pellucid.train.signed import encoded, parsed

HERE = Path(__file__).parent


def program(name, *arguments, timeout):
    """Run one of the programs beside this file; give what it prints."""
    done = subprocess.run(
        [sys.executable, str(HERE / name), *map(str, arguments)],
        capture_output=True, timeout=timeout, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    found = json.loads(done.stdout)
    print(name, found)
    return found


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no SIGKILL")
def test_a_kill_at_any_moment_leaves_a_whole_file(tmp_path, full):
    kills, runs = (1_000, 100) if full else (20, 3)
    found = program("killing.py", tmp_path, kills, runs, timeout=1200)
    assert found["torn"] == 0
    assert found["first"] + found["second"] == kills
    assert found["stale"] > 0  # kills did hit saves
    assert found["most stale"] == 1
    assert found["stale at the end"] == 0
    assert found["same"] == runs


@pytest.mark.skipif(sys.platform != "linux", reason="the limit of memory is one of Linux")
def test_damaged_and_ill_meant_files_are_refused_with_little_memory_and_time(tmp_path, full):
    found = program("mutating.py", tmp_path, 10_000 if full else 300, timeout=1200)
    assert found["changed"] == []
    assert found["longest"] < 5
    assert found["refused"] > 0.8 * found["files"]


# --- a disk that fails ---------------------------------------------------------------------


class Dead(BaseException):
    """The process is no more: nothing that it would have done is done."""


class FaultyDisk(Disk):
    """Fails at one operation, counted from 0; writes little at a time.

    Parameters
    ----------
    fault : what is raised; after a death, every later operation is one too
    """

    def __init__(self, at, fault):
        self._left, self._fault = at, fault
        self.operations = []

    def __getattribute__(self, name):
        found = super().__getattribute__(name)
        if name not in vars(Disk):
            return found

        def counted(*arguments):
            self.operations.append(name)
            self._left -= 1
            if self._left == -1 or (self._left < 0 and self._fault is Dead):
                raise self._fault if self._fault is Dead else OSError(self._fault, "no")
            return found(*arguments)

        return counted

    def write(self, file, data):
        return super().write(file, data[:1500])


@pytest.fixture(scope="module")
def contents():
    """The bytes of two networks as files, in parts."""
    X, y, _ = rows()
    found = []
    for units in (3, 30):
        model = nn.Sequential([nn.Linear(units), nn.Linear(1)])
        model.fit(X, y, epochs=1, seed=1, engine="reference", progress=False)
        found.append(encoded(content_of(model)))
    return found


@pytest.mark.parametrize("fault", [errno.EIO, errno.ENOSPC, errno.EACCES, errno.EINTR, Dead])
@pytest.mark.parametrize("there", [True, False])
def test_a_fault_at_any_operation_leaves_a_whole_file(contents, fault, there, tmp_path):
    old, new = contents
    path = tmp_path / "model.safetensors"
    for at in range(1000):
        path.unlink(missing_ok=True)
        if there:
            write_atomically(path, *old)
        disk = FaultyDisk(at, fault)
        try:
            write_atomically(path, *new, disk=disk)
        except (FileError, Dead):
            pass
        else:
            if len(disk.operations) <= at:
                break
        left = path.read_bytes() if path.exists() else None
        assert left in (b"".join(old) if there else None, b"".join(new))
        stale = [one for one in tmp_path.iterdir() if one != path]
        assert len(stale) <= 1
        assert fault is Dead or not stale
        write_atomically(path, *new)
        assert list(tmp_path.iterdir()) == [path]
    assert at > 10
    assert {"create", "write", "synchronise", "rename", "open_folder"} <= set(disk.operations)


# --- a file that has changed ---------------------------------------------------------------


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The bytes of a training, of a network and all that its next step depends on."""
    X, y, _ = rows()
    path = tmp_path_factory.mktemp("run") / "run.safetensors"
    model = nn.Sequential([nn.Linear(2), nn.Dropout(0.2), nn.Linear(1)])
    rule = {"validation": 0.3, "early_stopping": 1, "checkpoint": path}
    model.fit(X, y, epochs=2, seed=1, engine="reference", progress=False, **rule)
    return path.read_bytes()


def test_a_flipped_bit_in_any_byte_of_a_training_is_refused(run, full):
    data = bytearray(run)
    bits = range(8) if full else (3,)
    for place in range(0, len(data), 1 if full else 7):
        for bit in bits:
            data[place] ^= 1 << bit
            with pytest.raises(FileError):
                parsed(bytes(data))
            data[place] ^= 1 << bit
    assert parsed(bytes(data)).tensors


def test_a_training_cut_short_at_any_length_is_refused(run, full):
    for length in range(0, len(run), 1 if full else 7):
        with pytest.raises(FileError):
            parsed(run[:length])


OF_VERSION_1 = HERE / "version-1.safetensors"


def test_a_file_of_the_first_version_is_read():
    """The file was written when the format was new; its answers are what they were then."""
    assert parsed(OF_VERSION_1.read_bytes()).metadata["version"] == "1"
    model = pel.load(OF_VERSION_1)
    X = np.linspace(-1, 1, 6).reshape(2, 3)
    assert model.classify(X).tolist() == ["cold", "warm"]
    wanted = [0.9996722936630249, 9.264897380489856e-05]
    np.testing.assert_allclose(model.predict_proba(X)[:, 0], wanted, rtol=1e-4)
    assert model.history.epochs == 30
