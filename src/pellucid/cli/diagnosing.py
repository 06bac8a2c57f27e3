"""The command *diagnose*: all findings of a run on disk."""

from __future__ import annotations

from pellucid.cli.runs import Run
from pellucid.cli.sources import open_source, split_rows
from pellucid.data import take
from pellucid.diagnose import Findings
from pellucid.errors import DataError

__all__ = ["diagnose"]


def diagnose(run: Run) -> Findings:
    """Look at the run's training rows, its test rows, its network and its history.

    Raises
    ------
    DataError : when the data are no longer those that the run was trained on
    """
    about, wishes = run.config["data"], run.config["wishes"]
    target, task = (about["target"], about["task"]) if about["sha256"] else (None, None)
    source = open_source(str(about["given"]), target, task, wishes.get("folder"))
    if source.digest != about["sha256"]:
        raise DataError(
            "the file is no longer the one that the run was trained on", where=source.given,
            mend=f"train anew: pellucid train {source.given}",
        )  # fmt: skip
    parts = split_rows(source, wishes["test_fraction"], wishes["seed"])
    (X, y), held = ((take(source.X, rows), source.y[rows]) for rows in parts)
    return run.network.diagnose(X, y, validation=held)
