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

from pellucid.errors import ArgumentTypeError, FileError

try:
    from fcntl import LOCK_EX, LOCK_NB, flock

    HAS_LOCKS = True
except ImportError:  # Windows: a file that is open cannot be removed there, which is a lock as well
    HAS_LOCKS = False

__all__ = ["Disk", "cache_folder", "read_bytes", "write_atomically"]

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


class Disk:
    """The operations that a save is made of, each of which may fail."""

    def status(self, path: Path) -> os.stat_result:
        """Tell what a path is."""
        return path.stat()

    def names(self, folder: Path) -> list[str]:
        """List what is in a folder."""
        return [path.name for path in folder.iterdir()]

    def create(self, path: Path) -> FileIO:
        """Open a new file to be written."""
        return FileIO(path, "x")

    def set_mode(self, path: Path, mode: int) -> None:
        """Give a file its permissions."""
        path.chmod(mode)

    def write(self, file: FileIO, data: memoryview) -> int:
        """Write some of the data, and tell how much."""
        return os.write(file.fileno(), data)

    def synchronise(self, descriptor: int) -> None:
        """Wait until a file, or a folder, is on the disk as it is."""
        os.fsync(descriptor)

    def rename(self, path: Path, target: Path) -> None:
        """Put a file in the place of another, in one step."""
        path.replace(target)

    def remove(self, path: Path) -> None:
        """Remove a file."""
        path.unlink()

    def open_folder(self, folder: Path) -> int:
        """Open a folder, to synchronise it."""
        return os.open(folder, os.O_RDONLY)


DISK = Disk()


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
    target = _checked(path)
    try:
        return target.read_bytes()
    except FileNotFoundError:
        reason, mend = "there is no such file", "check the path"
    except OSError as error:
        reason, mend = _reason(error)
    raise FileError(f"the file cannot be read: {reason}", where=str(path), mend=mend)


def write_atomically(path: str | Path, *parts: Part, disk: Disk = DISK) -> None:
    """Write `parts`, bytes or text as UTF-8, as the whole content of the file `path`.

    An existing file keeps its permissions, and is replaced only when all is on the disk; a link
    stays a link to the file that is replaced.

    Parameters
    ----------
    disk : does it; another one may let operations fail

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
    target = Path(os.path.realpath(_checked(path)))
    try:
        mode = _mode_of(target, disk)
        _remove_stale(target, disk)
        with _temporary(target, mode, disk) as (file, temporary):
            for part in parts:
                _write(file, part.encode() if isinstance(part, str) else part, disk)
            disk.synchronise(file.fileno())
            if not HAS_LOCKS:
                file.close()
            disk.rename(temporary, target)
        _sync_folder(target.parent, disk)
    except OSError as error:
        reason, mend = _reason(error)
        raise FileError(
            f"the file cannot be written: {reason}", where=str(path), mend=mend
        ) from error


def _checked(path: object) -> Path:
    """See a path in what was given, before the system is asked about it."""
    if not isinstance(path, str | os.PathLike) or isinstance(os.fspath(path), bytes):
        raise ArgumentTypeError(
            "this is no path", got=repr(path)[:80], wanted="text, or a pathlib.Path",
            mend='write the name of a file: "model.safetensors"',
        )  # fmt: skip
    if "\0" in str(path):
        raise FileError(
            "no file can be called so: the name holds the character 0", where=repr(path),
            mend="choose another name",
        )  # fmt: skip
    return Path(path)


def _reason(error: OSError) -> tuple[str, str]:
    known = REASONS.get(error.errno or 0)
    return known or (f"{error.strerror or error}".lower(), "try another disk")


def _mode_of(target: Path, disk: Disk) -> int | None:
    """Find the permissions of the file that will be replaced; refuse what must not be replaced."""
    try:
        mode = disk.status(target).st_mode
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
def _temporary(target: Path, mode: int | None, disk: Disk) -> Iterator[tuple[FileIO, Path]]:
    """Make a locked temporary file beside `target`; it is gone at the end, renamed or removed."""
    file, temporary = _create(target, disk)
    with file:
        try:
            if mode is not None:
                disk.set_mode(temporary, mode)
            yield file, temporary
        except BaseException:
            if not HAS_LOCKS:
                file.close()
            with contextlib.suppress(OSError):
                disk.remove(temporary)
            raise


def _create(target: Path, disk: Disk) -> tuple[FileIO, Path]:
    while True:
        temporary = target.with_name(f"{_stem(target)}{os.urandom(8).hex()}.part")
        file = disk.create(temporary)
        if _lock(file.fileno()) is not False and os.fstat(file.fileno()).st_nlink:
            return file, temporary
        file.close()  # another program took it for a stale one in this very moment


def _stem(target: Path) -> str:
    """Begin the name of temporary files: so short that the longest name has room for the rest."""
    return f".{target.name[:50]}."


def _write(file: FileIO, data: bytes | bytearray | memoryview, disk: Disk) -> None:
    rest = memoryview(data).cast("B")
    while rest:
        rest = rest[disk.write(file, rest) :]


def _remove_stale(target: Path, disk: Disk) -> None:
    """Remove temporary files of `target` that no running program holds a lock on."""
    pattern = re.compile(re.escape(_stem(target)) + r"[0-9a-f]{16}\.part")
    with contextlib.suppress(OSError):
        for name in disk.names(target.parent):
            if pattern.fullmatch(name):
                _remove_unless_locked(target.with_name(name), disk)


def _remove_unless_locked(path: Path, disk: Disk) -> None:
    with contextlib.suppress(OSError):
        if not HAS_LOCKS:
            disk.remove(path)
            return
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        try:
            if _lock(descriptor):
                disk.remove(path)
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


def _sync_folder(folder: Path, disk: Disk) -> None:
    """Bring the new name to the disk; Windows does so by itself."""
    if os.name == "nt":
        return
    descriptor = disk.open_folder(folder)
    try:
        disk.synchronise(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # a file system without such a thing
            raise
    finally:
        os.close(descriptor)
