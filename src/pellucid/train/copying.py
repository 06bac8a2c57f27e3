"""A network of the same architecture and values that shares nothing with the first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pellucid.layers.module import Module, contents_of, filled

__all__ = ["copied"]

_M = TypeVar("_M", bound=Module)


def copied(module: _M, *, draw: bool = True) -> _M:
    """Make the module anew from its arguments, and give it the same values.

    A layer that stands in several places does so in the copy. What is not drawn yet is drawn, so
    that both have the same; with ``draw=False`` it is left so, and the copy draws numbers of its
    own.
    """
    twin: _M = _again(module, {})
    return filled(twin, contents_of(module, draw=draw))


def _again(value: Any, made: dict[int, Any]) -> Any:
    """Copy an argument, with the modules inside it."""
    if isinstance(value, Module):
        if id(value) not in made:
            made[id(value)] = type(value).from_arguments(
                {name: _again(one, made) for name, one in value.arguments.items()}
            )
        return made[id(value)]
    if isinstance(value, (list, tuple)) and not hasattr(value, "_fields"):
        return type(value)(_again(one, made) for one in value)
    if isinstance(value, Mapping):
        return {key: _again(one, made) for key, one in value.items()}
    return value
