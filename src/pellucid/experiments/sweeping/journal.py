"""The journal of a sweep: a file with one line for each run, from which the sweep goes on.

The first line says what the sweep asks; each further one is a run that has ended. A line is given
to the system whole and at once, so that a program that is killed loses the runs under way alone;
once a second, and at the end, the lines are brought to the disk.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, final

from pellucid.errors import FileError
from pellucid.experiments.sweeping.grid import Combination, shown
from pellucid.experiments.sweeping.study import Outcome, Place
from pellucid.files import read_bytes
from pellucid.lazy import load
from pellucid.version import VERSION

__all__ = ["Journal", "digest"]

FORMAT = 1
BETWEEN_SYNCS = 1.0  # seconds


@final
class Journal:
    """Outcomes on disk, by combination, seed, fold and budget.

    Parameters
    ----------
    path : the file; it is made if there is none
    asked : what the sweep asks beside its combinations and seeds, by name

    Raises
    ------
    FileError : for a file that is no journal, or that of another sweep
    """

    def __init__(self, path: str | Path, asked: Mapping[str, Any]) -> None:
        self.path = Path(path)
        self._known: dict[str, dict[str, Any]] = {}
        self._synced = time.monotonic()
        asked = json.loads(json.dumps(asked))
        whole = self._read(asked) if self.path.exists() else 0
        try:
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666)
            os.ftruncate(self._file, whole)  # without a line that was torn
            os.lseek(self._file, whole, os.SEEK_SET)
        except OSError as error:
            raise FileError(
                f"the journal cannot be written: {(error.strerror or str(error)).lower()}",
                where=str(self.path), mend="choose another file",
            ) from error  # fmt: skip
        if not whole:
            self._write({"format": FORMAT, "pellucid": VERSION, "sweep": asked})

    def _read(self, asked: Mapping[str, Any]) -> int:
        """Read what is there; give how many bytes of it are whole lines."""
        content = read_bytes(self.path)
        lines = content.split(b"\n")[:-1]  # what is behind the last end of a line was torn
        if not lines and b'{"format"'.startswith(content[:9]):
            return 0
        try:
            head, *runs = (json.loads(line) for line in lines)
            known = head["format"] == FORMAT
            before = head["sweep"]
            self._known = {one["run"]: one for one in runs}
        except (ValueError, KeyError, TypeError) as error:
            raise FileError(
                "this is no journal of a sweep", where=str(self.path), got=repr(error)[:60],
                mend="choose another file",
            ) from error  # fmt: skip
        if not known:
            raise FileError(
                "the journal was written by a newer pellucid", where=str(self.path),
                mend="run pip install --upgrade pellucid",
            )  # fmt: skip
        for name in [*asked, *before]:
            if before.get(name) != asked.get(name):
                raise _of_another(self.path, name, before.get(name), asked.get(name))
        return sum(len(line) + 1 for line in lines)

    def find(
        self, place: Place, combination: Combination, budget: int, network: str
    ) -> Outcome | None:
        """Give the outcome of a run, if it has ended before.

        Raises
        ------
        FileError : when its network was another one than `network`, as text
        """
        line = self._known.get(_name(place, combination, budget))
        if line is None:
            return None
        if line["network"] != digest(network.encode()):
            raise _of_another(self.path, "network", line["run"], network)
        values = {name: float(value) for name, value in line["values"].items()}
        return Outcome(place, budget, line["status"], line["steps"], line["seconds"], values)

    def add(self, outcome: Outcome, combination: Combination, network: str) -> None:
        """Append the line of a run."""
        run = _name(outcome.place, combination, outcome.budget)
        line = {
            "run": run, "status": outcome.status, "values": outcome.values, "steps": outcome.steps,
            "seconds": round(outcome.seconds, 6), "network": digest(network.encode()),
        }  # fmt: skip
        self._known[run] = line
        self._write(line)

    def _write(self, line: Mapping[str, Any]) -> None:
        rest = memoryview(json.dumps(line, ensure_ascii=False).encode() + b"\n")
        try:
            while rest:
                rest = rest[os.write(self._file, rest) :]
            if time.monotonic() - self._synced > BETWEEN_SYNCS:
                self.synchronise()
        except OSError as error:
            raise FileError(
                f"the journal cannot be written: {(error.strerror or str(error)).lower()}",
                where=str(self.path), mend="make room, and run the sweep again: it goes on",
            ) from error  # fmt: skip

    def synchronise(self) -> None:
        """Wait until all lines are on the disk."""
        os.fsync(self._file)
        self._synced = time.monotonic()

    def close(self) -> None:
        """End it, with all lines on the disk."""
        with contextlib.suppress(OSError):  # a pipe, or a file system without such a thing
            self.synchronise()
        os.close(self._file)


def _name(place: Place, combination: Combination, budget: int) -> str:
    """Name a run by what it is, and not by its number: a grid may grow."""
    values = {name: shown(value) for name, value in combination.values.items()}
    fold = {} if place.fold is None else {"fold": place.fold}
    return json.dumps({**values, "seed": place.seed, **fold, "budget": budget}, ensure_ascii=False)


def digest(*parts: bytes) -> str:
    """Give a short fingerprint."""
    total = load("hashlib").sha256()
    for part in parts:
        total.update(part)
    return str(total.hexdigest()[:16])


def _of_another(path: Path, name: str, before: Any, now: Any) -> FileError:
    return FileError(
        f"the journal is that of another sweep: its {name} is not the same", where=str(path),
        got=str(now)[:200], wanted=str(before)[:200],
        mend="give journal= another file, or remove this one to begin anew",
    )  # fmt: skip
