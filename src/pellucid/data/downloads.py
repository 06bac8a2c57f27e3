"""Files of public data sets: from a folder of the user's, else from the network, checked.

Python's own `urllib` fetches: four files over HTTP need no package more. What arrives is held
against the checksum that its makers published, and appears under its name only when it is whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pellucid.errors import FileError
from pellucid.files import cache_folder, write_atomically
from pellucid.lazy import load

__all__ = ["PublishedFile", "data_folder", "fetch"]

CHUNK = 2**16
SECONDS = 20  # without a byte, then the next mirror is tried
MOST_BYTES = 2**28  # more than any file that is known here; a mirror gone wrong may never end


class PublishedFile(NamedTuple):
    """A file by its name, and the MD5 by which its makers say that it is whole."""

    name: str
    md5: str


def data_folder() -> Path:
    """Where data sets are kept: the platform's folder for what can be fetched again.

    Examples
    --------
    >>> data_folder().parts[-2:]
    ('pellucid', 'data')
    """
    return cache_folder("data")


def fetch(file: PublishedFile, mirrors: Sequence[str], folder: Path) -> Path:
    """Download one file into `folder`, from the first mirror that gives it whole.

    Parameters
    ----------
    file : its name and checksum
    mirrors : addresses to which the name is added

    Raises
    ------
    FileError : no mirror gave it, and why; or it cannot be written
    """
    reasons: list[str] = []
    for mirror in mirrors:
        try:
            raw = _download(mirror + file.name)
        except (OSError, ValueError, load("http.client").HTTPException) as error:
            reason = getattr(error, "reason", None) or error
            reasons.append(f"{mirror}: {str(reason) or type(error).__name__}")
            continue
        found = load("hashlib").md5(raw, usedforsecurity=False).hexdigest()
        if found == file.md5:
            _make(folder)
            write_atomically(folder / file.name, raw)
            return folder / file.name
        reasons.append(f"{mirror}: another file, with the MD5 {found}")
    raise FileError(
        "the file could not be downloaded", where=file.name, got="; ".join(reasons),
        wanted=f"the MD5 {file.md5}",
        mend=f"look at the network, or put the file into {folder} yourself",
    )  # fmt: skip


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(
            "the folder for the data cannot be made", where=str(folder), got=str(error.strerror),
            mend="choose another one: folder=…",
        ) from error  # fmt: skip


def _download(address: str) -> bytes:
    raw = bytearray()
    with load("urllib.request").urlopen(address, timeout=SECONDS) as answer:
        size = answer.length
        with _bar() as bar:
            task = bar.add_task(address.rpartition("/")[2], total=size)
            while chunk := answer.read(CHUNK):
                raw += chunk
                bar.update(task, advance=len(chunk))
                if len(raw) > MOST_BYTES:
                    raise ValueError(f"more than {MOST_BYTES:,} bytes")
    if size is not None and size > len(raw):
        raise ValueError(f"it ended after {len(raw):,} of {size:,} bytes")
    return bytes(raw)


def _bar() -> Any:
    rich = load("rich.progress")
    console = load("rich.console").Console(stderr=True)
    columns = rich.TextColumn("{task.description}"), rich.BarColumn(), rich.DownloadColumn()
    return rich.Progress(
        *columns, rich.TransferSpeedColumn(), console=console, disable=not console.is_terminal
    )
