"""Files that are whole or not there: what is saved replaces what was there in one step.

A file is written under a temporary name beside its target, brought to the disk, and renamed.
Whatever ends the program meanwhile, the old file is intact or the new one complete; what a killed
program leaves behind is removed at the next save to the same path.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
import sys
from collections.abc import Iterator
from io import FileIO
from pathlib import Path

from pellucid.errors import FileError

try:
    from fcntl import LOCK_EX, LOCK_NB, flock

    HAS_LOCKS = True
except ImportError:  # Windows: a file that is open cannot be removed there, which is a lock as well
    HAS_LOCKS = False

__all__ = ["cache_folder", "read_bytes", "write_atomically"]

Part = bytes | bytearray | memoryview | str
REASONS = {
    errno.ENOENT: ("the folder does not exist", "create the folder first, or choose another one"),
    errno.ENOTDIR: ("a folder of the path is a file", "choose another path"),
    errno.EISDIR: ("there is a folder of this name", "name a file"),
    errno.EACCES: ("there is no permission", "choose another folder, or change the permissions"),
    errno.EPERM: ("there is no permission", "choose another folder, or change the permissions"),
    errno.EROFS: ("the disk cannot be written to", "choose a folder on another disk"),
    errno.ENOSPC: ("the disk is full", "make room, or choose a folder on another disk"),
    errno.EDQUOT: ("the disk quota is used up", "make room, or choose a folder on another disk"),
    errno.ENAMETOOLONG: ("the name is too long", "choose a shorter one"),
}


def cache_folder(name: str) -> Path:
    """Give the platform's folder for what can be made or fetched again.

    Examples
    --------
    >>> cache_folder("data").parts[-2:]
    ('pellucid', 'data')
    """
    caches = {"darwin": "Library/Caches", "win32": "AppData/Local"}
    return Path.home() / caches.get(sys.platform, ".cache") / "pellucid" / name


def read_bytes(path: str | Path) -> bytes:
    """Read a whole file.

    Raises
    ------
    FileError : when it is missing, is a folder, or cannot be read

    Examples
    --------
    >>> read_bytes("missing.safetensors")
    Traceback (most recent call last):
        ...
    pellucid.errors.FileError: the file cannot be read: there is no such file
      where   missing.safetensors
      mend    check the path
    """
    try:
        return Path(path).read_bytes()
    except FileNotFoundError:
        reason, mend = "there is no such file", "check the path"
    except OSError as error:
        reason, mend = _reason(error)
    raise FileError(f"the file cannot be read: {reason}", where=str(path), mend=mend)


def write_atomically(path: str | Path, *parts: Part) -> None:
    """Write `parts`, bytes or text as UTF-8, as the whole content of the file `path`.

    An existing file keeps its permissions, and is replaced only when all is on the disk; a link
    stays a link to the file that is replaced.

    Raises
    ------
    FileError : when it cannot be written; what was there is then untouched

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "notes.txt"
    >>> write_atomically(path, "first ", "second")
    >>> path.read_text()
    'first second'
    """
    target = Path(os.path.realpath(path))
    try:
        mode = _mode_of(target)
        _remove_stale(target)
        with _temporary(target, mode) as (file, temporary):
            for part in parts:
                _write(file, part.encode() if isinstance(part, str) else part)
            os.fsync(file.fileno())
            if not HAS_LOCKS:
                file.close()
            temporary.replace(target)
        _sync_folder(target.parent)
    except OSError as error:
        reason, mend = _reason(error)
        raise FileError(
            f"the file cannot be written: {reason}", where=str(path), mend=mend
        ) from error


def _reason(error: OSError) -> tuple[str, str]:
    known = REASONS.get(error.errno or 0)
    return known or (f"{error.strerror or error}".lower(), "try another disk")


def _mode_of(target: Path) -> int | None:
    """Find the permissions of the file that will be replaced; refuse what must not be replaced."""
    try:
        mode = target.stat().st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(mode):
        raise OSError(errno.EISDIR, "")
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "it is a device, not a file")
    if not os.access(target, os.W_OK):
        raise OSError(errno.EACCES, "")
    return stat.S_IMODE(mode)


# --- the temporary file --------------------------------------------------------------------


@contextlib.contextmanager
def _temporary(target: Path, mode: int | None) -> Iterator[tuple[FileIO, Path]]:
    """Make a locked temporary file beside `target`; it is gone at the end, renamed or removed."""
    file, temporary = _create(target)
    with file:
        try:
            if mode is not None:
                temporary.chmod(mode)
            yield file, temporary
        except BaseException:
            if not HAS_LOCKS:
                file.close()
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise


def _create(target: Path) -> tuple[FileIO, Path]:
    while True:
        temporary = target.with_name(f"{_stem(target)}{os.urandom(8).hex()}.part")
        file = FileIO(temporary, "x")
        if _lock(file.fileno()) is not False and os.fstat(file.fileno()).st_nlink:
            return file, temporary
        file.close()  # another program took it for a stale one in this very moment


def _stem(target: Path) -> str:
    """Begin the name of temporary files: so short that the longest name has room for the rest."""
    return f".{target.name[:50]}."


def _write(file: FileIO, data: bytes | bytearray | memoryview) -> None:
    rest = memoryview(data).cast("B")
    while rest:
        rest = rest[os.write(file.fileno(), rest) :]


def _remove_stale(target: Path) -> None:
    """Remove temporary files of `target` that no running program holds a lock on."""
    pattern = re.compile(re.escape(_stem(target)) + r"[0-9a-f]{16}\.part")
    with contextlib.suppress(OSError):
        for entry in os.scandir(target.parent):
            if pattern.fullmatch(entry.name):
                _remove_unless_locked(Path(entry.path))


def _remove_unless_locked(path: Path) -> None:
    with contextlib.suppress(OSError):
        if not HAS_LOCKS:
            path.unlink()
            return
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        try:
            if _lock(descriptor):
                path.unlink()
        finally:
            os.close(descriptor)


def _lock(descriptor: int) -> bool | None:
    """Try to lock; ``None`` where the file system has no locks."""
    if not HAS_LOCKS:
        return None
    try:
        flock(descriptor, LOCK_EX | LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _sync_folder(folder: Path) -> None:
    """Bring the new name to the disk; Windows does so by itself."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # a file system without such a thing
            raise
    finally:
        os.close(descriptor)
