"""Holds: the reference shows every public name, once; docstrings of the house become its pages."""

from __future__ import annotations

import doctest
import importlib.util
import re
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

DOCS = Path(__file__).parents[2] / "docs"
DIRECTIVE = re.compile(r"^\.\. (public|py:module|py:data):: (.+)$", re.MULTILINE)


def extension(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, DOCS / "extensions" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def names() -> ModuleType:
    return extension("names")


def shown_on(page: str, names: ModuleType) -> list[str]:
    """The names that a page's directives show."""
    found, module = [], ""
    for kind, given in DIRECTIVE.findall(page):
        if kind == "public":
            path, *origins = given.split()
            sections = names.sections(path, tuple(origins))
            found += [name for _, inside in sections for name in inside]
        elif kind == "py:module":
            module = given
            found.append(module)
        else:
            found.append(f"{module}.{given}")
    return found


def test_every_public_name_has_one_place_in_the_reference(names: ModuleType) -> None:
    pages = [page.read_text(encoding="utf-8") for page in (DOCS / "reference").glob("*.rst")]
    places = Counter(name for page in pages for name in shown_on(page, names))
    absent = names.public_names().keys() - places.keys()
    assert not absent, f"add a page to docs/reference, or widen one: {sorted(absent)}"
    assert [name for name, count in places.items() if count > 1] == []


def test_every_page_stands_in_the_table_of_contents() -> None:
    listed = (DOCS / "reference" / "index.rst").read_text(encoding="utf-8").split()
    pages = {page.stem for page in (DOCS / "reference").glob("*.rst")} - {"index"}
    assert pages <= set(listed)


def test_a_page_that_forgets_a_package_forgets_its_names(names: ModuleType) -> None:
    page = ".. public:: pellucid.nn pellucid.losses"
    assert "pellucid.nn.mse" in shown_on(page, names)
    assert "pellucid.nn.Linear" not in shown_on(page, names)


def test_the_sections_of_a_docstring(names: ModuleType) -> None:
    lines = [
        "One line.",
        "",
        "Raises",
        "------",
        "ShapeError, DataError : for |x|",
        "",
        ">>> 1 | 2",
    ]
    assert names.restructured(lines) == [
        "One line.", "", ".. rubric:: Raises", "",
        ":exc:`ShapeError`, :exc:`DataError`", r"    for \|x\|", "", ">>> 1 | 2",
    ]  # fmt: skip


def test_members_are_told_where_they_are_first_public(names: ModuleType) -> None:
    public = names.public_names()
    assert "fit" in names.own_members(public["pellucid.nn.Network"])
    assert "parameters" not in names.own_members(public["pellucid.nn.Network"])
    assert names.own_members(public["pellucid.nn.Model"]) == ["probe"]


def test_the_examples_of_the_extensions(names: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "names", names)
    found = doctest.testmod(names)
    assert found.attempted > 3
    assert not found.failed
