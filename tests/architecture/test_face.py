"""Holds: `import pellucid` is light and quick, its public names sorted, real and explained."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import packages_distributions
from types import ModuleType

import pytest

import pellucid

SECONDS_BEYOND_NUMPY = 0.2
ROUNDS = 20

IMPORT_IT = """
import sys, time, numpy
before, start = set(sys.modules), time.process_time()
import pellucid
print(time.process_time() - start)
print(*sorted({name.partition(".")[0] for name in set(sys.modules) - before}))
"""


def import_freshly() -> tuple[float, set[str]]:
    """Seconds of computing, and packages, that `import pellucid` adds to NumPy's."""
    # As a user meets it: the first round leaves the bytecode that later rounds load.
    asked = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    run = [sys.executable, "-c", IMPORT_IT]
    seconds, packages = subprocess.check_output(run, text=True, env=asked).splitlines()
    return float(seconds), set(packages.split())


def test_importing_loads_no_package_but_numpy() -> None:
    _, packages = import_freshly()
    assert packages & packages_distributions().keys() <= {"pellucid", "numpy"}


def test_importing_takes_less_than_a_fifth_of_a_second() -> None:
    # A busy machine makes a round slow, never quick: one quick round shows what the import takes.
    assert any(import_freshly()[0] < SECONDS_BEYOND_NUMPY for _ in range(ROUNDS))


def as_ruff_sorts(name: str) -> tuple[int, str]:
    """Constants, then classes, then the rest: the order that RUF022 keeps in every module."""
    return (0 if name.isupper() else 1 if name[:1].isupper() else 2, name)


def public_objects() -> dict[str, object]:
    """The objects of `pellucid.__all__` and of the modules that stand there, by dotted name."""
    found: dict[str, object] = {}
    for name in pellucid.__all__:
        thing = getattr(pellucid, name)
        found[f"pellucid.{name}"] = thing
        if isinstance(thing, ModuleType):
            found |= {f"pellucid.{name}.{inner}": getattr(thing, inner) for inner in thing.__all__}
    return found


def is_explained(thing: object) -> bool:
    """Whether a function or class has a docstring with an example; an exception needs none."""
    if isinstance(thing, type) and issubclass(thing, BaseException):
        return bool(thing.__doc__)
    return ">>>" in (thing.__doc__ or "")


def test_public_names_are_sorted_and_exist() -> None:
    names = list(pellucid.__all__)
    assert names == sorted(set(names), key=as_ruff_sorts)
    assert public_objects()


def test_every_public_function_and_class_has_an_example() -> None:
    bare = [
        name
        for name, thing in public_objects().items()
        if callable(thing) and not is_explained(thing)
    ]
    assert not bare


@pytest.mark.parametrize("thing", [len, type("Bare", (), {"__doc__": "No example."})])
def test_a_bare_docstring_is_not_an_explanation(thing: object) -> None:
    assert not is_explained(thing)
