"""Holds: the public names and their parameters are those that are kept, unless a change is meant.

``pytest tests/architecture/test_surface.py --rewrite-snapshots`` keeps what there is now.
"""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from architecture.test_face import public_objects

KEPT = Path(__file__).parent / "public.txt"


def described(name: str, thing: object) -> str:
    """Give a name, and the parameters of what can be called, with a mark for those with a default.

    >>> described("max", lambda a, /, *rest, key=None: a)
    'max(a, /, *rest, key=…)'
    """
    if not callable(thing):
        return name
    try:
        parameters = inspect.signature(thing).parameters.values()
    except (TypeError, ValueError):
        return f"{name}(…)"
    bare = [
        one.replace(
            annotation=one.empty, default=one.empty if one.default is one.empty else ELLIPSIS
        )
        for one in parameters
    ]
    return f"{name}{inspect.Signature(bare)}"


class _Ellipsis:
    def __repr__(self) -> str:
        return "…"


ELLIPSIS = _Ellipsis()


def test_the_public_names_are_those_that_are_kept(request: pytest.FixtureRequest) -> None:
    found = sorted(described(name, thing) for name, thing in public_objects().items())
    if request.config.getoption("--rewrite-snapshots"):
        KEPT.write_text("\n".join(found) + "\n", encoding="utf-8")
    kept = KEPT.read_text(encoding="utf-8").splitlines()
    gone, new = sorted({*kept} - {*found}), sorted({*found} - {*kept})
    assert (gone, new) == ([], []), "see CONTRIBUTING.md, Versions and what may change"


def test_a_parameter_that_goes_is_seen() -> None:
    def before(a, b=1):
        return a, b

    def after(a):
        return a

    assert described("f", before) == "f(a, b=…)"
    assert described("f", after) == "f(a)"
