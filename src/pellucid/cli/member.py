"""One process of a group that trains together: ``python -m pellucid.cli.member … -- train …``.

:mod:`pellucid.cli.launching` starts it. On a cluster that JAX knows, such as SLURM, it finds its
group itself and is started with the command line alone.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from pellucid.cli import main
from pellucid.cli.launching import value_of, without
from pellucid.lazy import load

__all__ = ["run"]


def run(arguments: list[str]) -> int:
    """Join the group and train; the first process alone keeps what comes of it.

    Parameters
    ----------
    arguments : where the group meets, how many there are and which one this is, or nothing; then
        ``--`` and the command line
    """
    given, command = arguments[: arguments.index("--")], arguments[arguments.index("--") + 1 :]
    jax = load("jax", extra="xla")
    if given:
        address, processes, number = given
        jax.distributed.initialize(address, int(processes), int(number))
    else:
        jax.distributed.initialize()
    if value_of(command, "--engine") is None:
        command = (
            [*command, "--engine", "xla"] if value_of(command, "--resume") is None else command
        )
    if jax.process_index() == 0:
        return main(command)
    with tempfile.TemporaryDirectory() as folder:
        return main(_aside(command, Path(folder)))


def _aside(command: list[str], folder: Path) -> list[str]:
    """Let a process that is not the first one keep its copy of the run elsewhere."""
    before = value_of(command, "--resume")
    if before is None:
        return [*without(command, "--out", "--json"), "--out", str(folder / "run"), "--quiet"]
    shutil.copytree(before, folder / "run")
    return [*without(command, "--resume", "--json"), "--resume", str(folder / "run"), "--quiet"]


if __name__ == "__main__":
    status = run(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    if status:
        os._exit(status)  # at a usual end it would wait for the others, who wait for it
