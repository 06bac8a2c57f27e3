"""Formulas as MathML, which browsers show by themselves: no script, no fonts, no network."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml
from docutils.utils.math.unichar2tex import uni2tex_table
from sphinx.application import Sphinx


def mathml(node: nodes.Element, *, as_block: bool = False) -> str:
    """Write a formula as MathML; letters and signs may stand for their commands."""
    return tex2mathml(node.astext().strip().translate(uni2tex_table), as_block=as_block)


def inline(page: Any, node: nodes.math) -> None:
    """Write a formula within a line."""
    page.body.append(mathml(node))
    raise nodes.SkipNode


def display(page: Any, node: nodes.math_block) -> None:
    """Write a formula on lines of its own."""
    page.body.append('<div class="math">')
    page.body.append(mathml(node, as_block=True))
    page.body.append("</div>")
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell Sphinx."""
    app.add_html_math_renderer("mathml", (inline, None), (display, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
