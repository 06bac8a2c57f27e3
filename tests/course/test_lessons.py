"""Holds: each lesson of the course runs by itself, stays readable and ends with exercises; together
they teach every row, each once.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

COURSE = Path(__file__).parents[2] / "examples" / "course"
LESSONS = sorted(COURSE.glob("*.py"))
ROWS = {"A": 8, "B": 8, "C": 5, "D": 7, "E": 5}
MARK = re.compile(r"^# %%( \[markdown\])?$", re.MULTILINE)
LONGEST_CELL, LONGEST_LESSON = 30, 320  # lines of code in a cell, lines in a lesson
QUICK = 300  # seconds for a lesson of five, on a machine that has much else to do

lessons = pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)


def cells(lesson: Path) -> list[tuple[str, str]]:
    """The kind and the text of each cell; nothing stands before the first."""
    before, *parts = MARK.split(lesson.read_text(encoding="utf-8"))
    assert not before.strip(), "a lesson begins with a cell"
    kinds = ["words" if kind else "code" for kind in parts[::2]]
    return list(zip(kinds, parts[1::2], strict=True))


def rows(lesson: Path) -> list[str]:
    """The rows that the first cell names."""
    (found,) = re.findall(r"^# Rows: (.+)$", cells(lesson)[0][1], re.MULTILINE)
    return found.split(", ")


@lessons
def test_a_lesson_runs(lesson: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "MPLBACKEND": "agg"}
    # Warnings are errors once Python itself has started: `-W error` would meet those of packages.
    command = [sys.executable, "-W", "error", str(lesson)]
    ended = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=QUICK,
        check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr[-3000:]


def test_every_row_is_taught_once() -> None:
    taught = Counter(row for lesson in LESSONS for row in rows(lesson))
    wanted = {f"{letter}{k}" for letter, count in ROWS.items() for k in range(1, count + 1)}
    assert wanted - taught.keys() == set()
    assert taught.keys() - wanted == set()
    assert [row for row, times in taught.items() if times > 1] == []


@lessons
def test_a_lesson_has_a_name_and_a_question(lesson: Path) -> None:
    letter = lesson.stem[0].upper()
    assert re.fullmatch(r"[a-e][1-9]_[a-z]+(_[a-z]+)*", lesson.stem)
    assert {row[0] for row in rows(lesson)} == {letter}
    kind, text = cells(lesson)[0]
    assert kind == "words"
    title = text.strip().splitlines()[0]
    assert re.fullmatch(r"# # [A-Z].*\?", title), "the title is a question"


@lessons
def test_a_lesson_ends_with_exercises(lesson: Path) -> None:
    kind, text = cells(lesson)[-1]
    assert kind == "words"
    assert re.search(r"^# ## Change this and see$", text, re.MULTILINE)
    exercises = text.partition("# ## Exercises\n")[2]
    assert len(re.findall(r"^# \d\. ", exercises, re.MULTILINE)) >= 2


@lessons
def test_a_lesson_is_readable(lesson: Path) -> None:
    text = lesson.read_text(encoding="utf-8")
    assert text.count("\n") <= LONGEST_LESSON
    found = cells(lesson)
    for kind, cell in found:
        lines = cell.strip("\n").splitlines()
        assert lines, "a cell is empty"
        if kind == "words":
            assert all(line == "#" or line.startswith("# ") for line in lines), lines
        else:
            assert len(lines) <= LONGEST_CELL, lines[0]
    assert max(map(len, text.splitlines())) <= 100
    said = [cell for kind, cell in found if kind == "words"]
    assert not any("!" in re.sub(r"`[^`]*`|!\[|\d!", "", cell) for cell in said)
    assert sum(map(len, said)) > 0.3 * len(text), "more is explained than computed"


@pytest.mark.parametrize(
    ("text", "reason"),
    [("x = 1\n# %%\n", "a lesson begins with a cell"), ("# %% [markdown]\n# Rows D1\n", "unpack")],
)
def test_what_is_no_lesson_is_found(text: str, reason: str, tmp_path: Path) -> None:
    lesson = tmp_path / "d9_none.py"
    lesson.write_text(text, encoding="utf-8")
    with pytest.raises((AssertionError, ValueError), match=reason):
        rows(lesson)
