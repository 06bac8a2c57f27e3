"""Holds: a lesson becomes a page of its words, code, output and pictures; a failed one is told."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("sphinx", reason="the docs extra is not installed")
DOCS = Path(__file__).parents[2] / "docs"
LESSON = """# %% [markdown]
# # How many?
#
# Rows: D1
#
# Count **them**.

# %%
import matplotlib.pyplot as plt

import pellucid as pel

print("six times")
6 * 7

# %% [markdown]
# ## A picture

# %%
figure, ax = plt.subplots()
ax.set_title("nothing yet")
ax

# %%
pel.draw(pel.tensor(1.0) + 2)
"""
PAGE = "# The course\n\n```{toctree}\n:glob:\n\ncourse/d*\n```\n"


def build(folder: Path, lesson: str) -> tuple[str, Path]:
    """Build a course of one lesson with our settings, less the reference."""
    docs, course = folder / "docs", folder / "examples" / "course"
    for part in ("extensions", "static"):
        shutil.copytree(DOCS / part, docs / part)
    shutil.copy(DOCS / "conf.py", docs)
    course.mkdir(parents=True)
    (course / "d1_count.py").write_text(lesson, encoding="utf-8")
    (docs / "index.md").write_text(PAGE, encoding="utf-8")
    command = [sys.executable, "-m", "sphinx", "-q", ".", "../built"]
    ended = subprocess.run(command, cwd=docs, capture_output=True, text=True, check=False)
    return ended.stderr, folder / "built"


def test_a_lesson_becomes_a_page(tmp_path: Path) -> None:
    said, built = build(tmp_path, LESSON)
    told = [line for line in said.splitlines() if "WARNING" in line or "rror" in line]
    assert [line for line in told if "the public name" not in line] == []
    page = (built / "course" / "d1_count.html").read_text(encoding="utf-8")
    assert "How many?" in (built / "index.html").read_text(encoding="utf-8")
    assert "six times\n42" in page
    assert "<strong>them</strong>" in page
    assert 'alt="A picture: nothing yet"' in page
    assert page.count('class="picture"') == 2
    assert "Axes" not in page
    assert [file.read_text(encoding="utf-8") for file in built.rglob("d1_count.py")] == [LESSON]


def test_a_lesson_that_fails_fails_the_build(tmp_path: Path) -> None:
    said, built = build(tmp_path, LESSON.replace("6 * 7", "assert 6 * 7 == 43, 'too many'"))
    assert "d1_count.py, the cell of line 8: AssertionError: too many" in said
    assert not (built / "course" / "d1_count.html").exists()
