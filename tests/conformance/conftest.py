"""Holds: of the XLA engine, which takes seconds to compile, a share; ``--full`` tries all of it."""

from __future__ import annotations

import pytest

# Those that it computes in a way of its own, and those that pick, put or fold.
DERIVED = {"conv", "cumsum", "matmul", "max", "put_along_add", "take", "unslice", "windows"}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is not in the share."""
    if config.getoption("--full"):
        return
    left_out = [item for item in items if not _in_share(item)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if _in_share(item)]


def _in_share(item: pytest.Item) -> bool:
    given = item.callspec.params if hasattr(item, "callspec") else {}
    if given.get("engine") != "xla" or item.path.name != "test_operations.py":
        return True
    if "kind" in given:
        return bool(given["kind"] == "floating")
    return given.get("name") in DERIVED or "outside" in item.name
