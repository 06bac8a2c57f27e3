"""Architectures as plain data, as they are written to files: classes by name, and their arguments.

A module becomes ``{"class": "Linear", "arguments": {"units": 4, "activation": "relu"}}``, wherever
it stands: alone, in a list, or as an argument of another. A module that stands in two places is
written once; its second place holds ``{"again": 3}``, the number of the one that was meant.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from pellucid.arguments import Declaration, declared
from pellucid.errors import FileError
from pellucid.functional import ACTIVATIONS
from pellucid.layers.constraint import CONSTRAINTS, Constraint
from pellucid.layers.init import INITIALIZERS, Initializer
from pellucid.layers.module import REGISTRY, Module
from pellucid.layers.penalty import PENALTIES, Penalty

__all__ = ["from_config", "to_config"]

# Declarations that are arguments of modules, by the word that stands before their name in a file.
DECLARATIONS: dict[str, tuple[type[Declaration], Mapping[str, type[Declaration]]]] = {
    "init": (Initializer, INITIALIZERS),
    "penalty": (Penalty, PENALTIES),
    "constraint": (Constraint, CONSTRAINTS),
}
DEEPEST = 100  # a file that nests modules deeper than this is no architecture


def to_config(module: Module) -> dict[str, Any]:
    """Write a module as plain data that JSON can hold.

    Raises
    ------
    FileError : for an argument that cannot be written, such as a function of the user's own, and
        for a class that has the name of one of pellucid's

    Examples
    --------
    >>> from pellucid import nn
    >>> from pellucid.layers.config import to_config
    >>> to_config(nn.Linear(4, activation="relu"))
    {'class': 'Linear', 'arguments': {'units': 4, 'activation': 'relu'}}
    """
    written: dict[int, int] = {}
    return _written_module(module, written)


def _written_module(module: Module, written: dict[int, int]) -> dict[str, Any]:
    if id(module) in written:
        return {"again": written[id(module)]}
    cls = type(module)
    if REGISTRY[cls.__name__].__module__ != cls.__module__:
        raise FileError(
            f"your class {cls.__name__} has the name of another one", where=module._place(),
            got=f"{cls.__module__}.{cls.__qualname__}", mend="give your class a name of its own",
        )  # fmt: skip
    arguments = {
        name: _written(value, f"the argument {name} of {module._place()}", written)
        for name, value in module.arguments.items()
    }
    written[id(module)] = len(written)
    return {"class": cls.__name__, "arguments": arguments}


def _written(value: Any, what: str, written: dict[int, int]) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, Module):
        return _written_module(value, written)
    for kind, (base, _) in DECLARATIONS.items():
        if isinstance(value, base):
            return {"class": f"{kind}.{type(value).__name__}", "arguments": value.arguments}
    if isinstance(value, (list, tuple)):
        return [_written(one, what, written) for one in value]
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return {"items": {key: _written(one, what, written) for key, one in value.items()}}
    if callable(value) and _name_of(value):
        return {"function": _name_of(value)}
    raise _unwritable(value, what)


def _name_of(function: Any) -> str | None:
    return next((name for name, known in ACTIVATIONS.items() if known is function), None)


def _unwritable(value: Any, what: str) -> FileError:
    name = getattr(value, "__name__", type(value).__name__)
    return FileError(
        f"{what} cannot be written to a file",
        got=f"{'the function ' if callable(value) else ''}{name}",
        wanted="numbers, text, lists, modules, what nn declares, or an activation by name",
        mend="write a Module subclass that has the function in its forward",
    )


def from_config(config: Any, registry: Mapping[str, type[Module]] = REGISTRY) -> Module:
    """Make the module that `config` describes, with variables not yet drawn.

    Parameters
    ----------
    config : what :func:`to_config` gave
    registry : the classes that may be made, by name

    Raises
    ------
    FileError : for a class that is not in the registry, and for anything else than a config

    Examples
    --------
    >>> from pellucid.layers.config import from_config
    >>> from_config({"class": "Linear", "arguments": {"units": 4}})
    Linear(units=4)
    """
    module = _read(config, registry, [], 0)
    if not isinstance(module, Module):
        raise _not_a_config(config)
    return module


def _read(value: Any, registry: Mapping[str, type[Module]], made: list[Module], depth: int) -> Any:
    if depth > DEEPEST:
        raise FileError(
            "the architecture is nested too deeply",
            wanted=f"{DEEPEST} levels at most",
            mend="make blocks of your own classes: they are one level each",
        )
    if isinstance(value, list):
        return [_read(one, registry, made, depth + 1) for one in value]
    if not isinstance(value, dict):
        return value
    match value:
        case {"class": str(name), "arguments": dict(given), **rest} if not rest:
            arguments = {k: _read(one, registry, made, depth + 1) for k, one in given.items()}
            return _read_object(name, arguments, registry, made)
        case {"again": int(number), **rest} if not rest and 0 <= number < len(made):
            return made[number]
        case {"function": str(name), **rest} if not rest and name in ACTIVATIONS:
            return ACTIVATIONS[name]
        case {"items": dict(items), **rest} if not rest:
            return {key: _read(one, registry, made, depth + 1) for key, one in items.items()}
    raise _not_a_config(value)


def _read_object(
    name: str, arguments: dict[str, Any], registry: Mapping[str, type[Module]], made: list[Module]
) -> Module | Declaration:
    kind, _, own = name.rpartition(".")
    if kind in DECLARATIONS:
        return declared({"class": own, "arguments": arguments}, DECLARATIONS[kind][1])
    if name not in registry:
        raise FileError(
            f"the file holds a {name}, a class that is not known here",
            mend=f"import or define it, then write pel.load(path, modules=[{name}])",
        )
    module = registry[name].from_arguments(arguments)
    made.append(module)
    return module


def _not_a_config(value: Any) -> FileError:
    return FileError(
        "the architecture in the file is not one that pellucid has written", got=repr(value)[:80],
        wanted='{"class": …, "arguments": {…}}', mend="save the model again",
    )  # fmt: skip
