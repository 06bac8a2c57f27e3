"""Reads a package's source, never importing it, and lists what breaks the rules of the house.

A rule takes a `House` and returns its faults, one readable line each.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from importlib.util import resolve_name
from pathlib import Path

LONGEST_FUNCTION = 60
NAMES_THAT_SAY_NOTHING = {"common", "helper", "helpers", "misc", "util", "utils"}
ENVIRONMENT = {"environ", "environb", "getenv", "getenvb", "putenv"}


@dataclass(frozen=True)
class Import:
    """One import: of a statement, by name (`import_module("x")`), or lazily (`load("x")`)."""

    target: str
    line: int
    in_function: bool
    lazy: bool = False


@dataclass(frozen=True)
class Module:
    """One file of the package, as text and as a tree."""

    name: str
    path: Path
    source: str
    tree: ast.Module

    @property
    def room(self) -> str:
        """The file or folder right below the package; the package itself is ``__init__``."""
        return self.name.split(".")[1] if "." in self.name else "__init__"

    def at(self, line: int) -> str:
        """Where a fault stands, in a form that editors open."""
        return f"{self.path}:{line}"


class House:
    """A package below `root`, read once."""

    def __init__(self, root: Path, package: str) -> None:
        self.package = package
        self.modules = {module.name: module for module in _read(root, package)}
        assert self.modules, f"no package {package} under {root}"

    @cached_property
    def imports(self) -> dict[str, list[Import]]:
        """What each module imports when the program runs."""
        return {name: _ImportReader(self, module).found for name, module in self.modules.items()}

    def own_imports(self) -> Iterator[tuple[Module, Module, Import]]:
        """Importer, imported and import, for imports inside the package."""
        for name, found in self.imports.items():
            for entry in found:
                if entry.target in self.modules and entry.target != name:
                    yield self.modules[name], self.modules[entry.target], entry


def _read(root: Path, package: str) -> Iterator[Module]:
    for path in sorted((root / package).rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        source = path.read_text(encoding="utf-8")
        yield Module(name, path, source, ast.parse(source, str(path)))


class _ImportReader(ast.NodeVisitor):
    """Finds the imports of one module, also those hidden in functions or behind a string."""

    def __init__(self, house: House, module: Module) -> None:
        self.house = house
        self.folder = (
            module.name if module.path.name == "__init__.py" else module.name.rpartition(".")[0]
        )
        self.depth = 0
        self.found: list[Import] = []
        self.visit(module.tree)

    def add(self, target: str, line: int, *, lazy: bool = False) -> None:
        self.found.append(Import(target, line, self.depth > 0, lazy))

    def visit(self, node: ast.AST) -> None:
        function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        self.depth += function
        super().visit(node)
        self.depth -= function

    def visit_If(self, node: ast.If) -> None:
        skip = node.body if _asks_for_type_checking(node.test) else []
        for child in ast.iter_child_nodes(node):
            if child not in skip:
                self.visit(child)

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self.add(alias.name, node.lineno)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        base = resolve_name("." * node.level + (node.module or ""), self.folder)
        inner = {f"{base}.{alias.name}" for alias in node.names} & self.house.modules.keys()
        plain = any(f"{base}.{alias.name}" not in inner for alias in node.names)
        for target in sorted(inner) + [base] * plain:
            self.add(target, node.lineno)

    def visit_Call(self, node: ast.Call) -> None:
        called = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        called = node.func.id if isinstance(node.func, ast.Name) else called
        match node.args:
            case [ast.Constant(value=str(target)), *_] if called in {"import_module", "__import__"}:
                self.add(target, node.lineno)
            case [ast.Constant(value=str(target)), *_] if called == "load":
                self.add(target, node.lineno, lazy=True)
        self.generic_visit(node)


def _asks_for_type_checking(test: ast.expr) -> bool:
    return "TYPE_CHECKING" in (getattr(test, "id", ""), getattr(test, "attr", ""))


# --- Imports ----------------------------------------------------------------------------------


def off_the_table(house: House, levels: Mapping[str, int]) -> list[str]:
    """Every room stands on the table of levels."""
    rooms = {module.room for module in house.modules.values()}
    return [f"the room {room!r} has no level" for room in sorted(rooms - levels.keys())]


def not_downward(house: House, levels: Mapping[str, int]) -> list[str]:
    """Between rooms, an import points to a strictly lower level."""
    return [
        f"{importer.at(entry.line)} {importer.room} (level {levels[importer.room]}) imports "
        f"{imported.name} (level {levels[imported.room]})"
        for importer, imported, entry in house.own_imports()
        if importer.room != imported.room and levels[imported.room] >= levels[importer.room]
    ]


def import_loop(house: House) -> list[str]:
    """No module imports itself by way of others, hidden imports counted. One loop is named."""
    graph: dict[str, set[str]] = {name: set() for name in house.modules}
    for importer, imported, _ in house.own_imports():
        graph[importer.name].add(imported.name)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return [" is imported by ".join(error.args[1])]
    return []


def hidden_imports(house: House) -> list[str]:
    """Imports stand at the head of a file; only other people's packages are loaded lazily."""
    return [
        f"{module.at(entry.line)} {entry.target} is imported inside a function"
        for name, module in house.modules.items()
        for entry in house.imports[name]
        if entry.in_function and (not entry.lazy or entry.target in house.modules)
    ]


def heavy_imports(house: House, at_home: Mapping[str, set[str]]) -> list[str]:
    """Only the standard library, the package and what `at_home` grants a room load on import."""
    light = sys.stdlib_module_names | {house.package}
    return [
        f"{module.at(entry.line)} {entry.target} is loaded on import; use pellucid.lazy.load "
        "where it is needed"
        for name, module in house.modules.items()
        for entry in house.imports[name]
        if not entry.in_function
        and (top := entry.target.partition(".")[0]) not in light
        and not at_home.get(top, set()) & {module.room, "every room"}
    ]


# --- Size -------------------------------------------------------------------------------------


def code_lines(module: Module) -> int:
    """Lines that hold code: no blank lines, comments or strings that stand alone."""
    prose = {
        line
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    texts = (line.strip() for line in module.source.splitlines())
    return sum(
        bool(text) and not text.startswith("#") and number not in prose
        for number, text in enumerate(texts, 1)
    )


def code_lines_of(house: House, rooms: set[str]) -> int:
    """Lines of code in some rooms together."""
    return sum(code_lines(module) for module in house.modules.values() if module.room in rooms)


def long_functions(house: House) -> list[str]:
    """No function is longer than a screen."""
    return [
        f"{module.at(node.lineno)} {node.name} has {length} lines"
        for module in house.modules.values()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or node.lineno) - node.lineno + 1) > LONGEST_FUNCTION
    ]


# --- Names and switches -----------------------------------------------------------------------


def names_that_say_nothing(*folders: Path) -> list[str]:
    """A file is named after its subject."""
    return [
        f"{path} is named after no subject"
        for folder in folders
        for path in sorted(folder.rglob("*.py"))
        for part in (*path.relative_to(folder).parent.parts, path.stem)
        if NAMES_THAT_SAY_NOTHING & set(part.split("_"))
    ]


def environment_switches(house: House) -> list[str]:
    """Behaviour is asked for by arguments, never by environment variables."""
    return [
        f"{module.at(node.lineno)} reads the environment"
        for module in house.modules.values()
        for node in ast.walk(module.tree)
        if (isinstance(node, ast.Attribute) and node.attr in ENVIRONMENT)
        or (
            isinstance(node, ast.ImportFrom)
            and node.module == "os"
            and ENVIRONMENT & {alias.name for alias in node.names}
        )
    ]


def without_all(house: House) -> list[str]:
    """Every module says in `__all__` what it offers."""
    return [
        f"{module.path} has no __all__"
        for module in house.modules.values()
        if module.room != "__main__" and "__all__" not in _bound(module.tree)
    ]


def shadowed_modules(house: House) -> list[str]:
    """The package binds nothing else under the name of one of its modules."""
    return [
        f"{module.at(line)} {name} hides the module {house.package}.{name}"
        for module in house.modules.values()
        if module.room == "__init__"
        for name, line in _bound(module.tree, but_from=house.package).items()
        if f"{house.package}.{name}" in house.modules
    ]


def _bound(tree: ast.Module, but_from: str = "") -> dict[str, int]:
    """Names that the head level of a file binds, except by ``from but_from import name``."""
    names: dict[str, int] = {}
    for node in tree.body:
        match node:
            case ast.ImportFrom(module=source, names=aliases) if source != but_from:
                found = [alias.asname or alias.name for alias in aliases]
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                found = [name]
            case ast.Assign(targets=targets):
                found = [target.id for target in targets if isinstance(target, ast.Name)]
            case ast.AnnAssign(target=ast.Name(id=name)):
                found = [name]
            case _:
                found = []
        names |= dict.fromkeys(found, node.lineno)
    return names
