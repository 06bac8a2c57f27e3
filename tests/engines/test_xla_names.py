"""Holds: of JAX only names are used that are public and stable, and each of them is there."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import pellucid

jax = pytest.importorskip("jax")

SOURCE = Path(pellucid.__file__).parent
STABLE = {
    "jit", "device_put", "devices", "process_count", "process_index", "default_device",
    "default_matmul_precision", "distributed", "make_array_from_process_local_data",
    "sharding.Mesh", "sharding.NamedSharding", "sharding.PartitionSpec", "sharding.AxisType",
    "sharding.SingleDeviceSharding", "errors.JaxRuntimeError",
}  # fmt: skip
OPEN = {"numpy", "lax"}  # every name that these list in their documentation
MOVED = {"enable_x64", "experimental.enable_x64"}  # the latter until JAX 0.8


def module_of(node: ast.AST) -> str | None:
    """Give the module of JAX that ``jax("…")`` or ``load("jax.…")`` loads; "" is JAX itself."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
        return None
    words = [one.value for one in node.args if isinstance(one, ast.Constant)]
    if node.func.id == "jax":
        return words[0] if words else ""
    if node.func.id == "load" and words and str(words[0]).partition(".")[0] == "jax":
        return str(words[0]).partition(".")[2]
    return None


def named(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Give each assignment of a module of JAX to a name."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Assign):
            continue
        target, value = node.targets[0], node.value
        several = isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple)
        pairs = zip(target.elts, value.elts, strict=False) if several else [(target, value)]
        for left, right in pairs:
            module = module_of(right)
            if isinstance(left, ast.Name) and module is not None:
                yield left.id, module


def used(text: str) -> set[str]:
    """List the names of JAX that a source file uses."""
    tree = ast.parse(text)
    names, found = dict(named(tree)), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            origin = getattr(node, "module", None)
            modules = [origin] if origin else [one.name for one in node.names]
            found |= {f"import {one}" for one in modules if one.partition(".")[0] == "jax"}
        elif isinstance(node, ast.Attribute):
            base = node.value
            module = names.get(base.id) if isinstance(base, ast.Name) else module_of(base)
            if module is not None:
                found.add(f"{module}.{node.attr}".removeprefix("."))
    return found


def test_only_stable_public_names_are_used_and_each_is_there():
    found = set().union(*[used(path.read_text("utf-8")) for path in SOURCE.rglob("*.py")])
    assert {"jit", "numpy.matmul", "lax.fori_loop", "sharding.Mesh"} <= found
    others = {name for name in found if name.partition(".")[0] not in OPEN}
    assert others - MOVED == STABLE
    for name in found - MOVED:
        module, _, last = name.rpartition(".")
        assert not last.startswith("_")
        place = getattr(jax, module) if module else jax
        assert hasattr(place, last), name


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("jax('_src').core.Tracer", {"_src.core"}),
        ("a, xp = 1, jax('numpy')\nxp._internal(x)", {"numpy._internal"}),
        ("whole = load('jax')\nwhole.interpreters", {"interpreters"}),
        ("from jax.interpreters import mlir", {"import jax.interpreters"}),
    ],
)
def test_names_are_found(text, wanted):
    assert used(text) == wanted
