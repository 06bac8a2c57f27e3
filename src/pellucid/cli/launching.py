"""Processes that train together on this machine: started, watched, and ended all together."""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

from pellucid.cli import runs
from pellucid.errors import ArgumentError, EngineError
from pellucid.lazy import load

__all__ = ["free_address", "launch", "value_of", "without"]

LOOK = 0.05  # seconds between two looks at the processes
PATIENCE = 1.5  # seconds in which a process that is let go of is to end
WITH_VALUES = ("--out", "--resume")


def launch(processes: int, restarts: int, command: Sequence[str]) -> None:
    """Run a command line of ``train`` in so many processes that share the rows of each batch.

    Parameters
    ----------
    restarts : how often the training may be taken up again at its checkpoint after a failure

    Raises
    ------
    ArgumentError : for another command, or a restart of a run whose folder is not named
    EngineError : when a process has failed, with what it said
    KeyboardInterrupt : with how to go on, where a run has a checkpoint
    """
    load("jax", extra="xla")
    command = list(command)
    if command[:1] != ["train"]:
        raise ArgumentError(
            "launch runs train in several processes", got=" ".join(command) or "nothing",
            mend="write pellucid launch --processes 2 -- train digits",
        )  # fmt: skip
    folder = value_of(command, "--out") or value_of(command, "--resume")
    if restarts and folder is None:
        raise ArgumentError(
            "a training is taken up again in its run folder, which has to be named",
            got=f"--restarts {restarts}", mend="write --out FOLDER behind train",
        )  # fmt: skip
    for left in range(restarts, -1, -1):
        try:
            _together(processes, command)
        except KeyboardInterrupt:
            if not _can_go_on(folder):
                raise
            line = f"pellucid launch --processes {processes} -- train --resume {folder}"
            raise KeyboardInterrupt(f"to go on: {line}") from None
        except EngineError as error:
            if not left or not _can_go_on(folder):
                raise
            said, *_ = error.in_two_lines().splitlines()
            print(f"{said}\ngoing on from {folder}", file=sys.stderr)
            if value_of(command, "--resume") is None:
                command = ["train", "--resume", str(folder)]
        else:
            return


def _can_go_on(folder: str | None) -> bool:
    return folder is not None and (Path(folder) / runs.CHECKPOINT).exists()


def _together(processes: int, command: list[str]) -> None:
    """Start all, and wait until all have ended well or one has not; show what the first says."""
    with contextlib.ExitStack() as ending:
        copies = Path(ending.enter_context(tempfile.TemporaryDirectory()))
        said = [copies / f"said by {k}.txt" for k in range(processes)]
        started = ending.enter_context(_started(free_address(), copies, command, said))
        shown = ending.enter_context(said[0].open(encoding="utf-8", errors="replace"))
        while (found := [one.poll() for one in started]).count(0) < processes:
            failed = [k for k, status in enumerate(found) if status]
            if failed:
                first = _first_cause(failed, said)
                last, mend = _last_words(said[first])
                raise EngineError(
                    f"process {first} of {processes} has ended, and with it the others",
                    got=f"{_status(found[first])}: {last}", mend=mend,
                )  # fmt: skip
            _show(shown)
            time.sleep(LOOK)
        _show(shown)


def _show(shown: TextIO) -> None:
    """Show what is new, up to an error: the one that is told is the first of all processes."""
    while True:
        place, line = shown.tell(), shown.readline()
        if not line.endswith("\n") or line.startswith("error: "):
            shown.seek(place)
            return
        print(line, end="", file=sys.stderr, flush=True)


def free_address() -> str:
    """Find a place on this machine where processes can meet."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"


@contextlib.contextmanager
def _started(
    address: str, copies: Path, command: list[str], said: Sequence[Path]
) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Start the processes, and let none of them live longer than this.

    Each waits for the end of its standard input, which comes also when this process is killed.
    """
    started: list[subprocess.Popen[bytes]] = []
    try:
        for number, path in enumerate(said):
            given = [address, str(len(said)), str(number), str(copies), "--", *command]
            line = [sys.executable, "-m", "pellucid.cli.member", *given]
            out = None if number == 0 else subprocess.DEVNULL
            with path.open("wb") as errors:
                started.append(
                    subprocess.Popen(line, stdin=subprocess.PIPE, stdout=out, stderr=errors)
                )
        yield started
    finally:
        for one in started:
            assert one.stdin is not None
            one.stdin.close()
        end = time.monotonic() + PATIENCE
        for one in started:
            with contextlib.suppress(subprocess.TimeoutExpired):
                one.wait(max(0.0, end - time.monotonic()))
            one.kill()
            one.wait()


def _first_cause(failed: Sequence[int], said: Sequence[Path]) -> int:
    """Of those that have ended, prefer one that does not complain of another."""
    own = [k for k in failed if "another process" not in _last_words(said[k])[0]]
    return (own or list(failed))[0]


def _status(status: int | None) -> str:
    """Say how a process has ended."""
    try:
        name = signal.Signals(-(status or 0)).name
    except ValueError:  # by itself
        return f"status {status}"
    memory = ", as when memory has run out" if name == "SIGKILL" else ""
    return f"killed by {name}{memory}"


def _last_words(said: Path) -> tuple[str, str]:
    """Give the last error that a process has told, or its last line, and what mends that."""
    text = said.read_text(encoding="utf-8", errors="replace")
    lines = [line for line in text.splitlines() if line.strip()] or ["it said nothing"]
    told = [k for k, line in enumerate(lines) if line.startswith("error: ")]
    if told and told[-1] + 1 < len(lines):
        return lines[told[-1]].removeprefix("error: "), lines[told[-1] + 1]
    return lines[-1], "mend that; what has a checkpoint goes on with train --resume FOLDER"


def value_of(command: Sequence[str], option: str) -> str | None:
    """Give the value of an option in a command line, if it is there.

    >>> value_of(["train", "digits", "--out", "a"], "--out"), value_of(["--out=b"], "--out")
    ('a', 'b')
    """
    for k, word in enumerate(command):
        if word == option and k + 1 < len(command):
            return command[k + 1]
        if word.startswith(f"{option}="):
            return word.removeprefix(f"{option}=")
    return None


def without(command: Sequence[str], *options: str) -> list[str]:
    """Leave options out of a command line, with their values.

    >>> without(["train", "--json", "--out", "a"], "--out", "--json")
    ['train']
    """
    kept, skip = [], False
    for word in command:
        if skip:
            skip = False
        elif word in options:
            skip = word in WITH_VALUES
        elif word.partition("=")[0] not in options:
            kept.append(word)
    return kept
