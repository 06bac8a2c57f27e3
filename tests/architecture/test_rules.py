"""Holds: each rule of the house finds a planted fault, and none in a sound package."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import pytest

from architecture import house as rules

LEVELS = {"__init__": 9, "high": 2, "left": 1, "right": 1, "low": 0}
AT_HOME = {"numpy": {"every room"}, "typer": {"high"}}

SOUND = {
    "__init__.py": "from toy import low\nfrom toy.high import play\n__all__ = ['low', 'play']",
    "low.py": "import math\nimport numpy as np\n__all__ = []",
    "left/__init__.py": "from toy.left.inner import left_hand\n__all__ = ['left_hand']",
    "left/inner.py": "from toy import low\n__all__ = ['left_hand']\ndef left_hand(): ...",
    "right.py": "__all__: list[str] = []\ndef f():\n    return load('matplotlib.pyplot')",
    "high.py": (
        "import typer\n"
        "from typing import TYPE_CHECKING\n"
        "from toy.left import left_hand\n"
        "if TYPE_CHECKING:\n"
        "    import pandas\n"
        "    from toy import shown_only_to_the_type_checker\n"
        "__all__ = ['play']\n"
        "def play(): ..."
    ),
}


RULES: dict[str, Callable[[rules.House], list[str]]] = {
    "table": partial(rules.off_the_table, levels=LEVELS),
    "levels": partial(rules.not_downward, levels=LEVELS),
    "loops": rules.import_loop,
    "hidden": rules.hidden_imports,
    "heavy": partial(rules.heavy_imports, at_home=AT_HOME),
    "length": rules.long_functions,
    "environment": rules.environment_switches,
    "all": rules.without_all,
    "shadows": rules.shadowed_modules,
}

# rule, what is added to the end of which file, what the fault says
FAULTS = {
    "room without a level": ("table", "attic.py", "", "'attic' has no level"),
    "upward": ("levels", "low.py", "from toy.high import play", "low (level 0) imports toy.high"),
    "upward, plain": ("levels", "low.py", "import toy.high", "low (level 0) imports toy.high"),
    "sibling": ("levels", "right.py", "from toy import left", "right (level 1) imports toy.left"),
    "sibling's inner room": ("levels", "right.py", "import toy.left.inner", "toy.left.inner"),
    "the package itself": ("levels", "low.py", "from toy import play", "imports toy (level 9)"),
    "upward, relative": ("levels", "low.py", "from .high import play", "imports toy.high"),
    "upward, hidden": ("levels", "low.py", "def f():\n import toy.high", "imports toy.high"),
    "upward, by name": ("levels", "low.py", "x = import_module('toy.high')", "imports toy.high"),
    "upward, lazily": ("levels", "low.py", "f = lambda: load('toy.high')", "imports toy.high"),
    "upward, after all": (
        "levels",
        "low.py",
        "if TYPE_CHECKING:\n    pass\nelse:\n    import toy.high",
        "imports toy.high",
    ),
    "loop": ("loops", "left/inner.py", "from toy.left import left_hand", "toy.left.inner"),
    "loop, hidden": ("loops", "low.py", "def f():\n    import toy.high", "is imported by toy.low"),
    "hidden": ("hidden", "high.py", "def f():\n    from toy import low", "toy.low is imported in"),
    "hidden, foreign": (
        "hidden",
        "low.py",
        "async def f():\n    import scipy",
        "scipy is imported",
    ),
    "hidden, by name": ("hidden", "low.py", "f = lambda: import_module('scipy')", "scipy is"),
    "hidden, own lazily": ("hidden", "high.py", "f = lambda: lazy.load('toy.low')", "toy.low is"),
    "heavy": ("heavy", "low.py", "import scipy.linalg as la", "scipy.linalg is loaded on import"),
    "heavy, from": ("heavy", "low.py", "from jax import numpy", "jax is loaded on import"),
    "heavy, tried": ("heavy", "low.py", "try:\n    import jax\nexcept ImportError: ...", "jax is"),
    "heavy, lazily at once": (
        "heavy",
        "low.py",
        "plt = load('matplotlib.pyplot')",
        "matplotlib.py",
    ),
    "heavy, in a class": ("heavy", "low.py", "class A:\n    import pandas", "pandas is loaded"),
    "heavy, elsewhere": ("heavy", "low.py", "import typer", "typer is loaded on import"),
    "long": ("length", "low.py", "def f():\n" + "    x = 1\n" * 60, "f has 61 lines"),
    "long method": ("length", "low.py", "class A:\n def m(s):\n" + "  s\n" * 60, "m has 61 lines"),
    "environment": ("environment", "low.py", "os.environ.get('FAST')", "reads the environment"),
    "environment, called": ("environment", "low.py", "os.getenv('FAST')", "reads the environment"),
    "environment, from": ("environment", "low.py", "from os import environ", "reads the envir"),
    "offers nothing": ("all", "attic.py", "x = 1", "attic.py has no __all__"),
    "shadow": (
        "shadows",
        "__init__.py",
        "from toy.low import high",
        "high hides the module toy.high",
    ),
}


def build(root: Path, files: Mapping[str, str]) -> rules.House:
    for name, text in files.items():
        path = root / "toy" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return rules.House(root, "toy")


@pytest.mark.parametrize("rule", RULES)
def test_a_sound_package_has_no_fault(tmp_path: Path, rule: str) -> None:
    assert RULES[rule](build(tmp_path, SOUND)) == []


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(tmp_path: Path, fault: str) -> None:
    rule, file, text, said = FAULTS[fault]
    found = RULES[rule](build(tmp_path, {**SOUND, file: f"{SOUND.get(file, '')}\n{text}"}))
    assert len(found) == 1
    assert said in found[0]


@pytest.mark.parametrize("fault", ["upward", "hidden", "heavy", "long", "environment"])
def test_a_fault_says_its_line(tmp_path: Path, fault: str) -> None:
    rule, file, text, _ = FAULTS[fault]
    sound = SOUND[file]
    found = RULES[rule](build(tmp_path, {**SOUND, file: f"{sound}\n{text}"}))
    first = sound.count("\n") + 2
    assert found[0].startswith(tuple(f"{tmp_path}/toy/{file}:{n} " for n in (first, first + 1)))


def test_sixty_lines_are_not_too_long(tmp_path: Path) -> None:
    house = build(tmp_path, {**SOUND, "low.py": "def f():\n" + "    x = 1\n" * 59})
    assert not rules.long_functions(house)


def test_code_lines_leave_out_blanks_comments_and_docstrings(tmp_path: Path) -> None:
    text = '''"""Of
many lines."""

# why
x = """a text
that is used"""  # counts
def f():
    """Docstring."""

    return x
'''
    house = build(tmp_path, {"low.py": text, "high.py": "y = 1"})
    assert rules.code_lines_of(house, {"low"}) == 4
    assert rules.code_lines_of(house, {"low", "high"}) == 5


@pytest.mark.parametrize("name", ["utils.py", "_helpers.py", "misc/x.py", "array_utils.py"])
def test_a_name_that_says_nothing_is_found(tmp_path: Path, name: str) -> None:
    build(tmp_path, {name: "", "utility.py": ""})
    assert len(rules.names_that_say_nothing(tmp_path)) == 1
