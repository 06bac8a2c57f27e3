"""Objects from plain tables, as model files hold them: a class by its name, and its arguments.

``{"type": "Linear", "units": 64}`` is ``nn.Linear(units=64)``. A table may stand inside another, as
an initialiser does: ``{"type": "Linear", "units": 64, "weight_init": {"type": "Zeros"}}``.
"""

from __future__ import annotations

import difflib
import inspect
import json
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Any

from pellucid import nn, optim
from pellucid.arguments import named
from pellucid.errors import ArgumentError, PellucidError
from pellucid.layers.init import INITIALIZERS

__all__ = ["as_python", "classes_in", "inner", "known_names", "layers", "made", "nearest"]


def classes_in(room: Any, *kinds: type) -> dict[str, type]:
    """List the classes that a room offers and that one can make, by name."""
    return {
        name: one
        for name in room.__all__
        if isinstance(one := getattr(room, name), type)
        and issubclass(one, kinds or (object,))
        and not inspect.isabstract(one)
    }


def layers() -> dict[str, type]:
    """List what may stand in a model file as a layer."""
    return {
        name: one
        for name, one in classes_in(nn, nn.Module).items()
        if one is nn.Sequential or not issubclass(one, nn.Network)
    }


def inner() -> dict[str, type]:
    """List what may stand inside a table: initialisers, penalties, layers, schedules, averages."""
    return {**classes_in(nn), **INITIALIZERS, **classes_in(optim)}


def made(table: Any, classes: Mapping[str, type], kind: str) -> Any:
    """Make the object that a table describes.

    Parameters
    ----------
    classes : those that it may be of, by name
    kind : what it is called in errors

    Raises
    ------
    ArgumentError : for no table, an unknown name, and arguments that it does not take

    Examples
    --------
    >>> from pellucid.cli.parts import layers, made
    >>> made({"type": "Linear", "units": 2}, layers(), "layer")
    Linear(units=2)
    """
    if not isinstance(table, dict) or not isinstance(table.get("type"), str):
        raise ArgumentError(
            f"this is no {kind}", got=json.dumps(table, default=str)[:60],
            wanted="a type, and its arguments", mend=f'write type = "{next(iter(classes))}"',
        )  # fmt: skip
    cls = named(table["type"], kind, classes)
    arguments = {name: _value(value) for name, value in table.items() if name != "type"}
    _check(cls, arguments)
    try:
        return cls(**arguments)
    except PellucidError as error:
        error.where = error.where if error.where != cls.__name__ else ""
        raise
    except (TypeError, ValueError) as error:
        raise ArgumentError(
            f"no {kind} can be made of these arguments: {error}",
            wanted=f"{cls.__name__}({', '.join(known_names(cls))})",
            mend="change the argument that it speaks of",
        ) from error


def _value(value: Any) -> Any:
    if isinstance(value, list):
        return [_value(one) for one in value]
    return made(value, inner(), "part") if isinstance(value, dict) and "type" in value else value


def known_names(cls: type) -> list[str]:
    """List the arguments that a class takes."""
    return list(_needs(cls))


def _needs(cls: type) -> dict[str, bool]:
    """List the arguments that a class takes, and whether it needs them."""
    if is_dataclass(cls):
        return {
            one.name: one.default is MISSING and one.default_factory is MISSING
            for one in fields(cls)
            if one.init
        }
    given = list(inspect.signature(cls.__init__).parameters.values())[1:]  # type: ignore[misc]
    many = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return {one.name: one.default is one.empty for one in given if one.kind not in many}


def _first(cls: type) -> str | None:
    """Name the argument that stands first, without its name."""
    if is_dataclass(cls):
        return next((one.name for one in fields(cls) if one.init and not one.kw_only), None)
    first = list(inspect.signature(cls.__init__).parameters.values())[1:2]  # type: ignore[misc]
    return next((one.name for one in first if one.kind is one.POSITIONAL_OR_KEYWORD), None)


def _check(cls: type, arguments: Mapping[str, Any]) -> None:
    """Refuse arguments that a class does not have, and say which it needs."""
    needs = _needs(cls)
    for name in arguments:
        if name not in needs:
            near = nearest(name, needs)
            raise ArgumentError(
                f"{cls.__name__} takes no argument {name!r}", wanted=", ".join(needs) or "none",
                mend=f"did you mean {near}?" if near else f"leave {name} out",
            )  # fmt: skip
    for name, needed in needs.items():
        if needed and name not in arguments:
            raise ArgumentError(
                f"{cls.__name__} needs the argument {name!r}", got=", ".join(arguments) or "none",
                mend=f"add {name} = …",
            )  # fmt: skip


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Find the name that was probably meant."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return near[0] if near else None


# --- as Python -----------------------------------------------------------------------------


def as_python(value: Any) -> str:
    """Write the expression that makes what a table describes.

    Examples
    --------
    >>> from pellucid.cli.parts import as_python
    >>> as_python({"type": "Linear", "units": 64, "activation": "relu"})
    'nn.Linear(64, activation="relu")'
    """
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(as_python, value))}]"
    if not isinstance(value, dict) or "type" not in value:
        return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)
    home, cls = _home(value["type"])
    first = _first(cls)
    given = [
        as_python(one) if name == first else f"{name}={as_python(one)}"
        for name, one in sorted(value.items(), key=lambda pair: pair[0] != first)
        if name != "type"
    ]
    return f"{home}.{cls.__name__}({', '.join(given)})"


def _home(name: str) -> tuple[str, type]:
    rooms = {"nn": classes_in(nn), "nn.init": INITIALIZERS, "optim": classes_in(optim)}
    return next((room, known[name]) for room, known in rooms.items() if name in known)
