"""Matplotlib figures as SVG in the page's colours: right in the dark too, and drawn once.

The room around the axes is given in inches and not measured, so that a figure is drawn in one pass.
"""

from __future__ import annotations

import re
from io import StringIO
from typing import Any
from xml.etree.ElementTree import Element, fromstring

from pellucid.lazy import load
from pellucid.plot.style import ACCENT, AXIS, CLASSES, CONTRAST, GRID, INK, MUTED
from pellucid.report.elements import clean, element

__all__ = ["figure", "picture"]

LEFT, RIGHT, ABOVE, BELOW = 0.62, 0.12, 0.3, 0.5  # inches around the axes
PAGE_COLOURS = {
    INK: "var(--ink)",
    MUTED: "var(--muted)",
    AXIS: "var(--line)",
    GRID: "var(--grid)",
    ACCENT: "var(--accent)",
    CONTRAST: "var(--contrast)",
    "#ffffff": "var(--paper)",
    **{colour: f"var(--class-{k})" for k, colour in enumerate(CLASSES) if k > 1},
}


def figure(size: tuple[float, float] = (4.4, 2.7)) -> Any:
    """An empty figure of `size` inches that no window shows."""
    width, height = size
    made = load("matplotlib.figure").Figure(figsize=size, dpi=144, facecolor="none")
    made.subplots_adjust(LEFT / width, BELOW / height, 1 - RIGHT / width, 1 - ABOVE / height)
    return made


def picture(drawn: Any, label: str, *, shown: bool = False) -> Element:
    """A figure as SVG, without ids or styles that reach into the page.

    Parameters
    ----------
    label : what it shows, read aloud instead of it
    shown : whether the label is also written below
    """
    for ax in drawn.axes:
        ax.patch.set_visible(False)
    svg = fromstring(_svg(drawn, label))
    for parent in list(svg.iter()):
        for child in list(parent):
            if child.tag.endswith(("}metadata", "}style")):
                parent.remove(child)
    for node in svg.iter():
        node.tag = node.tag.rpartition("}")[2]
        node.attrib = {name.rpartition("}")[2]: value for name, value in node.attrib.items()}
        if node.tag == "g":
            node.attrib.pop("id", None)
        if "style" in node.attrib:
            node.attrib["style"] = re.sub(
                r"#[0-9a-f]{6}", lambda m: PAGE_COLOURS.get(m[0], m[0]), node.attrib["style"]
            )
    for name in ("width", "height", "version"):
        svg.attrib.pop(name, None)
    svg.attrib |= {"role": "img", "aria-label": clean(label)}
    words = element("figcaption", label) if shown else None
    return element("figure", svg, words, class_="picture")


def _svg(drawn: Any, label: str) -> str:
    file = StringIO()
    # savefig would draw twice. Two settings exist only globally: text as text, and ids that are the
    # same in every run.
    canvas = load("matplotlib.backends.backend_svg").FigureCanvasSVG(drawn)
    with load("matplotlib").rc_context({"svg.fonttype": "none", "svg.hashsalt": label}):
        canvas.print_svg(file)
    return file.getvalue()
