"""Machine code kept on disk between processes, in a folder that is the user's alone.

What is read here will be executed, so that the folder must belong to the user and be closed to
others, and every entry carries its own digest. An entry that is broken, foreign or of another
version is not there; a cache that cannot be written to is no cache. Nothing here ever raises.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, final

from pellucid.lazy import load

__all__ = ["Entry", "ObjectCache"]

MOST_BYTES = 256 * 2**20  # of all entries together
LEFT_BYTES = 192 * 2**20  # after the oldest have gone
MARK = b"pellucid code 1\n"


class Entry(NamedTuple):
    """Machine code, and what its maker wants to know of it."""

    code: bytes
    notes: Mapping[str, Any]


@final
class ObjectCache:
    """Entries by name, as files of one folder.

    Parameters
    ----------
    folder : where they lie; made with permissions for the user alone
    stamp : what must be the same for code to fit: CPU, versions, the generator
    """

    def __init__(self, folder: Path, stamp: str) -> None:
        self.folder, self._stamp = folder, stamp

    def read(self, subject: str) -> Entry | None:
        """Give what was kept for a subject, if it is whole."""
        try:
            if not self._is_private():
                return None
            path = self._path(subject)
            content = _own_bytes(path)
            digest, payload = content[len(MARK) :][:32], content[len(MARK) + 32 :]
            if not content.startswith(MARK) or _digest(payload) != digest:
                path.unlink()
                return None
            os.utime(path)  # what is used stays
            size = int.from_bytes(payload[:8], "little")
            return Entry(payload[8 + size :], json.loads(payload[8 : 8 + size]))
        except (OSError, ValueError):
            return None

    def write(self, subject: str, entry: Entry) -> None:
        """Keep an entry; a reader sees it whole or not at all."""
        notes = json.dumps(entry.notes).encode()
        payload = len(notes).to_bytes(8, "little") + notes + entry.code
        path = self._path(subject)
        part = path.with_suffix(f".{os.urandom(4).hex()}.part")
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not self._is_private():
                return
            part.write_bytes(MARK + _digest(payload) + payload)
            part.replace(path)
            self._make_room()
        except OSError:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)

    def _path(self, subject: str) -> Path:
        return self.folder / _digest(f"{self._stamp}\n{subject}".encode()).hex()

    def _is_private(self) -> bool:
        """Tell whether the folder is the user's own, and closed to others; where that is known."""
        found = self.folder.lstat()
        if not hasattr(os, "getuid"):  # Windows: a user's folder is closed by its own rules
            return stat.S_ISDIR(found.st_mode)
        own = found.st_uid == os.getuid() and not found.st_mode & 0o077
        return stat.S_ISDIR(found.st_mode) and own

    def _make_room(self) -> None:
        """Remove what was used longest ago when there is too much, and parts that were left."""
        files = [(one.stat(), one) for one in self.folder.iterdir() if one.is_file()]
        total = sum(found.st_size for found, _ in files)
        if total <= MOST_BYTES:
            return
        for found, path in sorted(files, key=lambda one: one[0].st_mtime):
            path.unlink(missing_ok=True)
            total -= found.st_size
            if total <= LEFT_BYTES:
                return


def _digest(content: bytes) -> bytes:
    found: bytes = load("hashlib").sha256(content).digest()
    return found


def _own_bytes(path: Path) -> bytes:
    """Read a file that is the user's own and no link."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags), "rb") as file:
        found = os.fstat(file.fileno())
        if hasattr(os, "getuid") and found.st_uid != os.getuid():
            raise PermissionError(str(path))
        return file.read()
