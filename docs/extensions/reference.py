"""The directive ``public``: a module's public names, by the modules that define them.

The build warns, and so fails, when a public name is nowhere in the reference.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Any

from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList
from names import is_declared, own_members, public_names, restructured, sections, title_of
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.nodes import make_refnode
from sphinx.util.parsing import nested_parse_to_nodes

logger = logging.getLogger(__name__)


class Public(Directive):
    """Show a public module's names; after it, the packages that define those which are meant."""

    required_arguments = 1
    optional_arguments = 20

    def run(self) -> list[nodes.Node]:
        """Write a section for each defining module, and parse it."""
        path, *origins = self.arguments
        found = list(sections(path, tuple(origins)))
        text = [f".. py:currentmodule:: {path}", ""]
        for module, names in found:
            title, said = title_of(module)
            is_page = module is public_names()[path] or len(found) == 1
            head = [] if is_page else [title, "~" * len(title), "", said, ""]
            text += [*head, *(line for name in names for line in shown(name))]
        return nested_parse_to_nodes(self.state, StringList(text, source=path))


def shown(name: str) -> list[str]:
    """Write one name: what autodoc makes of it, or a line about a value."""
    value = public_names()[name]
    if is_declared(value):
        return declared(name, value)
    if not inspect.isclass(value):
        return [f".. autofunction:: {name}", ""]
    if issubclass(value, BaseException):  # made as Python makes it, unless it says otherwise
        return [f".. autoexception:: {name}" + "()" * (not inspect.isfunction(value.__init__)), ""]
    members = own_members(value)
    listed = [f"   :members: {', '.join(members)}"] if members else []
    return [f".. autoclass:: {name}", *listed, ""]


def declared(name: str, value: Any) -> list[str]:
    """Write a value that is declared: an instance by how it was made, a table by its keys."""
    head = [f".. py:data:: {name.rpartition('.')[2]}"]
    if isinstance(value, dict):
        keys = ", ".join(f"``{key}``" for key in value)
        return [*head, "", f"   By name: {keys}.", ""]
    made = f":class:`{type(value).__name__}` to be called with prediction and target."
    return [*head, f"   :value: {value!r}", "", f"   The {made}", ""]


def house_sections(
    _: Sphinx, kind: str, name: str, thing: Any, options: Any, lines: list[str]
) -> None:
    """Give the sections of our docstrings the form that Sphinx reads."""
    lines[:] = restructured(lines)


def public_reference(
    app: Sphinx, env: BuildEnvironment, node: addnodes.pending_xref, shown: nodes.Element
) -> nodes.Node | None:
    """Find what is named as at home by its public name."""
    python, name = env.domains.python_domain, node.get("reftarget", "").rpartition(".")[2]
    found = [path for path in python.objects if path.rpartition(".")[2] == name]
    if len(found) == 1:
        entry = python.objects[found[0]]
        return make_refnode(
            app.builder, node["refdoc"], entry.docname, entry.node_id, shown, found[0]
        )
    return None


def signature(_: Sphinx, kind: str, name: str, thing: Any, *__: Any) -> tuple[str, str] | None:
    """Show how a class is made, not how Python makes it; the docstring tells the types."""
    if kind not in ("class", "exception"):
        return None
    if not inspect.isfunction(thing.__init__):
        return "()", ""
    given = inspect.signature(thing if hasattr(thing, "__signature__") else thing.__init__)
    bare = [one.replace(annotation=one.empty) for one in given.parameters.values()]
    shown = [one for one in bare if one.name != "self"]
    return str(given.replace(parameters=shown, return_annotation=given.empty)), ""


def missing(documented: Iterable[str]) -> list[str]:
    """List the public names that are not among the documented ones."""
    return sorted(public_names().keys() - set(documented))


def check(_: Sphinx, env: BuildEnvironment) -> None:
    """Warn of each public name that no page shows."""
    for name in missing([*env.domains.python_domain.objects]):
        logger.warning("the public name %s is nowhere in the reference", name)


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell Sphinx."""
    app.add_directive("public", Public)
    app.connect("autodoc-process-docstring", house_sections)
    app.connect("autodoc-process-signature", signature)
    app.connect("missing-reference", public_reference)
    app.connect("env-check-consistency", check)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
