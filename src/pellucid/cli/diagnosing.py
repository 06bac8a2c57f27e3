"""The command *diagnose*: all findings of a run on disk."""

from __future__ import annotations

from pellucid.cli.runs import Run
from pellucid.cli.sources import source_of_run, split_rows
from pellucid.data import take
from pellucid.diagnose import Findings

__all__ = ["diagnose"]


def diagnose(run: Run) -> Findings:
    """Look at the run's training rows, its test rows, its network and its history.

    Raises
    ------
    DataError : when the data are no longer those that the run was trained on
    """
    given, wishes = run.config["data"]["given"], run.config["wishes"]
    source = source_of_run(run.config, f"train anew: pellucid train {given}")
    parts = split_rows(source, wishes["test_fraction"], wishes["seed"])
    (X, y), held = ((take(source.X, rows), source.y[rows]) for rows in parts)
    return run.network.diagnose(X, y, validation=held)
