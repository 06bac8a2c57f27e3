"""Elements of the page: made as a tree, so that every text is escaped, and how numbers are said."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from xml.etree.ElementTree import Element

__all__ = [
    "clean", "element", "fact", "facts", "folded", "head_cell", "number", "percent", "plain_table",
    "section", "table",
]  # fmt: skip


def element(tag: str, *children: Element | str | None, **attributes: str) -> Element:
    """An element with its children; `class_` is class, `http_equiv` is http-equiv."""
    given = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
    made = Element(tag, {name: clean(value) for name, value in given.items() if value})
    for child in children:
        if isinstance(child, Element):
            made.append(child)
        elif child and len(made):
            made[-1].tail = (made[-1].tail or "") + clean(child)
        elif child:
            made.text = (made.text or "") + clean(child)
    return made


def section(title: str, *children: Element | None, wide: bool = False) -> Element | None:
    """A section, or nothing when there is nothing in it."""
    parts = [child for child in children if child is not None]
    inside = [element("div", *parts, class_="wide")] if wide else parts
    return element("section", element("h2", title), *inside) if parts else None


def table(caption: str, *parts: Element, class_: str = "") -> Element:
    """A table that scrolls by itself where the page is narrow."""
    made = element("table", element("caption", caption), *parts, class_=class_)
    return element("div", made, class_="scroll", tabindex="0", role="region", aria_label=caption)


def plain_table(
    caption: str,
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    total: Sequence[str] = (),
    class_: str = "",
) -> Element:
    """A table of texts; the first of each row is its head."""

    def line(texts: Sequence[str]) -> Element:
        cells = (element("td", text) for text in texts[1:])
        return element("tr", head_cell(texts[0], "row"), *cells)

    titles = element("tr", *(head_cell(name) if name else element("td") for name in head))
    foot = [element("tfoot", line(total))] if total else []
    body = element("tbody", *map(line, rows))
    return table(caption, element("thead", titles), body, *foot, class_=class_)


def facts(caption: str, given: Mapping[str, object]) -> Element | None:
    """A table of single facts by name, or nothing when there are none."""
    rows = [
        element("tr", head_cell(name.replace("_", " "), "row"), element("td", fact(name, value)))
        for name, value in given.items()
        if value != ""
    ]
    return table(caption, element("tbody", *rows), class_="facts") if rows else None


def folded(title: str, *children: Element) -> Element:
    """What is shown when the reader unfolds it."""
    return element("details", element("summary", title), *children)


def head_cell(text: str, scope: str = "col") -> Element:
    """A cell that names its column or row."""
    return element("th", text, scope=scope)


def clean(text: str) -> str:
    """`text` without what HTML cannot hold: control characters and halves of characters."""
    whole = str(text).encode("utf-8", "replace").decode("utf-8")
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff]", "\N{REPLACEMENT CHARACTER}", whole)


def number(value: float) -> str:
    """A number with four digits, or whole when it is large; a dash for one that is missing."""
    if value != value:
        return "–"
    text = f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.4g}"
    return text.replace("-", "−")


def percent(share: float) -> str:
    """A share as people say it."""
    return f"{100 * share:.1f} %"


def fact(name: str, value: object) -> str:
    """A single fact in words; a seed is no quantity."""
    match value:
        case bool():
            return "yes" if value else "no"
        case None:
            return "–"
        case int() if name != "seed":
            return f"{value:,}"
        case float():
            return number(value)
        case _:
            return str(value)
