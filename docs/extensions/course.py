"""The lessons of ``examples/course`` as pages: their words, their code and what it shows.

Before the pages are read, each lesson gets one of a single line in ``docs/course``. When Sphinx
reads that page, the lesson runs, cell by cell as in a notebook, and what it says, prints and draws
takes the place of the line. So a lesson that fails is an error of the build.
"""

from __future__ import annotations

import ast
import contextlib
import io
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib import pyplot
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from shown import save
from sphinx.application import Sphinx
from sphinx.errors import SphinxError

LESSONS = Path("../examples/course")  # from the folder of the documentation
PAGES = "course"  # the folder in it
ROWS = re.compile(r"^Rows: (.+)$", re.MULTILINE)  # of the course: a lesson says what it teaches


class LessonError(SphinxError):
    """A lesson that does not run to its end: this ends the build."""

    category = "A lesson failed"


@dataclass(frozen=True)
class Cell:
    """A part of a lesson: words, or code and the line before it."""

    text: str
    is_code: bool
    line: int


def cells(source: str) -> Iterator[Cell]:
    """Cut a lesson where ``# %%`` stands at the beginning of a line.

    >>> [cell.text for cell in cells("# %% [markdown]\\n# # Why?\\n# %%\\nx = 1\\n")]
    ['# Why?', 'x = 1']
    """
    lines = source.splitlines()
    marks = [k for k, line in enumerate(lines) if line.startswith("# %%")]
    for start, end in zip(marks, [*marks[1:], len(lines)], strict=True):
        is_code = "[markdown]" not in lines[start]
        inside = lines[start + 1 : end]
        text = "\n".join(inside if is_code else [words(line) for line in inside])
        yield Cell(text.strip("\n"), is_code, start + 1)


def words(line: str) -> str:
    """Take the sign of a comment off.

    >>> words("# A line."), words("#")
    ('A line.', '')
    """
    return line.removeprefix("#").removeprefix(" ")


def run(cell: Cell, names: dict[str, Any], file: str) -> tuple[str, Any]:
    """Run a cell; give what it printed, and what its last line is worth."""
    body = ast.parse("\n" * cell.line + cell.text, file).body
    last = body.pop() if body and isinstance(body[-1], ast.Expr) else None
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        exec(compile(ast.Module(body, []), file, "exec"), names)
        value = last and eval(compile(ast.Expression(last.value), file, "eval"), names)
    return printed.getvalue(), value


def shown(cell: Cell, names: dict[str, Any], lesson: Path, pictures: Path) -> Iterator[str]:
    """Run a cell, and give its code and what a notebook would show below it, in Markdown."""
    yield f"```python\n{cell.text}\n```"
    printed, value = run(cell, names, str(lesson))
    svg = getattr(value, "_repr_svg_", None)
    if value is not None and svg is None and not isinstance(value, Artist):
        printed += repr(value)
    if printed.strip():
        yield f":::{{container}} printed\n```text\n{printed.rstrip()}\n```\n:::"
    stem = f"{lesson.stem}-{cell.line}"
    if svg is not None:
        path = pictures / f"{stem}.svg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(svg(), encoding="utf-8")
        yield picture(path, repr(value))
    for number in pyplot.get_fignums():
        path = pictures / f"{stem}-{number}.svg"
        words = told(pyplot.figure(number))
        save(path)
        yield picture(path, words)


def picture(path: Path, words: str) -> str:
    """Refer to a picture; the words are for who cannot see it."""
    return f"```{{image}} /build/pictures/{path.name}\n:alt: {words}\n:class: picture\n```"


def told(figure: Figure) -> str:
    """Say what is written above and beside a figure."""
    heads = [figure.get_suptitle()]
    for ax in figure.axes:
        heads += [ax.get_title(loc=place) for place in ("left", "center", "right")]
        heads += [ax.get_xlabel(), ax.get_ylabel()]
    words = " ".join("; ".join(dict.fromkeys(filter(None, heads))).split())
    return f"A picture: {words}"[:200]


def page(lesson: Path, pictures: Path) -> str:
    """Run a lesson in a folder of its own, and write it as a page."""
    names: dict[str, Any] = {"__name__": "__main__"}
    parts = list[str]()
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        for cell in cells(lesson.read_text(encoding="utf-8")):
            try:
                parts += shown(cell, names, lesson, pictures) if cell.is_code else [cell.text]
            except Exception as error:
                place = f"{lesson.name}, the cell of line {cell.line}"
                raise LessonError(f"{place}: {type(error).__name__}: {error}") from error
    file = f"{{download}}`{lesson.name} <../{LESSONS.as_posix()}/{lesson.name}>`"
    parts[0] = ROWS.sub(rf"Rows \1, as a file: {file}", parts[0])
    return "\n\n".join([*parts, ""])


def announce(app: Sphinx) -> None:
    """Give each lesson its page, and take away the pages of lessons that are gone."""
    folder = Path(app.srcdir) / PAGES
    lessons = {path.stem for path in (Path(app.srcdir) / LESSONS).glob("*.py")}
    for path in folder.glob("*.md"):
        if path.stem not in lessons:
            path.unlink()
    for name in lessons:
        path = folder / f"{name}.md"
        if not path.exists():
            folder.mkdir(exist_ok=True)
            path.write_text(f"The lesson {name} stands here when it has run.\n", encoding="utf-8")


def fill(app: Sphinx, document: str, source: list[str]) -> None:
    """Put a lesson into its page, when that is read."""
    if document.startswith(f"{PAGES}/"):
        lesson = (Path(app.srcdir) / LESSONS / f"{Path(document).name}.py").resolve()
        app.env.note_dependency(str(lesson))
        source[0] = page(lesson, Path(app.srcdir) / "build" / "pictures")


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell Sphinx."""
    app.connect("builder-inited", announce)
    app.connect("source-read", fill)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
