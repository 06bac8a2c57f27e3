"""Run folders: everything that a training leaves behind, and what makes it again."""

from __future__ import annotations

import contextlib
import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pellucid.errors import FileError
from pellucid.files import read_bytes, write_atomically
from pellucid.models import Network, load

__all__ = [
    "CHECKPOINT", "CONFIG", "HISTORY", "MODEL", "REPORT", "Run", "new_folder", "open_run",
    "read_config", "removed", "write_json",
]  # fmt: skip

MODEL, HISTORY = "model.safetensors", "history.jsonl"
CONFIG, REPORT = "config.json", "report.html"
CHECKPOINT = "checkpoint.safetensors"
RUNS = Path("runs")
FORMAT = 1
NEEDED = {
    "given", "sha256", "target", "task", "features", "classes", "seed", "test_fraction",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Run:
    """A run that was opened: its folder, what it was made with, and the trained network."""

    folder: Path
    config: dict[str, Any]
    network: Network


def new_folder(name: str, wanted: Path | None) -> Path:
    """Make the folder of a new run: the one that is `wanted`, else ``runs/<name>-<n>``.

    Raises
    ------
    FileError : when it cannot be made, or is there already and not empty
    """
    number = 1
    while True:
        folder = wanted or RUNS / f"{name}-{number}"
        try:
            folder.mkdir(parents=True)
            return folder
        except FileExistsError:
            if wanted is not None and folder.is_dir() and not any(folder.iterdir()):
                return folder
            if wanted is not None:
                raise FileError(
                    "the folder of the run is not empty" if folder.is_dir() else "this is a file",
                    where=str(folder), mend="choose another folder: --out DIR, or leave --out away",
                ) from None  # fmt: skip
        except OSError as error:
            raise FileError(
                f"the folder of the run cannot be made: {(error.strerror or str(error)).lower()}",
                where=str(folder), mend="choose another folder: --out DIR",
            ) from error  # fmt: skip
        number += 1


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write an object as indented JSON."""
    write_atomically(path, json.dumps(value, indent=2, ensure_ascii=False), "\n")


def removed(folder: Path) -> None:
    """Remove a run that has come to nothing."""
    with contextlib.suppress(OSError):
        for name in (CHECKPOINT, CONFIG):
            (folder / name).unlink(missing_ok=True)
        folder.rmdir()


def open_run(folder: Path) -> Run:
    """Read a run's configuration and its network.

    Raises
    ------
    FileError : when there is no such run, it has not ended, or its files are damaged
    """
    config = read_config(folder)
    if "results" not in config and not (folder / MODEL).exists():
        raise FileError(
            "the run has not ended", where=str(folder), mend=f"pellucid train --resume {folder}"
        )
    return Run(folder, config, load(folder / MODEL))


def read_config(folder: Path) -> dict[str, Any]:
    """Read what a run was asked for, ended or not.

    Raises
    ------
    FileError : when there is no such run, or the file is damaged
    """
    path = folder / CONFIG
    if not path.is_file():
        raise _no_run(folder)
    try:
        config = json.loads(read_bytes(path))
        known = config["format"] == FORMAT
        absent = known and not {*config, *config["data"], *config["wishes"]} >= NEEDED
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged(path, repr(error)) from error
    if absent:
        raise _damaged(path, "some of it is missing")
    if not known:
        raise FileError(
            "the run was made by a newer pellucid",
            where=str(path), got=f"format {config['format']}", wanted=f"format {FORMAT}",
            mend="run pip install --upgrade pellucid",
        )  # fmt: skip
    found: dict[str, Any] = config
    return found


def _damaged(path: Path, got: str) -> FileError:
    return FileError(
        "the configuration of the run is damaged", where=str(path), got=got,
        mend="train again, or restore the file from a copy",
    )  # fmt: skip


def _no_run(folder: Path) -> FileError:
    known = sorted(
        str(path.parent) for path in [*RUNS.glob(f"*/{CONFIG}"), *Path().glob(f"*/{CONFIG}")]
    )
    near = difflib.get_close_matches(str(folder), known, n=1)
    if near or known:
        mend = f"did you mean {near[0]}?" if near else f"the runs here are {', '.join(known[:8])}"
    else:
        mend = "train one first: pellucid train digits"
    kind = "there is no such folder" if not folder.exists() else f"there is no {CONFIG} in it"
    return FileError(f"this is no run: {kind}", where=str(folder), mend=mend)
