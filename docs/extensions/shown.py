"""The directives ``picture`` and ``printed``: what the Python above has just drawn, or printed.

While a page is read its blocks of Python run, down to the directive, in one namespace. So what is
shown is always what this pellucid does; what is the same everywhere stands in a page as a session,
which the tests compare.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import re
import tempfile
from pathlib import Path
from typing import Any

import matplotlib as mpl
from docutils import nodes
from matplotlib import pyplot
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

BLOCK = re.compile(r"^```(python|pycon)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Reading:
    """A page that is being read: its names, its folder, and how far it has run."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {}
        self.folder = tempfile.TemporaryDirectory()
        self.line = 0

    def run(self, source: str, before: int) -> str:
        """Run the blocks down to a line; give what the last one printed."""
        printed = io.StringIO()
        for block in BLOCK.finditer(source):
            line = source.count("\n", 0, block.start())
            if self.line <= line < before:
                code = statements(block[2]) if block[1] == "pycon" else block[2]
                with contextlib.redirect_stdout(printed := io.StringIO()):
                    exec(compile("\n" * (line + 1) + code, "the page", "exec"), self.names)
        self.line = before
        return printed.getvalue()


class Shown(SphinxDirective):
    """Run the page down to here."""

    def printed(self) -> str:
        """Run the blocks that have not run yet; give what the last one printed."""
        reading: Reading = self.env.current_document.setdefault("reading", Reading())
        source = Path(self.env.doc2path(self.env.docname)).read_text(encoding="utf-8")
        with contextlib.chdir(reading.folder.name):
            return reading.run(source, self.lineno)


class Printed(Shown):
    """Show what was printed last."""

    def run(self) -> list[nodes.Node]:
        """Show it as it would stand in a terminal."""
        text = self.printed()
        if not text.strip():
            raise self.error("nothing was printed above")
        return [nodes.container("", nodes.literal_block(text, text), classes=["printed"])]


class Picture(Shown):
    """Show the figure that was drawn last; the argument says what is to be seen on it."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """Save the figure beside the pages, and refer to it."""
        self.printed()
        if not pyplot.get_fignums():
            raise self.error("nothing was drawn above")
        name = f"{self.env.docname.replace('/', '-')}-{self.lineno}.svg"
        save(Path(self.env.srcdir) / "build" / "pictures" / name)
        pyplot.close("all")
        words = " ".join(self.arguments[0].split())
        picture = nodes.image(uri=f"/build/pictures/{name}", alt=words, classes=["picture"])
        self.set_source_info(picture)
        return [picture]


def statements(session: str) -> str:
    """Give what is typed in a session, less what is meant to fail."""
    examples = doctest.DocTestParser().get_examples(session)
    return "".join(example.source for example in examples if not example.exc_msg)


def save(path: Path) -> None:
    """Save the present figure, and forget it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with mpl.rc_context({"svg.hashsalt": path.stem}):
        pyplot.savefig(path, bbox_inches="tight", metadata={"Date": None})
    pyplot.close()


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell Sphinx."""
    mpl.use("agg")
    app.add_directive("picture", Picture)
    app.add_directive("printed", Printed)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
