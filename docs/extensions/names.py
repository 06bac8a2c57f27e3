"""The public names of pellucid: where each is shelved, and how it is shown; needs no Sphinx.

A public name is one in ``pellucid.__all__``, or in that of a module that stands there. Its section
is the module that defines it, and the section's title begins that module's docstring: a new name
finds its place in the reference by itself.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any

SECTIONS = {  # and the role of the names with which its entries begin, if they do
    "Parameters": ":code:", "Attributes": ":code:", "Raises": ":exc:",
    "Warns": ":code:", "Returns": "", "Examples": "", "Source": "",
}  # fmt: skip

APART = ("interop", "sklearn")  # modules of their own, which ``import pellucid`` does not load


@cache
def public_names(path: str = "pellucid", module: ModuleType | None = None) -> dict[str, Any]:
    """Find everything public by its dotted name, the modules among it too."""
    module = module or import_module(path)
    found: dict[str, Any] = {path: module}
    apart = APART if path == "pellucid" else ()
    for name in (*module.__all__, *apart):
        value = import_module(f"{path}.{name}") if name in apart else getattr(module, name)
        inner = isinstance(value, ModuleType)
        found |= public_names(f"{path}.{name}", value) if inner else {f"{path}.{name}": value}
    return found


def home(value: Any) -> str:
    """Give the name of the module that defines a thing; of a plain value, nothing."""
    return getattr(value, "__module__", None) or ""


def is_declared(value: Any) -> bool:
    """Whether it is neither function nor class: an instance, or a table."""
    return not inspect.isclass(value) and not inspect.isroutine(value)


def sections(path: str, origins: tuple[str, ...] = ()) -> Iterator[tuple[ModuleType, list[str]]]:
    """Sort the names of a public module by the modules that define them, in reading order.

    Parameters
    ----------
    origins : only what these packages or modules define, in their order; all by default
    """
    names = {
        name: value
        for name, value in public_names().items()
        if name.rpartition(".")[0] == path and not isinstance(value, ModuleType)
    }
    homes: dict[str, list[str]] = {}
    for name, value in names.items():
        homes.setdefault(home(value) or path, []).append(name)
    order = sorted(homes) if not origins else [
        module for origin in origins for module in sorted(homes) if is_inside(module, origin)
    ]  # fmt: skip
    public = public_names()
    for module in order:
        yield sys.modules.get(module) or public[module], homes[module]


def is_inside(module: str, package: str) -> bool:
    """Whether a module is that package, or stands in it."""
    return module == package or module.startswith(f"{package}.")


def title_of(module: ModuleType) -> tuple[str, str]:
    """Split the first sentence of a module's docstring into a title and what it says besides.

    >>> import sys
    >>> title_of(sys.modules[__name__])
    ('The public names of pellucid', 'Where each is shelved, and how it is shown; needs no Sphinx.')
    """
    text = inspect.cleandoc(module.__doc__ or module.__name__)
    sentence = re.sub(r":\w+:`([^`]+)`|`([^`]+)`", r"\1\2", text.partition("\n\n")[0])
    title, _, rest = sentence.replace("\n", " ").partition(":")
    rest = rest.strip()
    return title.partition(",")[0].rstrip("."), rest[:1].upper() + rest[1:]


def own_members(cls: type) -> list[str]:
    """List what a class adds to the public classes that it comes from: all else is told there."""
    public = {value for value in public_names().values() if inspect.isclass(value)}
    above = [base for base in cls.__mro__[1:] if base in public]
    told = {name for base in above for name in dir(base)}
    return [
        name
        for base in ([cls] if above else cls.__mro__)
        if is_inside(home(base), "pellucid") and home(base) != "pellucid.arguments"
        for name, value in vars(base).items()
        if not name.startswith("_") and name not in told and is_told(value)
    ]


def is_told(value: Any) -> bool:
    """Whether it is a method or property of ours, with a docstring."""
    is_member = inspect.isroutine(value) or isinstance(value, property)
    is_given = is_inside(home(value), "sklearn")  # what it puts into its estimators
    return is_member and not is_given and bool(inspect.getdoc(value))


def restructured(lines: list[str]) -> list[str]:
    """Write the sections of a docstring of the house in reStructuredText.

    >>> restructured(["Parameters", "----------", "low, high : the ends"])
    ['.. rubric:: Parameters', '', ':code:`low`, :code:`high`', '    the ends']
    """
    written: list[str] = []
    section = ""
    for line, below in zip(verbatim(lines), [*lines[1:], ""], strict=True):
        if is_rule(below) and line in SECTIONS:
            section = line
            written += [f".. rubric:: {line}", ""]
        elif not is_rule(line):
            is_entry = " : " in line and not line[0].isspace() and SECTIONS.get(section)
            section = section if is_entry or not line.strip() or line[0].isspace() else ""
            written += entry(line, SECTIONS[section]) if is_entry else [line]
    return written


def verbatim(lines: list[str]) -> Iterator[str]:
    """Keep the bars of |x| and lone stars from being read as markup, outside code and formulas.

    >>> list(verbatim(["|x| and ``a | b``", ">>> a | b"]))
    ['\\\\|x\\\\| and ``a | b``', '>>> a | b']
    """
    inside = False
    for line in lines:
        inside = line.lstrip().startswith((">>>", ".. math::")) or (
            inside and (not line or line[0].isspace() or line.startswith("..."))
        )
        pieces = [line] if inside else re.split(r"(``.*?``)", line)
        yield "".join(
            piece if inside or k % 2 else escaped(piece) for k, piece in enumerate(pieces)
        )


def escaped(text: str) -> str:
    """Mark the signs that are no markup: all bars, and stars that are not in pairs."""
    signs = r"([|*])" if text.count("*") % 2 else r"(\|)"
    return re.sub(signs, r"\\\1", text)


def entry(line: str, role: str) -> list[str]:
    """Write names and their meaning as a term and its definition."""
    names, _, meaning = line.partition(" : ")
    term = ", ".join(f"{role}`{name}`" for name in re.split(r",\s*", names))
    return [term, f"    {meaning}"]


def is_rule(line: str) -> bool:
    """Whether a line underlines a heading."""
    return re.fullmatch(r"-{3,}", line) is not None
