"""Holds: `pellucid train --resume` ends a run as if it had never been interrupted."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import pellucid as pel
from cli.conftest import QUICK, Command
from pellucid.cli.runs import CHECKPOINT, CONFIG, MODEL

IRIS = ("iris", "--hidden", 8, "--validation", 0.2, "--early-stopping", 30)


def same(one: Path, other: Path) -> bool:
    """Whether two runs ended with the same weights and the same history."""
    mine, theirs = pel.load(one / MODEL), pel.load(other / MODEL)
    arrays = zip(mine.variables().values(), theirs.variables().values(), strict=True)
    return dict(mine.history or {}) == dict(theirs.history or {}) and all(
        a.numpy().tobytes() == b.numpy().tobytes() for a, b in arrays
    )


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no SIGKILL")
def test_a_run_that_was_killed_goes_on(tmp_path: Path, command: Command) -> None:
    folder = tmp_path / "runs" / "iris-1"
    program = [sys.executable, "-m", "pellucid", "train", "iris", "--epochs=20000", "-q"]
    with subprocess.Popen(program, cwd=tmp_path, stdout=subprocess.DEVNULL) as process:
        while not (folder / CHECKPOINT).exists():
            assert process.poll() is None
            time.sleep(0.02)
        process.kill()
    assert {path.name for path in folder.iterdir()} == {CONFIG, CHECKPOINT}
    ended = command("predict", folder, "new.csv")
    assert ended.err == f"error: {folder}: the run has not ended\n" + (
        f"pellucid train --resume {folder}\n"
    )
    done = command("train", "--resume", folder, "--epochs", 30, "--quiet")
    assert done == (0, f"{folder}\n", "")
    whole = command("train", "iris", "--epochs", 30, "--quiet").out.strip()
    assert same(folder, Path(whole))


def test_a_run_may_go_on_for_longer(command: Command) -> None:
    for epochs in (5, 12):
        assert command("train", *IRIS, "--epochs", epochs, "-q", "--out", epochs).status == 0
    found = command("train", "--resume", "5", "--epochs", 12, "--json").object
    assert (found["epochs"], found["run"]) == (12, "5")
    assert any(note.startswith("Continued from 5/") for note in found["notes"])
    assert same(Path("5"), Path("12"))
    config = json.loads(Path("5", CONFIG).read_text(encoding="utf-8"))
    assert config["wishes"]["epochs"] == 12


def test_a_model_file_may_be_gone(command: Command) -> None:
    Path("m.json").write_text(
        '{"layers": [{"type": "Linear", "units": 4}, {"type": "Dropout"}, {"type": "Linear"}]}'
    )
    for epochs in (3, 6):
        command("train", "iris", "--model", "m.json", "--epochs", epochs, "-q", "--out", epochs)
    Path("m.json").unlink()
    assert command("train", "--resume", "3", "--epochs", 6, "-q").status == 0
    assert same(Path("3"), Path("6"))


@pytest.mark.parametrize(
    ("arguments", "what", "mend"),
    [
        (("iris",), "--resume and DATA cannot both be given", "leave DATA out"),
        (("--batch-size", 8), "--resume and --batch-size cannot both", "leave --batch-size out"),
        (("--out", "x"), "--resume and --out cannot both be given", "leave --out out"),
    ],
)
def test_what_would_change_the_run_is_refused(
    arguments: tuple[object, ...], what: str, mend: str, command: Command
) -> None:
    command("train", "iris", *QUICK, "-q", "--out", "run")
    ended = command("train", "--resume", "run", *arguments)
    assert ended.status == 2
    assert ended.err.startswith(f"error: {what}")
    assert ended.err.splitlines()[1].startswith(mend)


def test_a_run_that_is_none_is_refused(command: Command) -> None:
    ended = command("train", "--resume", "nowhere")
    assert ended.status == 1
    assert ended.err.startswith("error: nowhere: this is no run: there is no such folder")


def test_data_that_have_changed_are_refused(command: Command, flowers: Path) -> None:
    command("train", flowers, "--target", "species", *QUICK, "-q", "--out", "run")
    flowers.write_text(flowers.read_text().replace("5.1", "5.2", 1))
    ended = command("train", "--resume", "run", "--epochs", 30)
    assert ended.status == 1
    assert "is no longer the one that the run was begun with" in ended.err
