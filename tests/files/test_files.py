"""Holds: a saved file is the old one or the new one, whole, and every refusal says what to do."""

from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pellucid import files
from pellucid.errors import ArgumentTypeError, FileError
from pellucid.files import read_bytes, write_atomically

STEPS = ["open", "chmod", "write", "fsync", "replace", "fsync of the folder"]


@pytest.fixture
def target(tmp_path: Path) -> Path:
    path = tmp_path / "model.bin"
    path.write_bytes(b"old")
    return path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_parts_are_written_one_after_another(target: Path) -> None:
    write_atomically(target, b"new ", memoryview(b"and "), "größer")
    assert read_bytes(target) == "new and größer".encode()
    assert names(target.parent) == ["model.bin"]


def test_an_empty_file_can_be_written(tmp_path: Path) -> None:
    write_atomically(tmp_path / "empty")
    assert read_bytes(tmp_path / "empty") == b""


def test_a_new_file_has_the_permissions_of_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    write_atomically(tmp_path / "ours", b"x")
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.skipif(os.name == "nt", reason="Windows knows no such permissions")
def test_an_existing_file_keeps_its_permissions(target: Path) -> None:
    target.chmod(0o640)
    write_atomically(target, b"new")
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_a_link_stays_a_link(target: Path) -> None:
    link = target.with_name("link")
    link.symlink_to(target)
    write_atomically(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


def test_the_longest_name_that_the_disk_takes_works(tmp_path: Path) -> None:
    path = tmp_path / ("ä" * 127)
    write_atomically(path, b"x")
    assert path.read_bytes() == b"x"


# --- faults --------------------------------------------------------------------------------


def faulty(step: str, error: OSError, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let one of the operations of a save fail."""
    real_fsync = os.fsync

    def fail(*_: Any, **__: Any) -> Any:
        raise error

    def fsync(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode) != (step == "fsync of the folder"):
            return real_fsync(descriptor)
        raise error

    if step == "open":
        monkeypatch.setattr(files, "FileIO", fail)
    elif step.startswith("fsync"):
        monkeypatch.setattr(os, "fsync", fsync)
    else:
        monkeypatch.setattr(os, step, fail)


@pytest.mark.parametrize("step", STEPS)
def test_a_fault_at_any_operation_leaves_a_whole_file_and_nothing_else(
    step: str, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faulty(step, OSError(errno.EIO, "Input/output error"), monkeypatch)
    with pytest.raises(FileError, match="input/output error"):
        write_atomically(target, b"new")
    assert target.read_bytes() == (b"new" if step == "fsync of the folder" else b"old")
    assert names(target.parent) == ["model.bin"]


def test_a_disk_that_takes_one_byte_at_a_time_gets_them_all(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:1]))
    write_atomically(target, b"all of it")
    assert target.read_bytes() == b"all of it"


def test_a_folder_that_cannot_be_synchronised_by_its_kind_is_no_fault(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faulty("fsync of the folder", OSError(errno.EINVAL, "Invalid argument"), monkeypatch)
    write_atomically(target, b"new")
    assert target.read_bytes() == b"new"


def test_an_interruption_leaves_the_old_file_and_nothing_else(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "write", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(target, b"new")
    assert target.read_bytes() == b"old"
    assert names(target.parent) == ["model.bin"]


KILLED = """
import os, signal, sys
from pellucid.files import write_atomically
kill = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
setattr(os, sys.argv[1], kill)
write_atomically(sys.argv[2], b"new")
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no SIGKILL")
@pytest.mark.parametrize("step", ["write", "fsync", "replace"])
def test_what_a_killed_save_leaves_is_removed_by_the_next(step: str, target: Path) -> None:
    for _ in range(2):
        subprocess.run([sys.executable, "-c", KILLED, step, str(target)], check=False)
        left = names(target.parent)
        assert target.read_bytes() == b"old"
        assert len(left) == 2
        assert left[0].startswith(".model.bin.")
    write_atomically(target, b"newer")
    assert names(target.parent) == ["model.bin"]


def test_only_our_own_leavings_are_removed(target: Path) -> None:
    for name in (
        ".model.bin.part",
        ".model.bin.0123456789abcdeg.part",
        ".other.0123456789abcdef.part",
    ):
        target.with_name(name).touch()
    before = names(target.parent)
    write_atomically(target, b"new")
    assert names(target.parent) == before


def test_a_temporary_file_that_is_being_written_is_left_alone(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace, waiting, go_on = os.replace, threading.Event(), threading.Event()

    def slow(*paths: Any) -> None:
        if threading.current_thread() is not threading.main_thread():
            waiting.set()
            go_on.wait(10)
        replace(*paths)

    monkeypatch.setattr(os, "replace", slow)
    other = threading.Thread(target=write_atomically, args=(target, b"slow"))
    other.start()
    assert waiting.wait(10)
    write_atomically(target, b"quick")
    assert target.read_bytes() == b"quick"
    go_on.set()
    other.join()
    assert target.read_bytes() == b"slow"
    assert names(target.parent) == ["model.bin"]


def test_many_savers_of_one_file_do_not_mix(target: Path) -> None:
    def save(letter: str) -> None:
        for _ in range(10):
            write_atomically(target, letter * 10_000)

    savers = [threading.Thread(target=save, args=(letter,)) for letter in "abcd"]
    for one in savers:
        one.start()
    for one in savers:
        one.join()
    assert target.read_text() in [letter * 10_000 for letter in "abcd"]
    assert names(target.parent) == ["model.bin"]


# --- what users see ------------------------------------------------------------------------


def missing_folder(folder: Path) -> Path:
    return folder / "missing" / "model.bin"


def folder_in_the_way(folder: Path) -> Path:
    (folder / "model.bin").mkdir()
    return folder / "model.bin"


def file_as_folder(folder: Path) -> Path:
    (folder / "file").touch()
    return folder / "file" / "model.bin"


def too_long(folder: Path) -> Path:
    return folder / ("x" * 300)


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        (missing_folder, "the folder does not exist"),
        (folder_in_the_way, "there is a folder of this name"),
        (file_as_folder, "a folder of the path is a file"),
        (too_long, "the name is too long"),
    ],
)
def test_a_path_that_cannot_be_written_is_explained(
    place: Callable[[Path], Path], reason: str, tmp_path: Path
) -> None:
    path = place(tmp_path)
    with pytest.raises(FileError, match=f"^the file cannot be written: {reason}") as caught:
        write_atomically(path, b"x")
    assert caught.value.where == str(path)
    assert caught.value.mend


def test_a_full_disk_is_explained(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    faulty("write", OSError(errno.ENOSPC, "No space left on device"), monkeypatch)
    with pytest.raises(FileError) as caught:
        write_atomically(target, b"new")
    assert str(caught.value).splitlines() == [
        "the file cannot be written: the disk is full",
        f"  where   {target}",
        "  mend    make room, or choose a folder on another disk",
    ]


def test_a_device_is_never_replaced() -> None:
    with pytest.raises(FileError, match="it is a device, not a file"):
        write_atomically(os.devnull, b"x")


def test_a_protected_file_is_never_replaced(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # the superuser may write everywhere
    with pytest.raises(FileError, match="there is no permission"):
        write_atomically(target, b"new")
    assert target.read_bytes() == b"old"


def test_what_cannot_be_read_is_explained(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="there is no such file"):
        read_bytes(tmp_path / "missing")
    with pytest.raises(FileError, match="there is a folder of this name"):
        read_bytes(tmp_path)


@pytest.mark.parametrize("use", [read_bytes, lambda path: write_atomically(path, b"x")])
def test_what_is_no_path_is_explained(use: Callable[[object], object]) -> None:
    for wrong in (3, None, b"bytes"):
        with pytest.raises(ArgumentTypeError, match="this is no path"):
            use(wrong)
    with pytest.raises(FileError, match="the name holds the character 0"):
        use("a\0b")
