"""One process of a group that trains together: ``python -m pellucid.cli.member … -- train …``.

:mod:`pellucid.cli.launching` starts it. On a cluster that JAX knows, such as SLURM, it finds its
group itself and is started with the command line alone.
"""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path

from pellucid.cli import main
from pellucid.cli.launching import value_of, without
from pellucid.lazy import load

__all__ = ["run"]

GRACE = 0.5  # seconds in which a process that is let go of may say what it has to say


def run(arguments: list[str]) -> int:
    """Join the group and train; the first process alone prints and keeps what comes of it.

    Parameters
    ----------
    arguments : where the group meets, how many there are, which one this is and, if it is to end
        with its launch, a folder for copies of the run; or nothing; then ``--`` and the command
        line
    """
    given, command = arguments[: arguments.index("--")], arguments[arguments.index("--") + 1 :]
    if copies := given[3:]:
        threading.Thread(target=_end_with_launch, args=copies, daemon=True).start()
    jax = load("jax", extra="xla")
    if given:
        jax.distributed.initialize(given[0], int(given[1]), int(given[2]))
    else:
        jax.distributed.initialize()
    if value_of(command, "--engine") is None and value_of(command, "--resume") is None:
        command = [*command, "--engine", "xla"]
    if jax.process_index() == 0:
        return main(command)
    with contextlib.ExitStack() as aside:
        aside.enter_context(contextlib.redirect_stdout(io.StringIO()))
        place = tempfile.TemporaryDirectory(dir=copies[0] if copies else None)
        return main(_aside(command, Path(aside.enter_context(place))))


def _end_with_launch(copies: str) -> None:
    """End this process soon after its launch has ended, or let go of it, whatever it is doing."""
    os.read(sys.stdin.fileno(), 1)
    time.sleep(GRACE)
    shutil.rmtree(copies, ignore_errors=True)
    os._exit(1)


def _aside(command: list[str], folder: Path) -> list[str]:
    """Let a process that is not the first one keep its copy of the run elsewhere."""
    before = value_of(command, "--resume")
    if before is None:
        return [*without(command, "--out", "--json"), "--out", str(folder / "run"), "--quiet"]
    shutil.copytree(before, folder / "run")
    return [*without(command, "--resume", "--json"), "--resume", str(folder / "run"), "--quiet"]


def _keep_output() -> None:
    """Keep standard output for the training: what XLA is linked with reports there, too."""
    kept = os.dup(1)
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), 1)
    sys.stdout = os.fdopen(kept, "w", encoding=sys.stdout.encoding, errors=sys.stdout.errors)


if __name__ == "__main__":
    _keep_output()
    status = run(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    if status:
        os._exit(status)  # at a usual end it would wait for the others, who wait for it
