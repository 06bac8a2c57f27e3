"""Holds: machine code outlives its process; whatever befalls a file, only right code runs."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid as pel
from native.programs import program
from pellucid.engines.native import cache as cache_module
from pellucid.engines.native.cache import Entry, ObjectCache
from pellucid.engines.native.executable import NativeExecutable
from pellucid.engines.native.jit import Compiler
from pellucid.engines.native.module import program_text
from pellucid.graph import placeholder

posix = pytest.mark.skipif(sys.platform == "win32", reason="permissions are Windows' own there")
MADE = Entry(b"code" * 100, {"faults": [], "workspace": 8})


def kept(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.exists() else []


def test_an_entry_comes_back_as_it_was_and_under_its_own_name_and_stamp_only(
    tmp_path: Path,
) -> None:
    one = ObjectCache(tmp_path / "code", "this machine")
    assert one.read("a") is None
    one.write("a", MADE)
    assert one.read("a") == MADE
    assert one.read("b") is None
    assert ObjectCache(tmp_path / "code", "another machine").read("a") is None


def test_every_flipped_byte_and_every_truncation_is_noticed(tmp_path: Path) -> None:
    one = ObjectCache(tmp_path / "code", "")
    one.write("a", MADE)
    (path,) = kept(tmp_path / "code")
    whole = path.read_bytes()
    for k in range(len(whole)):
        path.write_bytes(whole[:k] + bytes([whole[k] ^ 1]) + whole[k + 1 :])
        assert one.read("a") is None, k
        path.write_bytes(whole[:k])
        assert one.read("a") is None, k
    one.write("a", MADE)
    assert one.read("a") == MADE


@posix
@pytest.mark.parametrize("mode", [0o755, 0o770, 0o707])
def test_a_folder_that_is_open_to_others_is_not_used(tmp_path: Path, mode: int) -> None:
    one = ObjectCache(tmp_path / "code", "")
    one.write("a", MADE)
    assert stat.S_IMODE((tmp_path / "code").stat().st_mode) == 0o700
    (tmp_path / "code").chmod(mode)
    assert one.read("a") is None
    before = kept(tmp_path / "code")
    one.write("b", MADE)
    assert kept(tmp_path / "code") == before


@posix
def test_links_are_not_followed(tmp_path: Path) -> None:
    one = ObjectCache(tmp_path / "code", "")
    one.write("a", MADE)
    (path,) = kept(tmp_path / "code")
    elsewhere = path.rename(tmp_path / "elsewhere")
    path.symlink_to(elsewhere)
    assert one.read("a") is None
    linked = tmp_path / "linked"
    linked.symlink_to(tmp_path / "code", target_is_directory=True)
    assert ObjectCache(linked, "").read("a") is None


@pytest.mark.parametrize(
    "spoil",
    [
        lambda folder: folder.write_text("a file"),
        lambda folder: (folder.mkdir(mode=0o500), folder.chmod(0o500)),
        lambda folder: folder.parent.chmod(0o500),
    ],
    ids=["a file", "read-only", "in a read-only folder"],
)
def test_where_nothing_can_be_written_nothing_is_kept(
    tmp_path: Path, spoil: Callable[[Path], Any]
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    folder = home / "code"
    spoil(folder)
    one = ObjectCache(folder, "")
    one.write("a", MADE)
    assert one.read("a") in (None, MADE)  # the superuser writes anywhere
    home.chmod(0o700)


def test_the_folder_stays_within_its_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_module, "MOST_BYTES", 5_000)
    monkeypatch.setattr(cache_module, "LEFT_BYTES", 3_000)
    one = ObjectCache(tmp_path / "code", "")
    for k in range(30):
        one.write(str(k), MADE)
        for number, path in enumerate(kept(tmp_path / "code")):
            os.utime(path, (number, number))
        os.utime(one._path(str(k)), (1000 + k, 1000 + k))
    assert sum(path.stat().st_size for path in kept(tmp_path / "code")) <= 5_000
    assert one.read("29") == MADE


def test_many_writers_and_readers_see_whole_entries(tmp_path: Path) -> None:
    seen: list[Entry | None] = []

    def work() -> None:
        one = ObjectCache(tmp_path / "code", "")
        for _ in range(50):
            one.write("a", MADE)
            seen.append(one.read("a"))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [MADE] * 200
    assert len(kept(tmp_path / "code")) == 1


# --- programs ------------------------------------------------------------------------------


def made(folder: Path) -> tuple[Any, list[str]]:
    """Compile a program in a folder; give its result and whether its text was written."""
    x = placeholder((4,), "float64")
    i = placeholder((2,), "int64")
    one = program([x, i], [pel.exp(x), pel.take(x, i)])
    written: list[str] = []

    def write() -> Any:
        written.append("text")
        return program_text(one, 32)

    executable = NativeExecutable(one, Compiler(folder).compile("a program", write))
    assert executable.check(0) is None
    return executable([np.arange(4.0), np.array([1, 3])], []), written


def test_a_kept_program_is_not_written_again_and_gives_the_same_bits(tmp_path: Path) -> None:
    first, written = made(tmp_path / "code")
    second, again = made(tmp_path / "code")
    assert (written, again) == (["text"], [])
    for value, same in zip(first, second, strict=True):
        np.testing.assert_array_equal(value, same)


def test_a_broken_entry_is_made_anew(tmp_path: Path) -> None:
    first, _ = made(tmp_path / "code")
    (path,) = kept(tmp_path / "code")
    path.write_bytes(path.read_bytes()[:-1])
    second, again = made(tmp_path / "code")
    assert again == ["text"]
    np.testing.assert_array_equal(first[0], second[0])
    assert made(tmp_path / "code")[1] == []


SCRIPT = """
import numpy as np, pellucid as pel
x = pel.placeholder((3,), name="x")
print(pel.function([x], [pel.tanh(x) * 2], engine="native")(np.ones(3))[0].tolist())
"""


@posix
def test_processes_share_code_and_one_that_cannot_keep_any_works_as_well(tmp_path: Path) -> None:
    def run() -> str:
        home = {**os.environ, "HOME": str(tmp_path)}
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT], env=home, capture_output=True, text=True, check=True
        )
        return done.stdout

    first = run()
    entries = kept(tmp_path / ".cache" / "pellucid" / "code")
    assert entries
    assert run() == first
    again = kept(tmp_path / ".cache" / "pellucid" / "code")
    assert set(entries) <= set(again)  # a quick call may have made a way of its own this time
    (tmp_path / ".cache" / "pellucid" / "code").chmod(0o755)
    assert run() == first
