"""Holds: a broken link or a name without a page fails the build; no page asks the network."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("sphinx", reason="the docs extra is not installed")
DOCS = Path(__file__).parents[2] / "docs"
ELSEWHERE = re.compile(r'<(?:script|img|iframe|link)[^>]*(?:src|href)="(?:https?:)?//[^"]*"')


def build(folder: Path, index: str) -> subprocess.CompletedProcess[str]:
    """Build one page with our settings, less the reference."""
    for part in ("extensions", "static"):
        shutil.copytree(DOCS / part, folder / part, dirs_exist_ok=True)
    shutil.copy(DOCS / "conf.py", folder)
    (folder / "index.md").write_text(index, encoding="utf-8")
    command = [sys.executable, "-m", "sphinx", "-nW", "--keep-going", "-q", ".", "build/html"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


FAULTS = {
    "[two](two.md)": "'two.md'",
    "[three](#three)": "'three'",
    "{class}`pellucid.nn.Liniar`": "target not found: pellucid.nn.Liniar",
    "```{picture} Nothing\n```": "nothing was drawn above",
    "```python\nx = 1\n```\n\n```{printed}\n```": "nothing was printed above",
}


def test_every_fault_is_told_and_fails_the_build(tmp_path: Path) -> None:
    ended = build(tmp_path, "\n\n".join(["# One", *FAULTS, ""]))
    assert ended.returncode != 0
    for said in (*FAULTS.values(), "the public name pellucid.nn.Linear is nowhere"):
        assert said in ended.stderr


def test_a_page_asks_nobody_for_anything(tmp_path: Path) -> None:
    page = "# One\n\n```python\nprint(6 * 7)\n```\n\n```{printed}\n```\n\n$\\sqrt x$\n"
    ended = build(tmp_path, page)
    told = [line for line in ended.stderr.splitlines() if "WARNING" in line or "ERROR" in line]
    assert [line for line in told if "the public name" not in line] == []
    built = (tmp_path / "build" / "html" / "index.html").read_text(encoding="utf-8")
    assert "42" in built
    assert "<msqrt>" in built
    assert not ELSEWHERE.search(built)
    assert ELSEWHERE.search('<script src="https://example.org/a.js">')
